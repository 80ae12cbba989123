"""ACT209 model-losses-dropped."""

from __future__ import annotations

import pytest

_HEAD = """\
import tensorflow as tf
from tensorflow.keras import Model, layers, regularizers

x, y = tf.ones((2, 4)), tf.ones((2, 1))
optimizer = tf.keras.optimizers.Adam()


class Net(Model):
    def __init__(self, penalty=None):
        super().__init__()
        self.hidden = layers.Dense(8, activation="relu", PENALTY)
        self.out = layers.Dense(1)

    def call(self, inputs):
        hidden = self.hidden(inputs)
        EXTRA
        return self.out(hidden)


model = Net()


def step(batch, target):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(batch, training=True) - target) ** 2) REST
    gradients = tape.gradient(loss, SOURCES)  # expect: ACT209
    return gradients


step(x, y)
"""


def _program(penalty: str = "", extra: str = "pass", rest: str = "", sources: str = "model.trainable_variables") -> str:
    text = _HEAD.replace("PENALTY", penalty).replace("EXTRA", extra).replace("REST", rest)
    return text.replace("SOURCES", sources)


@pytest.mark.parametrize(
    "text",
    [
        _program("kernel_regularizer='l2'"),
        _program("activity_regularizer=regularizers.l1(1e-3)"),
        _program(extra="self.add_loss(0.1 * tf.reduce_mean(tf.abs(hidden)))"),
    ],
    ids=["kernel", "activity", "add_loss"],
)
def test_found(text, expect):
    expect("ACT209", text)


@pytest.mark.parametrize(
    "text",
    [
        _program(),
        _program("kernel_regularizer=None"),
        _program("kernel_regularizer=penalty"),
        _program("kernel_regularizer='l2'", rest="+ sum(model.losses)"),
        _program("kernel_regularizer='l2'", sources="batch"),
    ],
    ids=["nothing", "None", "unknown", "added", "by the input"],
)
def test_silent(text, expect):
    expect("ACT209", text.replace("  # expect: ACT209", ""))
