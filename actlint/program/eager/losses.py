"""Losses: what is differentiated, term by term."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from actlint.apis import eager as apis
from actlint.program.eager.model import EagerProgram, Sink
from actlint.program.eager.values import (
    OPAQUE,
    Either,
    Items,
    Opaque,
    Table,
    Tensor,
    ancestors,
    cuts,
    join,
    parts,
    state_of,
)
from actlint.program.values import Value

_SUMS = ("add", "sub")
_SCALES = ("mul", "div", "neg")
_LOSS_FUNCTIONS = (
    "training_step",
    "train_step",
    "compute_loss",
    "get_loss",
    "calc_loss",
    "calculate_loss",
    "criterion",
)


@dataclass(frozen=True)
class CutTerm:
    """A summand of a loss that has lost its gradient, and where it lost it."""

    sink: Sink
    term: Tensor
    cuts: tuple[Tensor, ...]


def summands(value: Value, divides: Callable[[Value], bool] = lambda divisor: True) -> list[Value]:
    """The terms whose sum a loss is, through names, `sum`, stacks that are summed, and constant factors; a quotient
    whose divisor isn't among those that `divides` accepts is one term."""
    found: list[Value] = []
    todo, seen = [value], set()
    while todo:
        current = todo.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        inner = _inner(current)
        quotient = isinstance(current, Tensor) and current.op == "div" and len(current.inputs) == 2
        if inner is None or quotient and not divides(current.inputs[1]):  # type: ignore[attr-defined]
            found.append(current)
        else:
            todo.extend(inner)
    return found


def _inner(value: Value) -> list[Value] | None:
    """The summands that a value adds up, None if it is a term itself."""
    if isinstance(value, Either):
        return list(value.options)
    if not isinstance(value, Tensor) or value.cut:
        return None
    if value.op in _SUMS:
        return [part for item in value.inputs for part in (list(parts(item)) or [item])]
    if value.op in _SCALES:
        variable = [item for item in value.inputs if state_of(item) != "plain"]
        if len(variable) == 1 and _inner(variable[0]) is not None:
            return variable
    if value.op in ("sum", "mean") and len(value.inputs) == 1:
        stack = value.inputs[0]
        if isinstance(stack, Tensor) and stack.op == "stack" and not stack.cut and stack.inputs:
            return list(parts(stack.inputs[0])) or None
    return None


def cut_terms(program: EagerProgram) -> Iterator[CutTerm]:
    """The terms of losses that train nothing although what they are made of was learned. Terms that had a gradient
    at another evaluation, losses of which nothing is known to be differentiated, and straight-through estimators
    (`a + (b - a).detach()`) are left out."""
    seen: set[object] = set()
    for sink in program.sinks:
        terms = summands(sink.value)
        alive = [term for term in terms if state_of(term) in ("attached", "maybe")]
        if sink.kind in ("return", "compile") and not any(state_of(term) == "attached" for term in alive):
            continue
        for term in terms:
            if not isinstance(term, Tensor) or term.state != "cut" or term.place.node in seen:
                continue
            if not program.agreed(term.place.node, ("cut", "plain")) or _mirrors(term, alive):
                continue
            seen.add(term.place.node)
            yield CutTerm(sink, term, tuple(cuts(term)))


def penalties(program: EagerProgram) -> Iterator[CutTerm]:
    """What is bound to a name that speaks of a penalty and trains nothing, though what it is made of was learned."""
    for binding in program.bindings:
        term = binding.value
        if not isinstance(term, Tensor) or term.state != "cut" or term.host or term.place.no_grad:
            continue
        named = "penalty" in binding.name.lower().split("_")
        if named and term.op in ("mean", "sum") and program.agreed(term.place.node, ("cut",)):
            yield CutTerm(Sink("return", term, binding.place), term, tuple(cuts(term)))


def given_by(loss: Tensor, operations: Iterable[str]) -> Tensor | None:
    """The operation among `operations` that gave a loss its first argument, of several alternatives the first; None
    if one is something else."""
    given = loss.arguments.get(0, "input")
    if given is None:
        return None
    found = [peeled(value) for value in options(peeled(given))]
    same = [value for value in found if isinstance(value, Tensor) and value.op in operations]
    return same[0] if same and len(same) == len(found) else None


def _mirrors(term: Tensor, others: list[Value]) -> bool:
    """Whether a term is made of what another term differentiates."""
    before = {id(tensor) for tensor in ancestors(term)}
    return any(id(other) in before for other in others)


def library(value: Value) -> str:
    """The framework that computed a value: `torch`, `tensorflow`, or "" where its operations don't tell."""
    for tensor in ancestors(value):
        found = apis.framework(tensor.symbol) or apis.framework(getattr(tensor.via, "symbol", ""))
        if found:
            return "torch" if found in ("torch", "lightning") else "tensorflow"
    return ""


def peeled(value: Value) -> Value:
    """A value without the operations that only change its form."""
    while isinstance(value, Tensor) and value.op in apis.PASS_THROUGH and value.inputs:
        value = value.inputs[0]
    return value


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives that a value may be."""
    return value.options if isinstance(value, Either) else (value,)


def is_loss_function(name: str) -> bool:
    """Whether a function is called as if its result were differentiated."""
    lowered = name.lower()
    if any(word in lowered for word in ("eval", "valid", "test", "metric", "log", "print", "plot")):
        return False
    return lowered in _LOSS_FUNCTIONS or lowered == "loss" or lowered.endswith(("_loss", "loss_fn", "loss_function"))


def first_loss(value: Value) -> Value:
    """The loss among what a function returns: under the key `loss`, else the first of several values."""
    if isinstance(value, Table):
        return value.items.get("loss", OPAQUE)
    if isinstance(value, Items):
        return value.items[0] if value.items else OPAQUE
    if isinstance(value, Either):
        return join([first_loss(option) for option in value.options])
    return value if isinstance(value, (Tensor, Opaque)) else OPAQUE
