"""What a program in eager code does, as far as rules ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import libcst as cst

from actlint.program.eager.values import (
    Arguments,
    Hook,
    Items,
    Object,
    Place,
    Table,
    Tape,
    Tensor,
    state_of,
    tensors_in,
)
from actlint.program.values import Function, Value

if TYPE_CHECKING:
    from actlint.program.scope import Scope
    from actlint.syntax.tree import Tree


@dataclass(frozen=True)
class Sink:
    """A value that is differentiated, or that a function called a loss returns; `sources` is with respect to what."""

    kind: Literal["backward", "grad", "tape", "return", "compile"]
    value: Value
    place: Place
    sources: Value | None = None
    tape: Tape | None = None


@dataclass(frozen=True)
class Binding:
    """A value that was bound to a name, in the body of a function or (None) of a module."""

    name: str
    value: Value
    place: Place
    function: Function | None


@dataclass(frozen=True)
class Store:
    """A value that was written into an attribute or a container."""

    value: Value
    target: Value
    place: Place


@dataclass(frozen=True)
class Leak:
    """A tensor of a trace that was read from an attribute, a list or a name outside of the traced function."""

    tensor: Tensor
    place: Place


@dataclass(frozen=True)
class Returned:
    """What a function returned."""

    value: Value
    function: Function
    place: Place


@dataclass(frozen=True)
class Inplace:
    """An operation that overwrites a tensor."""

    tensor: Tensor
    place: Place


@dataclass(frozen=True)
class Application:
    """A call of a module and what it gave."""

    module: Object
    result: Value
    inputs: tuple[Value, ...]
    place: Place
    arguments: Arguments


@dataclass
class EagerProgram:
    """One entry file with the local modules that it imports, interpreted as eager code."""

    files: list[Path]
    trees: dict[Path, Tree]
    scopes: dict[Path, Scope] = field(default_factory=dict)
    values: dict[cst.CSTNode, list[Value]] = field(default_factory=dict)
    sinks: list[Sink] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    returns: list[Returned] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    inplace: list[Inplace] = field(default_factory=list)
    requires: list[tuple[Value, Place]] = field(default_factory=list)
    """Values that were told to require a gradient."""
    optimizers: list[tuple[Object, Value]] = field(default_factory=list)
    """Optimizers, each with the parameters that it was given."""
    direct: list[tuple[Object, Place]] = field(default_factory=list)
    """Calls of a module's `forward` by name, past its hooks."""
    applications: list[Application] = field(default_factory=list)
    objects: list[Object] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    functions: dict[cst.CSTNode, Function] = field(default_factory=dict)
    exhausted: bool = False
    """Whether the program was too large to be walked to its end: then nothing is known of the rest."""

    @property
    def entry(self) -> Path:
        return self.files[0]

    def agreed(self, node: cst.CSTNode, states: tuple[str, ...]) -> bool:
        """Whether an expression had one of these states each time it was evaluated."""
        values = self.values.get(node, [])
        return bool(values) and all(state_of(value) in states for value in values)

    def stored(self, tensor: Tensor) -> Store | None:
        """The first place that put a tensor into an attribute or a container."""
        return next((s for s in self.stores if any(t is tensor for t in tensors_in(s.value))), None)

    def containers(self) -> Iterator[Items | Table]:
        """Containers that something was written into."""
        seen: set[int] = set()
        for store in self.stores:
            if isinstance(store.target, (Items, Table)) and id(store.target) not in seen:
                seen.add(id(store.target))
                yield store.target
