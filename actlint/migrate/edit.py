"""Edits of a parsed file that keep the identity and the places of all nodes that they don't touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import libcst as cst

from actlint.findings import Position
from actlint.migrate.source import walk
from actlint.program.values import Given
from actlint.syntax.tree import Tree

Change = cst.CSTNode | Sequence[cst.CSTNode]


class Edited(Tree):
    """A file as it was read, with another module: moved and replaced nodes have the places of those they came from."""

    def __init__(self, before: Tree, module: cst.Module, origins: Mapping[cst.CSTNode, cst.CSTNode]) -> None:
        super().__init__(before.source, module)
        self.before = before
        self.origins = dict(origins)
        self.given: dict[cst.CSTNode, Given] = dict(before.given)

    def position(self, node: cst.CSTNode) -> tuple[Position, Position]:
        return self.before.position(self._origin(node))

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        return self.before.span(self._origin(node))

    def is_open(self, node: cst.CSTNode) -> bool:
        return self.before.is_open(self._origin(node))

    def _origin(self, node: cst.CSTNode) -> cst.CSTNode:
        node = self.copied.get(node, node)
        return self.origins.get(node, node)


class Edit:
    """Changes of one file: nodes that are replaced, and statements that are replaced by any number of statements."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.changes: dict[cst.CSTNode, Change] = {}
        self.origins: dict[cst.CSTNode, cst.CSTNode] = {}
        self.given: dict[cst.CSTNode, Given] = {}

    def replace(self, node: cst.CSTNode, change: Change) -> None:
        """Put other nodes where a node stands; new nodes have its place."""
        self.changes[node] = change
        for new in [change] if isinstance(change, cst.CSTNode) else change:
            self.came_from(new, node)

    def came_from(self, new: cst.CSTNode, old: cst.CSTNode) -> None:
        """Give a new node, and what is new below it, the place of an old one."""
        known = {id(part) for part in walk(self.tree.module)}
        for part in walk(new):
            if id(part) not in known:
                self.origins.setdefault(part, old)

    def made(self) -> Edited:
        """The edited file."""
        module = self.edited(self.tree.module)
        assert isinstance(module, cst.Module)
        found = Edited(self.tree, module, self.origins)
        found.given.update(self.given)
        return found

    def edited(self, node: cst.CSTNode) -> cst.CSTNode:
        """A node with the changes below it; itself where there are none."""
        updates = {}
        for field in fields(node):
            value = getattr(node, field.name)
            if isinstance(value, cst.CSTNode):
                new = self._one(value)
            elif isinstance(value, (list, tuple)) and any(isinstance(part, cst.CSTNode) for part in value):
                new = [after for part in value for after in self._many(part)]
                new = value if len(new) == len(value) and all(a is b for a, b in zip(new, value, strict=True)) else new
            else:
                continue
            if new is not value:
                updates[field.name] = new
        if not updates:
            return node
        made = node.with_changes(**updates)
        self.origins[made] = self.origins.get(node, node)
        return made

    def _one(self, node: cst.CSTNode) -> cst.CSTNode:
        change = self.changes.get(node)
        if change is None:
            return self.edited(node)
        assert isinstance(change, cst.CSTNode)
        return self.edited(change) if change is not node else change

    def _many(self, node: object) -> list[object]:
        if not isinstance(node, cst.CSTNode):
            return [node]
        change = self.changes.get(node)
        if change is None:
            return [self.edited(node)]
        parts = [change] if isinstance(change, cst.CSTNode) else list(change)
        return [self.edited(part) for part in parts]


def assignment(edit: Edit, name: str, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    """A new statement that gives an expression of the file a name; parentheses around it fall off."""
    made = cst.parse_statement(f"{name} = value")
    assert isinstance(made, cst.SimpleStatementLine) and isinstance(made.body[0], cst.Assign)
    edit.came_from(made, value)
    if value.lpar and "\n" not in cst.Module([]).code_for_node(value):
        bare = value.with_changes(lpar=value.lpar[1:], rpar=value.rpar[:-1])
        edit.origins[bare] = edit.origins.get(value, value)
        value = bare
    return made.with_changes(body=[made.body[0].with_changes(value=value)])
