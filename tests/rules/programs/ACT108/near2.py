"""Softmax attention and a sigmoid gate upstream of the logits; probabilities go to losses that want probabilities."""
import numpy as np
import tensorflow as tf


def attention_pool(tokens):
    scores = tf.layers.dense(tokens, 1)
    weights = tf.nn.softmax(scores, axis=1)
    return tf.reduce_sum(weights * tokens, axis=1)


def gated(net, units):
    gate = tf.layers.dense(net, units, activation=tf.sigmoid)
    return gate * tf.layers.dense(net, units, activation=tf.tanh)


tokens = tf.placeholder(tf.float32, [None, 7, 10])
label = tf.placeholder(tf.float32, [None, 3])
relevant = tf.placeholder(tf.float32, [None, 1])

net = gated(attention_pool(tokens), 12)
logits = tf.layers.dense(net, 3)
relevance = tf.layers.dense(net, 1, activation=tf.nn.sigmoid)

class_loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=label, logits=logits))
relevance_loss = tf.losses.log_loss(labels=relevant, predictions=relevance)
loss = class_loss + 0.5 * relevance_loss
train_op = tf.train.AdamOptimizer(1e-2).minimize(loss)

rng = np.random.RandomState(0)
feed = {
    tokens: rng.randn(40, 7, 10),
    label: np.eye(3)[rng.randint(0, 3, 40)],
    relevant: rng.randint(0, 2, (40, 1)),
}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(20):
        _, value = sess.run([train_op, loss], feed_dict=feed)
    print("loss %.4f" % value)
