"""Moving averages of layers: what updates them, and in which runs that happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actlint.apis.entry import UNKNOWN
from actlint.program.binding import python_value
from actlint.program.collected import join
from actlint.program.values import NONE, Layer, Op, Run, Sequence, Tensor, Value, Variable

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.model import Program

UPDATES = "update_ops"


def update(self: Interpreter, layer: Layer, arguments: dict[str, Value], scope: str) -> None:
    """Make the operation that updates a layer's moving averages, and let it join its collection."""
    key = layer.entry.updates(layer.call)
    if key is None:
        return
    made = self.operation("moving_averages", dict(arguments), layer.node, None, None, kind="update", extra=kept(layer))
    made.op.name = "/".join([*self.name_scopes, scope.rpartition("/")[2], "AssignMovingAvg"])
    layer.update = made.op
    if key != "":
        join(self, None if key is UNKNOWN else key, made)


def kept(layer: Layer) -> list[Variable]:
    """The variables of a layer that only its updates change."""
    return [v for v in layer.variables if any(w.name == v.weight and not w.trained for w in weights(layer))]


def weights(layer: Layer):  # noqa: ANN201
    return layer.entry.weights(layer.call)


def is_turned(layer: Layer) -> bool:
    """Whether a layer makes its offset before its scale, which the frameworks' layers list the other way round."""
    names = [v.weight for v in layer.variables]
    return names[:2] == ["beta", "gamma"]


def are_updates(value: Value) -> bool:
    """Whether a value is an update of moving averages, or a list of nothing else."""
    if isinstance(value, Sequence):
        return bool(value.items) and not value.partial and all(map(are_updates, value.items))
    return isinstance(value, Tensor) and value.op.kind == "update"


def is_on(program: Program, layer: Layer, run: Run) -> bool | None:
    """Whether a layer takes the batch's statistics in a run; None where that isn't known."""
    flag = next((layer.call.values[name] for name in layer.entry.applied if name in layer.call.values), None)
    if flag is None or not isinstance(flag, Tensor):
        known = python_value(flag) if flag is not None else True
        return None if known is UNKNOWN else bool(known)
    fed = next((value for key, value in run.feeds if isinstance(key, Tensor) and key.op is flag.op), None)
    if fed is None and flag.op.symbol == "placeholder_with_default":
        fed = flag.op.arguments.get("input", NONE)
    known = python_value(fed) if fed is not None else UNKNOWN
    return None if known is UNKNOWN else bool(known)


def updated(program: Program, run: Run) -> set[Op]:
    """The updates of moving averages that a run makes."""
    return {op for op in program.needed(run) if op.kind == "update"}
