"""Abstract values: what an expression of the user's can be while the interpreter walks the code."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Items
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis.formula import Formula
from actlint.apis.shape import ANY, Dim, Shape

if TYPE_CHECKING:
    from actlint.apis.entry import CellEntry, LayerEntry
    from actlint.program.binding import BoundCall
    from actlint.program.scope import Scope


class Value:
    """Anything that an expression can evaluate to."""


@dataclass(frozen=True)
class Const(Value):
    """A Python constant whose value is known; `source` is the module-level name that it was read from, `origin` what
    the program has for the dimension that it is, `formula` how it follows from options of the command line."""

    value: Any
    source: str | None = field(default=None, compare=False)
    origin: object = field(default=None, compare=False, repr=False)
    formula: Formula | None = field(default=None, compare=False, repr=False)


NONE = Const(None)


@dataclass(eq=False)
class Sequence(Value):
    """A list or tuple whose elements are known one by one, unless `partial`: then a loop of unknown length grew it."""

    items: list[Value]
    kind: str = "list"
    partial: bool = False


@dataclass(eq=False)
class Scoped(Sequence):
    """The variables of a collection below a scope; `by` has them for every scope that may be asked for, `everything`
    without one."""

    by: dict[Any, list[Value]] = field(default_factory=dict)
    everything: list[Value] = field(default_factory=list)


@dataclass(eq=False)
class Mapping(Value):
    """A dict whose keys are known. Keys are Python constants, or tensors for a feed."""

    items: dict[Any, Value]
    nodes: dict[Any, tuple[cst.BaseExpression, cst.BaseExpression]] = field(default_factory=dict)
    node: cst.BaseExpression | None = None
    keys: dict[Any, list[cst.BaseExpression]] = field(default_factory=dict)
    """The expressions that gave each key, also where it was set later."""
    grown: bool = False
    """Whether keys were set, or other dicts taken over, after it was made."""

    def take(self, other: Mapping) -> None:
        """Take over another dict's items, as `update` does."""
        self.items.update(other.items)
        for key, nodes in other.keys.items():
            self.keys.setdefault(key, []).extend(nodes)
        self.grown = True


@dataclass(frozen=True)
class Host(Value):
    """A Python or numpy value that isn't part of a graph and isn't known; `runs` are the session runs it came from."""

    what: str = ""
    runs: tuple[Run, ...] = ()
    shape: Shape | None = None
    dtype: str | None = None


@dataclass(frozen=True)
class OneOf(Host):
    """One of several constants: an element of a list that a loop goes through."""

    constants: tuple[Const, ...] = ()


@dataclass(frozen=True)
class ShapeValue(Value):
    """What `tensor.shape` and `tensor.get_shape()` answer."""

    shape: Shape | None


@dataclass(frozen=True)
class DimValue(Value):
    """One static dimension, as `tensor.shape[0]` answers."""

    dim: Dim


@dataclass(frozen=True)
class Symbol(Value):
    """Something from a package that isn't analysed, by its qualified name: `tensorflow.nn.relu`."""

    name: str


@dataclass(eq=False)
class Function(Value):
    """A function, method or lambda of the analysed files; `bound` is its `self`."""

    node: cst.FunctionDef | cst.Lambda
    scope: Scope
    file: Path
    name: str
    defaults: dict[str, Value] = field(default_factory=dict)
    bound: Value | None = None
    owner: Class | None = None
    decorators: tuple[str, ...] = ()
    made: Function | None = None
    """What its own decorators make of it, where it is used as a decorator."""

    def of(self, instance: Value) -> Function:
        """The method of an object."""
        return replace(self, bound=instance)


@dataclass(eq=False)
class Property(Value):
    """A property: `getter` is what a read of it calls, `method` what the program decorated, and `cached` says that
    objects remember the value without that the getter does."""

    getter: Function
    cached: bool = False
    method: Function | None = None


@dataclass(eq=False)
class Class(Value):
    """A class of the analysed files."""

    node: cst.ClassDef
    scope: Scope
    file: Path
    name: str
    bases: tuple[Value, ...]
    attributes: dict[str, Value]


@dataclass(eq=False)
class Instance(Value):
    """An object of a class of the analysed files."""

    cls: Class
    attributes: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False)
class Module(Value):
    """An analysed module that another one imported."""

    file: Path
    scope: Scope


