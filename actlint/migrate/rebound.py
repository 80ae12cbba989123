"""Names that stand for other things later: refused where something that was built before still runs then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.keys import bindings
from actlint.migrate.refusals import Reason
from actlint.migrate.source import code, walk
from actlint.program.values import Cell, Op, Optimizer, Value, Variable

if TYPE_CHECKING:
    from actlint.migrate.flow import Flow
    from actlint.migrate.units import Unit


def last_use(flow: Flow, made: set[Op]) -> float:
    """The order of the last unit that runs one of these operations; infinite for a function that may be called."""
    last = -1.0
    for unit in flow.building.units:
        for run in unit.runs:
            if made & flow.program.needed(run):
                last = max(last, float("inf") if isinstance(unit.node, cst.FunctionDef) else unit.order)
    return last


def rebound_variables(flow: Flow) -> list[Reason]:
    """A reason per variable or optimizer whose name gets another meaning while runs still need it."""
    found: list[Reason] = []
    for unit in flow.building.units:
        for target, value in bindings(flow.building, unit) if unit.kind == "constructor" else ():
            made = _made(flow, value)
            if made and (other := _bound_again(flow, unit, target)) is not None:
                if isinstance(value, Cell) and other.kind == "constructor":
                    continue
                if last_use(flow, made) > other.order:
                    found.append(
                        flow.building.reason(
                            "REF103",
                            other.node,
                            f"{code(target)} gets another meaning here, and later runs need that of line"
                            f" {flow.building.line(unit.node)}",
                            "Give each a name of its own.",
                        )
                    )
    return found


def _made(flow: Flow, value: Value) -> set[Op]:
    """The operations that need a variable or an optimizer by its name."""
    if isinstance(value, Variable):
        return {value.op}
    if isinstance(value, Cell):
        return {t.op for t in value.tensors}
    if isinstance(value, Optimizer):
        return {t for t in flow.program.trainings if t.optimizer is not None and t.optimizer.op is value.op}
    return set()


def _bound_again(flow: Flow, unit: Unit, target: cst.CSTNode) -> Unit | None:
    """The next statement that binds the same name or attribute."""
    place = flow.keys.place(target)
    for other in flow.building.units:
        if other.order > unit.order and not isinstance(other.node, (cst.FunctionDef, cst.ClassDef)):
            if any(flow.keys.place(node) == place for node in _targets(other.node)):
                return other
    return None


def _targets(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The names and attributes that statements below a node bind."""
    for part in walk(node):
        if isinstance(part, (cst.AssignTarget, cst.AugAssign, cst.For)):
            yield from (inner for inner in walk(part.target) if isinstance(inner, (cst.Name, cst.Attribute)))
