"""tf.losses.get_total_loss() brings the regularisation losses in."""
import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def regularized_scope(weight_decay):
    with slim.arg_scope(
        [slim.fully_connected],
        activation_fn=tf.nn.relu,
        weights_regularizer=slim.l2_regularizer(weight_decay),
    ) as scope:
        return scope


def model(inputs, classes, weight_decay=1e-3):
    with slim.arg_scope(regularized_scope(weight_decay)):
        net = slim.fully_connected(inputs, 32, scope="fc1")
        net = slim.fully_connected(net, 16, scope="fc2")
        return slim.fully_connected(net, classes, activation_fn=None, scope="logits")


x = tf.placeholder(tf.float32, [None, 8])
labels = tf.placeholder(tf.int32, [None])
logits = model(x, 3)
tf.losses.sparse_softmax_cross_entropy(labels, logits)
total_loss = tf.losses.get_total_loss()
train_op = tf.train.RMSPropOptimizer(1e-3).minimize(total_loss)

rng = np.random.RandomState(0)
feed = {x: rng.randn(60, 8), labels: rng.randint(0, 3, 60)}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value = sess.run([train_op, total_loss], feed_dict=feed)
    print("total loss %.4f" % value)
