"""Which calls are traced, and what is read of them outside."""

from __future__ import annotations

import pytest

from actlint.program.eager.tracing import FIT, FUNCTION, region

_HEAD = """\
import functools
import keras
import tensorflow as tf
from tensorflow import function as compiled

w = tf.Variable(tf.ones([2, 2]))


def forward(x):
    return x @ w


"""


def regions(program):
    """What the matrix products are traced by."""
    found = (region(tensor.place.frames) for tensor in program.tensors if tensor.op == "matmul")
    return [set(frame.function.decorators) & {FUNCTION, FIT} if frame else set() for frame in found]


@pytest.mark.parametrize(
    "text",
    [
        "@tf.function\ndef step(x):\n    return forward(x)\n\n\nstep(w)\n",
        "@tf.function(jit_compile=True)\ndef step(x):\n    return forward(x)\n\n\nstep(w)\n",
        "@compiled(reduce_retracing=True)\ndef step(x):\n    return forward(x)\n\n\nstep(w)\n",
        "tf.function(forward)(w)\n",
        "class A:\n    def f(self, x):\n        return forward(x)\n\n\ntf.function(A().f)(w)\n",
    ],
)
def test_functions(text, eager):
    assert regions(eager(_HEAD + text)) == [{FUNCTION}]


_MODEL = "class Net(keras.Model):\n    def call(self, x):\n        return forward(x)\n\n\nnet = Net()\n"


@pytest.mark.parametrize(
    ("use", "found"),
    [
        ("net.fit(w, w)\n", [{FIT}]),
        ("net.predict(w)\n", [{FIT}]),
        ("", [{FIT}]),
        ("net(w)\n", [set()]),
        ("tf.function(lambda x: net(x))(w)\n", [{FUNCTION}]),
    ],
)
def test_models(use, found, eager):
    assert regions(eager(_HEAD + _MODEL + use)) == found


def test_callbacks_see_their_model(eager):
    text = (
        "class Watch(keras.callbacks.Callback):\n    def on_epoch_end(self, epoch, logs=None):\n"
        "        tf.abs(self.model.kept)\n\n\n"
        "class Net(keras.Model):\n    def call(self, x):\n"
        "        self.kept = forward(x)\n        return self.kept\n\n\n"
        "net = Net()\nnet.fit(w, w, callbacks=[Watch()])\n"
    )
    assert [leak.tensor.op for leak in eager(_HEAD + text).leaks] == ["matmul"]
