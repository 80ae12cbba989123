"""An `if` that builds part of the graph beside other work becomes two: one that builds, and one that does the rest."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from actlint.migrate.edit import Edit, Edited, assignment
from actlint.migrate.ground import Ground, builds, names_read
from actlint.migrate.hoist import bindings
from actlint.migrate.late import is_pure, mutations
from actlint.migrate.names import Names
from actlint.migrate.source import walk
from actlint.program.values import Op


def unmixed(ground: Ground, names: Names) -> Edited | None:
    """The file with one such `if` taken apart; None where there is none that keeps its meaning so."""
    branches = [
        node
        for node in ground.statements
        if isinstance(node, cst.If) and node.orelse is None and isinstance(node.body, cst.IndentedBlock)
    ]
    ops = [(at, op) for op in ground.program.ops if (at := ground.at(op)) in ground.parent] if branches else []
    for node in branches:
        building = _building(ground, node, ops)
        rest = [part for part in node.body.body if part not in building]
        if building and _acts(ground, rest) and not _acts(ground, building) and _parts(node, building, rest):
            return _separated(ground, names, node, building, rest)
    return None


def _building(ground: Ground, node: cst.If, ops: list[tuple[cst.CSTNode, Op]]) -> list[cst.BaseStatement]:
    """The statements directly in a branch that build; none where the branch runs the session, or where others of its
    statements make something of the graph, whose order counts."""
    assert isinstance(node.body, cst.IndentedBlock)
    if any((at := ground.at(run)) is not None and ground.within(at, node) for run in ground.program.runs):
        return []
    found, others = set(), set()
    for at, op in ops:
        if ground.within(at, node.body):
            made = next(part for part in ground.ancestors(at) if ground.parent[part] is node.body)
            (found if builds(op) else others).add(made)
    return [] if others - found else [part for part in node.body.body if part in found]


def _acts(ground: Ground, statements: Sequence[cst.CSTNode]) -> bool:
    """Whether statements do what mustn't be done at every step, or at another time."""
    calls = [part for statement in statements for part in walk(statement) if isinstance(part, cst.Call)]
    return any(not is_pure(ground.program, call) for call in calls)


def _parts(node: cst.If, building: list[cst.BaseStatement], rest: list[cst.BaseStatement]) -> bool:
    """Whether what builds can go first: it reads nothing that the rest makes or changes, and leaves the test alone."""
    if any(isinstance(part, (cst.Call, cst.Await, cst.NamedExpr)) for part in walk(node.test)):
        return False
    tested = {name.value for name in names_read(node.test)}
    made = {name for statement in building for name in bindings(statement)}
    changed = {name for statement in rest for name in bindings(statement)}
    read = {name.value for statement in building for name in names_read(statement)}
    mutated = {name for name in read if any(True for statement in rest for _ in mutations(statement, name))}
    return not made & (tested | changed) and not read & changed and not mutated


def _separated(
    ground: Ground, names: Names, node: cst.If, building: list[cst.BaseStatement], rest: list[cst.BaseStatement]
) -> Edited:
    assert isinstance(node.body, cst.IndentedBlock)
    edit = Edit(ground.tree)
    test: cst.BaseExpression = node.test
    before: list[cst.BaseStatement] = []
    tested = {name.value for name in names_read(test)}
    if any(tested & {*bindings(part)} or any(True for n in tested for _ in mutations(part, n)) for part in rest):
        name = names.fresh(f"with_{next((n for part in building for n in bindings(part)), 'graph')}")
        before = [assignment(edit, name, test)]
        test = cst.Name(name)
    body = node.body.with_changes(body=_without_gap(edit, building), footer=[])
    first = node.with_changes(test=test, body=body, leading_lines=[])
    second = node.with_changes(test=test.deep_clone(), body=node.body.with_changes(body=_without_gap(edit, rest)))
    edit.replace(node, [*before, first, second])
    return edit.made()


def _without_gap(edit: Edit, statements: list[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Statements of a block, which doesn't begin with empty lines."""
    first = statements[0]
    lines = list(first.leading_lines)  # type: ignore[attr-defined]
    while lines and lines[0].comment is None:
        del lines[0]
    made = first.with_changes(leading_lines=lines)  # type: ignore[call-arg]
    edit.came_from(made, first)
    return [made, *statements[1:]]
