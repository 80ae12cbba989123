"""ACT204 numpy-in-tape."""

from __future__ import annotations

import pytest

_HEAD = """\
import numpy as np
import tensorflow as tf
from keras import layers

hidden, head = layers.Dense(8, activation="relu"), layers.Dense(1)
x = np.ones((2, 4), "float32")
"""


@pytest.mark.parametrize(
    "text",
    [
        "def penalty(h):\n    return float(tf.reduce_mean(tf.abs(h)))  # expect: ACT204\n\n\n"
        "with tf.GradientTape() as tape:\n    h = hidden(x)\n    loss = tf.reduce_mean(head(h) ** 2) + penalty(h)\n"
        "tape.gradient(loss, hidden.trainable_variables)\n",
        "class Step:\n    def __call__(self, batch):\n        with tf.GradientTape() as tape:\n"
        "            h = hidden(batch)\n"
        "            terms = [tf.reduce_mean(head(h) ** 2)]\n"
        "            terms.append(tf.constant(np.square(h)).numpy().mean())  # expect: ACT204\n"
        "            total = tf.add_n(terms)\n"
        "        return tape.gradient(total, hidden.trainable_variables)\n\n\nStep()(x)\n",
    ],
    ids=["float in a helper", "list of terms"],
)
def test_found(text, expect):
    expect("ACT204", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "with tf.GradientTape() as tape:\n    h = hidden(x)\n    loss = tf.reduce_mean(head(h) ** 2)\n"
        "    print(float(loss), np.mean(h.numpy()))\ntape.gradient(loss, hidden.trainable_variables)\n",
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean((head(hidden(x)) - np.mean(x)) ** 2) + np.sum(x)\n"
        "tape.gradient(loss, hidden.trainable_variables)\n",
        "with tf.GradientTape() as tape:\n    h = hidden(x)\n    scale = 1.0 / np.mean(np.abs(h.numpy()))\n"
        "    loss = scale * tf.reduce_mean(head(h) ** 2)\ntape.gradient(loss, hidden.trainable_variables)\n",
    ],
    ids=["logged", "labels", "factor"],
)
def test_silent(text, expect):
    expect("ACT204", _HEAD + text)
