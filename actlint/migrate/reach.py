"""Expressions of the program that mean the same at another statement of the same function."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from actlint.migrate.names import own_names
from actlint.migrate.source import walk
from actlint.migrate.units import Building, Unit
from actlint.program.calls import assigned_names
from actlint.program.values import Frame


def means_the_same(building: Building, origin: cst.BaseExpression, node: cst.CSTNode, constant: set[str]) -> bool:
    """Whether an expression of plain Python has its value at a later statement of its function too; `constant` are the
    names that the file binds once."""
    here, there = building.unit_of.get(origin), building.unit_of.get(node)
    if here is None or there is None or here.order > there.order:
        return False
    if building.body_of(origin) is not there.body or building.body_of(node) is not there.body:
        return False
    attributes = {part.attr.value for part in walk(origin) if isinstance(part, cst.Attribute)}
    names = {name.value for name in own_names(origin)} - {here.body.receiver}
    return all(is_settled(building, name, there, constant) for name in names) and all(
        is_set_once(building, attribute, there) for attribute in attributes
    )


def argument_of(frame: Frame, function: cst.FunctionDef, name: str) -> cst.BaseExpression | None:
    """The argument of a call for a parameter that the function doesn't assign to."""
    plain = [p.name.value for p in function.params.params][1 if frame.function.bound is not None else 0 :]
    if not isinstance(frame.node, cst.Call) or name in assigned_names(function.body):
        return None
    for place, argument in enumerate(frame.node.args):
        if argument.star:
            return None
        written = argument.keyword.value if argument.keyword is not None else None
        if written == name or written is None and plain[place : place + 1] == [name]:
            return argument.value
    return None


def is_settled(building: Building, name: str, there: Unit, constant: set[str]) -> bool:
    """Whether a name has one value throughout a function, up to a statement and from there on."""
    node = there.body.node
    if not isinstance(node, cst.FunctionDef):
        return name in constant
    assigned = name in assigned_names(node.body)
    if name in there.body.parameters:
        return not assigned
    if not assigned:
        return name in constant
    units = [u for u in building.units if u.body is there.body and name in assigned_names(u.node)]
    return len(units) == 1 and _stays(units[0], there)


def _stays(unit: Unit, there: Unit) -> bool:
    return unit.kind == "host" and unit.order < there.order and isinstance(unit.node, (cst.SimpleStatementLine, cst.If))


def is_set_once(building: Building, attribute: str, there: Unit) -> bool:
    """Whether an attribute is assigned in one statement at most, before this one or outside of what builds."""
    targets = [t for t in _targets(building) if t.attr.value == attribute]
    units = [building.unit_of.get(target) for target in targets]
    together = len(targets) < 2 or units[0] is not None and all(unit is units[0] for unit in units)
    return together and all(unit is None or _stays(unit, there) for unit in units)


def _targets(building: Building) -> Iterator[cst.Attribute]:
    """The attributes that the program assigns to."""
    for part in building.everything():
        if isinstance(part, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor)):
            yield from (p for p in walk(part.target) if isinstance(p, cst.Attribute))
