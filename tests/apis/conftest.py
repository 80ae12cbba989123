"""A small implementation of the catalogue's `Rewriting`, so that forms can be tested without the emitters."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
import pytest

from actlint.apis.catalogue import lookup, method
from actlint.apis.entry import UNKNOWN, Entry, Form, Host, LayerEntry, OptimizerEntry, Rename
from actlint.apis.shape import Dim, Shape


class Refused(Exception):
    """A form gave up."""


@dataclass
class Known:
    """What is known about a name or an expression of a call under test."""

    text: str
    tensor: bool = False
    shape: Shape | None = None
    dtype: str | None = None
    value: Any = UNKNOWN
    symbol: str | None = None
    items: list[Known] | None = None
    node: ast.expr | None = None


def tensor(text: str, shape: tuple[int | None, ...], dtype: str = "float32") -> Known:
    """A tensor called `text`; a dimension of None isn't known."""
    return Known(text, True, tuple(Dim(size) for size in shape), dtype)


def host(text: str, value: Any, node: ast.expr | None = None) -> Known:
    """A Python or numpy value."""
    array = np.asarray(value) if value is not None and not isinstance(value, str) else None
    dtype = None if array is None else str(array.dtype)
    if not isinstance(value, (np.ndarray, np.generic)):
        dtype = {"float64": "float32", "int64": "int32"}.get(str(dtype), dtype)
    if isinstance(value, str):
        return Known(text, False, (), "string", value, node=node)
    shape = None if array is None else tuple(Dim(size) for size in array.shape)
    return Known(text, False, shape, dtype, value, node=node)


