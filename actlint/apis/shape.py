"""Static shapes: dimensions that know their value, and the source text that gives it where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dim:
    """One dimension: `value` where it is known, and `source`, an expression of the user's with that value, valid
    anywhere in the entry file; `origin` is what the user wrote for it, at its place."""

    value: int | None = None
    source: str | None = None
    origin: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.source or ("?" if self.value is None else str(self.value))


ANY = Dim()
Shape = tuple[Dim, ...]
SCALAR: Shape = ()


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
