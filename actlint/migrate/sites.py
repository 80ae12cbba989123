"""Where objects with weights are made: layers, instances of builders, variables; and which calls share them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import CellEntry, LayerEntry
from actlint.migrate.refusals import Refused
from actlint.program.binding import BoundCall
from actlint.program.counting import COUNTERS
from actlint.program.values import Cell, Frame, Function, Turns, Value, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.builders import Builder
    from actlint.migrate.emit import Emitter
    from actlint.program.model import Program

Path = tuple[Frame, ...]
MAKERS = ("Variable", "get_variable", *COUNTERS)


@dataclass(frozen=True)
class Made:
    """One evaluation of a site: on which path of calls, in which turns of loops, and the weights that came of it."""

    calls: Path
    turns: Turns
    weights: tuple[Variable, ...]
    value: Value | None = None


@dataclass(eq=False)
class Site:
    """An expression that makes an object, in the body of a builder or in the building scope."""

    node: cst.BaseExpression
    kind: str
    made: list[Made]
    name: str = ""
    """The attribute or name that the object, or the list of objects, is kept under."""
    listed: bool = False
    """Whether the expression makes one object per turn of a loop."""
    shares: Site | None = None
    """An earlier site of the same body that made the objects which this one uses again."""

    def along(self, calls: Path) -> list[Made]:
        """What one execution of the body made, in order, each object once."""
        found: dict[tuple[int, ...], Made] = {}
        for made in self.made:
            if same_path(made.calls, calls):
                key = tuple(id(v) for v in made.weights)
                found.setdefault(key if key else (id(made),), made)
        return list(found.values())

    @property
    def paths(self) -> list[Path]:
        found: list[Path] = []
        for made in self.made:
            if not any(same_path(made.calls, other) for other in found):
                found.append(made.calls)
        return found

    @property
    def origin(self) -> Site:
        return self.shares.origin if self.shares is not None else self

    def element(self, base: str, calls: Path, turns: Turns) -> str:
        """The object of one evaluation below the object that owns the body (or below the module)."""
        place = f"{base}.{self.origin.name}" if base else self.origin.name
        if not self.origin.listed:
            return place
        objects = self.along(calls)
        this = next(m for m in self.made if same_path(m.calls, calls) and m.turns == turns)
        wanted = [id(v) for v in this.weights]
        return f"{place}[{next(i for i, m in enumerate(objects) if [id(v) for v in m.weights] == wanted)}]"


def same_path(left: Path, right: Path) -> bool:
    return len(left) == len(right) and all(
        a.node is b.node and a.turns == b.turns for a, b in zip(left, right, strict=True)
    )


def below(calls: Path, path: Path) -> bool:
    """Whether something was made during the call that a path ends with."""
    return len(calls) >= len(path) and same_path(calls[: len(path)], path)


@dataclass(eq=False)
class Sites:
    """All sites, by their expression."""

    emitter: Emitter
    known: dict[cst.CSTNode, Site] = field(default_factory=dict)

    @cached_property
    def records(self) -> list[tuple[cst.CSTNode, Made]]:
        """Every evaluation that made a variable or fetched it by its name."""
        program = self.emitter.program
        found = [(layer.node, Made(layer.calls, layer.turns, tuple(layer.variables))) for layer in program.layers]
        for node, binding in program.bindings.items():
            if not isinstance(binding, BoundCall):
                continue
            if binding.entry.name in MAKERS or isinstance(binding.entry, CellEntry):
                for e in program.facts.get(node, []):
                    if isinstance(e.value, (Variable, Cell)) and not finds_counter(program, node):
                        weights = tuple(t for t in tensors_in(e.value) if isinstance(t, Variable))
                        found.append((node, Made(e.calls, e.turns, weights)))  # type: ignore[arg-type]
        return found  # type: ignore[return-value]

    def under(self, path: Path) -> tuple[Variable, ...]:
        """The weights that a call made or fetched, itself or in what it called."""
        found = {id(v): v for _, made in self.records if below(made.calls, path) for v in made.weights}
        return tuple(sorted(found.values(), key=lambda v: v.op.index))

    def kind(self, call: cst.CSTNode) -> str | None:
        """What a call makes: a "layer", a "builder"'s instance, a "weight" or a container of weights, or nothing."""
        if not isinstance(call, cst.Call):
            return None
        program = self.emitter.program
        binding = program.bindings.get(call)
        if isinstance(binding, BoundCall) and isinstance(binding.entry, LayerEntry):
            return "layer" if any(layer.node is call for layer in program.layers) else None
        if self.emitter.builder(call) is not None:
            return "builder"
        if isinstance(binding, BoundCall) and binding.entry.name in MAKERS:
            return None if finds_counter(program, call) else "weight"
        values = program.values(call)
        if isinstance(binding, BoundCall) and isinstance(binding.entry, CellEntry):
            return "weight" if values and all(only_variables(v) for v in values) else None
        functions = [v for v in program.values(call.func) if isinstance(v, Function)]
        makes = any("variable" in self.emitter.building.makes.get(f.node, ()) for f in functions)
        return "weight" if makes and values and all(only_variables(v) for v in values) else None

    def find(self, node: cst.CSTNode, inside: bool = False) -> Iterator[tuple[cst.Call, str]]:
        """The sites below a node, inner ones first; a weight's own arguments make nothing of their own."""
        if isinstance(node, (cst.Lambda, cst.FunctionDef)):
            return
        kind = self.kind(node)
        if kind != "weight":
            for child in node.children:
                yield from self.find(child)
        if kind is not None:
            assert isinstance(node, cst.Call)
            yield node, kind

    def add(self, node: cst.BaseExpression, kind: str, owner: Builder | None) -> Site:
        """The site of an expression in a body."""
        if node in self.known:
            return self.known[node]
        made = self._made(node, kind)
        building = self.emitter.building
        for one in made:
            home = one.calls[-1].function.node if one.calls else None
            at_home = home is owner.node if owner is not None else not building.below(one.calls)
            if not at_home:
                raise Refused([building.reason("REF103", node, "weights are made in a function inside another one")])
        site = self.known[node] = Site(node, kind, made)
        for path in site.paths:
            objects, times = site.along(path), [m for m in made if same_path(m.calls, path)]
            site.listed |= len(objects) > 1
            if len(objects) not in (1, len(times)):
                raise Refused(
                    [building.reason("REF104", node, "some turns of a loop share weights here and others don't")]
                )
        return site

    def _made(self, node: cst.BaseExpression, kind: str) -> list[Made]:
        program = self.emitter.program
        if kind == "layer":
            return [made for at, made in self.records if at is node]
        if kind == "builder":
            builder = self.emitter.builder(node)  # type: ignore[arg-type]
            assert builder is not None
            paths = [path for path in program.calls[builder.node] if path[-1].node is node]
            return [Made(path[:-1], path[-1].turns, self.under(path)) for path in paths]
        return [
            Made(e.calls, e.turns, tuple(t for t in tensors_in(e.value) if isinstance(t, Variable)), e.value)
            for e in program.facts.get(node, [])
        ]

    def share(self, site: Site, earlier: list[Site]) -> None:
        """Find the site of the same body whose objects this one uses again."""
        for other in earlier:
            if other.kind != site.kind or other.shares is not None or site.kind == "weight":
                continue
            if site.kind == "builder" and self.emitter.builder(site.node) is not self.emitter.builder(other.node):  # type: ignore[arg-type]
                continue
            alike: set[bool] = set()
            for path in site.paths:
                mine, others = _weights(site.along(path)), _weights(other.along(path))
                if not mine or not others or not mine[0]:
                    continue
                if set().union(*mine) & set().union(*others):
                    alike.add(mine == others)
                else:
                    alike.add(False)
                    continue
                if mine != others:
                    raise Refused(
                        [
                            self.emitter.building.reason(
                                "REF103",
                                site.node,
                                f"line {self.emitter.building.line(other.node)} shares some of its"
                                " weights, but not all, with this call",
                            )
                        ]
                    )
            if alike == {True}:
                site.shares = other
                return
            if len(alike) > 1:
                raise Refused(
                    [
                        self.emitter.building.reason(
                            "REF103", site.node, "this call shares its weights with another one only sometimes"
                        )
                    ]
                )


def _weights(objects: list[Made]) -> list[frozenset[int]]:
    return [frozenset(id(v) for v in made.weights) for made in objects]


def only_variables(value: Value) -> bool:
    """Whether a value is a variable, or a container of nothing but variables."""
    tensors = list(tensors_in(value))
    return bool(tensors) and all(isinstance(t, Variable) for t in tensors)


def finds_counter(program: Program, call: cst.CSTNode) -> bool:
    """Whether a call only ever finds the counter of steps, which something else made."""
    binding = program.bindings.get(call)
    if not isinstance(binding, BoundCall) or binding.entry.name not in COUNTERS:
        return False
    return all(isinstance(value, Variable) and value.op.node is not call for value in program.values(call))
