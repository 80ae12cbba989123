"""Loops of the graph: the rewrites compute, and learn, what TF1 does."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest

from tests.migrate.update import TARGETS, rewritten

np = pytest.importorskip("numpy")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("tensorflow", "torch")), reason="needs the frameworks"
)

PROGRAM = """import numpy as np
import tensorflow as tf
x = tf.placeholder(tf.float32, [3, 4])
w = tf.Variable(np.linspace(-0.9, 1, 16).reshape(4, 4).astype(np.float32))


def halved(i, h):
    return i + 1, 0.5 * h + tf.matmul(x, w)


def doubled(h):
    return h + tf.nn.relu(tf.matmul(h, w)) + tf.abs(h)


result = {}
loss = tf.reduce_mean(tf.sin(3.0 * result)) + tf.reduce_mean(tf.square(w))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
data = np.cos(np.arange(12.0)).reshape(3, 4).astype(np.float32)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(2):
        sess.run(train, {{x: data}})
    values = sess.run([result, w], {{x: data}})
"""
ROWS = [
    "tf.while_loop(lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w))), (0, x))[1]",
    "tf.while_loop(lambda i, h: i < 3, halved, [tf.constant(0), x])[1]",
    "tf.while_loop(lambda h: tf.reduce_sum(tf.square(h)) < 40.0, lambda h: h + tf.matmul(h, tf.abs(w)), [x])",
    "tf.while_loop(lambda h: tf.reduce_max(h) < 2.0, doubled, [x])",
    "tf.while_loop(lambda i, h: tf.less(i, 0), lambda i, h: (i + 1, tf.matmul(h, w)), (0, 2.0 * x))[1]",
    "tf.map_fn(lambda row: row * tf.reduce_sum(w), x)",
    "tf.map_fn(lambda pair: pair[0] * pair[1], (x, tf.matmul(x, w)), dtype=tf.float32)",
    "tf.map_fn(lambda row: (row, tf.reduce_max(row * w[0])), x, dtype=(tf.float32, tf.float32))[1]",
    "tf.scan(lambda total, row: tf.tanh(total + row), tf.matmul(x, w))",
    "tf.scan(lambda total, row: 0.5 * total + row * w[0], x, initializer=tf.reduce_mean(w, 0))",
]


def _values(text: str) -> list[Any]:
    space: dict[str, Any] = {"__name__": "program"}
    exec(compile(text, "program.py", "exec"), space)
    return [np.asarray(value) for value in space["values"]]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("row", ROWS)
def test_values_and_training(row: str, target: str) -> None:
    import tensorflow as tf

    source = PROGRAM.format(row)
    with tf.Graph().as_default():
        wanted = _values(source.replace("import tensorflow as tf", "import tensorflow.compat.v1 as tf"))
    found = _values(rewritten(source, target))
    tf.config.run_functions_eagerly(True)
    try:
        eager = _values(rewritten(source, target))
    finally:
        tf.config.run_functions_eagerly(False)
    for one, other in zip([*found, *eager], [*wanted, *wanted], strict=True):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        assert np.abs(one - other).max() < 3e-6 * max(np.abs(other).max(), 1e-3)


MOVED = """tf.while_loop(lambda i, h: i < {limit}, lambda i, h: (i + 1, h + tf.matmul(x, w)), [0, x])[1]"""


@pytest.mark.parametrize("limit", ["tf.shape(x)[0]", "0"])
def test_torch_refuses_slots_that_move_without_a_turn(refusals: Any, limit: str) -> None:
    assert [reason.code for reason in refusals(_adam(limit), "torch")] == ["REF109"]


def test_torch_takes_loops_that_surely_have_a_turn(convert: Any) -> None:
    assert "lambda i, h: i < 3" in convert(_adam("3"), "torch")


def _adam(limit: str) -> str:
    text = PROGRAM.format(MOVED.format(limit=limit)).replace("GradientDescent", "Adam")
    return text.replace(" + tf.reduce_mean(tf.square(w))", "")
