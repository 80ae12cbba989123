from __future__ import annotations

from pathlib import Path
from typing import Any

from actlint.verify.attach import Attached, attach, without_names
from actlint.verify.proof import Proof, reason

THEN = """\
class Model:
    def forward(self, x):
        h = relu(x)
        return h


def train_step(x, y, rate=1.0):
    loss = model.forward(x) - y
    return loss
"""
PLAN: dict[str, Any] = {
    "placeholders": [],
    "weights": [],
    "probes": [
        {"id": "t0", "name": "h", "role": "hidden", "after": {"function": "Model.forward", "variable": "h", "nth": 0}},
        {"id": "t1", "name": "loss", "role": "loss", "after": {"function": "train_step", "variable": "loss", "nth": 0}},
    ],
    "runs": [
        {"site": "train.py:1", "callable": None, "parameters": {}},
        {"site": "train.py:9", "callable": "train_step", "parameters": {"x": "p0", "y": "p1"}},
    ],
}


def attached(now: str, plan: dict[str, Any] = PLAN, others: tuple[Path, ...] = ()) -> Attached:
    return attach(plan, PLAN, THEN.encode(), now.encode(), "train.py", others, "map.toml")


def test_same_names_leave_the_plan() -> None:
    moved = "import os\n\n# comment\n" + THEN.replace("    return loss", "    loss_value = loss\n    return loss_value")
    found = attached(moved)
    assert (found.plan, found.notes, found.missing) == (PLAN, [], [])


def test_renamed_parameters_are_followed_by_position() -> None:
    found = attached(THEN.replace("x, y, rate", "inputs, y, rate").replace("forward(x) - y", "forward(inputs) - y"))
    assert found.plan["runs"][1]["parameters"] == {"inputs": "p0", "y": "p1"}
    assert found.missing == []


def test_parameters_of_a_function_that_the_map_renames_are_followed_too() -> None:
    plan = {**PLAN, "runs": [PLAN["runs"][0], {**PLAN["runs"][1], "callable": "step"}]}
    found = attached(THEN.replace("def train_step(x, y", "def step(inputs, labels"), plan)
    assert found.plan["runs"][1]["parameters"] == {"inputs": "p0", "labels": "p1"}


def test_renamed_function_is_missing_by_name() -> None:
    found = attached(THEN.replace("train_step", "step"))
    assert [(own["code"], own["text"]) for own in found.missing] == [
        ("PRF304", "the rewrite has no function train_step, which stands for the run train.py:9")
    ]
    assert "map.toml" in found.missing[0]["help"] and 'before = "train.py:9"' in found.missing[0]["help"]


def test_dropped_parameter_is_missing_by_name() -> None:
    found = attached(THEN.replace("x, y, rate=1.0", "x"))
    assert [own["text"] for own in found.missing] == [
        "train_step has no parameter y, which takes what the run train.py:9 feeds"
    ]


def test_probe_whose_variable_is_gone_or_assigned_otherwise_is_noted() -> None:
    found = attached(THEN.replace("h = relu(x)\n        return h", "return relu(x)"))
    assert found.notes == ["hidden 'h': `h` in Model.forward is no longer assigned"]
    assert [probe["after"] is None for probe in found.plan["probes"]] == [True, False]
    found = attached(THEN.replace("h = relu(x)", "h = x\n        h = relu(h)"))
    assert found.notes == ["hidden 'h': `h` in Model.forward is assigned in other places than before"]


def test_functions_may_move_to_another_file(tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_text(THEN)
    (tmp_path / "broken.py").write_text("def (\n")
    found = attached("from steps import *\n", others=(tmp_path / "broken.py", tmp_path / "steps.py"))
    assert (found.plan, found.notes, found.missing) == (PLAN, [], [])


def test_what_is_no_python_is_left_to_the_proof() -> None:
    assert attached("def (\n").plan == PLAN


def test_lost_weights_are_no_difference() -> None:
    lost = reason("PRF304", "the weight w:0 can't be found at model.w")
    proof = without_names(Proof("differs", [lost, reason("PRF202", "fetch differs")]), "map.toml")
    assert proof.verdict == "inconclusive"
    assert [own["text"] for own in proof.reasons] == [lost["text"]] and "map.toml" in proof.reasons[0]["help"]
    kept = without_names(Proof("differs", [reason("PRF202", "fetch differs")]), "map.toml")
    assert kept.verdict == "differs"
