"""Bodies: the blocks whose statements build the graph, and the homes in which rewritten functions are defined.

Most programs build their graph in one block, the module or a main function. Others build it in the methods of a model
class, over several functions, or over several files. A function whose body builds, and which is entered once, is a
body; its statements belong to the program's building statements at the place of its call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst

from actlint.migrate.names import Names
from actlint.migrate.refusals import Refused
from actlint.program.calls import assigned_names
from actlint.program.model import Program
from actlint.program.values import (
    Frame,
    Handle,
    Instance,
    Optimizer,
    Session,
    Tensor,
    Training,
    Value,
    tensors_in,
)

Block = cst.Module | cst.FunctionDef
Path_ = tuple[cst.CSTNode, ...]


@dataclass(eq=False)
class Home:
    """Where rewritten functions are defined: a module, a function, or the class of `instance`."""

    node: cst.Module | cst.FunctionDef | cst.ClassDef
    file: Path
    instance: Instance | None = None

    @cached_property
    def names(self) -> Names:
        """The attributes and methods of a class."""
        return Names.of_members(self.node)

    @property
    def is_class(self) -> bool:
        return self.instance is not None

    @property
    def indented(self) -> bool:
        """Whether functions defined here stand inside of something: one blank line separates them, not two."""
        return not isinstance(self.node, cst.Module)


@dataclass(eq=False)
class Body:
    """A block of building statements, and the calls by which the interpreter entered it."""

    node: Block
    file: Path
    prefix: tuple[Frame, ...]
    home: Home
    receiver: str = ""
    """The name of the instance in a method: `self`."""
    locals: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return self.node.name.value if isinstance(self.node, cst.FunctionDef) else self.file.name

    @property
    def parameters(self) -> frozenset[str]:
        """The names of the function's parameters."""
        if not isinstance(self.node, cst.FunctionDef):
            return frozenset()
        return frozenset(p.name.value for p in (*self.node.params.params, *self.node.params.kwonly_params))

    @property
    def path(self) -> Path_:
        return nodes(self.prefix)


def nodes(frames: Iterable[Frame]) -> Path_:
    """The calls of a path."""
    return tuple(frame.node for frame in frames)


def building_paths(program: Program) -> dict[Path_, tuple[Frame, ...]]:
    """The call paths whose last function builds part of the graph in its own body, with the paths that lead there."""
    found: dict[Path_, tuple[Frame, ...]] = {}
    for path in _seeds(program):
        for depth in range(1, len(path) + 1):
            found.setdefault(nodes(path[:depth]), path[:depth])
    return found


def _seeds(program: Program) -> Iterator[tuple[Frame, ...]]:
    methods = [path for path in _method_paths(program) if _builds(program, path)]
    trainings = [training.calls for training in program.trainings]
    yield from methods
    yield from trainings
    if not trainings and not methods:
        paths = [run.calls for run in program.runs] or [p.op.calls for p in program.placeholders]
        if paths:
            shortest = min(paths, key=len)
            while shortest and (
                shortest[-1].function.owner or not isinstance(shortest[-1].function.node, cst.FunctionDef)
            ):
                shortest = shortest[:-1]
            yield shortest


def _method_paths(program: Program) -> list[tuple[Frame, ...]]:
    """The paths that end in a method of an object of the program's own."""
    return [
        path
        for paths in program.calls.values()
        for path in paths
        if isinstance(path[-1].function.bound, Instance) and isinstance(path[-1].function.node, cst.FunctionDef)
    ]


def _builds(program: Program, path: tuple[Frame, ...]) -> bool:
    """Whether a method keeps parts of the graph on its object, or makes inputs or training operations."""
    if any(op.calls == path for op in [p.op for p in program.placeholders] + list(program.trainings)):
        return True
    node = path[-1].function.node
    assert isinstance(node, cst.FunctionDef)
    if len(program.calls[node]) == 1 and any(v.op.calls == path for v in program.variables):
        return True
    for value, target in assignments(node.body):
        if receiver_of(node) and root(target) == receiver_of(node) and isinstance(target, cst.Attribute):
            for evaluation in program.facts.get(value, []):
                if nodes(evaluation.calls) == nodes(path) and is_graph(evaluation.value):
                    return True
    return False


