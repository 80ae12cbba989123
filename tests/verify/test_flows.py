"""Loops with TensorArrays are computed in float64, though the arrays' flows are numbers of 32 bits."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actlint.verify import launch

np = pytest.importorskip("numpy")

TF1 = os.environ.get("ACTLINT_TF1_PYTHON")
INTERPRETERS = [
    pytest.param(TF1, marks=pytest.mark.skipif(not TF1, reason="no ACTLINT_TF1_PYTHON"), id="1.x"),
    pytest.param(
        sys.executable,
        marks=pytest.mark.skipif(importlib.util.find_spec("tf_keras") is None, reason="needs TensorFlow"),
        id="2.x",
    ),
]
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from runners.before_tf import import_tensorflow
from runners.graph_tf import narrow, needed
tf = import_tensorflow({widened})
import numpy as np
x = tf.placeholder(tf.float32, [2, 5, 3])
w = tf.Variable(np.linspace(-1, 1, 12).reshape(3, 4), dtype=tf.float32)
cell = tf.nn.rnn_cell.BasicRNNCell(4, activation=tf.sin)
y, last = tf.nn.dynamic_rnn(cell, x, sequence_length=[2, 4], dtype=tf.float32)
rows = tf.map_fn(lambda row: tf.matmul(row, w), x)
sums = tf.scan(lambda total, row: tf.tanh(total + row), tf.transpose(rows, [1, 0, 2]))
parts = tf.TensorArray(tf.float32, 2).split(sums[0], [1, 1])
joined = parts.concat()
def turn(i, total, array):
    total = total + array.read(i)
    return i + 1, tf.sin(total), array
array = tf.TensorArray(tf.float32, 5, clear_after_read=False).unstack(sums)
_, total, _ = tf.while_loop(lambda i, *_: i < 5, turn, (0, tf.zeros([2, 4]), array))
total = tf.reduce_sum(total * array.read(3)) + tf.reduce_sum(joined ** 2)
outputs = [y, last, rows, sums, joined, total]
outputs += tf.gradients(total + tf.reduce_sum(y ** 2), [x] + tf.trainable_variables())
assert all(output is not None for output in outputs)
if {widened}:
    assert narrow(needed(outputs)) is None, narrow(needed(outputs))
    assert narrow([tf.cast(x, tf.float16).op]) is not None
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    for place, variable in enumerate(tf.trainable_variables()):
        shape = variable.shape.as_list()
        variable.load(np.sin(np.arange(np.prod(shape)).reshape(shape) + place), session)
    fed = np.cos(np.arange(30.0)).reshape(2, 5, 3).astype("float32")
    np.savez({target!r}, *session.run(outputs, {{x: fed}}))
"""


@pytest.mark.parametrize("python", INTERPRETERS)
def test_arrays_in_loops(tmp_path: Path, python: str) -> None:
    folder = str(Path(launch.__file__).parent)
    for widened in (False, True):
        target = str(tmp_path / f"{widened}.npz")
        program = PROGRAM.format(folder=folder, widened=widened, target=target)
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run([python, "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    single, double = np.load(tmp_path / "False.npz"), np.load(tmp_path / "True.npz")
    for name in single:
        assert single[name].dtype == np.float32
        assert double[name].dtype == np.float64
        scale = max(float(np.abs(single[name]).max()), 1e-3)
        assert float(np.abs(single[name] - double[name]).max()) < 5e-6 * scale, name
