"""Twins: objects of one class. Each has methods of its own while the program is read; the class is written once."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.bodies import Home, Path_, building_paths
from actlint.migrate.source import walk
from actlint.migrate.straighten import analyzed_again
from actlint.migrate.units import Building, Unit
from actlint.program.model import Program
from actlint.program.values import Frame, Instance, Op

_WEIGHTS = ("variable",)


def separated(program: Program) -> Program:
    """The program with methods for each object, where several objects share methods that build or run a graph."""
    paths = building_paths(program)
    objects: dict[cst.CSTNode, set[int]] = {}
    for frames in paths.values():
        for frame in frames:
            if isinstance(frame.function.bound, Instance):
                objects.setdefault(frame.function.node, set()).add(id(frame.function.bound))
    if all(len(found) < 2 for found in objects.values()):
        return program
    classes = {
        id(frame.function.bound.cls.node)
        for frames in paths.values()
        for frame in frames
        if isinstance(frame.function.bound, Instance) and len(objects[frame.function.node]) > 1
    }
    builders = _builders(program, paths)
    apart = {
        node
        for node, calls in program.calls.items()
        if node not in builders and any(_of(path[-1], classes) for path in calls)
    }
    return analyzed_again(program, {file: tree.apart() for file, tree in program.trees.items()}, apart)


def _of(frame: Frame, classes: set[int]) -> bool:
    """Whether a call enters a method of an object of one of these classes."""
    bound = frame.function.bound
    return isinstance(bound, Instance) and id(bound.cls.node) in classes


def _builders(program: Program, paths: dict[Path_, tuple[Frame, ...]]) -> set[cst.CSTNode]:
    """Methods that make weights for their callers: they become classes of their own."""
    bodies = {frames[-1].function.node for frames in paths.values()}
    made: list[Op] = [op for op in program.ops if op.kind in _WEIGHTS or op.layer is not None]
    return {frame.function.node for op in made for frame in op.calls} - bodies


class Alike:
    """Which parts of the graph of one object are the same parts of others."""

    def __init__(self, building: Building) -> None:
        self.building = building
        self.program = building.program
        self._copied = {copy: node for tree in self.program.trees.values() for copy, node in tree.copied.items()}
        self._originals = set(self._copied.values())
        self._names: dict[tuple[cst.CSTNode, object], str] = {}
        self._units: dict[cst.CSTNode, list[Unit]] = {}
        for unit in building.units if self._copied else ():
            if (key := self._key(unit)) is not None:
                self._units.setdefault(key, []).append(unit)

    def original(self, node: cst.CSTNode) -> cst.CSTNode:
        """The node of the file that a node is a copy of; itself where it is none."""
        return self._copied.get(node, node)

    def _key(self, unit: Unit) -> cst.CSTNode | None:
        """What a statement has in common with those of other objects."""
        for part in walk(unit.node):
            if part in self._copied or part in self._originals:
                return self.original(part)
        return None

    def units(self, unit: Unit) -> list[Unit]:
        """The statements of all objects that are the same one in the file."""
        key = self._key(unit) if self._copied else None
        return self._units.get(key, [unit]) if key is not None else [unit]

    def homes(self, home: Home) -> list[Home]:
        """The homes that are written as one class."""
        node = self.original(home.node)
        found = [h for h in self.building.bodies.homes.values() if h.is_class and self.original(h.node) is node]
        return found if home in found else [home]

    def op(self, op: Op) -> object:
        """What an operation has in common with those of other objects."""
        calls = self.building.below(op.calls)
        node = calls[0].node if calls else op.node
        if node not in self._copied and node not in self._originals:
            return op.index
        parts = tuple((self.original(frame.node), frame.turns) for frame in calls)
        return (*parts, self.original(op.node), op.turns)

    def knows(self, home: Home, key: object) -> bool:
        """Whether a name was chosen for this already, for another object."""
        return (self.original(home.node), key) in self._names

    def fresh(self, home: Home, wanted: str, key: object) -> str:
        """A free name in a class; the same for what is the same in all its objects."""
        place = self.original(home.node), key
        if place not in self._names:
            homes = self.homes(home)
            name = home.names.fresh(wanted)
            while any(name in other.names.taken for other in homes if other is not home):
                name = home.names.fresh(wanted)
            for other in homes:
                other.names.taken.add(name)
            self._names[place] = name
        return self._names[place]
