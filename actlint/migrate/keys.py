"""Keys: the names by which rewritten functions know tensors that the user keeps in names and attributes.

A tensor in a name of the module keeps that name. One in an attribute, `self.loss`, becomes the local `loss` of the
functions that compute it; where two places of different bodies have the same name, the later one gets a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.bodies import Body, is_graph, nodes
from actlint.program.values import Instance, Sequence, Tensor, Value

if TYPE_CHECKING:
    from actlint.migrate.names import Names
    from actlint.migrate.units import Building, Unit

Place = tuple[object, str]


class Keys:
    """The places of the program's tensors, each with its key."""

    def __init__(self, building: Building, names: Names) -> None:
        self.building = building
        self.names = names
        self._keys: dict[Place, str] = {}
        self._owner: dict[str, Place] = {}
        self.plain: dict[str, str] = {}
        """Keys that aren't the user's names, because another place has these, with the user's names."""
        self.same: set[Unit] = set()
        """Statements that only give a tensor another name: `self.loss = loss`."""
        self._count = self._bindings()
        entered = [body for unit in building.units for body in unit.enters]
        for body in sorted(entered, key=lambda body: len(body.prefix)):
            self._unify_parameters(body)
        for unit in building.units:
            self._unify(unit)

    # -- places

    def place(self, node: cst.CSTNode) -> Place | None:
        """Where a name or attribute keeps its value: a body, a module or an object, and the name there."""
        if isinstance(node, cst.Name):
            body = self.building.body_of(self._outside(node))
            if body is not None and node.value in body.locals:
                return body, node.value
            return self.building.file_of(node), node.value
        if isinstance(node, cst.Attribute):
            owners = {id(v): v for v in self.building.program.values(node.value)}
            owner = next(iter(owners.values()), None)
            if len(owners) == 1 and isinstance(owner, Instance):
                return owner, node.attr.value
        return None

    def _outside(self, name: cst.Name) -> cst.CSTNode:
        """The outermost lambda around a name that doesn't bind it, or the name itself."""
        found: cst.CSTNode = name
        current = self.building.parent.get(name)
        while current is not None and not isinstance(current, cst.FunctionDef):
            if isinstance(current, cst.Lambda):
                if any(p.name.value == name.value for p in current.params.params):
                    break
                found = current
            current = self.building.parent.get(current)
        return found

    def key(self, node: cst.CSTNode) -> str | None:
        """The key of a name or attribute; None for other expressions."""
        place = self.place(node)
        return self._key(place) if place is not None else None

    def _key(self, place: Place) -> str:
        if place not in self._keys:
            name = place[1]
            while self._owner.get(name, place) != place:
                name = self.names.fresh(f"{place[1]}_2" if place[1][-1:].isdigit() else place[1])
            if name != place[1]:
                self.plain[name] = place[1]
            self._owner[name] = place
            self._keys[place] = name
        return self._keys[place]

    # -- other names for the same tensor

    def _bindings(self) -> dict[Place, int]:
        """How often each place is bound to a tensor."""
        found: dict[Place, int] = {}
        for unit in self.building.units:
            for target, value in bindings(self.building, unit):
                place = self.place(target)
                if place is not None and is_graph(value):
                    found[place] = found.get(place, 0) + 1
        return found

    def _once(self, node: cst.CSTNode) -> bool:
        place = self.place(node)
        return place is not None and self._count.get(place, 0) <= 1

    def _unify(self, unit: Unit) -> None:
        """Let places that stand for the same tensor have the same key."""
        small = unit.small
        if not isinstance(small, cst.Assign):
            return
        first = small.targets[0].target
        for target in small.targets[1:]:
            if self.key(first) and self._once(target.target) and self._once(first):
                self._share(target.target, first)
        if unit.enters:
            for returned in _returned(unit.enters[-1]):
                for target, value in _paired(first, returned):
                    if self._is_tensor(value) and self._once(target):
                        self._share(target, value)
        elif isinstance(small.value, (cst.Name, cst.Attribute)) and self._is_tensor(small.value):
            other = [t.target for t in small.targets]
            crosses = isinstance(small.value, cst.Attribute) or any(isinstance(t, cst.Attribute) for t in other)
            if crosses and self._once(small.value) and all(self._once(t) for t in other):
                for target_ in other:
                    self._share(target_, small.value)
                self.same.add(unit)

    def _unify_parameters(self, body: Body) -> None:
        call = body.prefix[-1].node
        assert isinstance(body.node, cst.FunctionDef)
        if not isinstance(call, cst.Call):
            return
        names = [p.name.value for p in body.node.params.params][1 if body.receiver else 0 :]
        for place, argument in enumerate(call.args):
            name = argument.keyword.value if argument.keyword is not None else names[place : place + 1]
            name = name if isinstance(name, str) else "".join(name)
            if name and self._is_tensor(argument.value) and self._count.get((body, name), 0) == 0:
                if (known := self.key(argument.value)) is not None:
                    self._keys[(body, name)] = known

    def _is_tensor(self, node: cst.CSTNode) -> bool:
        return any(isinstance(v, Tensor) for v in self.building.program.values(node))

    def _share(self, node: cst.CSTNode, other: cst.CSTNode) -> None:
        place, key = self.place(node), self.key(other)
        if place is not None and key is not None:
            self._keys[place] = key


def bindings(building: Building, unit: Unit) -> Iterator[tuple[cst.BaseExpression, Value]]:
    """The names and attributes that a unit's assignments bind, with their values."""
    if isinstance(unit.node, (cst.FunctionDef, cst.ClassDef)):
        return
    for part in _parts(unit.node):
        if isinstance(part, cst.Assign):
            value = value_in(building, part.value, unit.body)
            for target in part.targets:
                if value is not None:
                    yield from pairs(target.target, value)
        elif isinstance(part, cst.AugAssign) and isinstance(part.target, (cst.Name, cst.Attribute)):
            op = next((op for op in reversed(unit.ops) if op.node is part), None)
            value = Tensor(op) if op is not None else value_in(building, part.target, unit.body)
            if value is not None:
                yield part.target, value


def value_in(building: Building, node: cst.CSTNode, body: Body) -> Value | None:
    """The last value that an expression had on the level of a body."""
    found = [e.value for e in building.program.facts.get(node, []) if nodes(e.calls) == body.path]
    return found[-1] if found else None


def pairs(target: cst.BaseExpression, value: Value) -> Iterator[tuple[cst.BaseExpression, Value]]:
    """The names and attributes of an assignment target, each with the part of the value that it gets."""
    if isinstance(target, (cst.Name, cst.Attribute)):
        yield target, value
    elif (
        isinstance(target, (cst.Tuple, cst.List))
        and isinstance(value, Sequence)
        and len(value.items) == len(target.elements)
    ):
        for element, item in zip(target.elements, value.items, strict=False):
            yield from pairs(element.value, item)


def _parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _parts(child)


def _returned(body: Body) -> Iterator[cst.BaseExpression]:
    """What the last statement of a body returns."""
    last = body.node.body.body[-1] if isinstance(body.node, cst.FunctionDef) else None
    if isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Return):
        if last.body[-1].value is not None:
            yield last.body[-1].value


def _paired(target: cst.BaseExpression, value: cst.BaseExpression) -> Iterator[tuple[cst.CSTNode, cst.CSTNode]]:
    if isinstance(target, (cst.Tuple, cst.List)) and isinstance(value, (cst.Tuple, cst.List)):
        for left, right in zip(target.elements, value.elements, strict=False):
            yield from _paired(left.value, right.value)
    elif isinstance(value, (cst.Name, cst.Attribute)):
        yield target, value
