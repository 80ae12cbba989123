"""Sizes that come from the command line stay options in the rewrite, unless the program sets them itself."""

from __future__ import annotations

from collections.abc import Callable

HEAD = """import numpy as np
import tensorflow as tf

flags = tf.app.flags
flags.DEFINE_integer("n_in", 4, "Columns.")
FLAGS = flags.FLAGS
data = np.ones((8, 4), np.float32)
"""
MAIN = """

def dense(x, units):
    w = tf.get_variable("w", [x.get_shape().as_list()[1], units], initializer=tf.constant_initializer(0.1))
    return tf.matmul(x, w)


def main(_):
    x = tf.placeholder(tf.float32, [None, FLAGS.n_in])
    loss = tf.reduce_mean(tf.square(dense(x, 1) - 1.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(sess.run([train, loss], {x: data})[1])


if __name__ == "__main__":
    tf.app.run()
"""
CLASS = """

class Net(object):
    def __init__(self):
        self.x = tf.placeholder(tf.float32, [None, FLAGS.n_in])
        self.w = tf.Variable(np.ones((4, 1), np.float32))
        self.loss = tf.reduce_mean(tf.square(tf.matmul(self.x, self.w) - 2.0))
        self.train = tf.train.GradientDescentOptimizer(0.1).minimize(self.loss)
        self.sess = tf.Session()
        self.sess.run(tf.global_variables_initializer())

    def fit(self, batch):
        return self.sess.run([self.train, self.loss], {self.x: batch})[1]


def main(_):
    net = Net()
    print(net.fit(data))


if __name__ == "__main__":
    tf.app.run()
"""


def test_size_of_an_option_stays_one(convert: Callable[..., str]) -> None:
    text = convert(HEAD + MAIN, "tf2")
    assert "[FLAGS.n_in, units]" in text
    assert "tf.TensorSpec((None, FLAGS.n_in), tf.float32)" in text
    assert "[FLAGS.n_in, units]" in convert(HEAD + MAIN, "torch")


def test_option_that_the_program_sets_is_a_number(convert: Callable[..., str]) -> None:
    text = convert((HEAD + MAIN).replace("    x = tf.p", "    FLAGS.n_in = 4\n    x = tf.p"), "tf2")
    assert "[4, units]" in text
    assert "tf.TensorSpec((None, 4), tf.float32)" in text


def test_class_reads_no_option_while_it_is_defined(convert: Callable[..., str]) -> None:
    text = convert(HEAD + CLASS, "tf2")
    assert "tf.TensorSpec((None, None), tf.float32)" in text
    assert "tf.ensure_shape(x, [None, FLAGS.n_in])" in text
