"""Expressions that mean the same at another place of their file."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

import libcst as cst

from actlint.migrate.source import walk
from actlint.program.binding import BoundCall, framework_name
from actlint.program.calls import assigned_names
from actlint.program.model import Program
from actlint.program.values import Symbol
from actlint.syntax.walk import children

_LITERALS = (cst.Integer, cst.Float, cst.SimpleString)
_MAKERS = ("_initializer", "_regularizer")


class Elsewhere:
    """One file's nodes, and where names mean the same."""

    def __init__(self, program: Program, module: cst.Module) -> None:
        self.program = program
        self.nodes = list(walk(module))
        self.parent = {child: node for node in self.nodes for child in children(node)}
        self.bound = Counter(name for node in self.nodes for name in _bound(node))

    def means_the_same(self, expression: cst.BaseExpression, call: cst.CSTNode) -> bool:
        """Whether an expression of this file has its value at a call, too, each time that it is evaluated."""
        names: set[str] = set()
        if expression not in self.parent or not self._is_plain(expression, names):
            return False
        around, function = self._around(expression), self._function(call)
        if around is not None and function is self._function(around) and self._is_below(call, around):
            return not names & assigned_names(around.body)
        function = self._function(call)
        if function is not None and function is self._function(expression):
            names = {name for name in names if not self._is_settled(name, function)}
        return all(self.bound[name] == 1 for name in names) and names <= self._global

    def _is_settled(self, name: str, function: cst.CSTNode) -> bool:
        """Whether a function binds a name once, as a parameter or by a statement that no loop repeats."""
        inside = [node for node in walk(function) if name in _bound(node)]
        if len(inside) != 1 or isinstance(inside[0], (cst.For, cst.CompFor, cst.AugAssign)):
            return False
        current = self.parent.get(inside[0])
        while current is not None and current is not function:
            if isinstance(current, (cst.For, cst.While)):
                return False
            current = self.parent.get(current)
        return True

    @cached_property
    def _global(self) -> set[str]:
        return {
            name
            for node in self.nodes
            for name in _bound(node)
            if self._function(node) is None and not isinstance(node, cst.Param)
        }

    def _is_plain(self, node: cst.BaseExpression, names: set[str]) -> bool:
        """Whether an expression has the same value wherever it stands; collects its names."""
        if isinstance(node, _LITERALS):
            return True
        if isinstance(node, cst.Name):
            names.update({node.value} - {"None", "True", "False"})
            return True
        if isinstance(node, cst.Attribute):
            return self._is_plain(node.value, names)
        if isinstance(node, cst.UnaryOperation):
            return self._is_plain(node.expression, names)
        if isinstance(node, cst.BinaryOperation):
            return self._is_plain(node.left, names) and self._is_plain(node.right, names)
        if isinstance(node, (cst.List, cst.Tuple)):
            return all(isinstance(e, cst.Element) and self._is_plain(e.value, names) for e in node.elements)
        if not isinstance(node, cst.Call) or not self._is_maker(node):
            return False
        return self._is_plain(node.func, names) and all(
            not argument.star and self._is_plain(argument.value, names) for argument in node.args
        )

    def _is_maker(self, call: cst.Call) -> bool:
        """Whether a call makes an initialiser or a regularizer: two of them do what one does."""
        binding = self.program.bindings.get(call)
        symbols = [framework_name(v.name) for v in self.program.values(call.func) if isinstance(v, Symbol)]
        if isinstance(binding, BoundCall) and binding.entry.kind == "initializer":
            return True
        return isinstance(binding, BoundCall) and any((name or "").endswith(_MAKERS) for name in symbols)

    def _around(self, node: cst.CSTNode) -> cst.With | None:
        """The `with` statement whose item an expression belongs to."""
        item: cst.CSTNode | None = node
        while item is not None and not isinstance(item, cst.WithItem):
            item = None if isinstance(item, cst.BaseStatement) else self.parent.get(item)
        found = self.parent.get(item) if item is not None else None
        return found if isinstance(found, cst.With) else None

    def _is_below(self, node: cst.CSTNode, ancestor: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None and current is not ancestor:
            current = self.parent.get(current)
        return current is ancestor

    def _function(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The function, or class, that a node stands in."""
        current = self.parent.get(node)
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            current = self.parent.get(current)
        return current


def _bound(node: cst.CSTNode) -> list[str]:
    """The names that a node itself binds."""
    if isinstance(node, (cst.Import, cst.ImportFrom)) and not isinstance(node.names, cst.ImportStar):
        return [alias.evaluated_name.partition(".")[0] for alias in node.names if alias.asname is None]
    if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Param)):
        return [node.name.value]
    if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.For, cst.CompFor, cst.NamedExpr)):
        return [part.value for part in walk(node.target) if isinstance(part, cst.Name)]
    if isinstance(node, cst.AsName):
        return [part.value for part in walk(node.name) if isinstance(part, cst.Name)]
    return []
