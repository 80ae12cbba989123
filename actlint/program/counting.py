"""The variable that counts training steps: TF1 finds it in a collection or by its name, and makes it on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.binding import BoundCall
from actlint.program.collected import join
from actlint.program.structure import make_variable, run_call, structural
from actlint.program.values import NONE, Const, Host, Unknown, Value, Variable

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

NAME = "global_step"
CREATE = ("train.create_global_step", "contrib.framework.create_global_step")
GET = ("train.get_global_step", "contrib.framework.get_global_step")
GET_OR_CREATE = ("train.get_or_create_global_step", "contrib.framework.get_or_create_global_step")
READ = "global_step"
"""The form of the run that `tf.train.global_step(sess, step)` is, which answers a Python int."""
COUNTERS = (*CREATE, *GET, *GET_OR_CREATE)
"""What answers the counter."""


@structural(" ".join(GET), "graph=None")
def _get(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _asked(self, call, node) or NONE


@structural(" ".join(CREATE), "graph=None")
def _create(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    there = _asked(self, call, node)
    return _made(self, node) if there is None else Unknown("a second counter of steps", node, self.file)


@structural(" ".join(GET_OR_CREATE), "graph=None")
def _get_or_create(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _asked(self, call, node) or _made(self, node)


@structural("train.global_step", "sess, global_step_tensor")
def _read(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    step = call.values.get("global_step_tensor", NONE)
    run_call(self, node, READ, None, (step, call.nodes.get("global_step_tensor")), None)
    return Host("fetched", (self.program.runs[-1],), (), "int64")


def _asked(self: Interpreter, call: BoundCall, node: cst.Call) -> Value | None:
    return Unknown("the counter of steps", node, self.file) if call.given("graph") else known(self, node)


def known(self: Interpreter, node: cst.Call) -> Value | None:
    """The counter that is there already; the collection comes before the name."""
    if self.program.uncertain & {NAME, None}:
        return Unknown("the counter of steps", node, self.file)
    held = self.program.collections.get(NAME, [])
    found = [v for v in (held or self.program.variables) if isinstance(v, Variable) and v.op.graph == self.graph]
    found = [v for v in found if held or v.name == NAME]
    if len(found) > 1 or len(found) < len(held):
        return Unknown("the counter of steps", node, self.file)
    return found[0] if found else None


def _made(self: Interpreter, node: cst.Call) -> Variable:
    name = self.variable_scopes.full(NAME)
    variable = make_variable(self, node, name, (), "int64", Const(0), False)
    self.shared[name] = variable
    join(self, NAME, variable)
    return variable
