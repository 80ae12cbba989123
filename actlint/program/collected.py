"""Collections of losses: what joins them, and what reads them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.binding import BoundCall, python_value
from actlint.program.structure import structural
from actlint.program.values import (
    NONE,
    Function,
    Penalty,
    Sequence,
    Symbol,
    Tensor,
    Value,
    Variable,
)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

LOSSES = "losses"
REGULARIZATION = "regularization_losses"


def collection_key(value: Value | None) -> str | None:
    """`tf.GraphKeys.REGULARIZATION_LOSSES` or a string, as the collection's name."""
    if isinstance(value, Symbol):
        last = value.name.rpartition(".")[2]
        return {"GLOBAL_VARIABLES": "variables"}.get(last, last.lower())
    text = python_value(value)
    return text if isinstance(text, str) else None


def join(self: Interpreter, key: str | None, value: Value) -> None:
    """Add a value to a collection. One whose contents can't be listed any more becomes uncertain."""
    if self.open_loops or key is None:
        self.program.uncertain.add(key)
    if key is not None:
        self.program.collections.setdefault(key, []).append(value)


def in_scope(variable: Variable, scope: str) -> bool:
    """Whether a variable is in a scope, as collections take it: a regular expression that its name begins with."""
    try:
        return re.match(scope, f"{variable.name}:0") is not None
    except re.error:
        return False


def contents(self: Interpreter, key: str | None, scope: Value | None = None) -> Sequence:
    """What a collection holds now; partial where that isn't known."""
    known = key is not None and not self.program.uncertain & {key, None}
    held, prefix = list(self.program.collections.get(key or "", [])), python_value(scope or NONE)
    if isinstance(prefix, str) and all(isinstance(item, Variable) for item in held):
        held = [item for item in held if in_scope(item, prefix)]  # type: ignore[arg-type]
    elif prefix is not None:
        known = False
    return Sequence(held, partial=not known)


def penalize(self: Interpreter, regularizer: Value, variable: Variable, node: cst.Call) -> None:
    """Let a new variable's regularizer join REGULARIZATION_LOSSES."""
    first, depth = len(self.program.ops), len(self.frames)
    if isinstance(regularizer, Function):
        value = self.call_function(regularizer, [variable], [], node)
        if value == NONE:
            return
    else:
        value = self.operation("regularizer", {"x": variable}, node, (), variable.dtype)
    if isinstance(value, Tensor):
        made = self.program.ops[first:]
        self.program.penalties[value.op] = Penalty(value, regularizer, variable, depth, made)
    join(self, REGULARIZATION, value)


@structural("add_to_collection", "name, value")
def _add_to_collection(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    join(self, collection_key(call.values.get("name")), call.values.get("value", NONE))
    return NONE


@structural("add_to_collections", "names, value")
def _add_to_collections(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    names = call.values.get("names")
    for name in names.items if isinstance(names, Sequence) else [names]:
        join(self, collection_key(name), call.values.get("value", NONE))
    return NONE


@structural("losses.add_loss", "loss, loss_collection='losses'")
def _add_loss(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    add_loss(self, call, call.values.get("loss", NONE))
    return NONE


def add_loss(self: Interpreter, call: BoundCall, loss: Value) -> None:
    """Let a loss join the collection that its call names, LOSSES where it names none."""
    if "loss_collection" not in call.values:
        join(self, LOSSES, loss)
    elif call.given("loss_collection"):
        join(self, collection_key(call.values["loss_collection"]), loss)


@structural("losses.get_losses", "scope=None, loss_collection='losses'")
def _get_losses(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    key = collection_key(call.values["loss_collection"]) if "loss_collection" in call.values else LOSSES
    return contents(self, key, call.values.get("scope"))


@structural("losses.get_regularization_losses", "scope=None")
def _get_regularization_losses(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return contents(self, REGULARIZATION, call.values.get("scope"))


@structural("losses.get_regularization_loss", "scope=None, name='total_regularization_loss'")
def _regularization_loss(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _total(self, contents(self, REGULARIZATION, call.values.get("scope")), node)


@structural("losses.get_total_loss", "add_regularization_losses=True, name='total_loss', scope=None")
def _total_loss(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    found = contents(self, LOSSES, call.values.get("scope"))
    regularized = call.const("add_regularization_losses", True)
    if regularized is not False:
        more = contents(self, REGULARIZATION, call.values.get("scope"))
        found = Sequence([*found.items, *more.items], partial=found.partial or more.partial or regularized is not True)
    return _total(self, found, node)


def _total(self: Interpreter, parts: Sequence, node: cst.Call) -> Tensor:
    first = next((item for item in parts.items if isinstance(item, Tensor)), None)
    shape, dtype = (first.shape, first.dtype) if first is not None else ((), "float32")
    return self.operation("add_n", {"inputs": parts}, node, shape, dtype)