@dataclass(frozen=True)
class Unknown(Value):
    """What the interpreter can't know, and why."""

    reason: str
    node: cst.CSTNode | None = None
    file: Path | None = None
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, eq=False)
class Picked(Unknown):
    """One of several tensors, which one isn't known here: an element of a container, chosen at run time."""

    items: tuple[Tensor, ...] = ()


Turns = tuple[tuple[cst.CSTNode, int], ...]
"""The open loops and comprehensions that are walked turn by turn, each with the turn that it is in."""


@dataclass(frozen=True)
class Frame:
    """One step of a call path: the call expression and the function it entered, with its parameters' values."""

    node: cst.CSTNode
    function: Function
    file: Path
    turns: Turns = ()
    arguments: dict[str, Value] = field(default_factory=dict, compare=False)


EFFECTS = ("train", "group", "update")
"""Kinds of operations that runs fetch for what they do, not for a value."""
FETCHED = ("op", "loss", "train")
"""Kinds of operations that a run computes, or executes, each by itself."""


@dataclass(eq=False)
class Op:
    """A node of the graph: which symbol made it, from what, where, and by which path of calls."""

    index: int
    symbol: str
    arguments: dict[str, Value]
    inputs: list[Tensor]
    node: cst.CSTNode
    file: Path
    calls: tuple[Frame, ...]
    loops: tuple[cst.CSTNode, ...]
    kind: str = "op"
    fetched: tuple[Run, ...] = ()
    known: bool = True
    layer: Layer | None = None
    name: str = ""
    statement: cst.CSTNode | None = None
    graph: int = 0
    turns: Turns = ()
    controls: tuple[Op, ...] = ()
    """Operations that are executed before it, because it was made under `tf.control_dependencies`."""


@dataclass(eq=False)
class Tensor(Value):
    """An output of an operation."""

    op: Op
    shape: Shape | None = None
    dtype: str | None = None
    index: int = 0


@dataclass(eq=False)
class Distribution(Tensor):
    """An object of `tf.distributions`: a part of the graph with methods. Shape and dtype are those of its parameters
    taken together."""


@dataclass(eq=False)
class Given:
    """A Python value that the graph takes as a constant while runs go on, under the name that it has there."""

    name: str
    dtype: str
    shape: Shape | None = None
    fetched: bool = False


@dataclass(eq=False)
class Variable(Tensor):
    """A variable; `initial` is the value or initialiser it starts from."""

    name: str = ""
    trainable: bool = True
    initial: Value | None = None
    layer: Layer | None = None
    weight: str = ""
    everywhere: bool = True
    """Whether GLOBAL_VARIABLES holds it: its call names no collections, or that one among them."""
    imagined: bool = False
    """Whether it belongs to a branch that isn't taken; see `actlint.program.opened`."""


@dataclass(frozen=True, eq=False)
class Penalty:
    """What a variable's regularizer adds to REGULARIZATION_LOSSES."""

    tensor: Tensor
    regularizer: Value
    variable: Variable
    depth: int
    """How many calls lead to the variable."""
    ops: list[Op]
    """The operations that the regularizer made."""


@dataclass(eq=False)
class Choice(Variable):
    """One of several variables, which one isn't known here: an element of a container, chosen at run time."""

    variables: tuple[Variable, ...] = ()


@dataclass(eq=False)
class Layer:
    """A layer with weights that `tf.layers.*` made: one constructor, applied by `op`."""

    entry: LayerEntry
    node: cst.Call
    variables: list[Variable]
    call: BoundCall
    calls: tuple[Frame, ...] = ()
    turns: Turns = ()
    op: Op | None = None
    update: Op | None = None
    """What moves its moving averages on."""


@dataclass(eq=False)
class Cell(Value):
    """A recurrent cell. Its weights, or those of the cells in it, are made when it is first applied."""

    entry: CellEntry
    call: BoundCall
    op: Op
    cells: list[Cell] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    input_size: Dim = ANY
    dtype: str | None = None
    scope: str | None = None
    """The scope of its weights, once they are made."""
    wrapped: bool = False
    """Whether its weights are made by a cell around it that isn't made from tensors."""

    @property
    def places(self) -> Iterator[tuple[str, Variable]]:
        """Its weights and those of the cells in it, each with its attribute in the rewritten program."""
        for weight, variable in zip(self.entry.weights(self.call, self.input_size), self.variables, strict=False):
            yield weight.tf2, variable
        for place, cell in enumerate(self.cells):
            inner = f"cells[{place}]" if self.entry.state == "cells" else "cell"
            yield from ((f"{inner}.{path}", variable) for path, variable in cell.places)

    @property
    def tensors(self) -> Iterator[Tensor]:
        """Its weights and those of the cells in it, and the tensors that it was made from."""
        yield from self.variables
        for cell in self.cells:
            yield from cell.tensors
        if self.op.kind == "op":
            yield Tensor(self.op)


