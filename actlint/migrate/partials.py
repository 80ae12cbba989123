"""Calls of `functools.partial(tf.layers.dense, ...)`: the function itself is called, with the arguments of both."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.elsewhere import Elsewhere
from actlint.migrate.source import with_arguments
from actlint.program.calls import Partial
from actlint.program.model import Program
from actlint.program.values import Symbol, Value
from actlint.syntax.tree import Tree


def called_whole(program: Program) -> dict[Path, Tree]:
    """The files that call a framework function with some of its arguments set, without that. Nothing where the
    arguments can't be written at a call."""
    made: dict[int, cst.Call] = {}
    for node in program.facts:
        for value in program.values(node) if isinstance(node, cst.Call) else ():
            if isinstance(value, Partial) and isinstance(value.callee, Symbol):
                made[id(value)] = node  # type: ignore[assignment]
    found: dict[Path, Tree] = {}
    for path, tree in program.trees.items() if made else ():
        file, edit = Elsewhere(program, tree.module), Edit(tree)
        calls = [node for node in file.nodes if isinstance(node, cst.Call) and _partials(program.values(node.func))]
        left: dict[cst.CSTNode, int] = {}
        for call in calls:
            origins = {made[id(v)] for v in _partials(program.values(call.func)) if id(v) in made}
            origin = origins.pop() if len(origins) == 1 else None
            whole = _whole(file, call, origin) if origin in file.parent else None
            if whole is None:
                return {}
            edit.replace(call, whole)
        for node in set(made.values()) & set(file.parent):
            line = _definition(file, node)
            target = line.body[0].targets[0].target if line is not None else None  # type: ignore[attr-defined]
            if isinstance(target, cst.Name) and file.bound[target.value] == 1:
                uses = [n for n in file.nodes if isinstance(n, cst.Name) and n.value == target.value]
                uses = [n for n in uses if n is not target and n in program.facts]
                left[line] = len(uses) - sum(isinstance(c.func, cst.Name) and c.func in uses for c in calls)  # type: ignore[index]
        for line, uses in left.items():
            if not uses:
                edit.replace(line, [])
        if edit.changes:
            found[path] = edit.made()
    return found


def _partials(values: list[Value]) -> list[Partial]:
    return [value for value in values if isinstance(value, Partial) and isinstance(value.callee, Symbol)]


def _whole(file: Elsewhere, call: cst.Call, made: cst.Call | None) -> cst.Call | None:
    """The call with all arguments; what the call says goes before what was set."""
    if made is None or any(argument.star for argument in (*call.args, *made.args)):
        return None
    if not all(file.means_the_same(argument.value, call) for argument in made.args):
        return None
    own = {argument.keyword.value for argument in call.args if argument.keyword is not None}
    first = [argument for argument in made.args[1:] if argument.keyword is None]
    last = [a for a in made.args[1:] if a.keyword is not None and a.keyword.value not in own]
    positional = [argument for argument in call.args if argument.keyword is None]
    named = [argument for argument in call.args if argument.keyword is not None]
    arguments = [*(a.deep_clone() for a in first), *positional, *named, *(a.deep_clone() for a in last)]
    whole = with_arguments(call, arguments)  # type: ignore[arg-type]
    return whole.with_changes(func=made.args[0].value.deep_clone())


def _definition(file: Elsewhere, node: cst.Call) -> cst.SimpleStatementLine | None:
    """The statement that does nothing but give a partial function a name."""
    small = file.parent.get(node)
    line = file.parent.get(small) if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
    return line if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
