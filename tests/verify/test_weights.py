"""Initial values of the rewrite, against the original's."""

from __future__ import annotations

import types

import numpy as np
import pytest

from actlint.verify.runners import compare
from actlint.verify.runners.weights import Weights

DRAWN = np.random.RandomState(0).normal(size=(2, 3))


class Framework:
    def read(self, weight):
        return weight.copy()

    def write(self, weight, array):
        weight[...] = array


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
    weights.module = types.ModuleType("rewrite")
    weights.module.net, weights.module.target = own, target
    captured = {"value": DRAWN, "deterministic": False}
    weights.give({"0": captured, "1": captured}, "p.py:3", 1)
    assert len(rows.differences) == differences
    assert np.array_equal(own, DRAWN) and np.array_equal(target, DRAWN.T)
