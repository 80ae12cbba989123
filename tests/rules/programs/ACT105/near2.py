"""The updates are run: grouped with the train op in one model, by slim's create_train_op in the other."""
import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def network(x, training, scope):
    with tf.variable_scope(scope):
        h = tf.layers.dense(x, 16, use_bias=False)
        h = tf.nn.relu(tf.layers.batch_normalization(h, training=training, momentum=0.9))
        return tf.layers.dense(h, 1)


def with_updates(optimizer, loss, scope):
    step = optimizer.minimize(loss, var_list=tf.trainable_variables(scope))
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope)
    return tf.group(step, *updates)


x = tf.placeholder(tf.float32, [None, 6])
y = tf.placeholder(tf.float32, [None, 1])
training = tf.placeholder(tf.bool, [])

first = network(x, training, "first")
first_loss = tf.reduce_mean(tf.square(first - y))
first_train = with_updates(tf.train.AdamOptimizer(1e-2), first_loss, "first")

second = network(x, training, "second")
second_loss = tf.reduce_mean(tf.abs(second - y))
second_train = slim.learning.create_train_op(
    second_loss, tf.train.GradientDescentOptimizer(0.01), variables_to_train=tf.trainable_variables("second")
)

rng = np.random.RandomState(0)
X = (rng.randn(64, 6) + 2).astype("float32")
Y = X[:, :1] - X[:, 1:2]
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(30):
        sess.run([first_train, second_train], {x: X, y: Y, training: True})
    print(sess.run([first_loss, second_loss], {x: X, y: Y, training: False}))
