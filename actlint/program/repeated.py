"""Functions that the graph calls again and again: `tf.while_loop`, `tf.map_fn`, `tf.scan`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.shape import ANY, Shape
from actlint.program.binding import BoundCall, tensor_dtype, tensor_shape
from actlint.program.model import Unsupported
from actlint.program.structure import structural
from actlint.program.values import NONE, Const, Function, Host, Op, Sequence, Tensor, Unknown, Value

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter


@structural(
    "while_loop",
    "cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True, swap_memory=False,"
    " name=None, maximum_iterations=None, return_same_structure=False",
)
def _while_loop(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    cond, body, start = (call.values.get(name, NONE) for name in ("cond", "body", "loop_vars"))
    if not isinstance(cond, Function) or not isinstance(body, Function):
        return _refused(self, call, node, "is called with a condition or a body that isn't a function of the program")
    if not isinstance(start, Sequence) or start.partial or not all(_is_plain(item) for item in start.items):
        return _refused(self, call, node, "is called with loop variables that aren't plain tensors")
    fixed = not call.given("shape_invariants")
    turn = self.operation("loop_variables", {"loop_vars": start}, node, None, None).op
    variables = [_like(turn, place, item, fixed) for place, item in enumerate(start.items)]
    test = self.call_function(cond, list(variables), [], node)
    result = self.call_function(body, list(variables), [], node)
    made = self.operation("while_loop", {"loop_vars": start, "test": test, "result": result}, node, None, None).op
    items: list[Value] = [_like(made, place, item, fixed) for place, item in enumerate(start.items)]
    single = len(items) == 1 and call.const("return_same_structure", False) is not True
    return items[0] if single else Sequence(items, start.kind)


@structural(
    "map_fn",
    "fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True, name=None",
)
def _map_fn(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    fn, elems = call.values.get("fn"), call.values.get("elems", NONE)
    if not isinstance(fn, Function):
        return _refused(self, call, node, "is called with a function that isn't one of the program's")
    rows = _rows(self, elems, node)
    if rows is None:
        return _refused(self, call, node, "is called with elements that aren't tensors")
    result = self.call_function(fn, [rows], [], node)
    return _stacked(self, "map_fn", {"elems": elems, "result": result}, result, elems, node)


@structural(
    "scan",
    "fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, infer_shape=True,"
    " reverse=False, name=None",
)
def _scan(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    fn, elems, start = call.values.get("fn"), call.values.get("elems", NONE), call.values.get("initializer", NONE)
    if not isinstance(fn, Function):
        return _refused(self, call, node, "is called with a function that isn't one of the program's")
    rows = _rows(self, elems, node)
    parts = start.items if isinstance(start, Sequence) else [rows if start == NONE else start]
    if rows is None or not parts or not all(part is not None and _is_plain(part) for part in parts):
        return _refused(self, call, node, "is called with elements that aren't tensors")
    turn = self.operation("loop_variables", {"elems": elems, "initializer": start}, node, None, None).op
    state: list[Value] = [_like(turn, place, part, True) for place, part in enumerate(parts) if part is not None]
    before = Sequence(state, start.kind) if isinstance(start, Sequence) else state[0]
    result = self.call_function(fn, [before, rows], [], node)
    arguments = {"elems": elems, "initializer": start, "result": result}
    return _stacked(self, "scan", arguments, before, elems, node)


def _refused(self: Interpreter, call: BoundCall, node: cst.Call, why: str) -> Value:
    self.program.unsupported.append(Unsupported(call.entry.name, node, self.file, why))
    return Unknown(f"tf.{call.entry.name} {why}", node, self.file)


def _is_plain(value: Value) -> bool:
    return isinstance(value, (Tensor, Host)) or isinstance(value, Const) and isinstance(value.value, (int, float))


def _like(op: Op, place: int, value: Value, fixed: bool) -> Tensor:
    """An output of an operation that has the shape and dtype of some value."""
    return Tensor(op, tensor_shape(value) if fixed else None, tensor_dtype(value), place)


def _rows(self: Interpreter, elems: Value, node: cst.Call) -> Value | None:
    """What a function is given that is called for each row; None where that isn't known."""
    parts = elems.items if isinstance(elems, Sequence) and not elems.partial else [elems]
    if not parts or not all(isinstance(part, Tensor) for part in parts):
        return None
    op = self.operation("loop_variables", {"elems": elems}, node, None, None).op
    rows: list[Value] = []
    for place, part in enumerate(parts):
        shape = tensor_shape(part)
        rows.append(Tensor(op, shape[1:] if shape else None, tensor_dtype(part), place))
    return Sequence(rows, elems.kind) if isinstance(elems, Sequence) else rows[0]


def _stacked(
    self: Interpreter, symbol: str, arguments: dict[str, Value], result: Value, elems: Value, node: cst.Call
) -> Value:
    """A call's result: one tensor, or one for each part of what the function returns."""
    first = elems.items[0] if isinstance(elems, Sequence) else elems
    shape = tensor_shape(first)
    op = self.operation(symbol, arguments, node, None, None).op
    parts = result.items if isinstance(result, Sequence) else [result]
    if not all(_is_plain(part) for part in parts):
        return Unknown(f"the function that tf.{symbol} calls doesn't return tensors", node, self.file)
    made: list[Value] = [
        Tensor(op, _over(shape, tensor_shape(part)), tensor_dtype(part), place) for place, part in enumerate(parts)
    ]
    return Sequence(made, result.kind) if isinstance(result, Sequence) else made[0]


def _over(outer: Shape | None, inner: Shape | None) -> Shape | None:
    return (outer[0] if outer else ANY, *inner) if inner is not None else None
