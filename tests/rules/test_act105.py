"""ACT105 update-ops-not-run."""

from __future__ import annotations

import pytest

_PROGRAM = """\
import tensorflow as tf


class Net:
    def __init__(self):
        self.x = tf.placeholder(tf.float32, [None, 4])
        self.training = tf.placeholder_with_default(False, [])
        h = tf.layers.dense(self.x, 8)
        h = tf.nn.relu(tf.layers.batch_normalization(hTRAINING))
        self.loss = tf.reduce_mean(tf.square(tf.layers.dense(h, 1)))
        UPDATES
        self.step = tf.train.AdamOptimizer(1e-3).minimize(self.loss)  # expect: ACT105


net = Net()
"""


def _program(training: str, updates: str = "pass") -> str:
    return _PROGRAM.replace("TRAINING", training).replace("UPDATES", updates)


@pytest.mark.parametrize("training", [", training=self.training", ", training=True"])
def test_found(training, expect):
    expect("ACT105", _program(training))


@pytest.mark.parametrize(
    "text",
    [
        _program(""),
        _program(", training=False"),
        _program(", training=True", "self.updates = tf.group(*tf.get_collection(tf.GraphKeys.UPDATE_OPS))"),
    ],
    ids=["default", "never", "run apart"],
)
def test_silent(text, expect):
    expect("ACT105", text.replace("  # expect: ACT105", ""))
