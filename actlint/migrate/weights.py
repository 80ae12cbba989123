"""Where every variable of the TF1 program lives in the rewritten one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import LayerEntry
from actlint.migrate.bodies import Home, name_of
from actlint.migrate.keys import bindings
from actlint.migrate.refusals import Refused
from actlint.migrate.sites import Made, Path, finds_counter, same_path
from actlint.migrate.statements import bracketed
from actlint.program.calls import assigned_names
from actlint.program.values import Cell, Instance, Mapping, Sequence, Value, Variable

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter
    from actlint.migrate.units import Unit


WIDTH = 90
"""How long a list display may become before it gets a line for each element."""


@dataclass(frozen=True)
class Place:
    """The expression of a variable in the rewritten module, and how its array is laid out there."""

    path: str
    layout: str = "same"
    layer: str = ""
    home: Home = None  # type: ignore[assignment]
    """Whose code the expression belongs to."""
    input_shape: tuple[int | None, ...] | None = None


class Weights:
    """Finds the places of variables; raises Refused for one that has none."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self._places: dict[int, Place] = {}
        self._named: list[tuple[str, Value, Home]] | None = None

    def place(self, variable: Variable) -> Place:
        if id(variable) not in self._places:
            self._places[id(variable)] = self._find(variable)
        return self._places[id(variable)]

    def _find(self, variable: Variable) -> Place:
        for node, made in self.emitter.sites.records:
            if any(v is variable for v in made.weights):
                found = self._along(node, made, variable)
                if found is not None:
                    return found
                break
        for name, value, home in self._names():
            text = _inside(name, value, variable)
            if text:
                return Place(text, home=home)
        raise Refused(
            [
                self.emitter.building.reason(
                    "REF103",
                    variable.op.node,
                    f"the variable {variable.name} has no name that the rewritten program could keep it under",
                )
            ]
        )

    def _along(self, node: cst.CSTNode, made: Made, variable: Variable) -> Place | None:
        """The place of a weight below the objects that own the calls which made or fetched it."""
        bodies, sites = self.emitter.building.bodies, self.emitter.sites
        depth, home = bodies.depth(made.calls), bodies.entered(made.calls).home
        base = ""
        while depth < len(made.calls) and (owner := sites.known.get(made.calls[depth].node)) is not None:
            if owner.kind != "builder":
                break
            base = owner.element(base, made.calls[:depth], made.calls[depth].turns)
            depth += 1
        calls = made.calls[:depth]
        site = sites.known.get(node)
        if site is not None and site.kind == "layer" and len(made.calls) == depth:
            return self._in_layer(variable, site.element(base, calls, made.turns), home)
        for site in sites.known.values():
            for one in site.made if site.kind == "weight" else ():
                if same_path(one.calls, calls) and any(v is variable for v in one.weights):
                    assert one.value is not None
                    found = _inside(site.element(base, calls, one.turns), one.value, variable)
                    if found:
                        return Place(found, home=home)
        return self._grown(base, calls, variable, home)

    def _grown(self, base: str, calls: Path, variable: Variable, home: Home) -> Place | None:
        """The place of a weight in a container that a builder fills step by step."""
        builder = self.emitter.builders.get(calls[-1].function.node) if calls else None
        for step in builder.steps if builder is not None else ():
            if step.kind == "weight" and not step.sites:
                for e in self.emitter.program.facts.get(step.small.value, []):  # type: ignore[union-attr]
                    held = builder.body.containers[step.name]  # type: ignore[union-attr]
                    if same_path(e.calls, calls) and (found := _inside(f"{base}.{held}", e.value, variable)):
                        return Place(found, home=home)
        return None

    def check(self) -> None:
        """Every call that makes or fetches a weight has to find it in the one place where it is kept."""
        for node, made in self.emitter.sites.records:
            for variable in made.weights:
                if node in self.emitter.fetches:
                    continue
                here = self._along(node, made, variable)
                if here is not None and here.path != self.place(variable).path:
                    text = f"the variable {variable.name} belongs to {self.place(variable).path} and to {here.path}"
                    raise Refused([self.emitter.building.reason("REF103", node, text)])

    def _in_layer(self, variable: Variable, layer: str, home: Home) -> Place:
        assert variable.layer is not None
        binding = variable.layer.call
        assert isinstance(binding.entry, LayerEntry)
        weight = next(w for w in binding.entry.weights(binding) if w.name == variable.weight)
        if self.emitter.target.name == "tf2":
            shape = binding.shape(binding.entry.input)
            dims = tuple(dim.value for dim in shape) if shape is not None else None
            return Place(f"{layer}.{weight.tf2}", layer=layer, home=home, input_shape=dims)
        attribute, layout = weight.torch
        if attribute[:1].isdigit():
            index, _, rest = attribute.partition(".")
            return Place(f"{layer}[{index}].{rest}", layout, layer, home)
        return Place(f"{layer}.{attribute}", layout, layer, home)

    def _names(self) -> list[tuple[str, Value, Home]]:
        """Names and attributes of the building statements and the modules, latest binding first."""
        if self._named is None:
            building = self.emitter.building
            differentiated = self.emitter.flow.differentiated
            units = [
                unit
                for unit in reversed(building.units)
                if unit not in self.emitter.flow.items
                and not (isinstance(unit.small, cst.Assign) and finds_counter(building.program, unit.small.value))
            ]
            bound = [(unit, pair) for unit in units for pair in bindings(building, unit)]
            inner = {name_of(target) for unit in differentiated for target, _ in bindings(building, unit)}
            promotion = self.emitter.promotion
            named = [
                (promotion.expression(target), value, unit.home)
                for unit, (target, value) in bound
                if promotion.stays(unit, target)
            ]
            for module, file in building.modules.items():
                home = building.bodies.of_node[module].home
                names = self.emitter.program.scopes[file].names
                named += [(name, value, home) for name, value in names.items() if name not in inner]
            gone = {n for unit in self.emitter.flow.items for n in assigned_names(unit.node)}
            gone |= {n for unit in building.units if unit.kind == "summary" for n in assigned_names(unit.node)}
            named = [entry for entry in named if entry[0] not in self.emitter.trained_lists | gone]
            self._named = sorted(
                named, key=lambda entry: (isinstance(entry[1], Instance), not isinstance(entry[1], Variable))
            )
        return self._named

    def path(self, variable: Variable) -> str:
        """The expression of a variable in the code that is being written."""
        place = self.place(variable)
        return self.seen(place.path, place.home, variable.op.node)

    def seen(self, path: str, home: Home, node: cst.CSTNode) -> str:
        """An expression of some home, in the code that is being written."""
        return self.emitter.promotion.seen(path, home, self.emitter.home, node)

    def listing(self, variables: list[Variable], ordered: bool = True, before: Unit | None = None) -> list[str]:
        """Elements of a list display of variables: whole containers, layers and models as one starred element.

        Where the order doesn't matter, an object counts that goes through its variables in another order.
        """
        groups = self.emitter.target.groups(ordered)
        units = self.emitter.building.units
        building, expression = self.emitter.building, self.emitter.promotion.expression
        after = [u for u in units if before is not None and u.order >= before.order]
        later = {(expression(target), u.home) for u in after for target, _ in bindings(building, u)}
        for name, value, home in self._names():
            if (name, home) in later:
                continue
            items = (
                list(value.items.values())
                if isinstance(value, Mapping)
                else value.items
                if isinstance(value, Sequence)
                else []
            )
            if name not in later and len(items) > 1 and all(isinstance(item, Variable) for item in items):
                name = self.seen(name, home, variables[0].op.node)
                text = f"{name}.values()" if isinstance(value, Mapping) else name
                groups.append((text, [id(item) for item in items]))
        groups.sort(key=lambda group: -len(group[1]))
        found: list[str] = []
        wanted = [id(v) for v in variables]
        place = 0
        while place < len(wanted):
            group = next((g for g in groups if wanted[place : place + len(g[1])] == g[1]), None)
            if group is None and not ordered:
                group = next((g for g in groups if wanted[place] in g[1] and set(g[1]) <= set(wanted[place:])), None)
            if group is not None:
                taken = [v for v in variables if id(v) in group[1]]
                found.append("*" + group[0])
                wanted[place:] = [v for v in wanted[place:] if v not in group[1]]
            else:
                taken = [next(v for v in variables if id(v) == wanted[place])]
                found.append(self.path(taken[0]))
                place += 1
            if all(variable.imagined for variable in taken):
                text = f"{taken[0].name} is made in a branch that isn't taken, and trained beside others"
                raise Refused([building.reason("REF104", taken[0].op.node, text)])
        return found

    def list_text(self, variables: list[Variable], ordered: bool = True, before: Unit | None = None) -> str:
        """A list of variables as an expression, in the statement `before` or anywhere behind all others."""
        elements = self.listing(variables, ordered, before)
        if len(elements) == 1 and elements[0].startswith("*"):
            text = elements[0][1:]
            if text.startswith("("):
                return f"[{text[1:-1]}]"
            return f"list({text})" if text.endswith(("values()", "parameters()")) else text
        return bracketed("[", elements, "]", WIDTH)


def _inside(name: str, value: Value, variable: Variable) -> str | None:
    if value is variable:
        return name
    if isinstance(value, Mapping):
        for key, item in value.items.items():
            if isinstance(key, (str, int)) and (found := _inside(f"{name}[{key!r}]", item, variable)):
                return found
    if isinstance(value, Sequence):
        for place, item in enumerate(value.items):
            if found := _inside(f"{name}[{place}]", item, variable):
                return found
    if isinstance(value, Cell):
        return next((f"{name}.{path}" for path, known in value.places if known is variable), None)
    if isinstance(value, Instance):
        for key, item in value.attributes.items():
            if found := _inside(f"{name}.{key}", item, variable):
                return found
    return None


__all__ = ["Place", "Weights", "cst"]
