"""Recurrent cells, and the functions that apply them along a sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import CellEntry, Entry
from actlint.apis.infer import units_of
from actlint.apis.shape import ANY, Dim, Shape, added
from actlint.program.binding import BoundCall, dtype_of, tensor_dtype, tensor_shape
from actlint.program.expressions import NamedSequence
from actlint.program.model import Unsupported
from actlint.program.settings import ScopeHandle, is_auto
from actlint.program.values import (
    NONE,
    Cell,
    Const,
    DimValue,
    Op,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.varscopes import VariableScope

STATE_FIELDS = ("c", "h")


def make(self: Interpreter, entry: CellEntry, bound: BoundCall, node: cst.Call) -> Value:
    """A new cell. One that is made from tensors is a part of the graph, as they are."""
    given = bound.values.get(entry.cells) if entry.cells else None
    inner = [given] if isinstance(given, Cell) else list(given.items) if isinstance(given, Sequence) else []
    cells = [cell for cell in inner if isinstance(cell, Cell)]
    if entry.cells and (not cells or len(cells) != len(inner) or isinstance(given, Sequence) and given.partial):
        return _unknown(self, entry.name, node, "is given a cell that isn't one of TensorFlow's")
    tensors = [t for value in bound.values.values() for t in tensors_in(value) if not isinstance(t, Variable)]
    made = self.operation(entry.name, {}, node, None, None, kind="op" if tensors else "cell", extra=tensors)
    return Cell(entry, bound, made.op, cells)


def _unknown(self: Interpreter, symbol: str, node: cst.Call, why: str) -> Value:
    self.program.unsupported.append(Unsupported(symbol, node, self.file, why))
    return Unknown(f"tf.{symbol} {why}", node, self.file)


def state_tuple(bound: BoundCall) -> Value:
    """An `LSTMStateTuple` of the user's."""
    return _pair(*(bound.values.get(name, NONE) for name in STATE_FIELDS))


def _pair(c: Value, h: Value) -> Value:
    made = NamedSequence([c, h], "tuple")
    made.fields = STATE_FIELDS
    return made


# -- what a cell has


def attribute(cell: Cell, name: str) -> Value | None:
    """`cell.state_size` and `cell.output_size`; None for what isn't a size."""
    if name == "output_size":
        return _size(_units(cell))
    return _state(cell, _size) if name == "state_size" else None


def _size(dim: Dim) -> Value:
    return DimValue(dim) if dim.value is None else Const(dim.value, dim.source, dim.origin, dim.formula)


def _units(cell: Cell) -> Dim:
    """The size of a cell's output."""
    return _units(cell.cells[-1]) if cell.cells else units_of(cell.call, cell.entry.units)


def _state(cell: Cell, leaf: Callable[[Dim], Value]) -> Value:
    """A structure like that of a cell's state."""
    if cell.cells:
        parts = [_state(inner, leaf) for inner in cell.cells]
        return parts[0] if cell.entry.state == "cell" else Sequence(parts, "tuple")
    if cell.entry.state == "lstm":
        return _pair(leaf(_units(cell)), leaf(_units(cell)))
    return leaf(_units(cell))


# -- weights


def _build(self: Interpreter, cell: Cell, size: Dim, dtype: str | None) -> None:
    """Make a cell's weights below the current variable scope, at its first application."""
    if cell.scope is not None:
        return
    cell.input_size, cell.dtype = size, dtype
    entry, scopes = cell.entry, self.variable_scopes
    cell.scope = scopes.current.name
    for inner in cell.cells:
        inner.wrapped |= cell.op.kind == "cell" and inner.scope is None
    if not entry.base:
        for inner in cell.cells:
            _build(self, inner, size, dtype)
        return
    given = cell.call.const("name")
    reuse = cell.call.values.get("reuse")
    scope, close = scopes.enter(given if isinstance(given, str) else scopes.unique(entry.base), reuse == Const(True))
    cell.scope = scope.name
    initializer = entry.initializer
    if entry.weights(cell.call, size) and not (initializer and cell.call.given(initializer)):
        scopes.fill(cell.op.node, initializer)  # type: ignore[arg-type]
    for weight in entry.weights(cell.call, size):
        name = f"{scope.name}/{weight.name}"
        if name in self.shared and (scope.reuse or is_auto(reuse)):
            cell.variables.append(self.shared[name])  # type: ignore[arg-type]
            continue
        with _made_at(self, cell.op):
            op = self.operation("cell_variable", {}, cell.op.node, weight.shape, dtype, kind="variable").op
        variable = Variable(op, weight.shape, dtype, name=name, weight=weight.name)
        self.shared[name] = variable
        self.program.variables.append(variable)
        cell.variables.append(variable)
    for place, inner in enumerate(cell.cells):
        _, leave = scopes.enter(f"cell_{place}", None)
        _build(self, inner, size, dtype)
        size = _units(inner)
        leave()
    close()