def is_graph(value: Value) -> bool:
    """Whether a value is part of a graph: tensors, variables, training operations, optimizers, but no sessions."""
    return isinstance(value, Optimizer) or any(True for _ in tensors_in(value))


def is_gone(value: Value) -> bool:
    """Whether a value has no counterpart in eager code, so that names for it disappear."""
    if isinstance(value, Tensor):
        return isinstance(value.op, Training) or value.op.kind in (
            "placeholder",
            "op",
            "loss",
            "summary",
            "group",
            "assign",
        )
    return isinstance(value, Session) or isinstance(value, Handle) and value.kind in ("initializer", "context")


def receiver_of(node: cst.FunctionDef) -> str:
    """The name of a method's first parameter."""
    parameters = node.params.params
    return parameters[0].name.value if parameters else ""


def assignments(block: cst.CSTNode) -> Iterator[tuple[cst.BaseExpression, cst.BaseExpression]]:
    """The values and targets of the assignments below a node, not those in inner functions and classes."""
    for child in block.children:
        if isinstance(child, cst.Assign):
            for target in child.targets:
                if isinstance(target.target, (cst.Tuple, cst.List)):
                    for element in target.target.elements:
                        yield child.value, element.value
                yield child.value, target.target
        elif isinstance(child, cst.AugAssign):
            yield child.target, child.target
        if not isinstance(child, (cst.FunctionDef, cst.ClassDef, cst.Lambda)):
            yield from assignments(child)


def root(node: cst.CSTNode) -> str:
    """The name at the beginning of an attribute or element."""
    while isinstance(node, (cst.Attribute, cst.Subscript)):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


class Bodies:
    """The building bodies of a program. Raises Refused where a function that builds is entered several times."""

    def __init__(self, program: Program, refuse: Callable[[cst.CSTNode, str], Refused]) -> None:
        self.program = program
        self.building = building_paths(program)
        modules = {program.trees[file].module: file for file in program.files}
        self.of_path: dict[Path_, Body] = {}
        self.of_node: dict[cst.CSTNode, Body] = {}
        self.homes: dict[cst.CSTNode, Home] = {}
        for module, file in modules.items():
            home = self.homes[module] = Home(module, file)
            self.of_node[module] = Body(module, file, (), home)
        self.of_path[()] = self.of_node[program.trees[program.entry].module]
        for path, frames in sorted(self.building.items(), key=lambda pair: len(pair[0])):
            function = frames[-1].function
            node = function.node
            if not isinstance(node, cst.FunctionDef) or path[:-1] not in self.of_path:
                raise refuse(path[-1], "the graph is built in a lambda, or in code that no statement of the file calls")
            if node in self.of_node:
                raise refuse(node, f"the graph is built in {function.name}, which is called several times")
            self.of_path[path] = self.of_node[node] = self._body(node, frames, refuse)

    def _body(self, node: cst.FunctionDef, frames: tuple[Frame, ...], refuse: Callable[..., Refused]) -> Body:
        function = frames[-1].function
        names = {p.name.value for p in (*node.params.params, *node.params.kwonly_params)}
        local = frozenset(names | assigned_names(node.body))
        instance = function.bound
        if not isinstance(instance, Instance):
            home = self.homes[node] = Home(node, function.file)
            return Body(node, function.file, frames, home, "", local)
        place = instance.cls.node
        home = self.homes.setdefault(place, Home(place, instance.cls.file, instance))
        if home.instance is not instance:
            raise refuse(place, f"the graph is built in objects of {instance.cls.name}, of which there are several")
        return Body(node, function.file, frames, home, receiver_of(node), local)

    def home_of(self, instance: Value | None) -> Home | None:
        """The class home of an object."""
        return next((home for home in self.homes.values() if home.is_class and home.instance is instance), None)

    def depth(self, calls: tuple[Frame, ...]) -> int:
        """How many calls of a path lead into bodies."""
        path = nodes(calls)
        return next(depth for depth in range(len(path), -1, -1) if path[:depth] in self.of_path)

    def entered(self, calls: tuple[Frame, ...]) -> Body:
        """The innermost body on a path."""
        return self.of_path[nodes(calls)[: self.depth(calls)]]


def name_of(target: cst.CSTNode) -> str:
    """The name, or last attribute, that an assignment binds."""
    if isinstance(target, cst.Attribute):
        return target.attr.value
    return target.value if isinstance(target, cst.Name) else ""
