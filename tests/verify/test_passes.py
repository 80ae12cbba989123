"""What only further executions show: unseeded data, races, initialisers, and changes that stay unnoticed."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from actlint.verify import ProofRequest, prove
from actlint.verify.runners import passes, sensitivity

from .test_instrument import span

BEFORE = """import os
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 6])
w = tf.get_variable("w", [6, 20], initializer=tf.truncated_normal_initializer(stddev=0.5))
hidden = tf.tanh(tf.matmul(x, w))
loss = tf.reduce_mean(tf.square(hidden)) + 0.1 * tf.reduce_mean(tf.abs(hidden))
train = tf.train.AdagradOptimizer(0.1).minimize(loss)
data = np.random.RandomState(list(os.urandom(8))).rand(30, 6)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(12):
        value = sess.run([train, loss], {x: data})[1]
"""

AFTER = """import os
import numpy as np
import torch

w = torch.nn.Parameter(torch.nn.init.trunc_normal_(torch.empty(6, 20), std=0.5, a=-1.0, b=1.0))
optimizer = torch.optim.Adagrad([w], lr=0.1, initial_accumulator_value=0.1, eps=0.0)


def train_step(x):
    x = torch.as_tensor(x, dtype=torch.float32)
    hidden = torch.tanh(x @ w)
    loss = torch.mean(hidden**2) + 0.1 * torch.mean(torch.abs(hidden))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().numpy().copy()


data = np.random.RandomState(list(os.urandom(8))).rand(30, 6)
for step in range(12):
    value = train_step(data)
"""


def request(folder, after):
    def located(snippet):
        return {"file": "p.py", **span(BEFORE, snippet)}

    for side, text in (("old", BEFORE), ("new", after)):
        (folder / side).mkdir()
        (folder / side / "p.py").write_text(text)
    start, step = "sess.run(tf.global_variables_initializer())", "sess.run([train, loss], {x: data})"
    plan = {
        "placeholders": [{"id": "x", "span": located("tf.placeholder(tf.float32, [None, 6])")}],
        "probes": [],
        "runs": [
            {"site": "p.py:12", "span": located(start), "callable": None, "parameters": {}, "returns": [None]},
            {
                "site": "p.py:14",
                "span": located(step),
                "callable": "train_step",
                "parameters": {"x": "x"},
                "returns": [None, 0],
                "trains": True,
            },
        ],
        "weights": [{"order": 0, "name": "w:0", "path": "w", "layout": "same", "build": None}],
    }
    return ProofRequest(folder / "old", folder / "new", "p.py", "torch", plan, python=sys.executable)


needs_frameworks = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("tensorflow", "torch")), reason="needs TensorFlow and torch"
)


@needs_frameworks
def test_unseeded_data_is_no_difference(tmp_path):
    proof = prove(request(tmp_path, AFTER))
    assert (proof.verdict, proof.reasons) == ("proved", [])
    assert any("other values as 'x' at each execution" in gap for gap in proof.not_exercised)
    assert not any("would not be noticed" in gap for gap in proof.not_exercised)
    assert "w:0 (spread)" in {row.name for row in proof.comparisons if row.quantity == "initial value"}


@needs_frameworks
@pytest.mark.parametrize(
    ("right", "wrong", "quantity"),
    [
        ("a=-1.0, b=1.0", "a=-2.0, b=2.0", "initial value"),
        ("initial_accumulator_value=0.1", "initial_accumulator_value=0.1001", "variable"),
        ("eps=0.0", "eps=1e-10", "variable"),
    ],
)
def test_small_wrong_edit_differs(tmp_path, right, wrong, quantity):
    assert right in AFTER
    proof = prove(request(tmp_path, AFTER.replace(right, wrong)))
    assert proof.verdict == "differs"
    assert any(reason["text"].startswith(quantity) for reason in proof.reasons)


def recording(value, feed):
    run = {
        "site": 0,
        "ordinal": 1,
        "step": 1,
        "feeds": {"x": [np.float64([feed])]},
        "fetches": [np.float64([value])],
        "captured": {"0": {"value": np.zeros(1)}},
        "variables": {"0": np.float64([value])},
    }
    return {"calls": [[0, True, 1]], "runs": [run], "stopped": False}


PLAN = {"runs": [{"site": "p.py:3"}], "weights": [{"name": "w:0"}]}


def test_results_that_differ_are_races():
    found = sensitivity._races(recording(1.0, 2.0), recording(1.0 + 1e-6, 2.0), None, PLAN)
    assert found == {"races": ["fetch '0' of p.py:3", "variable 'w:0' of p.py:3"], "feeds": []}
    assert sensitivity._races(recording(1.0, 2.0), recording(1.0 + 1e-14, 2.0), None, PLAN) == {
        "races": [],
        "feeds": [],
    }


def test_what_rounding_of_the_gradients_moves_is_no_race():
    first, again = recording(1.0, 2.0), recording(1.0 + 1e-6, 2.0)
    assert sensitivity._races(first, again, recording(1.0 - 5e-7, 2.0), PLAN)["races"] == []
    assert len(sensitivity._races(first, again, recording(1.0 - 1e-7, 2.0), PLAN)["races"]) == 2


def test_results_of_other_feeds_are_no_races():
    assert sensitivity._races(recording(1.0, 2.0), recording(3.0, 4.0), None, PLAN) == {"races": [], "feeds": ["x"]}


def test_other_runs_are_a_race():
    first, again = recording(1.0, 2.0), recording(1.0, 2.0)
    again["runs"][0]["ordinal"] = 2
    assert len(sensitivity._races(first, again, None, PLAN)["races"]) == 1


def test_an_execution_that_was_cut_short_is_compared_as_far_as_it_goes():
    first, again = recording(1.0, 2.0), recording(3.0, 2.0)
    first["runs"] += recording(5.0, 2.0)["runs"]
    first["calls"] = [[0, True, 2]]
    assert len(sensitivity._races(first, again, None, PLAN)["races"]) == 2


def test_a_change_is_noticed_on_the_update():
    assert sensitivity._differ(recording(1.0, 2.0), recording(1.0 + 1e-8, 2.0))
    assert not sensitivity._differ(recording(1.0, 2.0), recording(1.0 + 1e-15, 2.0))


def test_installed_modules_of_a_pass_are_imported_before_the_next(tmp_path, monkeypatch):
    known = {name for name in sys.modules if name.partition(".")[0] not in ("numpy", "json")}
    found = passes._imported(known)
    assert "numpy" in found and "json" not in found
    monkeypatch.delitem(sys.modules, "click.testing", raising=False)
    (tmp_path / "imports").write_text('["isnt_there_any_more", "click.testing"]')
    passes._warm(str(tmp_path / "imports"))
    assert "click.testing" in sys.modules


def test_a_pass_without_a_list_imports_nothing(tmp_path):
    before = set(sys.modules)
    passes._warm(str(tmp_path / "imports"))
    assert set(sys.modules) == before
