"""Static shapes: dimensions that know their value, and the source text that gives it where there is one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod

from actlint.apis.formula import Formula, combined


@dataclass(frozen=True)
class Dim:
    """One dimension: `value` where it is known, and `source`, an expression of the user's with that value, valid
    anywhere in the entry file; `origin` is what the user wrote for it, at its place, or the sum or product that it is.
    `formula` says how it follows from options of the command line, whose defaults gave the value."""

    value: int | None = None
    source: str | None = None
    origin: object = field(default=None, compare=False, repr=False)
    formula: Formula | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.source or ("?" if self.value is None else str(self.value))


ANY = Dim()
Shape = tuple[Dim, ...]
SCALAR: Shape = ()


@dataclass(frozen=True)
class Compound:
    """A dimension that is the sum or the product of others."""

    operator: str
    parts: tuple[Dim, ...]


def added(dims: Iterable[Dim]) -> Dim:
    """The size of tensors side by side."""
    return _compound("add", "+", tuple(dims))


def multiplied(dims: Iterable[Dim]) -> Dim:
    """The size of an axis that several become."""
    return _compound("multiply", "*", tuple(dims))


def _compound(operation: str, operator: str, dims: tuple[Dim, ...]) -> Dim:
    if len(dims) < 2:
        return dims[0] if dims else Dim(0 if operator == "+" else 1)
    values = [dim.value for dim in dims if dim.value is not None]
    if len(values) < len(dims):
        return ANY
    formula: Formula | None = None
    for place, dim in enumerate(dims):
        before = sum(values[:place]) if operator == "+" else prod(values[:place])
        formula = combined(operation, (before, formula), (dim.value, dim.formula))
    return Dim(sum(values) if operator == "+" else prod(values), None, Compound(operator, dims), formula)


def divided(dim: Dim, by: Dim) -> Dim:
    """What is left of an axis that others of a known size are taken from."""
    if dim.value is None or not by.value:
        return ANY
    formula = combined("floordiv", (dim.value, dim.formula), (by.value, by.formula))
    return Dim(dim.value // by.value, formula=formula)


def same(left: Dim, right: Dim) -> Dim:
    """The dimension that two operands share; the one that knows more wins."""
    return left if left.value is not None else right


def broadcast(left: Shape | None, right: Shape | None) -> Shape | None:
    """NumPy broadcasting of two shapes; None when a rank is unknown. An unknown dimension against 1 stays unknown."""
    if left is None or right is None:
        return None
    width = max(len(left), len(right))
    one = Dim(1)
    left, right = (one,) * (width - len(left)) + left, (one,) * (width - len(right)) + right
    return tuple(b if a.value == 1 else a if b.value == 1 else same(a, b) for a, b in zip(left, right, strict=True))


def reduced(shape: Shape | None, axis: object, keepdims: bool) -> Shape | None:
    """Shape after a reduction over `axis` (None: all, an int, or a sequence of ints)."""
    if axis is None:
        return None if shape is None and keepdims else (Dim(1),) * len(shape) if keepdims and shape else SCALAR
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    if shape is None or not all(isinstance(a, int) for a in axes):
        return None
    gone = {a % len(shape) for a in axes} if shape else set()
    if keepdims:
        return tuple(Dim(1) if i in gone else d for i, d in enumerate(shape))
    return tuple(d for i, d in enumerate(shape) if i not in gone)
