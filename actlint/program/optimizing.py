"""`tf.contrib.layers.optimize_loss`: an optimizer, a training operation of it, and the loss once it has trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.catalogue import lookup
from actlint.program import counting
from actlint.program.binding import BoundCall, framework_name, python_value
from actlint.program.collected import contents
from actlint.program.moving import UPDATES
from actlint.program.structure import structural, train
from actlint.program.values import (
    NONE,
    Class,
    Function,
    Optimizer,
    Symbol,
    Tensor,
    Training,
    Unknown,
    Value,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

NAME = "contrib.layers.optimize_loss"
BY_NAME = {
    "Adagrad": "AdagradOptimizer",
    "Adam": "AdamOptimizer",
    "Ftrl": "FtrlOptimizer",
    "Momentum": "MomentumOptimizer",
    "RMSProp": "RMSPropOptimizer",
    "SGD": "GradientDescentOptimizer",
}
"""The optimizers that can be asked for by a string."""
MOMENTUM = 0.9
"""What the one called Momentum is made with."""


@structural(
    NAME,
    "loss, global_step, learning_rate, optimizer, gradient_noise_scale=None, gradient_multipliers=None,"
    " clip_gradients=None, learning_rate_decay_fn=None, update_ops=None, variables=None, name=None, summaries=None,"
    " colocate_gradients_with_ops=False, increment_global_step=True",
)
def _optimize_loss(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    loss, step = call.values.get("loss", NONE), call.values.get("global_step", NONE)
    if not isinstance(loss, Tensor):
        return Unknown("a loss that isn't known is optimized", node, self.file)
    if step == NONE:
        step = counting.known(self, node) or NONE
    updates = call.values["update_ops"] if call.given("update_ops") else contents(self, UPDATES)
    before = self.controls
    self.controls = (*before, *(tensor.op for tensor in tensors_in(updates)))
    counted = call.const("increment_global_step", True) is not False
    made = train(
        self,
        node,
        _optimizer(self, call, node, step),
        loss,
        call.values.get("variables"),
        step if counted else None,
    )
    made.op.arguments |= {"update_ops": updates, "counter": step}
    self.controls = (*self.controls, made.op)
    answered = self.operation("identity", {"input": loss}, node, loss.shape, loss.dtype)
    self.controls = before
    return answered


def training_of(tensor: Tensor) -> Training | None:
    """The training operation that the answer of such a call stands for."""
    made = [op for op in tensor.op.controls if isinstance(op, Training) and op.node is tensor.op.node]
    return made[0] if made else None


def _optimizer(self: Interpreter, call: BoundCall, node: cst.Call, step: Value) -> Optimizer:
    from actlint.program.calls import apply

    chosen = call.values.get("optimizer", NONE)
    if isinstance(chosen, Optimizer):
        return chosen
    rate, decay = call.values.get("learning_rate", NONE), call.values.get("learning_rate_decay_fn", NONE)
    scope = self.program.scopes[self.file]
    if rate != NONE and decay != NONE:
        rate = apply(self, decay, [(rate, None), (step, None)], [], node, scope)
    if isinstance(chosen, (Function, Class)):
        made = apply(self, chosen, [] if rate == NONE else [(rate, None)], [], node, scope)
        if isinstance(made, Optimizer):
            return made
    name = framework_name(chosen.name) if isinstance(chosen, Symbol) else None
    if name is None:
        name = f"train.{BY_NAME.get(str(python_value(chosen)), 'Optimizer')}"
    entry = lookup(name)
    return Optimizer(
        self.operation(entry.name if entry else name, {"learning_rate": rate}, node, None, None, kind="optimizer").op
    )
