"""The original on a genuine TensorFlow 1.x, and what every interpreter of the original must be able to run."""

from __future__ import annotations

import ast
import importlib.util
import os
import sys
from pathlib import Path

import pytest

from actlint.verify import ProofRequest, launch, prove
from actlint.verify.runners import record

from .test_instrument import span

np = pytest.importorskip("numpy")

TF1 = os.environ.get("ACTLINT_TF1_PYTHON")
needs_tf1 = pytest.mark.skipif(not TF1, reason="no ACTLINT_TF1_PYTHON")
INTERPRETERS = [
    pytest.param(TF1, marks=needs_tf1, id="1.x"),
    pytest.param(
        sys.executable,
        marks=pytest.mark.skipif(importlib.util.find_spec("tf_keras") is None, reason="needs TensorFlow"),
        id="2.x",
    ),
]
AFTER = ("after_", "float64_torch", "noise_eager", "noise_torch", "evidence", "replay", "weights", "events", "initial")
RUNNERS = sorted(Path(launch.RUNNERS).glob("*.py"))


@pytest.mark.parametrize("path", [p for p in RUNNERS if not p.stem.startswith(AFTER)], ids=lambda path: path.stem)
def test_runners_of_the_original_are_python_3_7(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "zip" and c.keywords]


def test_runners_of_the_original_import_no_others():
    path = launch.RUNNERS / launch.RECORDER
    seen, todo = set(), [path.stem]
    while todo:
        stem = todo.pop()
        seen.add(stem)
        for node in ast.walk(ast.parse((launch.RUNNERS / f"{stem}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.level or node.module == "runners"):
                names = [node.module] if node.module not in (None, "runners") else [a.name for a in node.names]
                todo += [name for name in names if name not in seen and (launch.RUNNERS / f"{name}.py").exists()]
    assert not [stem for stem in seen if stem.startswith(AFTER)]


PROGRAM = """import numpy as np
import tensorflow as tf

DATA = np.array([[1., 2.], [3., -4.]])
x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable([[.1], [.2]], dtype="float32")
scaled = tf.nn.leaky_relu(tf.matmul(x, w) * np.float64(.3), alpha=.1)
loss = tf.losses.mean_squared_error(tf.fill([2, 1], .7), scaled)
rate = tf.train.exponential_decay(.1, tf.train.get_or_create_global_step(), 1, .9)
train = tf.train.AdamOptimizer(rate, epsilon=1e-3).minimize(loss, tf.train.get_global_step())
session = tf.InteractiveSession()
tf.global_variables_initializer().run()
for _ in range(2):
    train.run({x: DATA})
grown = w * .7
print(grown.eval())
with tf.Graph().as_default(), tf.Session() as other:
    kept = tf.nn.dropout(tf.constant([[.1, .3]]), keep_prob=tf.constant(.5))
    dense = tf.keras.layers.Dense(1, kernel_initializer="ones")(tf.constant([[.1, .3]]))
    other.run(tf.global_variables_initializer())
    print(other.run([dense, kept]))
"""
SITES = ("train.run({x: DATA})", "grown.eval()", "other.run([dense, kept])")


def recorded(folder, program, sites, python):
    """The recording of a program whose runs are the given expressions."""
    (folder / "old").mkdir()
    (folder / "old" / "p.py").write_text(program)
    (folder / "results").mkdir()
    runs = []
    for site in sites:
        place = {"file": "p.py", **span(program, site)}
        known = {"callable": "f", "parameters": {}, "returns": [], "trains": "train" in site}
        runs.append({"site": f"p.py:{place['line']}", "span": place, **known})
    weights = [{"order": 0, "name": "w", "path": "w", "layout": "same", "build": None}]
    plan = {"placeholders": [], "probes": [], "runs": runs, "weights": weights}
    request = ProofRequest(folder / "old", folder / "old", "p.py", "torch", plan, python=python)
    side = launch.start_side(request, "before", "float64", folder)
    side.process.wait()
    assert (folder / "results" / "before.json").exists(), side.output.read_text()
    return record.load(str(folder / "results"), "before")


def adam(steps):
    """The program's weights after some steps, by hand."""
    x, w, m, v = np.array([[1.0, 2.0], [3.0, -4.0]]), np.array([[0.1], [0.2]]), 0.0, 0.0
    for step in range(1, steps + 1):
        out = x @ w * 0.3
        slope = np.where(out > 0, 1.0, 0.1)
        gradient = x.T @ ((out * slope - 0.7) * slope * 0.3)
        m, v = 0.9 * m + (1 - 0.9) * gradient, 0.999 * v + (1 - 0.999) * gradient**2
        rate = 0.1 * 0.9 ** (step - 1) * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        w = w - rate * m / (np.sqrt(v) + 1e-3)
    return w


@pytest.mark.parametrize("python", INTERPRETERS)
def test_every_number_is_a_double_in_every_graph_and_session(tmp_path, python):
    document = recorded(tmp_path, PROGRAM, SITES, python)
    first, second, grown, other = document["runs"]
    for run, steps in ((first, 1), (grown, 2)):
        value = run["variables"]["0"] if "variables" in run else run["fetches"][0] / 0.7
        assert value.dtype == np.float64
        assert np.max(np.abs(value - adam(steps))) < 1e-15
    dense, kept = other["fetches"]
    assert dense.dtype == kept.dtype == np.float64
    assert abs(dense[0, 0] - (0.1 + 0.3)) < 1e-16
    assert [draw[:2] for draw in other["noise"]] == [["uniform", 0]]
    assert set(kept[0]) <= {0.0, 0.2, 0.6}


@pytest.mark.parametrize("python", INTERPRETERS)
def test_an_operation_that_computes_in_float32_is_named(tmp_path, python):
    program = """import tensorflow as tf
session = tf.InteractiveSession()
image = tf.image.resize_bicubic(tf.ones([1, 4, 4, 1]), [8, 8])
print(session.run(image))
"""
    with pytest.raises(AssertionError):
        recorded(tmp_path, program, ["session.run(image)"], python)
    assert '"kernel": "ResizeBicubic"' in (tmp_path / "results" / "before.failed").read_text()


def test_an_interpreter_without_tensorflow_1_is_told(tmp_path):
    pytest.importorskip("tensorflow")
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "p.py").write_text("import tensorflow as tf\n")
    plan = {"placeholders": [], "probes": [], "runs": [], "weights": []}
    request = ProofRequest(tmp_path / "old", tmp_path / "new", "p.py", "torch", plan, before_python=sys.executable)
    proof = prove(request)
    assert (proof.verdict, proof.reasons[0]["code"]) == ("not run", "PRF101")
    assert "no TensorFlow 1 there" in proof.reasons[0]["text"] and "--tf1-python" in proof.reasons[0]["help"]
