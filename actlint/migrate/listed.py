"""Training operations that a list or dict is made of get names of their own, in front of it."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import name_of
from actlint.migrate.edit import Edit, Edited, assignment
from actlint.migrate.names import Names, training_word
from actlint.migrate.source import walk
from actlint.program.model import Program
from actlint.program.values import Tensor, Training


def spread(program: Program, names: Names) -> tuple[Path, Edited] | None:
    """A file with the training operations of one literal under names, or None where all have one."""
    made = {training.node for training in program.trainings}
    for file, tree in program.trees.items():
        for line in walk(tree.module):
            if not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[-1], cst.Assign):
                continue
            small = line.body[-1]
            parts = [part for part in _elements(small.value) if part in made and _is_training(program, part)]
            if len(parts) < 2 or len(line.body) > 1:
                continue
            edit = Edit(tree)
            word = training_word(name_of(small.targets[0].target).removesuffix("s")) or "train"
            own = [names.fresh(f"{word}_{place}") for place in range(1, len(parts) + 1)]
            lines = [assignment(edit, name, part) for name, part in zip(own, parts, strict=True)]
            for name, part in zip(own, parts, strict=True):
                edit.replace(part, cst.Name(name))
            changed = edit.edited(line)
            edit.changes.clear()
            assert isinstance(changed, cst.SimpleStatementLine)
            first = lines[0].with_changes(leading_lines=line.leading_lines)
            edit.replace(line, [first, *lines[1:], changed.with_changes(leading_lines=[])])
            return file, edit.made()
    return None


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(node, (cst.List, cst.Tuple)):
        return [element.value for element in node.elements]
    return [e.value for e in node.elements if isinstance(e, cst.DictElement)] if isinstance(node, cst.Dict) else []


def _is_training(program: Program, node: cst.BaseExpression) -> bool:
    values = program.values(node)
    return len(values) == 1 and isinstance(values[0], Tensor) and isinstance(values[0].op, Training)
