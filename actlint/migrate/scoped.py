"""Initialisers that a variable scope sets are passed to each call that makes a variable with them."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit, Edited
from actlint.migrate.elsewhere import Elsewhere
from actlint.migrate.source import code, walk, with_arguments
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
    file = Elsewhere(program, module)
    return all(file.means_the_same(one.node, call) for one in alike for call, _ in one.uses)


def _edited(edit: Edit, alike: list[ScopeInitial]) -> Edited:
    for call, parameter in dict.fromkeys(use for one in alike for use in one.uses):
        value = cst.parse_expression(code(alike[0].node))
        bare = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        added = cst.Arg(value, keyword=cst.Name(parameter), equal=bare)
        edit.replace(call, with_arguments(call, [*call.args, added]))
    for one in alike:
        kept = [argument for argument in one.scope.args if argument.value is not one.node]
        edit.replace(one.scope, with_arguments(one.scope, kept))
    return edit.made()
