"""Where every variable of the TF1 program lives in the rewritten one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import LayerEntry
from actlint.migrate.bodies import Home
from actlint.migrate.builders import Builder, Step
from actlint.migrate.keys import bindings
from actlint.migrate.refusals import Refused
from actlint.program.binding import BoundCall
from actlint.program.values import Frame, Instance, Mapping, Sequence, Value, Variable

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


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
        self.own: dict[tuple[Builder, Step], None] = {}
        self._places: dict[int, Place] = {}
        self._named: list[tuple[str, Value, Home]] | None = None

    def note(self, builder: Builder, step: Step) -> None:
        self.own[(builder, step)] = None

    def place(self, variable: Variable) -> Place:
        if id(variable) not in self._places:
            self._places[id(variable)] = self._find(variable)
        return self._places[id(variable)]

    def _find(self, variable: Variable) -> Place:
        building = self.emitter.building
        frames = building.below(variable.op.calls)
        home = building.bodies.entered(variable.op.calls).home
        path, owner, depth = "", None, 0
        applied = self.emitter.surroundings.applied
        while (
            depth < len(frames)
            and frames[depth].function.node in self.emitter.builders
            and frames[depth].node in applied
        ):
            path = _join(path, applied[frames[depth].node])
            owner = self.emitter.builders[frames[depth].function.node]
            depth += 1
        if variable.layer is not None and variable.layer.node in applied:
            return self._in_layer(variable, _join(path, applied[variable.layer.node]), home)
        if owner is not None:
            for builder, step in self.own:
                if (
                    builder is owner
                    and self._value(step, variable.op.calls[: len(variable.op.calls) - len(frames) + depth]) is variable
                ):
                    return Place(_join(path, builder.attributes[step.name]), home=home)
        for name, value, own in self._names():
            found = _inside(name, value, variable)
            if found:
                return Place(found, home=own)
        raise Refused(
            [
                building.reason(
                    "REF103",
                    variable.op.node,
                    f"the variable {variable.name} has no name that the rewritten program could keep it under",
                )
            ]
        )

    def _value(self, step: Step, calls: tuple[Frame, ...]) -> Value | None:
        node = step.node.body[0].value  # type: ignore[attr-defined]
        for evaluation in self.emitter.program.facts.get(node, []):
            if tuple(f.node for f in evaluation.calls) == tuple(f.node for f in calls):
                return evaluation.value
        return None

    def _in_layer(self, variable: Variable, layer: str, home: Home) -> Place:
        assert variable.layer is not None
        binding = self.emitter.program.bindings[variable.layer.node]
        assert isinstance(binding, BoundCall) and isinstance(binding.entry, LayerEntry)
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
            bound = [(unit, pair) for unit in reversed(building.units) for pair in bindings(building, unit)]
            promotion = self.emitter.promotion
            named = [
                (promotion.expression(target), value, unit.home)
                for unit, (target, value) in bound
                if promotion.stays(unit, target)
            ]
            for module, file in building.modules.items():
                home = building.bodies.of_node[module].home
                named += [(name, value, home) for name, value in self.emitter.program.scopes[file].names.items()]
            named = [entry for entry in named if entry[0] not in self.emitter.trained_lists]
            self._named = sorted(named, key=lambda entry: (isinstance(entry[1], Instance), not isinstance(entry[1], Variable)))
        return self._named

    def path(self, variable: Variable) -> str:
        """The expression of a variable in the code that is being written."""
        place = self.place(variable)
        return self.seen(place.path, place.home, variable.op.node)

    def seen(self, path: str, home: Home, node: cst.CSTNode) -> str:
        """An expression of some home, in the code that is being written."""
        return self.emitter.promotion.seen(path, home, self.emitter.home, node)

    def listing(self, variables: list[Variable]) -> list[str]:
        """Elements of a list display of variables: whole containers, layers and models as one starred element."""
        groups = self.emitter.target.groups()
        for name, value, home in self._names():
            items = (
                list(value.items.values())
                if isinstance(value, Mapping)
                else value.items
                if isinstance(value, Sequence)
                else []
            )
            if len(items) > 1 and all(isinstance(item, Variable) for item in items):
                name = self.seen(name, home, variables[0].op.node)
                text = f"{name}.values()" if isinstance(value, Mapping) else name
                groups.append((text, [id(item) for item in items]))
        groups.sort(key=lambda group: -len(group[1]))
        found: list[str] = []
        wanted = [id(v) for v in variables]
        place = 0
        while place < len(wanted):
            group = next((g for g in groups if wanted[place : place + len(g[1])] == g[1]), None)
            if group is not None:
                found.append("*" + group[0])
                place += len(group[1])
            else:
                found.append(self.path(variables[place]))
                place += 1
        return found

    def list_text(self, variables: list[Variable]) -> str:
        """A list of variables as an expression."""
        elements = self.listing(variables)
        if len(elements) == 1 and elements[0].startswith("*"):
            return elements[0][1:] if not elements[0].endswith(".values()") else f"list({elements[0][1:]})"
        return f"[{', '.join(elements)}]"


def _join(path: str, piece: str) -> str:
    return path + piece[4:] if piece.startswith("self.") and path else piece


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
    if isinstance(value, Instance):
        for key, item in value.attributes.items():
            if found := _inside(f"{name}.{key}", item, variable):
                return found
    return None


__all__ = ["Place", "Weights", "cst"]
