"""Calls of what isn't in the analysed files, by name: frameworks, NumPy, Python's own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager import objects, tracing
from actlint.program.eager.values import (
    OPAQUE,
    Arguments,
    Bound,
    Either,
    Items,
    Object,
    Opaque,
    Partial,
    Super,
    Table,
    Tape,
    Tensor,
    parts,
    state_of,
)
from actlint.program.values import Const, Function, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_QUIET = frozenset({"print", "isinstance", "hasattr", "range", "type", "id", "repr", "str", "format", "input"})


def call_symbol(self: Interpreter, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """What calling a library's function or class gives."""
    first = arguments.get(0)
    if name.startswith("builtins."):
        return _builtin(self, name.removeprefix("builtins."), arguments, node)
    if name in ("functools.partial", "partial") and first is not None:
        return Partial(first, Arguments(arguments.positional[1:], arguments.keywords, arguments.open))
    if name in ("tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm", "itertools.cycle"):
        return first if first is not None else OPAQUE
    if name in apis.PASSING and first is not None:
        return first
    if name in ("copy.deepcopy", "copy.copy") and isinstance(first, Object):
        return objects.copied(self, first, node, deep=name == "copy.deepcopy")
    if name in ("collections.OrderedDict", "collections.defaultdict"):
        return first if isinstance(first, Table) else Table({}, self.place(node))
    if name == "itertools.chain":
        return Items("list", list(arguments.positional), self.place(node), OPAQUE if arguments.open else None)
    if name in ("collections.deque",):
        made = Items("list", [], self.place(node))
        made.emptied = True
        return made
    if not apis.framework(name) and not name.startswith("numpy."):
        from actlint.program.eager.calls import escape

        return escape(self, arguments, node, Symbol(name))
    return _framework(self, name, arguments, node)


