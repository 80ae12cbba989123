"""Abstract values of eager code: tensors that remember what they were computed from, modules, containers, hooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.values import Class, Const, Frame, Function, Symbol, Value

State = Literal["attached", "maybe", "cut", "plain"]
"""Whether a value carries a gradient to parameters: surely; nobody knows; no more, though what it was computed from
did; never."""

_ORDER: dict[State, int] = {"plain": 0, "cut": 1, "maybe": 2, "attached": 3}


@dataclass(eq=False)
class Opaque(Value):
    """A value that isn't known; `inputs` are what an unknown call was given."""

    inputs: tuple[Value, ...] = ()
    place: Place | None = None


OPAQUE = Opaque()


@dataclass(frozen=True)
class Arguments:
    """The arguments of a call; `open` says that stars may have hidden more of them."""

    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    open: bool = False

    def get(self, position: int, *names: str) -> Value | None:
        """The argument at a position or under one of its names; None where there is none."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.positional[position] if 0 <= position < len(self.positional) else None

    @property
    def all(self) -> tuple[Value, ...]:
        return (*self.positional, *self.keywords.values())


@dataclass(eq=False, slots=True)
class Place:
    """Where and in which surroundings something happened."""

    node: cst.CSTNode
    file: Path
    frames: tuple[Frame, ...] = ()
    loops: tuple[Loop, ...] = ()
    tapes: tuple[Tape, ...] = ()
    no_grad: bool = False
    hook: Hook | None = None
    index: int = 0
    branches: int = 0
    """How many branches are open, each of which may be walked or not."""


@dataclass(frozen=True)
class Loop:
    """An open loop, and how many frames were open where it began."""

    node: cst.CSTNode
    depth: int


@dataclass(eq=False)
class Tensor(Value):
    """A tensor, array or number that the code computes; `via` is the module whose call, weight or output it is.

    `cut` says that the gradient ended here, and by what: `detach`, `host`, `rewrap`, `round` or `no_grad`."""

    op: str
    symbol: str
    inputs: tuple[Value, ...]
    place: Place
    state: State
    arguments: Arguments = field(default_factory=Arguments)
    cut: str = ""
    host: bool = False
    symbolic: bool = False
    via: Value | None = None


@dataclass(eq=False)
class Items(Value):
    """A list, tuple or set; `rest` stands for elements that aren't known one by one."""

    kind: str
    items: list[Value]
    place: Place
    rest: Value | None = None
    grown: list[tuple[Value, Place]] = field(default_factory=list)
    """What was appended, and where."""
    emptied: bool = False
    """Whether the code takes elements out again, or binds a fresh list in its stead."""


@dataclass(eq=False)
class Table(Value):
    """A dict; `rest` stands for values under unknown keys."""

    items: dict[Any, Value]
    place: Place
    rest: Value | None = None
    emptied: bool = False


@dataclass(eq=False)
class Object(Value):
    """An object of a class: of one in the analysed files (`cls`), or of a library's (`symbol`).

    `symbol` is the nearest library class too, for an object of a local class that derives from one."""

    cls: Class | None
    symbol: str
    arguments: Arguments
    place: Place
    attributes: dict[str, Value] = field(default_factory=dict)
    children: list[Value] = field(default_factory=list)
    complete: bool = True
    """Whether `children` and `attributes` hold all modules that it has."""
    grown: bool = False
    """Whether `children` were added in a loop: they are all kinds that it has, but not in their number."""
    frozen: bool = False
    """Whether its parameters were told to need no gradient."""
    told: set[str] = field(default_factory=set)
    """The methods of a library that were called on it: `eval`, `train`, `load_state_dict`."""
    hooks: list[Hook] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Method(Value):
    """An attribute that isn't followed: a method of a tensor, a container, a library's object, something unknown."""

    receiver: Value
    name: str


@dataclass(eq=False)
class Bound(Value):
    """A method of a local class with its `self`."""

    function: Function
    receiver: Value


@dataclass(eq=False)
class Partial(Value):
    """`functools.partial`."""

    function: Value
    arguments: Arguments


