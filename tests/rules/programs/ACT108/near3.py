"""Attention classifier distilled from teacher scores; softmax everywhere but in logits=."""
import numpy as np
import tensorflow as tf

TEMPERATURE = 2.0


def attention_pool(tokens):
    scores = tf.layers.dense(tokens, 1, name="attention")
    weights = tf.nn.softmax(scores, axis=1)
    return tf.reduce_sum(weights * tokens, axis=1), weights


def gated_dense(inputs, units, name):
    gate = tf.layers.dense(inputs, units, activation=tf.nn.sigmoid, name=name + "_gate")
    return gate * tf.layers.dense(inputs, units, name=name)


class Student(object):
    def __init__(self, classes):
        self.tokens = tf.placeholder(tf.float32, [None, 5, 8])
        self.labels = tf.placeholder(tf.int32, [None])
        self.teacher_scores = tf.placeholder(tf.float32, [None, classes])
        pooled, self.weights = attention_pool(self.tokens)
        self.logits = gated_dense(pooled, classes, "out")
        self.predictions = tf.nn.softmax(self.logits)
        self.loss = self._loss()
        self.train_op = tf.train.AdamOptimizer(0.01).minimize(self.loss)

    def _loss(self):
        hard = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=self.logits)
        soft_targets = tf.stop_gradient(tf.nn.softmax(self.teacher_scores / TEMPERATURE))
        soft = tf.nn.softmax_cross_entropy_with_logits_v2(
            labels=soft_targets, logits=self.logits / TEMPERATURE
        )
        return tf.reduce_mean(hard) + TEMPERATURE ** 2 * tf.reduce_mean(soft)


x = np.random.randn(32, 5, 8).astype("float32")
y = np.random.randint(0, 4, 32)
t = np.random.randn(32, 4).astype("float32")
net = Student(4)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {net.tokens: x, net.labels: y, net.teacher_scores: t}
    for _ in range(5):
        _, loss = sess.run([net.train_op, net.loss], feed)
    probs = sess.run(net.predictions, {net.tokens: x})
    print("loss %.3f accuracy %.2f" % (loss, (probs.argmax(1) == y).mean()))
