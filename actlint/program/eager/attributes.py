"""What `value.name` is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager.values import (
    OPAQUE,
    Bound,
    Either,
    Method,
    Object,
    Opaque,
    Super,
    Tensor,
    join,
)
from actlint.program.values import Class, Function, Module, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_SYMBOLIC = ("output", "input", "outputs", "inputs")
_VARIABLES = ("trainable_variables", "trainable_weights", "variables", "weights")
_WEIGHTS = ("weight", "bias", "kernel", "gamma", "beta", "embeddings")
_PLAIN = ("shape", "dtype", "device", "ndim", "requires_grad", "is_cuda", "is_leaf", "grad_fn", "layout")


def attribute(self: Interpreter, owner: Value, name: str, node: cst.CSTNode) -> Value:
    """The value of an attribute."""
    if isinstance(owner, Either):
        return join([attribute(self, option, name, node) for option in owner.options])
    if isinstance(owner, Symbol):
        return Symbol(apis.canonical(f"{owner.name}.{name}"))
    if isinstance(owner, Module):
        return owner.scope.names.get(name, OPAQUE)
    if isinstance(owner, Super):
        return _inherited(self, owner, name)
    if isinstance(owner, Class):
        found = member(owner, name)
        return found if found is not None else Method(owner, name)
    if isinstance(owner, Object):
        return _of_object(self, owner, name, node)
    if isinstance(owner, Tensor):
        return _of_tensor(self, owner, name, node)
    if isinstance(owner, Method) and isinstance(owner.receiver, (Opaque, Method, Object)):
        return Method(Opaque((owner.receiver,)), name)
    return Method(owner, name)


def _inherited(self: Interpreter, owner: Super, name: str) -> Value:
    for base in owner.cls.bases:
        found = member(base, name) if isinstance(base, Class) else None
        if isinstance(found, Function):
            return Bound(found, owner.receiver)
    return Method(owner, name)


def member(cls: Class, name: str) -> Value | None:
    """What a local class has under a name, its own or a base's."""
    if name in cls.attributes:
        return cls.attributes[name]
    for base in cls.bases:
        if isinstance(base, Class) and (found := member(base, name)) is not None:
            return found
    return None


def _of_object(self: Interpreter, owner: Object, name: str, node: cst.CSTNode) -> Value:
    if name in owner.attributes:
        self.record_leaks(owner.attributes[name], node)
        return owner.attributes[name]
    found = member(owner.cls, name) if owner.cls is not None else None
    if isinstance(found, Function):
        if "staticmethod" in found.decorators or "builtins.staticmethod" in found.decorators:
            return found
        bound = Bound(found, owner)
        if any(d.rpartition(".")[2] in ("property", "cached_property") for d in found.decorators):
            from actlint.program.eager.calls import call
            from actlint.program.eager.values import Arguments

            return call(self, bound, Arguments(), node)
        return bound
    if found is not None:
        return found
    if owner.symbol.startswith("keras."):
        if name in _SYMBOLIC and (owner.cls is None or owner.symbol in apis.MODELS):
            made = self.tensor(f"keras.{name}", (owner,), node, via=owner, state="plain")
            made.symbolic = True
            return made
        if name == "losses":
            return self.tensor("keras.losses_of", (owner,), node, via=owner, state="maybe")
        if name in _VARIABLES:
            return self.tensor("keras.variables_of", (owner,), node, via=owner, state="attached")
    if owner.cls is None and name in _WEIGHTS and apis.framework(owner.symbol):
        return self.tensor("parameter", (), node, via=owner, state="plain" if owner.frozen else "attached")
    return Method(owner, name)


def _of_tensor(self: Interpreter, owner: Tensor, name: str, node: cst.CSTNode) -> Value:
    if name == "data":
        return self.tensor("torch.data", [owner], node, effect="detach")
    if name in _PLAIN:
        return self.tensor(name, (), node, effect="data")
    if name == "grad":
        return self.tensor("grad", (), node, effect="data")
    if name in ("T", "mT", "H", "real", "imag", "values", "indices"):
        return self.tensor(name, [owner], node)
    return Method(owner, name)
