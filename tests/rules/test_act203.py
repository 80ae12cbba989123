"""ACT203 forward-outside-tape."""

from __future__ import annotations

import pytest

_HEAD = """\
import tensorflow as tf

encoder = tf.keras.Sequential([tf.keras.layers.Dense(8, activation="relu")])
head = tf.keras.layers.Dense(1)
optimizer = tf.keras.optimizers.Adam()
x, y = tf.ones((2, 4)), tf.ones((2, 1))
"""


@pytest.mark.parametrize(
    "text",
    [
        "@tf.function\ndef step(batch, target):\n    code = encoder(batch, training=True)  # expect: ACT203\n"
        "    with tf.GradientTape() as tape:\n        loss = tf.reduce_mean((head(code) - target) ** 2)\n"
        "    weights = encoder.trainable_variables + head.trainable_variables\n"
        "    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))\n\n\nstep(x, y)\n",
        "class Trainer:\n    def __init__(self):\n        self.model = encoder\n\n    def update(self, batch):\n"
        "        return self.penalise(self.model(batch))  # expect: ACT203\n\n    def penalise(self, h):\n"
        "        with tf.GradientTape() as t:\n            loss = tf.reduce_mean(tf.abs(h))\n"
        "        return t.gradient(loss, self.model.trainable_weights)\n\n\nTrainer().update(x)\n",
    ],
    ids=["function", "handed over"],
)
def test_found(text, expect):
    expect("ACT203", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "code = encoder(x)\nwith tf.GradientTape() as tape:\n    loss = tf.reduce_mean(head(code) ** 2)\n"
        "tape.gradient(loss, head.trainable_variables)\n",
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean(head(encoder(x)) ** 2)\n"
        "tape.gradient(loss, encoder.trainable_variables + head.trainable_variables)\n",
        "target = encoder(x)\nwith tf.GradientTape() as tape:\n"
        "    loss = tf.reduce_mean((encoder(2 * x) - target) ** 2)\n"
        "tape.gradient(loss, encoder.trainable_variables)\n",
        "encoder(x)\nwith tf.GradientTape() as tape:\n    loss = tf.reduce_mean(encoder(x))\n"
        "tape.gradient(loss, encoder.trainable_variables)\n",
    ],
    ids=["frozen", "inside", "target", "built"],
)
def test_silent(text, expect):
    expect("ACT203", _HEAD + text)
