"""Softmax for the predictions and for soft labels only; logits= gets the raw scores."""
import numpy as np
import tensorflow as tf


class Student(object):
    def __init__(self, width, classes, temperature=3.0):
        self.x = tf.placeholder(tf.float32, [None, width])
        self.teacher_scores = tf.placeholder(tf.float32, [None, classes])
        self.labels = tf.placeholder(tf.int64, [None])
        hidden = tf.layers.dense(self.x, 16, tf.nn.relu)
        self.scores = tf.layers.dense(hidden, classes)
        self.probs = tf.nn.softmax(self.scores, name="probs")
        self.prediction = tf.argmax(self.probs, axis=1)
        self.loss = self.hard_loss() + temperature**2 * self.soft_loss(temperature)
        self.accuracy = tf.reduce_mean(tf.to_float(tf.equal(self.prediction, self.labels)))
        self.train_op = tf.train.AdamOptimizer(1e-2).minimize(self.loss)

    def hard_loss(self):
        xent = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.labels, logits=self.scores)
        return tf.reduce_mean(xent)

    def soft_loss(self, temperature):
        targets = tf.nn.softmax(self.teacher_scores / temperature)
        logits = self.scores / temperature
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=targets, logits=logits))


rng = np.random.RandomState(0)
X = rng.randn(64, 6).astype("float32")
net = Student(6, 3)
feed = {net.x: X, net.teacher_scores: X[:, :3] * 4, net.labels: X[:, :3].argmax(axis=1)}
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(40):
        _, loss, accuracy = sess.run([net.train_op, net.loss, net.accuracy], feed_dict=feed)
    print("loss %.3f accuracy %.2f" % (loss, accuracy))
