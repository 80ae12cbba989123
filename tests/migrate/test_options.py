"""Sizes that come from the command line stay options in the rewrite, unless the program sets them itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actlint.migrate import Reason

from .update import CASES, sections

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


ARGUMENTS = """import argparse
import numpy as np
import tensorflow as tf


def scores(h):
    return tf.matmul(h, tf.get_variable("v", [h.get_shape()[1], 1]))


def main(args):
SIZE
    x = tf.placeholder(tf.float32, [None, 4])
    w = tf.Variable(tf.random_normal([4, n]))
    h = tf.matmul(x, w)
    loss = tf.reduce_mean(tf.square(scores(h) - 1.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(sess.run([train, loss], {x: np.ones((8, 4))})[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=6)
    parser.add_argument("--other", type=int, default=6)
    parser.add_argument("--big", action="store_true")
    main(parser.parse_args())
"""
CONVOLUTION = """import argparse
import numpy as np
import tensorflow as tf


def main(args):
    x = tf.placeholder(tf.float32, [None, args.size, args.size, 1])
    h = tf.layers.conv2d(x, 2, 3, strides=2, padding="same")
    h = tf.reshape(h, [-1, (args.size + 1) // 2 * ((args.size + 1) // 2) * 2])
    loss = tf.reduce_mean(tf.square(tf.layers.dense(tf.layers.flatten(FLAT), 1) - 1.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(sess.run([train, loss], {x: np.ones((2, args.size, args.size, 1))})[1])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=8)
    main(parser.parse_args())
"""


@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_rewrite_runs_with_other_options(target: str, tmp_path: Path) -> None:
    pytest.importorskip({"tf2": "tensorflow", "torch": "torch"}[target])
    program = tmp_path / "program.py"
    program.write_text(sections(CASES / "sizes_of_options.txt")[target], encoding="utf-8")
    options = ["--n_hidden", "4", "--n_code", "5", "--width", "2"]
    done = subprocess.run([sys.executable, str(program), *options], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 3


@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_options_of_one_default_are_told_apart(convert: Callable[..., str], target: str) -> None:
    text = convert(ARGUMENTS.replace("SIZE", "    m = args.other\n    n = args.units"), target)
    assert "Scores(n)" in text


@pytest.mark.parametrize("target", ["tf2", "torch"])
@pytest.mark.parametrize(
    "size", ["    n = 5 if args.big else 3", "    if args.big:\n        n = 5\n    else:\n        n = 3"]
)
def test_number_that_an_option_chooses_keeps_its_name(convert: Callable[..., str], size: str, target: str) -> None:
    assert "Scores(n)" in convert(ARGUMENTS.replace("SIZE", size), target)


def test_literal_of_the_program_stays(convert: Callable[..., str]) -> None:
    assert "[7, 1]" in convert(ARGUMENTS.replace("SIZE", "    pass").replace("[4, n]", "[4, 7]"), "tf2")


def test_size_that_only_an_option_tells_is_refused(refusals: Callable[..., list[Reason]]) -> None:
    (reason,) = refusals(CONVOLUTION.replace("    h = tf.reshape", "    g = tf.reshape").replace("FLAT", "h"), "torch")
    assert reason.code == "REF102"
    assert "follows from an option" in reason.text


def test_size_of_an_option_is_computed_where_it_is_written(convert: Callable[..., str]) -> None:
    assert "linear((args.size + 1) // 2 * ((args.size + 1) // 2) * 2, 1)" in convert(
        CONVOLUTION.replace("FLAT", "h"), "torch"
    )
