"""Calls: arguments, local functions and classes, and who answers the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager import library, methods, objects
from actlint.program.eager.values import (
    OPAQUE,
    Arguments,
    Bound,
    Either,
    Hook,
    Items,
    Method,
    Object,
    Opaque,
    Partial,
    Table,
    join,
    parts,
    tensors_in,
)
from actlint.program.scope import Scope
from actlint.program.values import NONE, Class, Frame, Function, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter


def evaluate_call(self: Interpreter, node: cst.Call, scope: Scope) -> Value:
    """A call expression."""
    function = self.evaluate(node.func, scope)
    arguments = evaluate_arguments(self, node, scope)
    if isinstance(function, Symbol) and function.name == "builtins.super":
        return library.super_of(self, arguments)
    return call(self, function, arguments, node)


def evaluate_arguments(self: Interpreter, node: cst.Call, scope: Scope) -> Arguments:
    """The arguments of a call; starred lists whose elements are known are spread."""
    positional: list[Value] = []
    keywords: dict[str, Value] = {}
    opened = False
    for argument in node.args:
        value = self.evaluate(argument.value, scope)
        if argument.star == "*":
            if isinstance(value, Items) and value.rest is None:
                positional.extend(value.items)
            else:
                positional.extend(parts(value) if isinstance(value, Items) else [value])
                opened = True
        elif argument.star == "**":
            if isinstance(value, Table) and value.rest is None:
                keywords.update({str(key): item for key, item in value.items.items()})
            else:
                opened = True
        elif argument.keyword is not None:
            keywords[argument.keyword.value] = value
        else:
            positional.append(value)
    return Arguments(tuple(positional), keywords, opened)


def call(self: Interpreter, function: Value, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What calling a value gives."""
    if isinstance(function, Function):
        return invoke(self, function, None, arguments, node)
    if isinstance(function, Bound):
        if function.function.name == "forward" and isinstance(function.receiver, Object) and not self.quiet:
            self.program.direct.append((function.receiver, self.place(node)))
        return invoke(self, function.function, function.receiver, arguments, node)
    if isinstance(function, Partial):
        merged = Arguments(
            (*function.arguments.positional, *arguments.positional),
            {**function.arguments.keywords, **arguments.keywords},
            function.arguments.open or arguments.open,
        )
        return call(self, function.function, merged, node)
    if isinstance(function, Class):
        return objects.instantiate(self, function, arguments, node)
    if isinstance(function, Object):
        return objects.apply(self, function, arguments, node)
    if isinstance(function, Symbol):
        return library.call_symbol(self, function.name, arguments, node)
    if isinstance(function, Method):
        return methods.call_method(self, function, arguments, node)
    if isinstance(function, Either):
        return join([call(self, option, arguments, node) for option in function.options[:4]])
    return escape(self, arguments, node, function)


def escape(self: Interpreter, arguments: Arguments, node: cst.CSTNode, *others: Value) -> Value:
    """A call of something unknown: nobody knows what it does with its arguments."""
    for value in arguments.all:
        if isinstance(value, (Items, Table)):
            value.emptied = True
        elif isinstance(value, Hook):
            value.kept = value.escaped = True
        elif isinstance(value, Object):
            value.told.add("escaped")
        for parameters in tensors_in(value):
            if parameters.op in ("parameters", "parameter") and isinstance(parameters.via, Object):
                parameters.via.told.add("escaped")
    return Opaque((*others, *arguments.all), self.place(node))


def invoke(
    self: Interpreter, function: Function, receiver: Value | None, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A call of a local function, method or lambda."""
    from actlint.program.eager.interpreter import MAX_DEPTH, Leave

    recursive = any(frame.function.node is function.node for frame in self.frames)
    if recursive or len(self.frames) >= MAX_DEPTH or self.program.exhausted:
        return escape(self, arguments, node)
    self.called.add(function.node)
    scope = Scope(function.file, function.scope)
    bind(self, function, receiver, arguments, scope)
    if isinstance(receiver, Object):
        receiver.ran.add(function.name)
    frame = Frame(node, function, self.file, arguments=dict(scope.names))
    outer = self.file, self.frames, self.no_grad, self.branches_open
    self.file, self.frames = function.file, (*self.frames, frame)
    if any(decorator in apis.NO_GRAD for decorator in function.decorators):
        self.no_grad = True
    self.returned.append([])
    try:
        if isinstance(function.node, cst.Lambda):
            self.returned[-1].append(self.evaluate(function.node.body, scope))
        else:
            self.block(function.node.body.body, scope)
            self.returned[-1].append(NONE)
    except Leave:
        pass
    finally:
        results = self.returned.pop()
        self.file, self.frames, self.no_grad, self.branches_open = outer
    if function.node in self.generators:
        return Opaque((), self.place(node))
    result = _joined(self, results, node)
    replaced = any(name.rpartition(".")[2] not in apis.TRANSPARENT for name in function.decorators)
    return Opaque((result,), self.place(node)) if replaced else result


def _joined(self: Interpreter, results: list[Value], node: cst.CSTNode) -> Value:
    """What a function returns at its several ends: tuples of one length element by element."""
    rows = [value for value in results if isinstance(value, Items) and value.rest is None]
    if len(results) > 1 and len(rows) == len(results) and len({len(row.items) for row in rows}) == 1:
        columns = zip(*(row.items for row in rows), strict=True)
        return Items("tuple", [join(list(column)) for column in columns], self.place(node))
    return join(results) if results else NONE


def bind(self: Interpreter, function: Function, receiver: Value | None, arguments: Arguments, scope: Scope) -> None:
    """Bind a function's parameters; what the call leaves open isn't known."""
    parameters = function.node.params
    positional = [p.name.value for p in (*parameters.posonly_params, *parameters.params)]
    named = [p.name.value for p in parameters.kwonly_params]
    given = list(arguments.positional)
    if receiver is not None and "classmethod" not in function.decorators:
        given.insert(0, receiver)
    elif receiver is not None:
        given.insert(0, receiver.cls if isinstance(receiver, Object) and receiver.cls is not None else OPAQUE)
    for name in (*positional, *named):
        scope.names[name] = OPAQUE if arguments.open else function.defaults.get(name, OPAQUE)
    scope.names.update(zip(positional, given, strict=False))
    rest = given[len(positional) :]
    if isinstance(parameters.star_arg, cst.Param):
        scope.names[parameters.star_arg.name.value] = (
            OPAQUE if arguments.open else Items("tuple", rest, self.place(function.node))
        )
    extra = {k: v for k, v in arguments.keywords.items() if k not in positional and k not in named}
    scope.names.update({k: v for k, v in arguments.keywords.items() if k not in extra})
    if parameters.star_kwarg is not None:
        table = Table(dict(extra), self.place(function.node), OPAQUE if arguments.open else None)
        scope.names[parameters.star_kwarg.name.value] = table
