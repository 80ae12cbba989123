"""Comparisons, logical functions, casts and selection."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Host, Rename, Rewriting
from actlint.apis.forms import elementwise, function, is_number, like, rename, tensor_operand
from actlint.apis.infer import always, broadcasting, chosen, common, shape_of
from actlint.apis.shape import ANY, Dim, Shape, broadcast

_SWAPPED = {"==": "eq", "!=": "not_equal", ">": "less", ">=": "less_equal", "<": "greater", "<=": "greater_equal"}
_METHODS = {"float32": "float", "float64": "double", "int32": "int", "int64": "long"}


def _comparison(name: str, symbol: str, torch: str) -> Entry:
    def form(call: Rewriting) -> str | Rename:
        if call.is_tensor("x") and (call.is_tensor("y") or is_number(call, "y")):
            return Rename(torch, {"x": "input", "y": "other"})
        if is_number(call, "x") and call.is_tensor("y"):
            return f"torch.{_SWAPPED[symbol]}({call.text('y')}, {call.text('x')})"
        if is_number(call, "x") and is_number(call, "y"):
            return Host(f"{call.operand('x')} {symbol} {call.operand('y')}")
        return f"{torch}({like(call, 'x', 'y')}, {like(call, 'y', 'x')})"

    return Entry(
        name,
        "x, y, name=None",
        aliases=(f"math.{name}",),
        shape=broadcasting("x", "y"),
        dtype=always("bool"),
        tf2=rename(f"tf.{name}", "x y"),
        torch=form,
        differentiable=False,
    )


def _logical(name: str) -> Entry:
    return Entry(
        name,
        "x, y, name=None",
        aliases=(f"math.{name}",),
        shape=broadcasting("x", "y"),
        dtype=always("bool"),
        tf2=rename("tf.math.logical_xor" if name == "logical_xor" else f"tf.{name}", "x y"),
        torch=function(f"torch.{name}", "x=input y=other"),
        differentiable=False,
    )


def _test(name: str, torch: str) -> Entry:
    return Entry(
        name,
        "x, name=None",
        aliases=(f"math.{name}", f"debugging.{name}"),
        shape=shape_of("x"),
        dtype=always("bool"),
        tf2=rename(f"tf.math.{name}", "x"),
        torch=elementwise(torch),
        differentiable=False,
    )


def _cast(call: Rewriting) -> str:
    dtype = call.dtype("dtype")
    if is_number(call, "x") and dtype in ("float32", "int32", "int64"):
        return Host(f"{dtype[:-2]}({call.text('x')})")
    return f"{tensor_operand(call, 'x')}.to({call.dtype_text('dtype')})"


def _to(dtype: str, host: str = "") -> Entry:
    """`tf.to_float` and its relatives."""

    def form(call: Rewriting) -> str:
        if host and is_number(call, "x"):
            return Host(f"{host}({call.text('x')})")
        return f"{tensor_operand(call, 'x')}.{_METHODS[dtype]}()"

    name = {"float32": "float", "float64": "double"}.get(dtype, dtype)
    return Entry(
        f"to_{name}",
        f"x, name='To{name.capitalize()}'",
        shape=shape_of("x"),
        dtype=always(dtype),
        tf2=lambda call: f"tf.cast({call.text('x')}, tf.{dtype})",
        torch=form,
        differentiable=dtype.startswith("float"),
    )


def _where_shape(call: Bound) -> Shape | None:
    if call.given("x"):
        return broadcast(call.shape("x"), call.shape("y"))
    condition = call.shape("condition")
    return (ANY, Dim(len(condition))) if condition is not None else None


def _rows(call: Rewriting) -> str:
    """The index that lets a vector select rows, as it does in TF1; TF2 and torch broadcast it along the last axis."""
    condition = call.shape("condition")
    known = [shape for shape in (call.shape("x"), call.shape("y")) if shape is not None]
    rank = max((len(shape) for shape in known), default=None)
    if rank is not None and rank <= 1 or condition is not None and len(condition) != 1:
        return ""
    if rank is None or condition is None:
        call.refuse(
            "tf.where selects rows if its condition is a vector, and the ranks aren't known here",
            "give the placeholders their shapes",
        )
    return f"[:{', None' * (rank - 1)}]"


def _where_tf2(call: Rewriting) -> str | Rename:
    if not call.given("x"):
        return rename("tf.where", "condition")
    rows = _rows(call)
    if not rows:
        return rename("tf.where", "condition x y")
    return f"tf.where({call.operand('condition')}{rows}, {call.text('x')}, {call.text('y')})"


def _where_torch(call: Rewriting) -> str | Rename:
    if not call.given("x"):
        return f"torch.nonzero({call.tensor('condition')})"
    rows = _rows(call)
    if not rows and all(call.is_tensor(p) for p in ("condition", "x", "y")):
        return rename("torch.where", "condition x=input y=other")
    condition = f"{tensor_operand(call, 'condition')}{rows}" if rows else call.tensor("condition")
    return f"torch.where({condition}, {like(call, 'x', 'y')}, {like(call, 'y', 'x')})"


ENTRIES: tuple[Entry, ...] = (
    _comparison("equal", "==", "torch.eq"),
    _comparison("not_equal", "!=", "torch.not_equal"),
    _comparison("greater", ">", "torch.greater"),
    _comparison("greater_equal", ">=", "torch.greater_equal"),
    _comparison("less", "<", "torch.less"),
    _comparison("less_equal", "<=", "torch.less_equal"),
    _logical("logical_and"),
    _logical("logical_or"),
    _logical("logical_xor"),
    Entry(
        "logical_not",
        "x, name=None",
        aliases=("math.logical_not",),
        shape=shape_of("x"),
        dtype=always("bool"),
        tf2=rename("tf.logical_not", "x"),
        torch=elementwise("torch.logical_not"),
        differentiable=False,
    ),
    _test("is_nan", "torch.isnan"),
    _test("is_inf", "torch.isinf"),
    _test("is_finite", "torch.isfinite"),
    Entry(
        "cast",
        "x, dtype, name=None",
        aliases=("dtypes.cast",),
        shape=shape_of("x"),
        dtype=chosen("dtype", None),
        tf2=rename("tf.cast", "x dtype"),
        torch=_cast,
    ),
    _to("float32", "float"),
    _to("float64"),
    _to("int32", "int"),
    _to("int64", "int"),
    Entry(
        "where",
        "condition, x=None, y=None, name=None",
        aliases=("select",),
        renamed={"t": "x", "e": "y"},
        shape=_where_shape,
        dtype=lambda call: common("x", "y")(call) if call.given("x") else "int64",
        tf2=_where_tf2,
        torch=_where_torch,
        trap="A vector as condition selects rows in TF1 and broadcasts along the last axis in TF2 and torch.",
    ),
)
