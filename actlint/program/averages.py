"""`tf.train.ExponentialMovingAverage`: variables that follow others, and what moves them on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.binding import BoundCall
from actlint.program.structure import assignment, make_variable, structural
from actlint.program.values import NONE, Const, Op, Sequence, Tensor, Unknown, Value, Variable

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

NAME = "train.ExponentialMovingAverage"
METHODS = ("apply", "average")


@dataclass(eq=False)
class Averages(Value):
    """An ExponentialMovingAverage: the call that made it, and the variable that follows each tensor."""

    op: Op
    call: BoundCall
    node: cst.Call
    shadows: dict[Tensor, Variable] = field(default_factory=dict)

    @property
    def label(self) -> str:
        given = self.call.const("name", "ExponentialMovingAverage")
        return given if isinstance(given, str) else "ExponentialMovingAverage"


@structural(NAME, "decay, num_updates=None, zero_debias=False, name='ExponentialMovingAverage'")
def _averages(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    made = self.operation(NAME, {}, node, None, None, kind="context").op
    return Averages(made, call, node)


def method(self: Interpreter, owner: Averages, name: str, values: list[Value], node: cst.Call) -> Value:
    """`ema.apply(tensors)` and `ema.average(variable)`."""
    if name == "average":
        asked = values[0] if values else NONE
        return owner.shadows.get(asked, NONE) if isinstance(asked, Tensor) else _unknown(self, name, node)
    if name != "apply":
        return _unknown(self, name, node)
    given = values[0] if values else NONE
    items = [v for v in self.variables() if v.trainable] if given == NONE else self.iterate(given)
    if items is None or not all(isinstance(item, Tensor) for item in items):
        return _unknown(self, name, node)
    updates: list[Value] = [_follow(self, owner, item, node) for item in items if isinstance(item, Tensor)]
    return self.operation("group", {"inputs": Sequence(updates)}, node, None, None, kind="group")


def _follow(self: Interpreter, owner: Averages, item: Tensor, node: cst.Call) -> Tensor:
    """What moves the average of a tensor on; the variable that holds it is made when it is first asked for."""
    if item not in owner.shadows:
        name = f"{item.name}/{owner.label}" if isinstance(item, Variable) else owner.label
        initial = item if isinstance(item, Variable) else Const(0.0)
        owner.shadows[item] = make_variable(self, node, self.unique(name), item.shape, item.dtype, initial, False)
    return assignment(self, "assign_sub", {"ref": owner.shadows[item], "value": item}, node)


def _unknown(self: Interpreter, name: str, node: cst.Call) -> Unknown:
    return Unknown(f"{name} of a moving average of tensors that aren't known", node, self.file)
