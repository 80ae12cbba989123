"""ACT108 softmax-into-with-logits."""

from __future__ import annotations

import pytest

_HEAD = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 3])


def classify(inputs):
    return tf.nn.softmax(tf.layers.dense(inputs, 3))


"""


@pytest.mark.parametrize(
    "loss",
    [
        "tf.nn.softmax_cross_entropy_with_logits(labels=y, logits=classify(x))",
        "tf.losses.softmax_cross_entropy(y, tf.reshape(classify(x), [-1, 3]))",
        "tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=tf.sigmoid(tf.layers.dense(x, 3)))",
        "tf.losses.softmax_cross_entropy(y, logits=tf.layers.dense(x, 3, activation=tf.nn.softmax))",
    ],
)
def test_found(loss, expect):
    expect("ACT108", f"{_HEAD}loss = {loss}  # expect: ACT108\n")


@pytest.mark.parametrize(
    "loss",
    [
        "tf.nn.softmax_cross_entropy_with_logits(labels=classify(x), logits=tf.layers.dense(x, 3))",
        "tf.losses.softmax_cross_entropy(y, tf.layers.dense(x, 3, activation=tf.nn.relu))",
        "-tf.reduce_sum(y * tf.log(classify(x)))",
        "tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=classify(x) * 2.0)",
    ],
)
def test_silent(loss, expect):
    expect("ACT108", f"{_HEAD}loss = {loss}\n")
