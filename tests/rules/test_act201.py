"""ACT201 symbolic-hidden-in-loss."""

from __future__ import annotations

import pytest

_HEAD = """\
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Model, Sequential

x = Input(shape=(4,))
h = Dense(8, activation="relu", name="code")(x)
model = Model(inputs=x, outputs=Dense(4)(h))
"""


@pytest.mark.parametrize(
    "text",
    [
        "def sparse_loss(layer, weight):\n    def loss(y_true, y_pred):\n"
        "        penalty = K.mean(K.abs(layer.output))  # expect: ACT201\n"
        "        return K.mean(K.square(y_true - y_pred)) + weight * penalty\n    return loss\n\n\n"
        "model.compile(optimizer='adam', loss=sparse_loss(model.get_layer('code'), 0.1))\n",
        "class Penalty:\n    def __init__(self, tensor):\n        self.tensor = tensor\n\n"
        "    def __call__(self, y_true, y_pred):\n        base = keras.losses.mse(y_true, y_pred)\n"
        "        return base + tf.reduce_sum(self.tensor)  # expect: ACT201\n\n\n"
        "model.compile('sgd', loss=Penalty(h))\n",
        "model.compile('sgd', loss=[lambda t, p: K.mean((t - p) ** 2) + K.mean(K.abs(h))])  # expect: ACT201\n",
    ],
    ids=["factory", "object", "lambda"],
)
def test_found(text, expect):
    expect("ACT201", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "weights = tf.constant([1.0, 2.0, 3.0, 4.0])\n"
        "model.compile('sgd', loss=lambda t, p: K.mean(weights * (t - p)))\n",
        "v = tf.Variable(0.1)\nmodel.compile('sgd', loss=lambda t, p: v * K.mean(K.square(t - p)))\n",
        "extractor = Model(x, h)\nprint(extractor.output)\nmodel.compile('sgd', loss='mse')\n",
        "extractor = Model(x, h)\n"
        "model.compile('sgd', loss=lambda t, p: K.mean(K.square(extractor(t) - extractor(p))))\n",
        "tf.compat.v1.disable_eager_execution()\n"
        "model.compile('sgd', loss=lambda t, p: K.mean(K.square(t - p)) + K.mean(K.abs(h)))\n",
    ],
    ids=["constant", "variable", "printed", "called on the batch", "graph mode"],
)
def test_silent(text, expect):
    expect("ACT201", _HEAD + text)
