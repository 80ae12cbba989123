"""`arg_scope` of tf.contrib: arguments that calls in a block take from it, unless they pass them themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.catalogue import lookup
from actlint.program.binding import BoundCall, framework_name, parameters
from actlint.program.model import Unsupported
from actlint.program.structure import structural
from actlint.program.values import Handle, Sequence, Symbol, Unknown, Value

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

Given = Mapping[str, Mapping[str, tuple[Value, cst.BaseExpression]]]
"""Arguments by the function that they are for, and by their names."""
_PARTIAL = {"linear": "fully_connected", "relu": "fully_connected", "relu6": "fully_connected"}
"""Functions of tf.contrib.layers that call another one with an activation of their own."""


class ArgScope(Handle):
    """What an `arg_scope` gives, together with those around it."""

    given: Given = {}


@structural(
    "contrib.slim.arg_scope contrib.framework.arg_scope contrib.framework.python.ops.arg_scope",
    "list_ops_or_scope, **kwargs",
)
def _arg_scope(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    functions = call.values.get("list_ops_or_scope")
    own = {name: (value, call.nodes[name]) for name, value in call.values.items() if name != "list_ops_or_scope"}
    made = ArgScope("context", self.operation("arg_scope", {}, node, None, None, kind="scope").op)
    if isinstance(functions, ArgScope) and not own:
        made.given = functions.given
        return made
    keys = [_key(value) for value in functions.items] if isinstance(functions, Sequence) else [None]
    if None in keys:
        self.program.unsupported.append(Unsupported(call.entry.name, node, self.file))
        return Unknown("an arg_scope of other functions than tf.contrib's", node, self.file)
    made.given = {**self.arg_scopes, **{key: {**self.arg_scopes.get(key, {}), **own} for key in keys if key}}
    return made


def _key(value: Value) -> str | None:
    """What tells a function from others, whatever it is called here; None where it isn't one of tf.contrib's."""
    name = framework_name(value.name) if isinstance(value, Symbol) else None
    if name is None or not name.startswith("contrib.") or name.rpartition(".")[2] in _PARTIAL:
        return None
    entry = lookup(name)
    return entry.name if entry is not None else name


def enter(self: Interpreter, scope: ArgScope) -> Callable[[], None]:
    """Enter a scope; answers how to leave it."""
    before, self.arg_scopes = self.arg_scopes, scope.given

    def leave() -> None:
        self.arg_scopes = before

    return leave


def inherit(self: Interpreter, name: str, bound: BoundCall, node: cst.Call) -> None:
    """Add the arguments that a call of this symbol takes from the blocks around it."""
    last = name.rpartition(".")[2]
    if not name.startswith("contrib."):
        return
    entry = lookup(f"contrib.layers.{_PARTIAL[last]}") if last in _PARTIAL else bound.entry
    taken: dict[str, cst.BaseExpression] = {}
    known = {parameter for parameter, _ in parameters(bound.entry.signature)}
    for parameter, (value, expression) in self.arg_scopes.get(entry.name if entry else "", {}).items():
        if parameter in bound.values or parameter == "activation_fn" and last in _PARTIAL:
            continue
        taken[parameter] = expression
        if parameter in known:
            bound.values[parameter] = value
            bound.nodes[parameter] = expression
        else:
            bound.surplus.append(parameter)
    self.program.inherited.setdefault(node, []).append(taken)
