"""Initialisers that a variable scope sets are passed to each call that makes a variable with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit, Edited
from actlint.migrate.names import own_names
from actlint.migrate.source import code, walk
from actlint.program.calls import assigned_names
from actlint.program.model import Program
from actlint.program.varscopes import ScopeInitial


def passed_on(program: Program) -> tuple[Path, Edited] | None:
    """A file with the initialiser of one scope in the calls that use it, or None where none can be passed on."""
    for file, tree in program.trees.items():
        nodes = {id(part) for part in walk(tree.module)}
        for initial in program.scope_initials:
            if id(initial.scope) in nodes and _can_be_passed(program, tree.module, initial, nodes):
                return file, _edited(Edit(tree), _alike(program, initial))
    return None


def _alike(program: Program, initial: ScopeInitial) -> list[ScopeInitial]:
    """The entries of a scope, or of scopes whose calls share what they make: all set the same initialiser."""
    found = [initial]
    for one in found:
        calls = {id(call) for call, _ in one.uses}
        found += [
            other
            for other in program.scope_initials
            if other not in found and (other.scope is one.scope or calls & {id(call) for call, _ in other.uses})
        ]
    return found


def _can_be_passed(program: Program, module: cst.Module, initial: ScopeInitial, nodes: set[int]) -> bool:
    alike = _alike(program, initial)
    uses = {call: parameter for one in alike for call, parameter in one.uses}
    if len({code(one.node) for one in alike}) > 1 or not all(uses.values()):
        return False
    if not all(id(node) in nodes for one in alike for node in (one.scope, *(call for call, _ in one.uses))):
        return False
    filled = [
        v
        for v in program.variables
        if v.op.node in uses and (not v.weight or f"{v.weight}_initializer" == uses[v.op.node])  # type: ignore[index]
    ]
    if len(filled) > sum(len(one.uses) for one in alike) or any(call.args[-1].star for call in uses):
        return False
    names = {name.value for name in own_names(initial.node)}
    bound = list(_bound(module))
    constant = {name for name in names if bound.count(name) < 2}
    functions = [part for part in walk(module) if isinstance(part, (cst.FunctionDef, cst.Lambda))]
    local = {name for part in functions for name in _locals(part)}
    if names <= constant - local:
        return True
    together = [part for part in functions if any(below is initial.node for below in walk(part))]
    inner = together[-1] if together else module
    inside = {id(part) for part in walk(inner)}
    owners = [part for part in functions if part is not inner and id(part) in inside]
    below = {id(part) for owner in owners for part in walk(owner)}
    settled = names - {name for name in assigned_names(inner) if list(_bound(inner)).count(name) > 1}
    return names == settled and all(id(call) in inside and id(call) not in below for call in uses)


def _bound(node: cst.CSTNode) -> Iterator[str]:
    """The names that statements bind, once for each time."""
    for part in walk(node):
        if isinstance(part, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.NamedExpr)):
            yield from (name.value for name in own_names(part.target))


def _locals(function: cst.FunctionDef | cst.Lambda) -> set[str]:
    parameters = {part.name.value for part in walk(function.params) if isinstance(part, cst.Param)}
    return parameters | (assigned_names(function.body) if isinstance(function, cst.FunctionDef) else set())


def _edited(edit: Edit, alike: list[ScopeInitial]) -> Edited:
    for call, parameter in dict.fromkeys(use for one in alike for use in one.uses):
        value = cst.parse_expression(code(alike[0].node))
        last = call.args[-1]
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        added = cst.Arg(
            value,
            keyword=cst.Name(parameter),
            equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")),
        )
        edit.replace(call, call.with_changes(args=[*call.args[:-1], last.with_changes(comma=comma), added]))
    for one in alike:
        call = one.scope
        kept = [argument for argument in call.args if argument.value is not one.node]
        if kept and kept[-1] is not call.args[-1]:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        edit.replace(call, call.with_changes(args=kept))
    return edit.made()