@contextmanager
def _made_at(self: Interpreter, op: Op) -> Iterator[None]:
    """Record operations as if they were made where another one was."""
    outer = self.file, self.frames, self.loops, self.turns, self.place
    self.file, self.frames, self.loops, self.turns = op.file, op.calls, op.loops, op.turns
    self.place = outer[-1][0], op.statement
    try:
        yield
    finally:
        self.file, self.frames, self.loops, self.turns, self.place = outer


# -- applications


class _Outputs:
    """Makes the tensors that an operation has as outputs, one after the other."""

    def __init__(self, op: Op, dtype: str | None) -> None:
        self.op, self.dtype, self.count = op, dtype, 0

    def tensor(self, shape: Shape | None) -> Tensor:
        made = Tensor(self.op, shape, self.dtype, self.count)
        self.count += 1
        return made

    def state(self, cell: Cell, batch: Shape | None) -> Value:
        return _state(cell, lambda size: self.tensor((*batch, size) if batch is not None else None))


def zero_state(self: Interpreter, cell: Cell, arguments: dict[str, Value], node: cst.Call) -> Value:
    """`cell.zero_state(batch_size, dtype)`."""
    batch, dtype = arguments.get("batch_size", NONE), dtype_of(arguments.get("dtype"))
    op = self.operation("zero_state", {"cell": cell, **arguments}, node, None, dtype).op
    size = batch.dim if isinstance(batch, DimValue) else ANY
    if isinstance(batch, Const):
        size = Dim(batch.value, formula=batch.formula)
    return _Outputs(op, dtype).state(cell, (size,))


def apply(self: Interpreter, cell: Cell, arguments: dict[str, Value], node: cst.Call) -> Value:
    """`cell(inputs, state)`."""
    inputs = arguments.get("inputs", NONE)
    shape, dtype = tensor_shape(inputs), tensor_dtype(inputs)
    if "scope" in arguments:
        return _unknown(self, cell.entry.name, node, "is called with a scope")
    _build(self, cell, shape[-1] if shape else ANY, dtype)
    outputs = _Outputs(self.operation("cell", {"cell": cell, **arguments}, node, None, dtype).op, dtype)
    output = outputs.tensor((*shape[:-1], _units(cell)) if shape else None)
    return Sequence([output, outputs.state(cell, shape[:-1] if shape else None)], "tuple")


def run(self: Interpreter, entry: Entry, bound: BoundCall, node: cst.Call) -> Value:
    """A call of `dynamic_rnn` or one of its relatives."""
    cells = [bound.values[name] for name in ("cell", "cell_fw", "cell_bw") if name in bound.values]
    known = [cell for cell in cells if isinstance(cell, Cell)]
    if not known or len(known) < len(cells):
        return _unknown(self, entry.name, node, "is called with a cell that isn't one of TensorFlow's")
    inputs = bound.values.get("inputs", NONE)
    static = "static" in entry.name or "decoder" in entry.name
    items = self.iterate(inputs) if static else [inputs]
    if not items or not isinstance(items[0], Tensor):
        return _unknown(self, entry.name, node, "is called with inputs that aren't known")
    shape, dtype = items[0].shape, items[0].dtype
    _make_weights(self, bound, known, shape[-1] if shape else ANY, dtype)
    outputs = _Outputs(self.operation(entry.name, dict(bound.values), node, None, dtype).op, dtype)
    batch = shape[:1] if shape else None
    if shape and not static and bound.const("time_major") is True:
        batch = shape[1:2]
    sizes = [_units(cell) for cell in known]
    if not static:
        made: list[Value] = [outputs.tensor((*shape[:-1], size) if shape else None) for size in sizes]
        states = [outputs.state(cell, batch) for cell in known]
        if len(known) == 1:
            return Sequence([made[0], states[0]], "tuple")
        return Sequence([Sequence(made, "tuple"), Sequence(states, "tuple")], "tuple")
    width = sizes[0] if len(sizes) == 1 else _sum(sizes)
    rows = Sequence([outputs.tensor((*batch, width) if batch else None) for _ in items])
    return Sequence([rows, *(outputs.state(cell, batch) for cell in known)], "tuple")


def _sum(sizes: list[Dim]) -> Dim:
    return added(sizes)


def _make_weights(self: Interpreter, bound: BoundCall, cells: list[Cell], size: Dim, dtype: str | None) -> None:
    """The weights of the cells that a call applies, below the scope that it names."""
    if len(cells) == 1:
        default = "rnn_decoder" if "decoder" in bound.entry.name else "rnn"
        with _scope(self, bound.values.get("scope"), default):
            _build(self, cells[0], size, dtype)
        return
    with _scope(self, bound.values.get("scope"), "bidirectional_rnn"):
        for cell, direction in zip(cells, ("fw", "bw"), strict=True):
            with _scope(self, None, direction):
                _build(self, cell, size, dtype)


@contextmanager
def _scope(self: Interpreter, given: Value | None, default: str) -> Iterator[None]:
    """Be inside of the variable scope that a call names, or of a default one."""
    name: str | VariableScope = default
    if isinstance(given, ScopeHandle):
        name = given.scope or given.name
    elif isinstance(given, Const) and isinstance(given.value, str):
        name = given.value
    _, leave = self.variable_scopes.enter(name, None)
    try:
        yield
    finally:
        leave()
