"""ACT106 regularization-losses-dropped."""

from __future__ import annotations

import pytest

_PROGRAM = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])


def l1(weight):
    return 0.1 * tf.reduce_sum(tf.abs(weight))


def network(inputs, regularizer=None):
    with tf.variable_scope("net"):
        w = tf.get_variable("w", [4, 8], regularizer=REGULARIZER)
        return tf.layers.dense(tf.nn.relu(tf.matmul(inputs, w)), 1)


loss = tf.reduce_mean(tf.square(network(x))) REST
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)  # expect: ACT106
"""


def _program(regularizer: str, rest: str = "") -> str:
    return _PROGRAM.replace("REGULARIZER", regularizer).replace("REST", rest)


@pytest.mark.parametrize("regularizer", ["l1", "tf.contrib.layers.l2_regularizer(0.1)"])
def test_found(regularizer, expect):
    expect("ACT106", _program(regularizer))


@pytest.mark.parametrize(
    "text",
    [
        _program("None"),
        _program("regularizer"),
        _program("l1", "+ tf.losses.get_regularization_loss()"),
        _program("l1", "+ tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))"),
    ],
    ids=["None", "default", "added", "collection"],
)
def test_silent(text, expect):
    expect("ACT106", text.replace("  # expect: ACT106", ""))
