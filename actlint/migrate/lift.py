"""Statements that build the graph and run it at once are taken apart: one that runs, one that builds."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from actlint.migrate.edit import Edit, Edited, assignment
from actlint.migrate.ground import Ground, builds
from actlint.migrate.hoist import Block
from actlint.migrate.late import is_pure
from actlint.migrate.names import Names
from actlint.migrate.source import walk
from actlint.program.values import Op, Run


def lift(ground: Ground, names: Names) -> Edited | None:
    """The file with one statement taken apart, or None where none has to be."""
    by_line: dict[cst.CSTNode, list[Run]] = {}
    for run in ground.program.runs:
        line = ground.statement(run.node) if run.node in ground.parent else None
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            known = any(run.node is other.node for other in by_line.get(line, []))
            if not known and isinstance(ground.parent[line], (cst.IndentedBlock, cst.Module)):
                by_line.setdefault(line, []).append(run)
    for line, runs in by_line.items():
        edited = _fetched(ground, names, line, runs) or _built(ground, names, line, runs)
        if edited is not None:
            return edited
    return None


def _ops(ground: Ground, line: cst.CSTNode) -> Iterator[Op]:
    """The operations that a statement makes, in itself or in what it calls."""
    for op in ground.program.ops:
        if builds(op) and any(
            node in ground.parent and ground.statement(node) is line for node in (op.node, *(f.node for f in op.calls))
        ):
            yield op


def _fetched(ground: Ground, names: Names, line: cst.CSTNode, runs: list[Run]) -> Edited | None:
    """Values that were fetched within an expression of the graph get a name, in front of it."""
    if not any(not ground.in_run(op, runs) for op in _ops(ground, line)):
        return None
    small = line.body[0]  # type: ignore[attr-defined]
    parts = list(dict.fromkeys(ground.whole(run.node, small) for run in runs))
    inside = {id(node) for part in parts for node in walk(part)}
    if not isinstance(small, (cst.Assign, cst.Expr)) or any(part is small.value for part in parts):
        return None
    outside = [node for node in walk(small) if isinstance(node, cst.Call) and id(node) not in inside]
    if any(ground.host(node) and not is_pure(ground.program, node) for node in outside):
        return None
    edit, made = Edit(ground.tree), []
    for part in parts:
        name = names.fresh(_word(next(r for r in runs if ground.within(r.node, part))))
        made.append(assignment(edit, name, part))
        edit.replace(part, cst.Name(name))
    return _before(edit, line, made)


def _built(ground: Ground, names: Names, line: cst.CSTNode, runs: list[Run]) -> Edited | None:
    """Fetched expressions that depend on what changes in a loop get a name, so that they can move out of it."""
    outer = next((s for s in ground.statements if ground.within(line, s)), None)
    if not isinstance(outer, cst.BaseCompoundStatement) or isinstance(outer, cst.ClassDef) or outer in ground.building:
        return None
    block, edit, made = Block(ground, outer), Edit(ground.tree), []
    for run in runs:
        for leaf in _leaves(run):
            ops = [op for op in _ops(ground, line) if any(ground.within(n, leaf) for n in _nodes(ground, op))]
            if ops and not isinstance(leaf, cst.Name) and _depends(ground, block, leaf):
                name = names.fresh("value")
                made.append(assignment(edit, name, leaf))
                edit.replace(leaf, cst.Name(name))
    return _before(edit, line, made) if made else None


def _nodes(ground: Ground, op: Op) -> list[cst.CSTNode]:
    return [node for node in (op.node, *(frame.node for frame in op.calls)) if node in ground.parent]


def _leaves(run: Run) -> list[cst.BaseExpression]:
    if run.form in ("eval", "run"):
        return [run.node.func.value] if isinstance(run.node.func, cst.Attribute) else []
    if isinstance(run.fetch_node, (cst.List, cst.Tuple)):
        return [element.value for element in run.fetch_node.elements]
    return [run.fetch_node] if run.fetch_node is not None else []


def _depends(ground: Ground, block: Block, node: cst.CSTNode) -> bool:
    """Whether a graph expression holds a Python value that changes."""
    if isinstance(node, cst.BaseExpression) and ground.host(node):
        return block.late(node)
    children = [node.value] if isinstance(node, (cst.Arg, cst.Attribute)) else node.children
    return any(_depends(ground, block, child) for child in children)


def _word(run: Run) -> str:
    node = run.node.func.value if run.form == "eval" and isinstance(run.node.func, cst.Attribute) else run.fetch_node
    return f"{node.value}_value" if isinstance(node, cst.Name) else "fetched"


def _before(edit: Edit, line: cst.CSTNode, made: list[cst.SimpleStatementLine]) -> Edited:
    """New statements in front of a changed one, whose comments they take over."""
    assert isinstance(line, cst.SimpleStatementLine)
    changed = edit.edited(line)
    edit.changes.clear()
    assert isinstance(changed, cst.SimpleStatementLine)
    first = made[0].with_changes(leading_lines=line.leading_lines)
    edit.replace(line, [first, *made[1:], changed.with_changes(leading_lines=[])])
    return edit.made()
