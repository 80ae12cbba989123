"""What decorators make of a function: properties, also those that a decorator of the program's own makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program import calls, imports
from actlint.program.expressions import evaluate
from actlint.program.values import Function, Instance, Property, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.binding import BoundCall
    from actlint.program.interpreter import Interpreter
    from actlint.program.scope import Scope
    from actlint.program.values import Frame

_CACHED = ("cached_property", "lazy_property", "lazyproperty", "define_scope")
"""Names of decorators of other packages whose properties remember their value."""


@dataclass(eq=False)
class Read:
    """A read of a property that made a part of the graph; `scopes` are the calls of scopes that its getter entered
    before."""

    property: Property
    instance: Instance
    node: cst.CSTNode
    calls: tuple[Frame, ...]
    scopes: list[tuple[cst.Call, BoundCall]] = field(default_factory=list)


def decorated(self: Interpreter, function: Function, scope: Scope) -> Value:
    """What the decorators of a function make of it, where that is a property; else the function itself."""
    node = function.node
    if not isinstance(node, cst.FunctionDef) or not node.decorators:
        return function
    if any(imports.dotted(d.decorator).rpartition(".")[2] in ("setter", "deleter") for d in node.decorators):
        return scope.names.get(node.name.value, function)
    value = _applied(self, function, node, scope)
    if isinstance(value, Property):
        value.method = function
        return value
    if isinstance(value, Function):
        function.made = value
    return function


def _applied(self: Interpreter, function: Function, node: cst.FunctionDef, scope: Scope) -> Value | None:
    value: Value | None = function
    for decorator in reversed(node.decorators):
        value = _one(self, decorator.decorator, value, scope)
        if value is None:
            break
    return value


def _one(self: Interpreter, decorator: cst.BaseExpression, value: Value, scope: Scope) -> Value | None:
    callee = decorator.func if isinstance(decorator, cst.Call) else decorator
    short = imports.dotted(callee).rpartition(".")[2]
    if short == "wraps":
        return value
    applied: Value = evaluate(self, callee, scope)
    if isinstance(applied, Function):
        applied = applied.made or applied
        if isinstance(decorator, cst.Call):
            applied = calls.called(self, applied, decorator, scope)
        if not isinstance(applied, Function):
            return None
        return calls.apply(self, applied, [(value, None)], [], decorator, scope)  # type: ignore[arg-type]
    if isinstance(value, Function) and isinstance(applied, Symbol):
        if applied.name == "builtins.property":
            return Property(value)
        return Property(value, cached=True) if short in _CACHED else None
    return None


def read(self: Interpreter, found: Property, instance: Instance, name: str, node: cst.CSTNode) -> Value:
    """The value of an object's property."""
    before = len(self.program.ops)
    made = Read(found, instance, node, self.frames)
    self.reads.append(made)
    try:
        value = self.call_function(found.getter.of(instance), [], [], node)
    finally:
        self.reads.pop()
    if found.cached:
        instance.attributes[name] = value
    if len(self.program.ops) > before:
        self.program.reads.append(made)
    return value


def entering(self: Interpreter, call: BoundCall, node: cst.Call) -> None:
    """Note a scope that the getter of a property opens."""
    if self.reads and self.frames and self.frames[-1].function.node is self.reads[-1].property.getter.node:
        if call.entry.name in ("variable_scope", "name_scope", "variable_op_scope", "op_scope"):
            self.reads[-1].scopes.append((node, call))
