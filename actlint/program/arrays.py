"""Static shapes and dtypes of NumPy arrays, as far as initial values and data need them."""

from __future__ import annotations

from typing import Any

from actlint.apis.shape import ANY, Dim, Shape
from actlint.program.binding import dimensions, dtype_of, formula_of, python_value
from actlint.program.values import NONE, Const, Host, Value, runs_in

_SIZED = {
    "normal": 2,
    "uniform": 2,
    "standard_normal": 0,
    "random_sample": 0,
    "random": 0,
    "randint": 2,
    "binomial": 2,
    "poisson": 1,
    "exponential": 1,
    "integers": 2,
    "laplace": 2,
    "beta": 2,
    "gamma": 2,
}
_FILLED = {"zeros", "ones", "empty"}
_SAME = {
    "astype",
    "copy",
    "clip",
    "abs",
    "sqrt",
    "square",
    "exp",
    "log",
    "tanh",
    "sin",
    "cos",
    "float32",
    "float64",
    "asarray",
    "array",
    "zeros_like",
    "ones_like",
    "absolute",
    "sign",
    "maximum",
    "minimum",
    "ascontiguousarray",
    "round",
}
_NUMPY_SAME = _SAME - {"array", "asarray"}


def called(callee: Host, positional: list[tuple[Value, Any]], keywords: list[tuple[str, Value, Any]]) -> Host:
    """What a call of a NumPy function, or of an array's or generator's method, answers."""
    values = [value for value, _ in positional]
    named = {name: value for name, value, _ in keywords}
    runs = tuple(dict.fromkeys(r for v in (callee, *values, *named.values()) for r in runs_in(v)))
    name = callee.what.rpartition(".")[2]
    dtype = dtype_of(named.get("dtype"))
    shape: Shape | None = None
    if name in ("rand", "randn"):
        shape, dtype = dimensions_of(values), "float64"
    elif name in _SIZED:
        place = _SIZED[name]
        size = named.get("size") or (values[place] if len(values) > place else None)
        shape, dtype = (
            (dimensions(size) if size is not None and size != NONE else None),
            dtype or ("int64" if name in ("randint", "integers") else "float64"),
        )
    elif name in _FILLED and values:
        shape, dtype = dimensions(values[0]), dtype or (dtype_of(values[1]) if len(values) > 1 else None) or "float64"
    elif name in ("eye", "identity") and values:
        shape, dtype = (_size(values[0]),) * 2, dtype or "float64"
    elif name == "astype" and values:
        shape, dtype = callee.shape, dtype_of(values[0])
    elif name == "reshape" and callee.shape is not None:
        shape, dtype = _reshaped(values), callee.dtype
    elif name in _SAME:
        source = values[0] if values and callee.shape is None else callee
        shape = source.shape if isinstance(source, Host) else None
        dtype = dtype or (name if name.startswith("float") else source.dtype if isinstance(source, Host) else None)
    return Host("", runs, shape, dtype)


def dimensions_of(values: list[Value]) -> Shape | None:
    """Sizes that are passed one by one, as `randn(2, 3)` takes them."""
    return tuple(_size(value) for value in values)


def _size(value: Value) -> Dim:
    size = python_value(value)
    return Dim(size, formula=formula_of(value)) if isinstance(size, int) else ANY


def _reshaped(values: list[Value]) -> Shape | None:
    sizes = dimensions(values[0]) if len(values) == 1 and not isinstance(values[0], Const) else dimensions_of(values)
    return (
        tuple(dim if dim.value is not None and dim.value >= 0 else ANY for dim in sizes) if sizes is not None else None
    )


def attribute(base: Host, name: str) -> Host:
    """An attribute of a Python value that isn't known."""
    if name == "T":
        return Host("", base.runs, base.shape[::-1] if base.shape is not None else None, base.dtype)
    return Host(f"{base.what}.{name}", base.runs, base.shape, base.dtype)
