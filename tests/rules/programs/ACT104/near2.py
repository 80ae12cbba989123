"""Finalised graph; in the loop only numpy works on fetched values, and a helper runs ops made once."""
import numpy as np
import tensorflow as tf


class Evaluator(object):
    def __init__(self, logits, labels):
        hits = tf.equal(tf.argmax(logits, 1), labels)
        self.accuracy = tf.reduce_mean(tf.cast(hits, tf.float32))
        self.new_lr = tf.placeholder(tf.float32, [])
        self.lr = tf.get_variable("lr", initializer=0.05, trainable=False)
        self.set_lr = tf.assign(self.lr, self.new_lr)

    def run(self, sess, feed):
        return sess.run(self.accuracy, feed_dict=feed)

    def decay(self, sess, value):
        sess.run(self.set_lr, feed_dict={self.new_lr: value})


images = tf.placeholder(tf.float32, [None, 9])
labels = tf.placeholder(tf.int64, [None])
hidden = tf.layers.dense(images, 20, tf.nn.relu)
logits = tf.layers.dense(hidden, 3)
loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
evaluator = Evaluator(logits, labels)
train_op = tf.train.MomentumOptimizer(evaluator.lr, 0.9).minimize(loss)
saver = tf.train.Saver(max_to_keep=1)
init = tf.global_variables_initializer()
tf.get_default_graph().finalize()

rng = np.random.RandomState(0)
X, Y = rng.randn(120, 9).astype("float32"), rng.randint(0, 3, 120)
with tf.Session() as sess:
    sess.run(init)
    for epoch in range(4):
        for rows in np.split(rng.permutation(120), 4):
            _, value, h = sess.run([train_op, loss, hidden], {images: X[rows], labels: Y[rows]})
        evaluator.decay(sess, 0.05 / (epoch + 1))
        active = (h[:, :5] > 0).mean() - 0.5 * -value
        print(epoch, evaluator.run(sess, {images: X, labels: Y}), active)
