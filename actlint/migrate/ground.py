"""The building scope as it stands in the source: what `straighten` asks before units exist."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from actlint.migrate.bodies import building_paths
from actlint.migrate.source import walk
from actlint.migrate.units import is_main_guard
from actlint.program.model import Program
from actlint.program.values import Frame, Handle, Op, Run, Session, Training, Value, is_host
from actlint.syntax.walk import children


class Ground:
    """Places, values and operations of one building scope, which the calls of `prefix` lead into."""

    def __init__(self, program: Program, prefix: tuple[Frame, ...] = ()) -> None:
        self.program = program
        self.tree = program.trees[program.entry]
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.position: dict[cst.CSTNode, int] = {}
        for place, node in enumerate(walk(self.tree.module)):
            self.position[node] = place
            for child in children(node):
                self.parent[child] = node
        self.prefix = prefix
        self.depth = len(prefix)
        holder = prefix[-1].function if prefix else None
        self.body: cst.CSTNode = holder.node.body if holder is not None else self.tree.module
        self.plain = holder is None or holder.file == program.entry and isinstance(holder.node, cst.FunctionDef)
        self.statements = list(self._statements(self.body)) if self.plain else []
        self.building = {frames[-1].function.node for frames in building_paths(program).values()}
        """The functions whose own statements build the graph."""

    def _statements(self, block: cst.CSTNode) -> Iterator[cst.CSTNode]:
        for node in block.body:  # type: ignore[attr-defined]
            if self._transparent(node):
                yield from self._statements(node.body)
            else:
                yield node

    def _transparent(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.With):
            values = [value for item in node.items for value in self.program.values(item.item)]
            return bool(values) and all(isinstance(v, (Session, Handle)) for v in values)
        return is_main_guard(node)

    # -- places

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """A node and everything around it, inner ones first."""
        current: cst.CSTNode | None = node
        while current is not None:
            yield current
            current = self.parent.get(current)

    def within(self, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
        return any(part is outer for part in self.ancestors(node))

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The statement that directly holds an expression."""
        return next(
            p for p in self.ancestors(node) if isinstance(p, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        )

    def line(self, node: cst.CSTNode) -> int:
        return self.tree.position(node)[0].row

    # -- what is made where

    def at(self, made: Op | Run, function: cst.CSTNode | None = None) -> cst.CSTNode | None:
        """The expression of the building scope, or of a function, whose evaluation made something."""
        if function is not None:
            for place, frame in enumerate(made.calls):
                if frame.function.node is function:
                    return made.calls[place + 1].node if place + 1 < len(made.calls) else made.node
            return None
        if not same(made.calls[: self.depth], self.prefix):
            return None
        return made.calls[self.depth].node if len(made.calls) > self.depth else made.node

    def in_run(self, op: Op, runs: list[Run]) -> bool:
        """Whether an operation is made by an argument of one of these runs."""
        nodes = (op.node, *(frame.node for frame in op.calls))
        return any(self.within(node, run.node) for run in runs for node in nodes if node in self.parent)

    # -- values

    def values(self, node: cst.CSTNode) -> list[Value]:
        return self.program.values(node)

    def host(self, node: cst.CSTNode) -> bool:
        """Whether an expression is surely a Python value."""
        if isinstance(node, (cst.Integer, cst.Float)):
            return True
        values = self.values(node)
        return bool(values) and all(is_host(value) for value in values)

    def whole(self, node: cst.CSTNode, root: cst.CSTNode) -> cst.CSTNode:
        """The largest Python value around an expression, below `root`."""
        found = node
        for part in self.ancestors(node):
            if part is root:
                break
            if isinstance(part, cst.BaseExpression) and part is not node:
                if not self.host(part):
                    break
                found = part
        return found


def same(path: tuple[Frame, ...], other: tuple[Frame, ...]) -> bool:
    """Whether two call paths go through the same calls."""
    return tuple(frame.node for frame in path) == tuple(frame.node for frame in other)


def builds(op: Op) -> bool:
    """Whether an operation is part of what runs compute."""
    return op.kind in ("op", "loss", "group") or isinstance(op, Training)


def names_read(node: cst.CSTNode) -> Iterator[cst.Name]:
    """Names that an expression or statement reads: no attributes, keywords or targets."""
    if isinstance(node, cst.Name):
        yield node
    elif isinstance(node, cst.Attribute):
        yield from names_read(node.value)
    elif isinstance(node, cst.Arg):
        yield from names_read(node.value)
    elif isinstance(node, cst.AssignTarget):
        if not isinstance(node.target, (cst.Name, cst.Tuple, cst.List)):
            yield from names_read(node.target)
    elif isinstance(node, cst.Param):
        if node.default is not None:
            yield from names_read(node.default)
    else:
        for child in children(node):
            yield from names_read(child)
