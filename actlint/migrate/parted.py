"""Names that stand for a recurrent cell first, and then for one that is made of it and of tensors.

The first is made once, the second whenever the graph is computed: each gets a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit, Edited
from actlint.migrate.names import Names
from actlint.migrate.source import walk
from actlint.program.model import Program
from actlint.program.values import Cell, Const


def parted(program: Program, names: Names) -> tuple[Path, Edited] | None:
    """One such name told apart: the file that it stands in, edited; None where there are none."""
    for file in program.files:
        tree = program.trees[file]
        for block in _blocks(tree.module):
            if (settled := next(_settled(block, program), None)) is not None:
                edit = Edit(tree)
                body = list(settled.body.body)
                lines = [*settled.leading_lines, *getattr(body[0], "leading_lines", ())]
                edit.replace(settled, [body[0].with_changes(leading_lines=lines), *body[1:]])  # type: ignore[call-arg]
                return file, edit.made()
            for first in _bindings(block, program, "cell"):
                name = _target(first)
                later = [a for a in _bindings(block, program, "op") if _target(a) == name]
                reads = _reads(program, tree.module, first, name)
                if not later or reads is None:
                    continue
                cells = [v for v in program.values(first.value) if isinstance(v, Cell)]
                new = names.fresh(cells[0].entry.base or name)
                edit = Edit(tree)
                for node in (first.targets[0].target, *reads):
                    edit.replace(node, cst.Name(new))
                return file, edit.made()
    return None


def _blocks(module: cst.Module) -> Iterator[list[cst.CSTNode]]:
    for node in walk(module):
        if isinstance(node, (cst.Module, cst.IndentedBlock)):
            yield list(node.body)


def _settled(block: list[cst.CSTNode], program: Program) -> Iterator[cst.If]:
    """The conditions such as `if keep_prob is not None:` which always hold, and in which a name for a cell gets its
    second meaning."""
    for node in block:
        if isinstance(node, cst.If) and node.orelse is None and isinstance(node.body, cst.IndentedBlock):
            answers = program.values(node.test)
            if answers and all(value == Const(True) for value in answers) and isinstance(node.test, cst.Comparison):
                bound = {_target(small) for small in _bindings(list(node.body.body), program, "op")}
                if bound & {_target(small) for small in _bindings(block, program, "cell")}:
                    yield node


def _bindings(block: list[cst.CSTNode], program: Program, kind: str) -> Iterator[cst.Assign]:
    """The statements of a block that give a name to a cell which is made so."""
    for node in block:
        small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
        if isinstance(small, cst.Assign) and _target(small):
            values = program.values(small.value)
            if values and all(isinstance(v, Cell) and v.op.kind == kind for v in values):
                yield small


def _target(small: cst.Assign) -> str:
    target = small.targets[0].target
    return target.value if len(small.targets) == 1 and isinstance(target, cst.Name) else ""


def _reads(program: Program, module: cst.Module, first: cst.Assign, name: str) -> list[cst.Name] | None:
    """Where the name stands for what the first statement makes; None where it may stand for something else too."""
    made = {id(v) for v in program.values(first.value)}
    found = []
    for node in walk(module):
        if isinstance(node, cst.Name) and node.value == name and node in program.facts:
            same = [id(v) in made for v in program.values(node)]
            if all(same):
                found.append(node)
            elif any(same):
                return None
    return found