def _framework(self: Interpreter, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    first = arguments.get(0)
    if name == tracing.FUNCTION and isinstance(first, Function):
        return tracing.traced(first)
    if name == tracing.FUNCTION and isinstance(first, Bound):
        return Bound(tracing.traced(first.function), first.receiver)
    if name == "tensorflow.GradientTape":
        return Tape(self.place(node))
    if name in apis.NO_GRAD or name in ("torch.enable_grad", "torch.set_grad_enabled"):
        return Object(None, name, arguments, self.place(node))
    if name in ("torch.nn.Parameter", "torch.nn.parameter.Parameter", "tensorflow.Variable", "keras.Variable"):
        made = self.tensor("Parameter", arguments.positional[:1], node, state="attached")
        flag = arguments.keywords.get("requires_grad") or arguments.keywords.get("trainable")
        if isinstance(flag, Const) and not flag.value:
            made.state = "plain"
        return made
    if name in ("keras.Input", "keras.layers.Input"):
        made = self.tensor("keras.input", (), node, state="plain")
        made.symbolic = True
        return made
    if name in ("torch.autograd.grad", "torch.autograd.backward"):
        value = first or OPAQUE
        self.record_sink("grad", value, node, arguments.get(1, "inputs"))
        return Opaque(arguments.all, self.place(node))
    if name.endswith(".clip_grad_norm_") or name.startswith("torch.manual_seed"):
        return OPAQUE
    if apis.is_class(name) and not name.startswith("numpy."):
        return objects.construct(self, name, arguments, node)
    return operation(self, name, arguments, node)


def operation(self: Interpreter, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A function of a framework or of NumPy, by what it does to the gradient."""
    first = arguments.get(0)
    effect = apis.effect(name, isinstance(first, Items))
    if effect == "opaque":
        from actlint.program.eager.calls import escape

        return escape(self, arguments, node, Symbol(name))
    if name == "torch.tensor" and first is not None and state_of(first) == "maybe":
        effect = "keep"
    inplace = arguments.keywords.get("inplace")
    overwrites = name.endswith("_") and first is not None and not name.startswith("torch.nn.init.")
    if isinstance(inplace, Const) and inplace.value is True or overwrites:
        self.record_inplace(first or OPAQUE, node)
    made = self.tensor(name, arguments.all, node, effect=effect, arguments=arguments)
    flag = arguments.keywords.get("requires_grad")
    if isinstance(flag, Const) and flag.value is True and made.state == "plain":
        made.state = "attached"
    return made


def super_of(self: Interpreter, arguments: Arguments) -> Value:
    """`super()` inside of a method."""
    for frame in reversed(self.frames):
        if frame.function.owner is not None and frame.function.node.params.params:
            receiver = frame.arguments.get(frame.function.node.params.params[0].name.value, OPAQUE)
            return Super(receiver, frame.function.owner)
    return OPAQUE


def _builtin(self: Interpreter, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    from actlint.program.eager.calls import call, escape
    from actlint.program.eager.expressions import iterated

    first = arguments.get(0)
    if name in _QUIET:
        return OPAQUE
    if name == "len":
        return self.tensor("builtins.len", (), node, effect="data")
    if name in ("float", "int", "abs", "round") and first is not None:
        if isinstance(first, Const) or name == "abs" and not isinstance(first, (Tensor, Either)):
            return first if name != "abs" else OPAQUE
        return self.tensor(f"builtins.{name}", [first], node, effect="keep" if name == "abs" else "host")
    if name in ("list", "tuple", "set", "sorted", "reversed", "iter"):
        if isinstance(first, Items):
            return Items("list", list(first.items), self.place(node), first.rest)
        made = Items("list", [], self.place(node))
        made.rest = iterated(self, first, node) if first is not None else None
        return made if not isinstance(first, (Object, Tensor)) else first
    if name == "dict":
        table = Table(dict(arguments.keywords), self.place(node))
        if isinstance(first, Table):
            table.items, table.rest = {**first.items, **table.items}, first.rest
        elif first is not None:
            table.rest = OPAQUE
        return table
    if name == "enumerate" and first is not None:
        pair = Items("tuple", [OPAQUE, iterated(self, first, _argument(node))], self.place(node))
        return Items("list", [], self.place(node), pair)
    if name == "zip":
        if all(isinstance(v, Items) and v.rest is None for v in arguments.positional) and not arguments.open:
            rows = zip(*(v.items for v in arguments.positional if isinstance(v, Items)), strict=False)
            return Items("list", [Items("tuple", list(row), self.place(node)) for row in rows], self.place(node))
        row = Items("tuple", [iterated(self, v, _argument(node)) for v in arguments.positional], self.place(node))
        return Items("list", [], self.place(node), row)
    if name in ("sum", "max", "min", "next"):
        return _folded(self, name, arguments, node)
    if name == "filter" and len(arguments.positional) > 1:
        return arguments.positional[1]
    if name == "map" and first is not None and len(arguments.positional) > 1:
        item = iterated(self, arguments.positional[1], _argument(node))
        return Items("list", [], self.place(node), call(self, first, Arguments((item,)), node))
    if name == "setattr" and len(arguments.positional) == 3 and isinstance(first, Object):
        _, key, value = arguments.positional
        if isinstance(key, Const):
            first.attributes[str(key.value)] = value
        else:
            first.complete = False
        self.record_store(value, first, node)
        return OPAQUE
    if name == "getattr" and len(arguments.positional) > 1 and isinstance(arguments.positional[1], Const):
        from actlint.program.eager.attributes import attribute

        return attribute(self, first or OPAQUE, str(arguments.positional[1].value), node)
    if name == "super":
        return super_of(self, arguments)
    return escape(self, arguments, node)


def _argument(node: cst.CSTNode) -> cst.CSTNode:
    return node.args[0].value if isinstance(node, cst.Call) and node.args else node


def _folded(self: Interpreter, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`sum` over a list is addition; the others choose."""
    from actlint.program.eager.expressions import iterated

    values = list(arguments.positional)
    first = values[0] if values else OPAQUE
    if name == "sum":
        found = list(parts(first)) if isinstance(first, (Items, Table)) else [iterated(self, first, node)]
        return self.tensor("builtins.add", [*found, *values[1:]], node)
    if len(values) == 1:
        return iterated(self, first, _argument(node))
    return self.tensor(f"builtins.{name}", values, node)
