"""Initial values of the rewrite, against the original's."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from actlint.verify.runners import compare, program
from actlint.verify.runners.weights import Weights

DRAWN = np.random.RandomState(0).normal(size=(2, 3))


class Framework:
    def read(self, weight):
        return weight.copy()

    def write(self, weight, array):
        weight[...] = array


def test_weights_are_found_in_the_programs_own_modules(tmp_path, monkeypatch):
    for name in ("models", "models.net"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["models"].net = sys.modules["models.net"]
    sys.modules["models.net"].__file__ = str(tmp_path / "models" / "net.py")
    sys.modules["models.net"].w = DRAWN
    weights = Weights([], Framework(), compare.Rows())
    weights.user = program.Program({"root": str(tmp_path), "entry": "train.py"}, None, {})
    assert weights.resolve("models.net.w") is DRAWN
    with pytest.raises(NameError):
        weights.resolve("numpy.pi")


@pytest.mark.parametrize(("copied", "differences"), [(True, 0), (False, 1)])
def test_weights_that_were_copied_have_to_be_copies(copied, differences):
    plan = [
        {"name": "net/w:0", "path": "net", "layout": "same"},
        {"name": "target/w:0", "path": "target", "layout": "T"},
    ]
    rows = compare.Rows()
    weights = Weights(plan, Framework(), rows)
    own = np.random.RandomState(1).normal(size=(2, 3))
    target = own.T.copy() if copied else np.random.RandomState(2).normal(size=(3, 2))
    module = types.ModuleType("rewrite")
    module.net, module.target = own, target
    weights.user = types.SimpleNamespace(module=module, modules=dict)
    captured = {"value": DRAWN, "deterministic": False}
    weights.give({"0": captured, "1": captured}, "p.py:3", 1)
    assert len(rows.differences) == differences
    assert np.array_equal(own, DRAWN) and np.array_equal(target, DRAWN.T)


@pytest.mark.parametrize(("step", "same"), [(1, False), (12, True)])
def test_values_that_follow_from_training_are_compared_like_variables(step, same):
    rows = compare.Rows(compare.COMPILED)
    weights = Weights([{"name": "w:0", "path": "w", "layout": "same"}], Framework(), rows)
    module = types.ModuleType("rewrite")
    module.w = DRAWN * (1 + 2e-6)
    weights.user = types.SimpleNamespace(module=module, modules=dict)
    weights.give({"0": {"value": DRAWN, "deterministic": True}}, "p.py:3", step)
    assert [row["ok"] for row in rows.rows] == [same]
