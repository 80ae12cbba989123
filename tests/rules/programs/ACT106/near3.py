"""Regularisers registered with the layers; the minimised total includes them."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def l2(scale):
    def regularizer(w):
        return scale * tf.nn.l2_loss(w)
    return regularizer


class Classifier(object):
    def __init__(self, n_in, n_out, wd=1e-3):
        self.x = tf.placeholder(tf.float32, [None, n_in])
        self.y = tf.placeholder(tf.int32, [None])
        reg = l2(wd)
        h = self.x
        for i, units in enumerate((64, 32)):
            h = tf.layers.dense(h, units, activation=tf.nn.relu, kernel_regularizer=reg,
                                bias_regularizer=l2(wd / 10), name="hidden_%d" % i)
        self.logits = tf.layers.dense(h, n_out, kernel_regularizer=reg, name="logits")
        with tf.variable_scope("losses"):
            self.xent = tf.losses.sparse_softmax_cross_entropy(labels=self.y, logits=self.logits)
            self.total = tf.losses.get_total_loss(name="total")   # adds REGULARIZATION_LOSSES by default
            self.penalty = self.total - self.xent
        self.train_op = self._optimize(self.total)

    @staticmethod
    def _optimize(objective):
        opt = tf.train.AdamOptimizer(1e-3)
        return opt.minimize(objective)


def main():
    rng = np.random.RandomState(0)
    X = rng.randn(400, 20).astype("float32")
    Y = (X[:, 0] > 0).astype("int32")
    net = Classifier(20, 2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for epoch in range(10):
            for i in range(0, 400, 50):
                feed = {net.x: X[i:i + 50], net.y: Y[i:i + 50]}
                _, xent, pen = sess.run([net.train_op, net.xent, net.penalty], feed)
            print("epoch %d xent %.4f penalty %.4f" % (epoch, xent, pen))


if __name__ == "__main__":
    main()
