"""Iterators that TF1's graph went through once, while it was built, and that functions go through at every call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.migrate.expression import Rewriter
from actlint.migrate.source import code, walk
from actlint.program.values import Symbol

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter

_ITERATORS = frozenset(f"builtins.{name}" for name in ("zip", "map", "filter", "enumerate", "reversed", "iter"))


def register_iterators(emitter: Emitter) -> None:
    """Have iterators that forward code reads by name written as lists."""
    flow = emitter.flow
    read = {
        flow.keys.place(part)
        for unit in flow.items
        for part in walk(unit.node)
        if isinstance(part, (cst.Name, cst.Attribute))
    }
    for unit in emitter.building.units:
        small = unit.small
        if unit in flow.items or not isinstance(small, cst.Assign) or not isinstance(small.value, cst.Call):
            continue
        functions = emitter.program.values(small.value.func)
        makes = bool(functions) and all(isinstance(v, Symbol) and v.name in _ITERATORS for v in functions)
        if makes and any(flow.keys.place(target.target) in read - {None} for target in small.targets):
            emitter.surroundings.replaced[small.value] = _listed


def _listed(rewriter: Rewriter, original: Any, updated: Any) -> cst.BaseExpression:
    return rewriter.expression(f"list({code(updated)})")
