"""What moves between a class's methods: tensors become locals of its functions, and locals that these need attributes.

A building method keeps its Python values, weights and optimizers in locals or attributes; the functions of the
rewritten class stand beside it and see attributes only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.bodies import Body, Home, is_gone
from actlint.migrate.keys import Place, bindings
from actlint.migrate.refusals import Refused
from actlint.migrate.source import code, walk
from actlint.migrate.statements import statement
from actlint.migrate.units import Unit, graph_tensors
from actlint.program.calls import assigned_names
from actlint.program.values import NONE, Class, Instance, Module, Symbol, Training, Value, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


class Promotion:
    """Names of attributes, and what stands for the user's names in the functions of each home."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.building = emitter.building
        self.flow = emitter.flow
        self.keys = emitter.flow.keys
        self._parameters: dict[Body, list[tuple[str, str]]] = {}
        self._promoted: dict[Place, str] = {}
        self._reused: dict[Home, set[str]] = {}
        self.idle: set[Unit] = set()
        """Statements that only gave an attribute a shorter name, which nothing reads any more."""
        self._bound: dict[Place, list[tuple[Unit, cst.BaseExpression, Value]]] = {}
        for unit in self.building.units:
            for target, value in bindings(self.building, unit):
                place = self.keys.place(target)
                if place is not None:
                    self._bound.setdefault(place, []).append((unit, target, value))

    # -- attributes

    def receiver(self, home: Home) -> str:
        """What the class's methods call their object: `self`."""
        return next(body.receiver for body in self.building.bodies.of_path.values() if body.home is home)

    def fresh(self, home: Home, wanted: str) -> str:
        """A free attribute of a class."""
        return home.names.fresh(wanted)

    def take(self, home: Home, name: str) -> str:
        """An attribute that only held a tensor, for the layer that computes it; one of that name where it is taken."""
        taken = self._reused.setdefault(home, set())
        if name in taken:
            return self.fresh(home, name)
        taken.add(name)
        return name

    def is_gone(self, target: cst.BaseExpression) -> bool:
        """Whether an attribute only held tensors, training operations or sessions, none of which stays."""
        place = self.keys.place(target)
        if not isinstance(target, cst.Attribute) or place is None:
            return False
        values = [value for _, _, value in self._bound.get(place, []) if value != NONE]
        return bool(values) and all(is_gone(value) for value in values)

    # -- expressions of objects

    def instance(self, instance: Instance, home: Home | None) -> str | None:
        """How code of a home speaks of an object."""
        if home is not None and home.instance is instance:
            return self.receiver(home)
        for (owner, name), bound in self._bound.items():
            if any(value is instance for _, _, value in bound):
                if isinstance(owner, Body) and home is not None and owner.home is home and not home.is_class:
                    return name
                if home is not None and owner is home.instance and home.is_class:
                    return f"{self.receiver(home)}.{name}"
                if not isinstance(owner, (Body, Instance)):
                    return name
        return None

    def absolute(self, path: str, home: Home) -> str:
        """A path of a home as the proof finds it: from the module, or from a function's locals."""
        if isinstance(home.node, cst.FunctionDef):
            return f"{self.building.qualified(home.node)}.{path}"
        if home.instance is None:
            return path
        first, _, rest = path.partition(".")
        if first != self.receiver(home):
            return path
        for (owner, name), bound in self._bound.items():
            if any(value is home.instance for _, _, value in bound):
                if isinstance(owner, Body):
                    return f"{self.absolute(name, owner.home)}.{rest}"
                outer = self.building.bodies.home_of(owner) if isinstance(owner, Instance) else None
                if outer is not None:
                    return f"{self.absolute(f'{self.receiver(outer)}.{name}', outer)}.{rest}"
                if not isinstance(owner, Instance):
                    return f"{name}.{rest}"
        raise Refused([self.building.reason("REF103", home.node, "the object that builds the graph has no name")])

    def seen(self, path: str, own: Home, home: Home, node: cst.CSTNode) -> str:
        """A path of one home, as code in another home writes it."""
        if own is home or not own.is_class:
            return path
        assert own.instance is not None
        found = self.instance(own.instance, home)
        if found is None:
            raise Refused(
                [self.building.reason("REF103", node, f"{name_of_class(own)} has no name where its graph is used")]
            )
        return found + path[len(self.receiver(own)) :]

    def elsewhere(self, text: str, own: Home, home: Home, node: cst.CSTNode) -> str:
        """An expression that code of one home writes, as code in another home writes it."""
        if own is home or not own.is_class:
            return text
        receiver = self.receiver(own)
        owner = _Owner(receiver, cst.parse_expression(self.seen(receiver, own, home, node)))
        return code(cst.parse_expression(text).visit(owner))  # type: ignore[arg-type]

    # -- substitutions

    def prepare(self) -> None:
        """Decide what stands for the names and attributes that move."""
        for unit, item in self.flow.items.items():
            self._keyed(unit.node, item)
        for leaves in self.flow.leaves.values():
            for leaf in leaves:
                if leaf.node is not None:
                    self._keyed(leaf.node, leaf)
        for training in self.emitter.program.trainings:
            for leaf in self.emitter.regions.steps.leaves(training):
                if leaf.node is not None:
                    self._keyed(leaf.node, leaf)
        for unit in self.building.units:
            if unit.home.is_class:
                self._unit(unit)

    def _keyed(self, root: cst.CSTNode, user: object) -> None:
        """Tensors that are known by another name in functions."""
        names = {*getattr(user, "defs", ()), *getattr(user, "uses", ())}
        for part in walk(root):
            if isinstance(part, (cst.Name, cst.Attribute)) and part not in self.flow.substituted:
                key = self.keys.key(part)
                if key in names and code(part) != key and not self._is_host(part):
                    self.flow.substituted[part] = key  # type: ignore[assignment]

    def _is_host(self, part: cst.CSTNode) -> bool:
        values = self.emitter.program.values(part)
        return (
            bool(values) and not any(graph_tensors(v) for v in values) and self.keys.key(part) not in self.flow.derived
        )

    def _unit(self, unit: Unit) -> None:
        """Locals of a method that functions read, or that hold weights, become attributes."""
        reads: list[cst.Name] = []
        if unit in self.flow.items:
            reads = list(self._forward_names(unit.node))
        elif unit.trainings:
            reads = [part for part in walk(unit.node) if isinstance(part, cst.Name)]
        for training in self.emitter.program.trainings:
            rate = self.emitter.regions.steps.rate(training)
            if rate is not None and self.building.unit_of.get(rate.node) is unit:  # type: ignore[arg-type]
                reads += [part for part in walk(rate.node) if isinstance(part, cst.Name)]  # type: ignore[arg-type]
        moved = self.flow.collected.moved_from(unit)
        reads += [part for node in moved for part in walk(node) if isinstance(part, cst.Name)]
        for target, value in bindings(self.building, unit):
            if isinstance(target, cst.Name) and any(isinstance(t, Variable) for t in tensors_in(value)):
                if not self._is_kept(value):
                    reads.append(target)
        for parameter in self.flow.parameters.values():
            if parameter.unit is unit and (shape := self.emitter.target.shape_kept(parameter)) is not None:
                reads += [part for part in walk(shape) if isinstance(part, cst.Name)]
        own = assigned_names(unit.node) if unit in self.flow.items else set()
        for name in reads:
            place = self.keys.place(name)
            if place is not None and place[0] is unit.body and name.value not in own and self._moves(name, unit):
                self._promote(place, unit)

    def _is_kept(self, value: Value) -> bool:
        """Whether an attribute of an object holds the same variables."""
        held = {
            id(t)
            for (owner, _), bound in self._bound.items()
            if isinstance(owner, Instance)
            for _, _, other in bound
            for t in tensors_in(other)
        }
        return all(id(t) in held for t in tensors_in(value))

    def _moves(self, name: cst.Name, unit: Unit) -> bool:
        """Whether functions need a local from the object: it's neither a tensor, nor the framework, nor `self`."""
        if name.value == unit.body.receiver:
            return False
        place = self.keys.place(name)
        bound = self._bound.get(place, []) if place is not None else []
        if any(other in self.flow.differentiated for other, _, _ in bound):
            return False
        values = [value for _, _, value in bound]
        values = values or [e.value for e in self.flow.here(name)] or self.emitter.program.values(name)
        return bool(values) and not any(
            graph_tensors(v) or isinstance(v, (Symbol, Module, Class)) or _is_training(v) for v in values
        )

    def _forward_names(self, node: cst.CSTNode) -> Iterator[cst.Name]:
        """Names read by what a function computes, not by arguments of a layer's constructor."""
        if isinstance(node, cst.Call) and node in self.emitter.surroundings.applied:
            for argument in node.args:
                if self.emitter.is_forward_argument(node, argument):
                    yield from self._forward_names(argument.value)
            return
        if isinstance(node, cst.Name):
            yield node
        for child in node.children:
            yield from self._forward_names(child)

    def _promote(self, place: Place, unit: Unit) -> None:
        if place in self._promoted:
            return
        body, name = unit.body, place[1]
        bound = self._bound.get(place, [])
        sites = [u for u in self.building.units if u.body is body and name in assigned_names(u.node)]
        if len(sites) + (name in body.parameters) != 1 or sites and sites[0].small is None:
            raise Refused(
                [
                    self.building.reason(
                        "REF103",
                        unit.node,
                        f"{name}, which functions of the rewrite need, is a local bound several times or in a block",
                    )
                ]
            )
        alias = self._stands_for(bound)
        path = alias or self._kept_in(place)
        if path is None:
            path = f"{body.receiver}.{self.fresh(body.home, name)}"
            if not sites:
                self._parameters.setdefault(body, []).append((path, name))
        self._promoted[place] = path
        occurrences = [
            part for part in walk(body.node) if isinstance(part, cst.Name) and self.keys.place(part) == place
        ]
        inside = {id(part) for inner in self._function_parts(body) for part in inner}
        everywhere = bool(sites) and alias is None
        for part in occurrences:
            if everywhere or id(part) in inside:
                self.flow.substituted.setdefault(part, path)
        if alias is not None and all(id(part) in inside for part in occurrences if part is not bound[0][1]):
            self.idle.add(bound[0][0])

    def _function_parts(self, body: Body) -> Iterator[Iterator[cst.CSTNode]]:
        used = {*self.flow.items, *(parameter.unit for parameter in self.flow.parameters.values())}
        moved = [n for unit in self.building.units if unit.body is body for n in self.flow.collected.moved_from(unit)]
        return (walk(node) for node in [*(unit.node for unit in used if unit.body is body), *moved])

    def _stands_for(self, bound: list[tuple[Unit, cst.BaseExpression, Value]]) -> str | None:
        """The attribute that a local is only another name of: `p = self.params`."""
        small = bound[0][0].small if len(bound) == 1 else None
        if not isinstance(small, cst.Assign) or not isinstance(small.value, cst.Attribute):
            return None
        return code(small.value) if self._is_own(small.value, bound[0][0]) else None

    def _kept_in(self, place: Place) -> str | None:
        """The attribute in which a method keeps a local: `self.n = n`."""
        for unit in self.building.units:
            small = unit.small
            if isinstance(small, cst.Assign) and isinstance(small.value, cst.Name) and len(small.targets) == 1:
                target = small.targets[0].target
                if self.keys.place(small.value) == place and self._is_own(target, unit):
                    return code(target)
        return None

    def _is_own(self, node: cst.BaseExpression, unit: Unit) -> bool:
        """Whether an expression is an attribute of the method's object that is bound once."""
        place = self.keys.place(node)
        return (
            isinstance(node, cst.Attribute)
            and place is not None
            and place[0] is unit.home.instance
            and len(self._bound.get(place, [])) <= 1
        )

    def stored(self, body: Body) -> list[cst.BaseStatement]:
        """The statements that keep parameters of a method for the functions."""
        return [statement(f"{path} = {name}") for path, name in self._parameters.get(body, [])]

    def stays(self, unit: Unit, target: cst.BaseExpression) -> bool:
        """Whether functions can read what a statement binds: not a method's local."""
        return unit not in self.idle and not (
            unit.home.is_class and isinstance(target, cst.Name) and target not in self.flow.substituted
        )

    def expression(self, node: cst.BaseExpression) -> str:
        """An expression as the functions of its home write it."""
        return self.flow.substituted.get(node, code(node))


class _Owner(cst.CSTTransformer):
    """Attributes of a receiver as attributes of another expression."""

    def __init__(self, receiver: str, owner: cst.BaseExpression) -> None:
        super().__init__()
        self.receiver, self.owner = receiver, owner

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        if isinstance(original_node.value, cst.Name) and original_node.value.value == self.receiver:
            return updated_node.with_changes(value=self.owner)
        return updated_node


def name_of_class(home: Home) -> str:
    return home.node.name.value if isinstance(home.node, cst.ClassDef) else ""


def _is_training(value: Value) -> bool:
    return any(isinstance(t.op, Training) for t in tensors_in(value))
