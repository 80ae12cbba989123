"""Both branches of a known condition, walked: what the other one leaves behind, and what it must not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import libcst as cst
import pytest

from actlint.files.source import read
from actlint.program import Program, analyze
from actlint.program.values import Tensor
from actlint.syntax.tree import parse

Opened = Callable[[str], Program]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def run(body: str) -> Program:
        path = tmp_path / "program.py"
        path.write_text("import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n" + body)
        tree = parse(read(path))
        tree.opened |= {node for node in tree.module.body if isinstance(node, cst.If)}
        return analyze(path, read, {path.resolve(): tree})

    return run


def names(program: Program) -> list[tuple[str, bool]]:
    return [(variable.name, variable.imagined) for variable in program.variables]


def test_the_other_branch_leaves_imagined_variables_and_no_names(opened: Opened) -> None:
    program = opened("if False:\n    h = tf.layers.dense(x, 3)\nelse:\n    h = x\ng = tf.layers.dense(h, 2)\n")
    assert names(program) == [(f"dense/{w}", imagined) for imagined in (True, False) for w in ("kernel", "bias")]


def test_a_variable_of_both_branches_is_two(opened: Opened) -> None:
    program = opened("if True:\n    v = tf.get_variable('v', [2])\nelse:\n    v = tf.get_variable('v', [3])\n")
    assert names(program) == [("v", True), ("v", False)]
    assert program.scopes[program.entry].names["v"].shape[0].value == 2  # type: ignore[attr-defined]


def test_a_tensor_may_come_from_either_branch(opened: Opened) -> None:
    program = opened("if True:\n    h = tf.tanh(x)\nelse:\n    h = tf.nn.relu(x)\n")
    found = program.scopes[program.entry].names["h"]
    assert isinstance(found, Tensor) and found.op.symbol == "either"
    assert {t.op.symbol for t in found.op.inputs} == {"tanh", "nn.relu"}


def test_other_values_are_those_of_the_taken_branch(opened: Opened) -> None:
    program = opened("n = 1\nif n:\n    size = 3\nelse:\n    size = 4\n    tf.tanh(x)\n")
    assert program.scopes[program.entry].names["size"].value == 3  # type: ignore[attr-defined]


def test_reuse_that_the_other_branch_asks_for_is_forgotten(opened: Opened) -> None:
    program = opened("if False:\n    tf.get_variable_scope().reuse_variables()\nv = tf.get_variable('v', [2])\n")
    assert names(program) == [("v", False)]


def test_a_return_of_the_other_branch_is_no_result(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(
        "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"
        "def f(x, flag):\n    if flag:\n        return tf.tanh(x)\n    return tf.nn.relu(x)\ny = f(x, False)\n"
    )
    tree = parse(read(path))
    function = next(node for node in tree.module.body if isinstance(node, cst.FunctionDef))
    tree.opened |= {node for node in function.body.body if isinstance(node, cst.If)}
    program = analyze(path, read, {path.resolve(): tree})
    assert program.scopes[path.resolve()].names["y"].op.symbol == "nn.relu"  # type: ignore[attr-defined]
    assert "tanh" in [op.symbol for op in program.ops]


def test_a_name_that_only_the_other_branch_binds_is_there_for_its_runs(opened: Opened) -> None:
    program = opened(
        "OFF = False\nif OFF:\n    extra = tf.square(x)\n"
        "with tf.Session() as sess:\n    if OFF:\n        sess.run(extra, {x: [[1.0]]})\n"
    )
    assert [isinstance(leaf, Tensor) for run in program.runs for leaf in run.leaves] == [True]


def test_a_builtin_that_only_the_other_branch_binds_stays_what_it_is(opened: Opened) -> None:
    program = opened("OFF = False\nif OFF:\n    range = tf.square(x)\nn = range(3)\n")
    assert "range" not in program.scopes[program.entry].names