@dataclass(eq=False)
class Super(Value):
    """`super()`: lookups begin behind `cls`."""

    receiver: Value
    cls: Class


@dataclass(eq=False)
class Tape(Value):
    """A `tf.GradientTape`."""

    place: Place


@dataclass(eq=False)
class Either(Value):
    """One of several values."""

    options: tuple[Value, ...]


@dataclass(eq=False)
class Hook(Value):
    """A registered module hook, which is the handle that the registration returned too."""

    kind: str
    receiver: Value
    receiver_node: cst.BaseExpression
    function: Value
    place: Place
    output: Tensor | None = None
    removals: list[Place] = field(default_factory=list)
    kept: bool = False
    """Whether a container or an attribute holds the handle, or other code was given it."""
    escaped: bool = False
    """Whether unknown code was given the handle."""

    @property
    def removed_in(self) -> list[tuple[Loop, ...]]:
        """The loops around each removal."""
        return [place.loops for place in self.removals]


def join(values: list[Value]) -> Value:
    """One of several values; None falls away where there is something else."""
    if values and not isinstance(values[0], Either) and all(value is values[0] for value in values):
        return values[0]
    found: list[Value] = []
    for value in values:
        for option in value.options if isinstance(value, Either) else (value,):
            if not any(option is other or isinstance(option, Const) and option == other for other in found):
                found.append(option)
    if len(found) > 1:
        found = [value for value in found if not (isinstance(value, Const) and value.value is None)] or found[:1]
    if len(found) == 1:
        return found[0]
    return Either(tuple(found)) if 0 < len(found) <= 8 else OPAQUE


def state_of(value: Value | None) -> State:
    """Whether a value carries a gradient, through containers."""
    if value is None or isinstance(value, Const):
        return "plain"
    if isinstance(value, Tensor):
        return value.state
    if isinstance(value, (Items, Either, Table)):
        return strongest(list(parts(value)))
    if isinstance(value, Symbol):
        return "plain" if apis.framework(value.name) or value.name.startswith(("numpy.", "builtins.")) else "maybe"
    return "plain" if isinstance(value, (Function, Class, Object, Tape, Hook)) else "maybe"


def strongest(values: list[Value]) -> State:
    """The state of a value that is computed from these."""
    return max((state_of(value) for value in values), key=_ORDER.__getitem__, default="plain")


def parts(value: Value) -> Iterator[Value]:
    """What a container or an alternative is made of; nothing for other values."""
    if isinstance(value, Items):
        yield from value.items
        if value.rest is not None:
            yield value.rest
    elif isinstance(value, Table):
        yield from value.items.values()
        if value.rest is not None:
            yield value.rest
    elif isinstance(value, Either):
        yield from value.options


def tensors_in(value: Value | None) -> Iterator[Tensor]:
    """Every tensor in a value, through containers."""
    todo, seen = [value], set()
    while todo:
        current = todo.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Tensor):
            yield current
        else:
            todo.extend(parts(current))


def ancestors(value: Value | None, through_cuts: bool = True, through_calls: bool = True) -> Iterator[Tensor]:
    """The tensors that a value is computed from, itself included; without `through_cuts` only where gradients go,
    without `through_calls` not through calls of which nothing is known."""
    todo, seen = [value], set()
    while todo:
        current = todo.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Tensor):
            yield current
            if through_cuts or not current.cut:
                todo.extend(current.inputs)
        elif isinstance(current, Opaque):
            todo.extend(current.inputs if through_calls else ())
        else:
            todo.extend(parts(current))


def cuts(value: Value) -> list[Tensor]:
    """Where the gradients of a cut value ended."""
    found: list[Tensor] = []
    todo, seen = [value], set()
    while todo:
        current = todo.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Tensor):
            if current.cut:
                found.append(current)
            elif current.state == "cut":
                todo.extend(current.inputs)
        else:
            todo.extend(parts(current))
    return found


def constant(value: Value | None) -> Any:
    """The value of a constant, else None."""
    return value.value if isinstance(value, Const) else None
