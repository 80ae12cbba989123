"""What a function that builds returns gets a name there, the one that its call is assigned to."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import building_paths, name_of
from actlint.migrate.edit import Edit, Edited, assignment
from actlint.migrate.names import Names
from actlint.migrate.source import walk
from actlint.program.model import Program
from actlint.program.values import Frame, Tensor


def named(program: Program, names: Names) -> tuple[Path, Edited] | None:
    """A file with one more returned tensor under a name of its own, or None where all have one."""
    for frames in building_paths(program).values():
        frame = frames[-1]
        node = frame.function.node
        line = node.body.body[-1] if isinstance(node, cst.FunctionDef) and node.body.body else None
        if not isinstance(line, cst.SimpleStatementLine) or not isinstance(line.body[-1], cst.Return):
            continue
        value = line.body[-1].value
        if value is None or isinstance(value, (cst.Name, cst.Attribute, cst.Tuple)) or not _is_tensor(program, value):
            continue
        target = _target(program, frame)
        if target is not None:
            return frame.function.file, _edited(program, names, frame, line, target)
    return None


def _is_tensor(program: Program, value: cst.BaseExpression) -> bool:
    found = program.values(value)
    return bool(found) and all(isinstance(v, Tensor) for v in found)


def _target(program: Program, frame: Frame) -> str | None:
    """The name or attribute that a call is assigned to."""
    for part in walk(program.trees[frame.file].module):
        if isinstance(part, cst.Assign) and part.value is frame.node and len(part.targets) == 1:
            return name_of(part.targets[0].target) or None
    return None


def _edited(program: Program, names: Names, frame: Frame, line: cst.SimpleStatementLine, target: str) -> Edited:
    edit = Edit(program.trees[frame.function.file])
    returned = line.body[-1]
    assert isinstance(returned, cst.Return) and returned.value is not None
    used = {part.value for part in walk(frame.function.node) if isinstance(part, cst.Name)}
    name = names.fresh(target) if target in used else target
    made = assignment(edit, name, returned.value)
    last = cst.parse_statement(f"return {name}")
    edit.came_from(last, returned)
    first = [line.with_changes(body=line.body[:-1])] if len(line.body) > 1 else []
    edit.changes[line] = [*first, made.with_changes(leading_lines=() if first else line.leading_lines), last]
    return edit.made()
