"""ACT215 predict-in-differentiated-step."""

from __future__ import annotations

import pytest

_HEAD = """\
import numpy as np
import tensorflow as tf
from tensorflow import keras

enc = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu")])
dec = keras.layers.Dense(1)
x, y = np.ones((4, 4), "float32"), np.ones((4, 1), "float32")
"""


@pytest.mark.parametrize(
    "text",
    [
        "def features(model, batch):\n    return model.predict(batch, verbose=0)  # expect: ACT215\n\n\n"
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean(tf.square(dec(features(enc, x)) - y))\n"
        "grads = tape.gradient(loss, enc.trainable_variables + dec.trainable_variables)\n",
        "class Step:\n    def __init__(self, enc):\n        self.enc = enc\n\n    def __call__(self, x):\n"
        "        with tf.GradientTape() as tape:\n            h = self.enc.predict_on_batch(x)  # expect: ACT215\n"
        "            loss = tf.reduce_mean(tf.abs(h)) + tf.reduce_mean(dec(h))\n"
        "        return tape.gradient(loss, self.enc.trainable_weights)\n\n\nStep(enc)(x)\n",
    ],
    ids=["helper", "class"],
)
def test_found(text, expect):
    expect("ACT215", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "with tf.GradientTape() as tape:\n    target = enc.predict(x)\n    loss = tf.reduce_mean(dec(target))\n"
        "g = tape.gradient(loss, dec.trainable_variables)\n",
        "target = enc.predict(x)\nwith tf.GradientTape() as tape:\n"
        "    loss = tf.reduce_mean(tf.square(enc(x, training=True) - target))\n"
        "g = tape.gradient(loss, enc.trainable_variables)\n",
        "with tf.GradientTape() as tape:\n    loss = tf.reduce_mean(tf.square(enc(x) - enc.predict(x + 1)))\n"
        "g = tape.gradient(loss, enc.trainable_variables)\n",
        "with tf.GradientTape() as tape:\n    h = enc(x)\n    shown = enc.predict(x)\n"
        "    loss = tf.reduce_mean(dec(h))\nprint(shown)\ng = tape.gradient(loss, enc.trainable_variables)\n",
    ],
    ids=["teacher", "before", "beside", "shown"],
)
def test_silent(text, expect):
    expect("ACT215", _HEAD + text)
