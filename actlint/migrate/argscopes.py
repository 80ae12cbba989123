"""Arguments that calls take from an `arg_scope` of tf.contrib are written at the calls."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.source import walk, with_arguments
from actlint.program.argscopes import ArgScope
from actlint.program.binding import BoundCall, framework_name
from actlint.program.calls import assigned_names
from actlint.program.model import Program
from actlint.program.values import Symbol
from actlint.syntax.tree import Tree

_LITERALS = (cst.Integer, cst.Float, cst.SimpleString)
_MAKERS = ("_initializer", "_regularizer")


def written_out(program: Program) -> dict[Path, Tree]:
    """The files that have an `arg_scope`, without it: its arguments stand at the calls. Nothing where one can't."""
    found: dict[Path, Tree] = {}
    for path, tree in program.trees.items():
        file = _File(program, tree.module)
        edit = Edit(tree)
        for node in file.nodes:
            arguments = file.arguments(node) if isinstance(node, cst.Call) else []
            if arguments is None:
                return {}
            if arguments:
                edit.replace(node, with_arguments(node, [*node.args, *arguments]))  # type: ignore[arg-type]
            elif isinstance(node, cst.With) and (left := file.without_scopes(node)) is not None:
                edit.replace(node, left)
            elif file.only_makes_scope(node):
                edit.replace(node, [])
        if edit.changes:
            found[path] = edit.made()
    return found


class _File:
    """What one file's calls take, and where names mean the same."""

    def __init__(self, program: Program, module: cst.Module) -> None:
        self.program, self.module = program, module
        self.nodes = list(walk(module))
        self.parent = {child: node for node in self.nodes for child in node.children}
        self.bound = Counter(name for node in self.nodes for name in _bound(node))

    def arguments(self, call: cst.Call) -> list[cst.Arg] | None:
        """What a call takes, every time the same; None where that can't be written there."""
        every = self.program.inherited.get(call, [])
        if not any(every):
            return []
        if any(taken != every[0] for taken in every):
            return None
        if not all(self._means_the_same(expression, call) for expression in every[0].values()):
            return None
        bare = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        return [
            cst.Arg(expression.deep_clone(), keyword=cst.Name(name), equal=bare)  # type: ignore[arg-type]
            for name, expression in every[0].items()
        ]

    def without_scopes(self, node: cst.With) -> list[cst.CSTNode] | None:
        """What is left of a block without its argument scopes; None where it has none."""
        kept = [item for item in node.items if not self._is_scope(item.item)]
        if len(kept) == len(node.items):
            return None
        if kept:
            last = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return [node.with_changes(items=[*kept[:-1], last])]
        if isinstance(node.body, cst.SimpleStatementSuite):
            return [cst.SimpleStatementLine(node.body.body, leading_lines=node.leading_lines)]
        first, *others = node.body.body
        if isinstance(first, cst.With) and (inner := self.without_scopes(first)) is not None:
            first, *others = [*inner, *others]  # type: ignore[list-item]
        lines = [*node.leading_lines, *(line for line in first.leading_lines if line.comment is not None)]  # type: ignore[attr-defined]
        same = len(lines) == len(first.leading_lines)  # type: ignore[attr-defined]
        return [first if same else first.with_changes(leading_lines=lines), *others]  # type: ignore[call-arg]

    def only_makes_scope(self, node: cst.CSTNode) -> bool:
        """Whether a function answers nothing but a scope, or a statement gives one a name."""
        if isinstance(node, cst.FunctionDef):
            returned = [part.value for part in walk(node) if isinstance(part, cst.Return) and part.value is not None]
            return bool(returned) and all(self._is_scope(value) for value in returned)
        small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
        return isinstance(small, cst.Assign) and self._is_scope(small.value)

    def _is_scope(self, node: cst.BaseExpression) -> bool:
        values = self.program.values(node)
        return bool(values) and all(isinstance(value, ArgScope) for value in values)

    def _means_the_same(self, expression: cst.BaseExpression, call: cst.Call) -> bool:
        names: set[str] = set()
        if expression not in self.parent or not self._is_plain(expression, names):
            return False
        around, function = self._around(expression), self._function(call)
        if around is not None and function is self._function(around) and self._is_below(call, around):
            return not names & assigned_names(around.body)
        return all(self.bound[name] == 1 for name in names) and names <= self._global

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
