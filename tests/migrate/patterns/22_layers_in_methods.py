"""A class whose methods make layers: one for each layer, and a network that is called twice with the same weights."""
import numpy as np
import tensorflow as tf


class Pairs(object):

    def __init__(self, n, units, rate):
        self.n, self.units = n, units
        self.leak = 0.1
        self.left = tf.placeholder(tf.float32, [None, n])
        self.right = tf.placeholder(tf.float32, [None, n])
        self.e_left = self.net(self.left)
        self.e_right = self.net(self.right, reuse=True)
        self.apart = tf.reduce_sum(tf.square(self.e_left - self.e_right), 1)
        self.loss = tf.reduce_mean(tf.square(self.apart - 1))
        self.train = tf.train.GradientDescentOptimizer(rate).minimize(self.loss)

    # one layer
    def _dense(self, x, units, name):
        with tf.variable_scope(name):
            w = tf.get_variable('w', [x.get_shape()[1], units], initializer=tf.constant_initializer(0.2))
            b = tf.get_variable('b', [units], initializer=tf.constant_initializer(0.05))
            h = tf.matmul(x, w) + b
            return tf.maximum(h, self.leak * h)

    def net(self, x, reuse=False):
        with tf.variable_scope('net', reuse=reuse):
            h = self._dense(x, self.units, 'one')
            return self._dense(h, 2, 'two')


rng = np.random.RandomState(0)
model = Pairs(3, 5, 0.1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(4):
        feed = {model.left: rng.randn(8, 3), model.right: rng.randn(8, 3)}
        print('step %d: loss %.6f' % (step, sess.run([model.train, model.loss], feed)[1]))
    print(sess.run(model.e_left, {model.left: np.ones((1, 3))}))