def parameters(signature: str) -> list[str]:
    """The names of a signature's parameters."""
    function = ast.parse(f"def f({signature}): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    return [argument.arg for argument in function.args.args]


@dataclass
class Call:
    """One call bound to an entry. Implements Bound and Rewriting."""

    entry: Entry
    target: str
    values: dict[str, Known]
    helpers: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    result_shape: Shape | None = None
    result_dtype: str | None = None
    options: dict[str, str] = field(default_factory=dict)

    def _get(self, parameter: str) -> Known | None:
        self.asked.add(parameter)
        return self.values.get(parameter)

    def given(self, parameter: str) -> bool:
        found = self._get(parameter)
        return found is not None and (found.tensor or found.value is not None)

    def const(self, parameter: str, default: Any = None) -> Any:
        found = self._get(parameter)
        return default if found is None else found.value

    def shape(self, parameter: str) -> Shape | None:
        found = self._get(parameter)
        if found is not None and found.items is not None and found.shape is None:
            inner = found.items[0].shape
            return None if inner is None else (Dim(len(found.items)), *inner)
        return found.shape if found else None

    def shapes(self, parameter: str) -> list[Shape | None]:
        found = self._get(parameter)
        return [item.shape for item in found.items] if found and found.items is not None else []

    def dtype(self, parameter: str) -> str | None:
        found = self._get(parameter)
        if found is None:
            return None
        if found.symbol and not found.tensor:
            return found.symbol
        if isinstance(found.value, str):
            return {"float": "float32"}.get(found.value, found.value)
        return found.items[0].dtype if found.items and found.dtype is None else found.dtype

    def dimensions(self, parameter: str) -> Shape | None:
        found = self._get(parameter)
        if found is None or not isinstance(found.value, (int, list, tuple)):
            return None
        sizes = [found.value] if isinstance(found.value, int) else found.value
        return tuple(Dim(size if isinstance(size, int) and size >= 0 else None) for size in sizes)

    def is_tensor(self, parameter: str) -> bool:
        found = self._get(parameter)
        return found is not None and found.tensor

    def is_host(self, parameter: str) -> bool:
        found = self._get(parameter)
        return found is not None and not found.tensor and not any(item.tensor for item in found.items or [])

    def is_fed(self, parameter: str) -> bool:
        return False

    def is_shared(self) -> bool:
        return False

    def symbol(self, parameter: str) -> str | None:
        found = self._get(parameter)
        return found.symbol if found else None

    def text(self, parameter: str, default: str | None = None) -> str:
        if parameter in self.options:
            return self.options[parameter]
        found = self._get(parameter)
        if found is None:
            assert default is not None, f"{self.entry.name} asks for {parameter}, which isn't passed"
            return default
        return found.text

    def operand(self, parameter: str) -> str:
        found = self.text(parameter)
        node = ast.parse(found, mode="eval").body
        return (
            found
            if isinstance(node, (ast.Name, ast.Constant, ast.Call, ast.Attribute, ast.Subscript))
            else f"({found})"
        )

    def tensor(self, parameter: str) -> str:
        if not self.is_host(parameter) or self.target == "tf2":
            found = self._get(parameter)
            if found is not None and found.items is not None and self.target == "torch":
                return f"torch.stack([{', '.join(item.text for item in found.items)}])"
            return self.text(parameter)
        found = self._get(parameter)
        integers = found is not None and found.dtype == "int32"
        return f"torch.tensor({self.text(parameter)}{', dtype=torch.int32' if integers else ''})"

    def tensors(self, parameter: str) -> str:
        return self.text(parameter)

    def dtype_text(self, parameter: str) -> str:
        return f"{'tf' if self.target == 'tf2' else 'torch'}.{self.dtype(parameter)}"

    def helper(self, name: str) -> str:
        self.helpers.append(name)
        return name

    def refuse(self, reason: str, help: str) -> NoReturn:
        assert reason and help
        raise Refused(reason)


class Renderer:
    """Rewrites an expression of calls, names and literals bottom-up."""

    def __init__(self, target: str, names: dict[str, Known]) -> None:
        self.target, self.names = target, names
        self.helpers: list[str] = []
        self.calls: list[Call] = []
        self.options = {"parameters": "parameters"}

    def expression(self, source: str) -> Known:
        """The rewritten expression."""
        return self._known(ast.parse(source, mode="eval").body)

    def _known(self, node: ast.expr) -> Known:
        text = ast.unparse(node)
        if isinstance(node, ast.Name) and node.id in self.names:
            return self.names[node.id]
        if text.startswith("tf.") and isinstance(node, ast.Attribute):
            name = text.removeprefix("tf.")
            is_dtype = name.rstrip("0123456789") in ("float", "int", "bool", "uint")
            return Known(f"{'tf' if self.target == 'tf2' else 'torch'}.{name}" if is_dtype else text, symbol=name)
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("tf."):
            return self.call(node)
        if isinstance(node, (ast.List, ast.Tuple)):
            items = [self._known(item) for item in node.elts]
            if any(item.tensor for item in items):
                return Known(f"[{', '.join(item.text for item in items)}]", items=items)
            if any(item.text != ast.unparse(inner) for item, inner in zip(items, node.elts, strict=True)):
                values = [item.value for item in items]
                return Known(f"[{', '.join(item.text for item in items)}]", False, (Dim(len(items)),), "int32", values)
        return host(text, eval(text, {"np": np, **{name: known.value for name, known in self.names.items()}}), node)

    def bind(self, node: ast.Call) -> Call:
        """A call's arguments by the names of its entry's parameters."""
        name = ast.unparse(node.func).removeprefix("tf.")
        owner = self._owner(node)
        entry = method(str(owner[0].symbol), node.func.attr) if owner else lookup(name)  # type: ignore[attr-defined]
        assert entry is not None, f"{name} isn't in the catalogue"
        names = parameters(entry.signature)
        given = [*owner, *(self._known(argument) for argument in node.args)]
        values = {names[place]: argument for place, argument in enumerate(given)}
        for keyword in node.keywords:
            assert keyword.arg is not None
            values[entry.renamed.get(keyword.arg, keyword.arg)] = self._known(keyword.value)
        assert not set(values) - set(names), f"{entry.name} has no parameter {set(values) - set(names)}"
        call = Call(entry, self.target, values, options=self.options)
        call.result_shape = entry.shape(call) if entry.shape else None
        call.result_dtype = entry.dtype(call) if entry.dtype else None
        call.asked.clear()
        self.calls.append(call)
        return call

    def _owner(self, node: ast.Call) -> list[Known]:
        """The object whose method is called, if it isn't a function of the framework."""
        if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call):
            return [self._known(node.func.value)]
        return []

    def call(self, node: ast.Call) -> Known:
        """A rewritten call."""
        call = self.bind(node)
        form = getattr(call.entry, self.target)
        assert form is not None, f"{call.entry.name} has no form for {self.target}"
        text = self.write(call, node, form)
        self.helpers += call.helpers
        constructor = isinstance(call.entry, (LayerEntry, OptimizerEntry)) or call.entry.kind == "initializer"
        if isinstance(text, Host) or constructor:
            return Known(str(text), False, call.result_shape, call.result_dtype)
        symbol = call.entry.name if call.entry.kind == "distribution" else None
        return Known(text, True, call.result_shape, call.result_dtype, symbol=symbol)

    def write(self, call: Call, node: ast.Call, form: Form) -> str:
        """The text of a form."""
        answer = form if isinstance(form, Rename) else form(call)
        if not isinstance(answer, Rename):
            return answer
        names = [name for name in parameters(call.entry.signature) if name != "self"]
        order = [*answer.parameters.values()]
        parts: list[str] = []
        for place, name in enumerate(
            [*names[: len(node.args)], *(n for n in call.values if n not in ("self", *names[: len(node.args)]))]
        ):
            if name in answer.drop or not call.given(name):
                continue
            if name not in answer.parameters:
                raise Refused(f"{name} can't be carried over")
            new = answer.parameters[name]
            positional = place < len(node.args) and place < len(order) and order[place] == new and len(parts) == place
            positional = positional and "=" not in "".join(parts[-1:]).partition("(")[0]
            parts.append(call.text(name) if positional else f"{new}={call.text(name)}")
        return f"{answer.name}({', '.join(parts)})"


@pytest.fixture
def rewrite() -> Callable[..., Renderer]:
    """Makes a renderer: `rewrite("torch", x=tensor("x", (2, 3)))`."""

    def make(target: str, **names: Known) -> Renderer:
        return Renderer(target, names)

    return make


@pytest.fixture
def text(rewrite: Callable[..., Renderer]) -> Callable[..., str]:
    """The rewritten text of an expression whose names are tensors of given shapes, or numbers."""

    def render(target: str, source: str, **shapes: Any) -> str:
        names = {}
        for name, shape in shapes.items():
            dtype = "float32"
            if isinstance(shape, tuple) and shape and isinstance(shape[-1], str):
                *shape, dtype = shape
            names[name] = tensor(name, tuple(shape), dtype) if isinstance(shape, (tuple, list)) else host(name, shape)
        return rewrite(target, **names).expression(source).text

    return render


@pytest.fixture
def refusal() -> type[Exception]:
    """What a form raises that gives up."""
    return Refused
