"""The symbols that a file uses."""

from __future__ import annotations

import textwrap

import libcst as cst
import pytest

from actlint.program.symbols import known, refused, symbols


def used(text: str) -> dict[str, int]:
    return dict(symbols(cst.parse_module(textwrap.dedent(text))))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import tensorflow as tf\ntf.nn.relu(tf.nn.relu(x))", {"nn.relu": 2}),
        ("import tensorflow\ntensorflow.abs(x)", {"abs": 1}),
        ("import tensorflow.contrib.rnn\ntensorflow.contrib.rnn.GRUCell(3)", {"contrib.rnn.GRUCell": 1}),
        ("import tensorflow.contrib.slim as s\ns.conv2d(x)", {"contrib.slim.conv2d": 1}),
        ("from tensorflow.contrib import slim, layers as L\nslim.a(L.b)", {"contrib.slim.a": 1, "contrib.layers.b": 1}),
        ("from tensorflow import placeholder\nplaceholder(x)", {"placeholder": 1}),
        ("import tensorflow.compat.v1 as tf\ntf.abs(x)", {"abs": 1}),
        ("from tensorflow.compat import v1 as tf\ntf.abs(x)", {"abs": 1}),
        ("from tensorflow.python.framework import ops\nops.reset_default_graph()", {"reset_default_graph": 1}),
        (
            "import tensorflow as tf\nlayers = tf.contrib.layers\nlayers.fully_connected(x)",
            {"contrib.layers.fully_connected": 1},
        ),
        ("import tensorflow as tf\nx = tf.float32\nf(x)", {"float32": 1}),
        ("import tensorflow as tf\ny = tf.ones(2).shape\nf(tf=3)", {"ones": 1}),
        ("import tensorflow as tf\ndef f(tf):\n    return tf.abs(1)", {}),
        ("import tensorflow as tf\nf = lambda x, y=tf.ones: tf.abs(x)", {"ones": 1, "abs": 1}),
        ("from tensorflow.contrib import layers\ndef f():\n    layers = []\n    layers.append(1)", {}),
        ("import numpy as np\nnp.abs(x)\nself.tf.abs(x)", {}),
        ("from .tensorflow import abs\nabs(x)", {}),
        ("from tensorflow import *\nabs(x)", {}),
    ],
)
def test_symbols(text, names):
    assert used(text) == names


@pytest.mark.parametrize(
    "name",
    ["nn.relu", "mul", "Session", "float32", "float32.as_numpy_dtype", "GraphKeys.UPDATE_OPS", "app.flags.FLAGS.rate"],
)
def test_known(name):
    assert known(name)


@pytest.mark.parametrize("name", ["nn.reluu", "contrib", "nn", "contrib.nosuch.symbol", ""])
def test_unknown(name):
    assert not known(name)


@pytest.mark.parametrize("name", ["svd", "metrics.accuracy", "estimator.inputs.numpy_input_fn", "distributions.Beta"])
def test_refused_symbols_say_why(name: str) -> None:
    assert not known(name) and refused(name)


@pytest.mark.parametrize("name", ["nn.relu", "no.such.symbol", "database.x"])
def test_other_symbols_are_not_refused(name: str) -> None:
    assert refused(name) is None
