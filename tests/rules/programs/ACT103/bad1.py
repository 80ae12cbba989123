"""Trainer class: a step and, right after it, a second run with the same feed for the loss and the features."""
import numpy as np
import tensorflow as tf


class Network(object):
    def __init__(self, width, classes):
        self.x = tf.placeholder(tf.float32, [None, width])
        self.y = tf.placeholder(tf.int64, [None])
        self.keep_prob = tf.placeholder(tf.float32, [])
        hidden = tf.layers.dense(self.x, 32, activation=tf.nn.relu)
        self.features = tf.nn.dropout(hidden, rate=1.0 - self.keep_prob)
        self.logits = tf.layers.dense(self.features, classes)
        self.loss = tf.losses.sparse_softmax_cross_entropy(self.y, self.logits)
        self.train_op = tf.train.AdamOptimizer(1e-3).minimize(self.loss)


class Trainer(object):
    def __init__(self, net, sess):
        self.net, self.sess = net, sess

    def make_feed(self, x, y, keep_prob):
        return {self.net.x: x, self.net.y: y, self.net.keep_prob: keep_prob}

    def step(self, x, y):
        feed = self.make_feed(x, y, keep_prob=0.5)
        self.sess.run(self.net.train_op, feed_dict=feed)
        loss, features = self.sess.run([self.net.loss, self.net.features], feed_dict=feed)  # expect: ACT103
        return loss, np.abs(features).mean()


if __name__ == "__main__":
    rng = np.random.RandomState(0)
    X, Y = rng.randn(128, 10).astype("float32"), rng.randint(0, 3, 128)
    net = Network(10, 3)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        trainer = Trainer(net, sess)
        for epoch in range(3):
            for start in range(0, 128, 32):
                loss, activity = trainer.step(X[start : start + 32], Y[start : start + 32])
            print("epoch %d loss %.4f activity %.4f" % (epoch, loss, activity))
