"""The state of optimizers: of each run's own, where several train the same weights."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.migrate import rewrite
from actlint.program import analyze
from actlint.verify import ProofRequest, prove

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("tensorflow", "tf_keras", "torch")),
    reason="needs TensorFlow and torch",
)

TWO_OPTIMIZERS = """import numpy as np
import tensorflow as tf

numbers = np.random.RandomState(1)
x = tf.placeholder(tf.float32, [None, 3])
w = tf.Variable(numbers.normal(size=(3, 2)), dtype=tf.float32)
v = tf.Variable(numbers.normal(size=(2, 3)), dtype=tf.float32)
h = tf.tanh(tf.matmul(x, w))
rebuilt = tf.reduce_mean(tf.square(tf.matmul(h, v) - x))
sparse = tf.reduce_sum(tf.abs(h))
rebuild = tf.train.AdamOptimizer(.01).minimize(rebuilt)
calm = tf.train.AdamOptimizer(.01).minimize(sparse, var_list=[w])
data = np.linspace(-1, 1, 12).reshape(4, 3)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(4):
        sess.run(rebuild, {x: data})
        sess.run(calm, {x: data})
    print(sess.run(rebuilt, {x: data}))
"""


@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_each_run_has_the_state_of_its_own_optimizer(tmp_path: Path, target: str) -> None:
    old, new = tmp_path / "old" / "train.py", tmp_path / "new" / "train.py"
    for path in (old, new):
        path.parent.mkdir()
    old.write_text(TWO_OPTIMIZERS, encoding="utf-8")
    made = rewrite(analyze(old, read), target)
    new.write_text(made.files[old], encoding="utf-8")
    proof = prove(ProofRequest(old.parent, new.parent, "train.py", target, made.spec, python=sys.executable))
    assert (proof.verdict, proof.reasons) == ("proved", [])
    assert {row.name for row in proof.comparisons if row.quantity == "slot"} >= {"Variable:0/m", "Variable:0/v"}
