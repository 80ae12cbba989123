"""Python values that the graph had frozen while it was built: refused where the program changes them afterwards.

The proof runs every site a bounded number of times, so a change that comes later has to be excluded from the source.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.refusals import Reason
from actlint.migrate.units import Unit, walk
from actlint.program.calls import assigned_names
from actlint.program.values import Class, Const, Function, Handle, Module, Optimizer, Session, Symbol, Tensor, Value, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.flow import Flow

_IN_PLACE = {"append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear", "update", "setdefault", "popitem", "fill", "put", "itemset",
             "resize", "partition", "add", "discard", "shuffle", "setattr"}
_HELP = "Give the changed value a name of its own, or feed it."


def late_values(flow: Flow) -> list[Reason]:
    """A reason per name that forward code reads and that something changes after the graph was built."""
    building = flow.building
    found: list[Reason] = []
    for name, (order, node, mutable) in _reads(flow).items():
        changed = next(_changes(flow, name, order, mutable), None)
        if changed is not None:
            found.append(building.reason("REF106", node, f"{name} is read while the graph is built, and line {building.line(changed)} changes it afterwards", _HELP))
    return found


def _reads(flow: Flow) -> dict[str, tuple[int, cst.CSTNode, bool]]:
    """Names of Python values that forward code reads: when (order of the unit), where, and whether they can change in place."""
    found: dict[str, tuple[int, cst.CSTNode, bool]] = {}

    def collect(root: cst.CSTNode, order: int, local: set[str]) -> None:
        for part in walk(root):
            if not isinstance(part, cst.Name) or part.value in local or part.value in found:
                continue
            values = flow.program.values(part)
            if values and all(_is_python(value) for value in values):
                found[part.value] = order, part, not all(isinstance(v, Const) and not isinstance(v.value, (list, dict)) for v in values)

    for unit in flow.items:
        collect(unit.node, unit.order, set())
        for function in flow.called(unit):
            if isinstance(function, (cst.FunctionDef, cst.Lambda)):
                parameters = {p.name.value for p in (*function.params.params, *function.params.kwonly_params)}
                collect(function.body, unit.order, parameters | assigned_names(function.body))
    return found


def _is_python(value: Value) -> bool:
    return not isinstance(value, (Tensor, Symbol, Function, Class, Module, Handle, Optimizer, Session)) and not any(True for _ in tensors_in(value))


def _changes(flow: Flow, name: str, order: int, mutable: bool) -> Iterator[cst.CSTNode]:
    """Places that bind the name again, or change what it stands for in place, after the given unit."""
    building = flow.building
    for unit in building.units:
        if isinstance(unit.node, cst.FunctionDef):
            yield from _in_function(unit.node, name, mutable)
        elif isinstance(unit.node, cst.ClassDef):
            for part in walk(unit.node):
                if isinstance(part, cst.FunctionDef):
                    yield from _in_function(part, name, mutable)
        elif unit.order > order and unit not in flow.items:
            if name in assigned_names(unit.node):
                yield unit.node
            if mutable:
                yield from _mutations(unit.node, name)
                yield from _passed(flow, unit, name)


def _in_function(function: cst.FunctionDef, name: str, mutable: bool) -> Iterator[cst.CSTNode]:
    """Changes of a global name inside a function, whenever it is called."""
    declared = {item.name.value for part in walk(function) if isinstance(part, (cst.Global, cst.Nonlocal)) for item in part.names}
    parameters = {p.name.value for p in (*function.params.params, *function.params.kwonly_params)}
    if name in declared and name in assigned_names(function.body):
        yield function
    local = parameters | (assigned_names(function.body) - declared)
    if mutable and name not in local:
        yield from _mutations(function.body, name)


def _mutations(root: cst.CSTNode, name: str) -> Iterator[cst.CSTNode]:
    """Statements that change the object behind a name: its elements, attributes, by a method or as `out=`."""
    for part in walk(root):
        targets = [t.target for t in part.targets] if isinstance(part, cst.Assign) else [part.target] if isinstance(part, cst.AugAssign) else []
        if any(_root(target) == name and not isinstance(target, cst.Name) for target in targets):
            yield part
        if isinstance(part, cst.AugAssign) and _root(part.target) == name:
            yield part
        if isinstance(part, cst.Call):
            if isinstance(part.func, cst.Attribute) and part.func.attr.value in _IN_PLACE and _root(part.func.value) == name:
                yield part
            last = part.func.attr.value if isinstance(part.func, cst.Attribute) else part.func.value if isinstance(part.func, cst.Name) else ""
            for argument in part.args:
                if _root(argument.value) == name and (last in ("shuffle", "setattr") or argument.keyword is not None and argument.keyword.value == "out"):
                    yield part


def _passed(flow: Flow, unit: Unit, name: str) -> Iterator[cst.CSTNode]:
    """Calls that hand the object to a function of the user's which changes its parameter in place."""
    for part in walk(unit.node):
        if not isinstance(part, cst.Call):
            continue
        for value in flow.program.values(part.func):
            if not isinstance(value, Function) or not isinstance(value.node, cst.FunctionDef):
                continue
            parameters = [p.name.value for p in value.node.params.params][1 if value.bound is not None else 0:]
            for place, argument in enumerate(part.args):
                if _root(argument.value) != name:
                    continue
                parameter = argument.keyword.value if argument.keyword is not None else parameters[place] if place < len(parameters) else ""
                if any(True for _ in _mutations(value.node.body, parameter)):
                    yield part


def _root(node: cst.CSTNode) -> str:
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""

