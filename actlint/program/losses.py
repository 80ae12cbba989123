"""Differentiated losses, taken apart into their summands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.values import Const, Frame, Mapping, Op, Sequence, Tensor, Value, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.program.model import Program

SUMS = frozenset({"add", "subtract", "add_n"})
SCALINGS = frozenset({"multiply", "divide", "truediv", "negative"})
REDUCTIONS = frozenset({"reduce_mean", "reduce_sum", "identity"})


@dataclass(frozen=True)
class Summand:
    """A part of a loss that is added to the others, and the expression that stands for it where the parts meet.

    `tensor` leaves out a constant factor when what it scales has a name of its own. A part that isn't a tensor is a
    Python or numpy value, and `op` and `node` are the sum that takes it.
    """

    value: Value
    tensor: Tensor | None
    op: Op
    node: cst.CSTNode
    file: Path


@dataclass(frozen=True)
class LossTerm:
    """A summand of a differentiated loss, and the hidden tensors that it reads; `sink` differentiates the loss."""

    sink: Op
    tensor: Tensor
    hidden: tuple[Tensor, ...]
    node: cst.CSTNode
    file: Path


def differentiated(program: Program) -> Iterator[tuple[Value, Op]]:
    """Each loss that is minimised, or whose gradients by variables are taken, and the operation that does it."""
    found: list[tuple[Value | None, Op]] = [(training.loss, training) for training in program.trainings]
    for op in program.ops:
        variable = op.arguments.get("with_respect_to")
        if op.symbol == "gradients" and isinstance(variable, Variable) and variable.trainable:
            found.append((op.arguments["loss"], op))
    seen: set[int] = set()
    for loss, op in found:
        if loss is not None and id(loss) not in seen:
            seen.add(id(loss))
            yield loss, op


def loss_terms(program: Program) -> list[LossTerm]:
    """Per loss: each summand that reads a hidden tensor. What one expression made in a loop is one term."""
    found: dict[tuple[cst.CSTNode, cst.CSTNode], LossTerm] = {}
    for loss, sink in differentiated(program):
        for summand in summands(program, loss, sink.calls):
            if summand.tensor is None:
                continue
            hidden = program.read_hidden(summand.tensor)
            key = summand.node, sink.node
            if key in found:
                hidden = (*found[key].hidden, *(t for t in hidden if t not in found[key].hidden))
            if hidden:
                found[key] = LossTerm(sink, summand.tensor, hidden, summand.node, summand.file)
    return list(found.values())


def summands(program: Program, loss: Value | None, calls: tuple[Frame, ...]) -> Iterator[Summand]:
    """The parts whose sum a loss is, through names, functions and constant factors; `calls` is where it is used."""
    for tensor in tensors_in(loss):
        yield from _parts(program, tensor, calls)


def _parts(program: Program, tensor: Tensor, calls: tuple[Frame, ...]) -> Iterator[Summand]:
    op = tensor.op
    if op.symbol in SUMS and not isinstance(tensor, Variable):
        for part in _operands(op):
            if isinstance(part, Tensor):
                if not isinstance(part, Variable):
                    yield from _parts(program, part, op.calls)
            elif not isinstance(part, Const):
                yield Summand(part, None, op, op.node, op.file)
        return
    inner = _scaled(program, tensor)
    if inner is not None and inner.op.symbol in SUMS:
        yield from _parts(program, inner, op.calls)
    elif inner is not None and inner in program.names:
        yield from _parts(program, inner, calls)
    else:
        yield Summand(tensor, tensor, op, *_place(program, tensor, calls))


def _operands(op: Op) -> Iterator[Value]:
    for value in op.arguments.values():
        if isinstance(value, Sequence):
            yield from value.items
        elif not isinstance(value, Mapping):
            yield value


def _scaled(program: Program, tensor: Tensor) -> Tensor | None:
    """What a scalar is a constant multiple, or the whole reduction, of."""
    op = tensor.op
    if tensor.shape not in ((), None) or op.symbol not in SCALINGS and op.symbol not in REDUCTIONS:
        return None
    inner = [t for t in op.inputs if t.op in program.weighted]
    if len(inner) != 1:
        return None
    scalar, whole = inner[0].shape == (), tensor.shape == () and inner[0].op.symbol in SUMS
    return inner[0] if (scalar if op.symbol in SCALINGS else whole) else None


def _place(program: Program, tensor: Tensor, calls: tuple[Frame, ...]) -> tuple[cst.CSTNode, Path]:
    """The expression for a tensor: where it was made or, below `calls`, the call that returned it."""
    op = tensor.op
    node, file, depth = op.node, op.file, len(op.calls)
    while depth and op.calls[:depth] != calls[:depth]:
        frame = op.calls[depth - 1]
        values = (e.value for e in program.facts.get(frame.node, ()) if e.calls == op.calls[: depth - 1])
        if not any(value is tensor for value in values):
            break
        node, file, depth = frame.node, frame.file, depth - 1
    return node, file