@dataclass(eq=False)
class Optimizer(Value):
    """An optimizer object; `op` remembers where it was made and with which arguments."""

    op: Op


@dataclass(eq=False)
class Training(Op):
    """A training operation: `minimize`, or `apply_gradients` of gradients of a loss."""

    optimizer: Optimizer | None = None
    loss: Value | None = None
    variables: list[Variable] = field(default_factory=list)


@dataclass(eq=False)
class Session(Value):
    """A session object; `graph` is the graph that it was given."""

    node: cst.CSTNode
    file: Path
    graph: int | None = None


@dataclass(eq=False)
class Handle(Value):
    """A graph-side object without a value: an initialiser operation, a writer, a saver, a merged summary, a scope."""

    kind: str
    op: Op
    covers: tuple[Variable, ...] | None = None
    """The variables that an initialiser initialises, where they are known."""


@dataclass(eq=False)
class Run:
    """A session run: `sess.run(...)`, `tensor.eval(...)` or `operation.run(...)`."""

    index: int
    node: cst.Call
    file: Path
    calls: tuple[Frame, ...]
    loops: tuple[cst.CSTNode, ...]
    form: str
    fetches: Value
    leaves: list[Value]
    feeds: list[tuple[Value, Value]]
    feed: Value | None
    fetch_node: cst.BaseExpression | None
    feed_node: cst.BaseExpression | None
    block: Items[cst.CSTNode] = ()
    statement: cst.CSTNode | None = None
    variants: int = 0
    """How many runs stand for this one, because it fetches one of as many tensors."""

    @cached_property
    def trained(self) -> list[Training]:
        """The training operations that it runs, also those in groups and those that what it fetches waits for."""
        found: list[Training] = []
        todo = [leaf.op for leaf in self.leaves if isinstance(leaf, (Tensor, Handle))]
        seen: set[Op] = set()
        while todo:
            op = todo.pop()
            if op in seen:
                continue
            seen.add(op)
            if isinstance(op, Training):
                found.append(op)
            else:
                todo.extend((*(tensor.op for tensor in op.inputs), *op.controls))
        return found

    @property
    def trains(self) -> bool:
        return bool(self.trained)


def chosen(variables: list[Variable]) -> Variable:
    """One of these variables."""
    first = variables[0]
    if len(variables) == 1:
        return first
    shape = first.shape if all(v.shape == first.shape for v in variables) else None
    dtype = first.dtype if all(v.dtype == first.dtype for v in variables) else None
    return Choice(first.op, shape, dtype, trainable=first.trainable, variables=tuple(variables))


def tensors_in(value: Value | None) -> Iterator[Tensor]:
    """Every tensor in a value, through containers."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Sequence):
        for item in value.items:
            yield from tensors_in(item)
    elif isinstance(value, Mapping):
        for item in value.items.values():
            yield from tensors_in(item)
    elif isinstance(value, Cell):
        yield from value.tensors


def runs_in(value: Value | None) -> tuple[Run, ...]:
    """The session runs that a host value came from."""
    if isinstance(value, (Host, Unknown)):
        return value.runs
    found: list[Run] = []
    if isinstance(value, Sequence):
        for item in value.items:
            found.extend(runs_in(item))
    elif isinstance(value, Mapping):
        for item in value.items.values():
            found.extend(runs_in(item))
    return tuple(dict.fromkeys(found))


def is_host(value: Value) -> bool:
    """Whether the value is surely outside of every graph."""
    if isinstance(value, (Const, Host, ShapeValue, DimValue)):
        return True
    if isinstance(value, Sequence):
        return all(is_host(item) for item in value.items)
    if isinstance(value, Mapping):
        return all(is_host(item) for item in value.items.values())
    return False
