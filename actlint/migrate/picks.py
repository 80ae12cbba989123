"""Runs that fetch one of several tensors, which one the program decides while it runs: their callables are chosen
instead, from a list of functions where the program has a list of tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.source import code, walk
from actlint.program.values import Mapping, Picked, Run, Sequence, Value, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.units import Building


@dataclass(eq=False)
class Pick:
    """One place of such runs: the run of each element, and where the program says which one it is.

    Either an element is chosen by `index`, or a loop goes through them: then `name` is what the loop binds, and
    `holders` are the expressions of the container in the loop.
    """

    runs: list[Run]
    container: Sequence | Mapping
    index: cst.BaseExpression | None = None
    name: str = ""
    holders: list[cst.BaseExpression] = field(default_factory=list)

    def listed(self, names: list[str]) -> str:
        """The functions of these names in a container such as the program has."""
        if isinstance(self.container, Sequence):
            return f"({', '.join(names)})"
        return "{" + ", ".join(f"{key!r}: {name}" for key, name in zip(self.container.items, names, strict=True)) + "}"


class Picks:
    """The picks of a program."""

    def __init__(self, building: Building) -> None:
        self.building, self.program = building, building.program
        self.of: dict[Run, Pick] = {}
        self._inner: set[int] = set()
        by_place: dict[tuple, list[Run]] = {}
        for run in self.program.runs:
            if run.variants:
                by_place.setdefault((run.node, run.calls, run.loops), []).append(run)
        for runs in by_place.values():
            pick = self._indexed(runs) or self._looped(runs)
            if pick is not None and len(runs) == runs[0].variants:
                self.of.update(dict.fromkeys(runs, pick))
                self._inner |= {id(part) for node in pick.holders for part in walk(node)}

    def holds(self, node: cst.CSTNode) -> bool:
        """Whether an expression is the container of a loop that picks from it, so that functions take its place."""
        return id(node) in self._inner

    def is_container(self, value: Value | None) -> bool:
        """Whether a value is what some pick chooses from."""
        return any(pick.container is value for pick in self.of.values())

    def _picked(self, run: Run) -> Iterator[cst.BaseExpression]:
        """The expressions in a run's fetches that stand for one of several tensors."""
        for part in walk(run.node.func if run.form != "session" or run.fetch_node is None else run.fetch_node):
            if isinstance(part, cst.BaseExpression) and any(isinstance(v, Picked) for v in self.program.values(part)):
                yield part

    def _container(self, node: cst.CSTNode) -> Sequence | Mapping | None:
        """The container that an expression stands for, where all its elements are tensors."""
        found: list[Value] = list({id(v): v for v in self.program.values(node)}.values())
        first = found[0] if len(found) == 1 else None
        if not isinstance(first, (Sequence, Mapping)) or isinstance(first, Sequence) and first.partial:
            return None
        return first if len(list(tensors_in(first))) == len(first.items) > 1 else None

    def _indexed(self, runs: list[Run]) -> Pick | None:
        """A pick by an index, the same one for all that is picked."""
        found = list(self._picked(runs[0]))
        subscripts = [part for part in found if isinstance(part, cst.Subscript)]
        indices = {code(part.slice[0].slice): part for part in subscripts if len(part.slice) == 1}
        if len(subscripts) != len(found) or len(indices) != 1:
            return None
        part = next(iter(indices.values()))
        index, container = part.slice[0].slice, self._container(part.value)
        if container is None or not isinstance(index, cst.Index) or len(container.items) != len(runs):
            return None
        return Pick(runs, container, index=index.value)

    def _looped(self, runs: list[Run]) -> Pick | None:
        """A pick by a loop that goes through a container."""
        found = list(self._picked(runs[0]))
        names = {part.value for part in found if isinstance(part, cst.Name)}
        if len(names) != 1 or not all(isinstance(part, cst.Name) for part in found):
            return None
        name = names.pop()
        current = self.building.parent.get(runs[0].node)
        while current is not None and not isinstance(current, cst.FunctionDef):
            if isinstance(current, (cst.For, cst.CompFor)) and _binds(current.target, name):
                holders = [part for part in walk(current.iter) if self._container(part) is not None]
                plain = [part for part in holders if isinstance(part, (cst.Name, cst.Attribute, cst.List, cst.Tuple))]
                container = (
                    self._container(plain[0]) if len(plain) == 1 and not self._read_otherwise(current, name) else None
                )
                if container is None or len(container.items) != len(runs):
                    return None
                return Pick(runs, container, name=name, holders=plain)  # type: ignore[arg-type]
            inner = current.for_in if isinstance(current, cst.BaseComp) else None
            current = inner if inner is not None and _binds(inner.target, name) else self.building.parent.get(current)
        return None

    def _read_otherwise(self, loop: cst.For | cst.CompFor, name: str) -> bool:
        """Whether a loop does something else with what it binds than to run it."""
        run_nodes = {id(part) for run in self.program.runs if run.variants for part in walk(run.node)}
        body = loop.body if isinstance(loop, cst.For) else self.building.parent[loop]
        bound = {id(part) for part in walk(loop.target)}
        parts = [p for p in walk(body) if isinstance(p, cst.Name) and p.value == name and id(p) not in bound]
        return any(id(part) not in run_nodes for part in parts)


def _binds(target: cst.BaseExpression, name: str) -> bool:
    return any(isinstance(part, cst.Name) and part.value == name for part in walk(target))
