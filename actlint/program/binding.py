"""Calls with their arguments bound to a symbol's parameters."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from actlint.apis.entry import UNKNOWN, Entry
from actlint.apis.formula import Formula, combined
from actlint.apis.modules import public
from actlint.apis.shape import ANY, Dim, Shape
from actlint.program.values import (
    Const,
    DimValue,
    Frame,
    Host,
    Sequence,
    ShapeValue,
    Symbol,
    Tensor,
    Turns,
    Value,
    is_host,
)

_DTYPES = {"float": "float32", "double": "float64", "half": "float16", "int": "int32", "bool_": "bool"}
_NUMPY = {"float": "float64", "int": "int64", "bool_": "bool"}
_HOST_DTYPES = {bool: "bool", int: "int32", float: "float32", str: "string"}


@functools.cache
def parameters(signature: str) -> tuple[tuple[str, str | None], ...]:
    """(name, default text or None) of each parameter of a signature; `*names` keep their star."""
    text = signature.strip()
    if not text:
        return ()
    function = cst.parse_statement(f"def f({text}): pass")
    assert isinstance(function, cst.FunctionDef)
    found: list[tuple[str, str | None]] = []
    code = cst.Module([]).code_for_node
    for parameter in (*function.params.posonly_params, *function.params.params):
        found.append((parameter.name.value, code(parameter.default) if parameter.default else None))
    if isinstance(function.params.star_arg, cst.Param):
        found.append(("*" + function.params.star_arg.name.value, None))
    for parameter in function.params.kwonly_params:
        found.append((parameter.name.value, code(parameter.default) if parameter.default else None))
    if function.params.star_kwarg is not None:
        found.append(("**" + function.params.star_kwarg.name.value, None))
    return tuple(found)


def framework_name(name: str) -> str | None:
    """A qualified name below TensorFlow without its root (`nn.relu`), or None for other packages."""
    return public(name[len("tensorflow.") :]) if name.startswith("tensorflow.") else None


def python_value(value: Value | None) -> Any:
    """The Python object of a value, or UNKNOWN."""
    if isinstance(value, Const):
        return value.value
    if isinstance(value, DimValue):
        return UNKNOWN if value.dim.value is None else value.dim.value
    if isinstance(value, ShapeValue):
        return UNKNOWN if value.shape is None else [dim.value for dim in value.shape]
    if isinstance(value, Sequence):
        items = [python_value(item) for item in value.items]
        if any(item is UNKNOWN for item in items):
            return UNKNOWN
        return tuple(items) if value.kind == "tuple" else items
    return UNKNOWN


def dtype_of(value: Value | None) -> str | None:
    """The dtype that an expression such as `tf.float32`, `np.int64` or "float" names."""
    if isinstance(value, Symbol):
        root, _, last = value.name.partition(".")
        if root == "numpy":
            return _NUMPY.get(last, last)
        if root == "builtins":
            return {"float": "float32", "int": "int32", "bool": "bool"}.get(last)
        last = value.name.rpartition(".")[2]
        return _DTYPES.get(last, last)
    if isinstance(value, Const) and isinstance(value.value, str):
        return _DTYPES.get(value.value, value.value)
    return None


def tensor_dtype(value: Value | None) -> str | None:
    """The dtype that a value has, or takes when TensorFlow converts it."""
    if isinstance(value, Tensor):
        return value.dtype
    if isinstance(value, Const):
        return _HOST_DTYPES.get(type(value.value))
    if isinstance(value, Sequence) and value.items:
        found = {tensor_dtype(item) for item in value.items}
        return found.pop() if len(found) == 1 else "float32" if found == {"float32", "int32"} else None
    if isinstance(value, (DimValue, ShapeValue)):
        return "int32"
    return value.dtype if isinstance(value, Host) else None


def tensor_shape(value: Value | None) -> Shape | None:
    """The static shape that a value has as a tensor."""
    if isinstance(value, (Tensor, Host)):
        return value.shape
    if isinstance(value, (Const, DimValue)):
        return ()
    if isinstance(value, Sequence):
        inner = [tensor_shape(item) for item in value.items]
        if inner and inner[0] is not None and all(shape is not None and len(shape) == len(inner[0]) for shape in inner):
            return (Dim(len(inner)), *inner[0])
        return None if inner else (Dim(0),)
    if isinstance(value, ShapeValue) and value.shape is not None:
        return (Dim(len(value.shape)),)
    return None


def formula_of(value: Value | None) -> Formula | None:
    """How a Python value follows from options, where it does."""
    if isinstance(value, (Const, DimValue)):
        return value.formula if isinstance(value, Const) else value.dim.formula
    if isinstance(value, ShapeValue):
        value = Sequence([DimValue(dim) for dim in value.shape or ()])
    if not isinstance(value, Sequence):
        return None
    found = [formula_of(item) for item in value.items]
    if all(formula is None for formula in found):
        return None
    return combined(value.kind, *zip(map(python_value, value.items), found, strict=True))


def computed(result: Any, operation: str, *operands: Value) -> Const:
    """What an operation makes of Python values, as a constant."""
    return Const(result, formula=combined(operation, *((python_value(v), formula_of(v)) for v in operands)))


Evaluated = tuple[tuple[Frame, ...], Turns]
"""The calls and turns of one evaluation."""


@dataclass(frozen=True)
class Written:
    """What the program has for a number, in one evaluation; `behind` is what it has for it where it was made."""

    node: cst.BaseExpression
    calls: tuple[Frame, ...]
    turns: Turns
    behind: object = None


@dataclass
class BoundCall:
    """Implements actlint.apis.entry.Bound over abstract values."""

    entry: Entry
    values: dict[str, Value]
    nodes: dict[str, cst.BaseExpression] = field(default_factory=dict)
    source: Callable[[cst.BaseExpression], str | None] = lambda node: None
    surplus: list[str] = field(default_factory=list)
    calls: tuple[Frame, ...] = ()
    turns: Turns = ()

    def given(self, parameter: str) -> bool:
        return parameter in self.values and self.values[parameter] != Const(None)

    def const(self, parameter: str, default: Any = None) -> Any:
        return python_value(self.values[parameter]) if parameter in self.values else default

    def shape(self, parameter: str) -> Shape | None:
        return tensor_shape(self.values.get(parameter))

    def shapes(self, parameter: str) -> list[Shape | None]:
        value = self.values.get(parameter)
        return [tensor_shape(item) for item in value.items] if isinstance(value, Sequence) else []

    def dtype(self, parameter: str) -> str | None:
        value = self.values.get(parameter)
        named = (
            dtype_of(value)
            if isinstance(value, Symbol) or isinstance(value, Const) and isinstance(value.value, str)
            else None
        )
        return named or tensor_dtype(value)

    def dimensions(self, parameter: str) -> Shape | None:
        at = self.calls, self.turns
        return dimensions(self.values.get(parameter), self.nodes.get(parameter), self.source, at)

    def is_tensor(self, parameter: str) -> bool:
        return isinstance(self.values.get(parameter), Tensor)

    def is_host(self, parameter: str) -> bool:
        return parameter in self.values and is_host(self.values[parameter])

    def symbol(self, parameter: str) -> str | None:
        value = self.values.get(parameter)
        return framework_name(value.name) if isinstance(value, Symbol) else None


def dimensions(
    value: Value | None,
    node: cst.BaseExpression | None = None,
    source: Callable[[cst.BaseExpression], str | None] = lambda node: None,
    at: Evaluated = ((), ()),
) -> Shape | None:
    """A shape argument as a shape: ints, None, -1, the user's expressions, `tensor.shape`, `tf.shape(tensor)`."""
    if isinstance(value, ShapeValue):
        return value.shape
    if isinstance(value, Tensor) and value.op.symbol == "shape" and value.op.inputs:
        return value.op.inputs[0].shape
    if isinstance(value, Sequence):
        nodes: list[cst.BaseExpression | None] = [None] * len(value.items)
        if isinstance(node, (cst.List, cst.Tuple)) and len(node.elements) == len(value.items):
            nodes = [element.value for element in node.elements]
        return tuple(_dimension(item, inner, source, at) for item, inner in zip(value.items, nodes, strict=False))
    if isinstance(value, Const) and isinstance(value.value, (list, tuple)):
        sizes = [item if isinstance(item, int) and item >= 0 else None for item in value.value]
        return tuple(Dim(size, formula=_element(value, place)) for place, size in enumerate(sizes))
    if isinstance(value, (Const, DimValue)) and value != Const(None):
        return (_dimension(value, node, source, at),)
    return None


