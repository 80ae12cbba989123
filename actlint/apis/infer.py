"""Shape and dtype rules that many symbols share."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Bound, DtypeRule, ShapeRule
from actlint.apis.shape import SCALAR, Dim, Shape, broadcast, multiplied, reduced, same

INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16"})


def shape_of(parameter: str) -> ShapeRule:
    """The shape of an argument."""
    return lambda call: call.shape(parameter)


def dtype_of(parameter: str) -> DtypeRule:
    """The dtype of an argument."""
    return lambda call: call.dtype(parameter)


def always(dtype: str) -> DtypeRule:
    """One dtype, whatever the arguments are."""
    return lambda call: dtype


def scalar(call: Bound) -> Shape:
    """Rank 0."""
    return SCALAR


def chosen(parameter: str, default: str | None) -> DtypeRule:
    """The dtype that a dtype argument names."""
    return lambda call: call.dtype(parameter) if call.given(parameter) else default


def chosen_or_like(parameter: str, source: str) -> DtypeRule:
    """The dtype that a dtype argument names, else that of another argument."""
    return lambda call: call.dtype(parameter if call.given(parameter) else source)


def common(*parameters: str) -> DtypeRule:
    """The dtype of operands that have to agree: Python and numpy operands take that of the tensors."""

    def rule(call: Bound) -> str | None:
        tensors = [p for p in parameters if call.is_tensor(p)]
        return next((found for p in tensors or parameters if (found := call.dtype(p)) is not None), None)

    return rule


def broadcasting(*parameters: str) -> ShapeRule:
    """NumPy broadcasting of the arguments."""

    def rule(call: Bound) -> Shape | None:
        shape: Shape | None = SCALAR
        for parameter in parameters:
            shape = broadcast(shape, call.shape(parameter))
        return shape

    return rule


def reducing(parameter: str = "input_tensor", axis: str = "axis", keepdims: str = "keepdims") -> ShapeRule:
    """A reduction over `axis`, all axes when it isn't passed."""

    def rule(call: Bound) -> Shape | None:
        along, keep = call.const(axis), call.const(keepdims)
        if keep is UNKNOWN:
            return None
        return reduced(call.shape(parameter), None if not call.given(axis) else along, bool(keep))

    return rule


def last_axis_removed(parameter: str) -> ShapeRule:
    """The shape of an argument without its last axis."""

    def rule(call: Bound) -> Shape | None:
        shape = call.shape(parameter)
        return shape[:-1] if shape else None

    return rule


def dimensions(parameter: str) -> ShapeRule:
    """The shape that a shape argument spells out."""
    return lambda call: call.dimensions(parameter)


def places(axis: object, rank: int) -> list[int] | None:
    """The axes that an axis argument names, counted from the front; None when they aren't known."""
    axes = axis if isinstance(axis, (list, tuple)) else [axis]
    known = [a % rank for a in axes if isinstance(a, int) and -rank <= a < rank]
    return known if len(known) == len(axes) else None


def combined(shapes: list[Shape | None]) -> list[Dim] | None:
    """What tensors of one rank know together about each dimension; None when no rank is known."""
    known = [shape for shape in shapes if shape is not None]
    if not known or any(len(shape) != len(known[0]) for shape in known):
        return None
    dims = list(known[0])
    for shape in known[1:]:
        dims = [same(left, right) for left, right in zip(dims, shape, strict=True)]
    return dims


def total(dims: list[Dim] | Shape) -> Dim:
    """The number of elements, where every dimension is known."""
    return multiplied(dims)


def units_of(call: Bound, parameter: str) -> Dim:
    """A number of units, with the user's text for it."""
    found = call.dimensions(parameter)
    if found:
        return found[0]
    value = call.const(parameter)
    return Dim(value if isinstance(value, int) else None)
