"""Arguments that calls take from an `arg_scope` of tf.contrib are written at the calls."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.elsewhere import Elsewhere
from actlint.migrate.source import walk, with_arguments
from actlint.program.argscopes import ArgScope
from actlint.program.model import Program
from actlint.syntax.tree import Tree


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


class _File(Elsewhere):
    """What one file's calls take."""

    def arguments(self, call: cst.Call) -> list[cst.Arg] | None:
        """What a call takes, every time the same; None where that can't be written there."""
        every = self.program.inherited.get(call, [])
        if not any(every):
            return []
        if any(taken != every[0] for taken in every):
            return None
        if not all(self.means_the_same(expression, call) for expression in every[0].values()):
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