def _element(value: Const, place: int) -> Formula | None:
    return combined("element", (value.value, value.formula), (place, None))


def _dimension(
    value: Value,
    node: cst.BaseExpression | None,
    source: Callable[[cst.BaseExpression], str | None],
    at: Evaluated,
) -> Dim:
    if isinstance(value, DimValue):
        return value.dim
    text = source(node) if node is not None and not isinstance(node, cst.Integer) else None
    text = text or (value.source if isinstance(value, Const) else None)
    if isinstance(value, Const) and isinstance(value.value, int) and value.value >= 0:
        origin = Written(node, *at, value.origin) if node is not None else value.origin
        return Dim(value.value, text, origin, value.formula)
    return Dim(None, text) if text and value != Const(None) else ANY


def bind(
    entry: Entry,
    positional: list[tuple[Value, cst.BaseExpression | None]],
    keywords: list[tuple[str, Value, cst.BaseExpression]],
) -> BoundCall:
    """Bind arguments; arguments that fit no parameter are listed in `surplus`."""
    call = BoundCall(entry, {})
    names = [name for name, _ in parameters(entry.signature)]
    plain = [name for name in names if not name.startswith("*")]
    starred = next((name[1:] for name in names if name.startswith("*") and not name.startswith("**")), None)
    rest: list[Value] = []
    for place, (value, node) in enumerate(positional):
        if place < len(plain):
            call.values[plain[place]] = value
            if node is not None:
                call.nodes[plain[place]] = node
        elif starred:
            rest.append(value)
        else:
            call.surplus.append(f"positional argument {place + 1}")
    if starred:
        call.values[starred] = Sequence(rest, "tuple")
    loose = any(name.startswith("**") for name in names)
    for keyword, value, node in keywords:
        name = entry.renamed.get(keyword, keyword)
        if name in plain or loose:
            call.values[name] = value
            call.nodes[name] = node
        else:
            call.surplus.append(keyword)
    return call
