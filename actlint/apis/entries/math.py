"""Arithmetic and other elementwise functions."""

from __future__ import annotations

from actlint.apis.entry import Entry, Form, Host, Rename, Rewriting
from actlint.apis.forms import clip_rows, elementwise, is_number, like, operand_like, operation, rename, root
from actlint.apis.infer import INTEGERS, broadcasting, common, dtype_of, shape_of


def _unary(
    name: str,
    aliases: str = "",
    *,
    tf2: str = "",
    torch: str | Form | None = None,
    host: str = "",
    differentiable: bool = True,
    trap: str = "",
) -> Entry:
    """An entry for a function of one tensor `x`."""
    return Entry(
        name,
        "x, name=None",
        aliases=tuple(aliases.split()),
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=rename(tf2 or f"tf.{name}", "x"),
        torch=elementwise(torch or f"torch.{name}", "x", host) if isinstance(torch, str | None) else torch,
        differentiable=differentiable,
        trap=trap,
    )


def _binary(
    name: str,
    aliases: str = "",
    *,
    tf2: str = "",
    torch: Form | None = None,
    differentiable: bool = True,
    trap: str = "",
) -> Entry:
    """An entry for a function of two tensors `x` and `y` that broadcast."""
    return Entry(
        name,
        "x, y, name=None",
        aliases=tuple(aliases.split()),
        shape=broadcasting("x", "y"),
        dtype=common("x", "y"),
        tf2=rename(tf2 or f"tf.{name}", "x y"),
        torch=torch,
        differentiable=differentiable,
        trap=trap,
    )


def _divide(call: Rewriting) -> str | Rename:
    """True division; TF1 divides integers in float64, torch in float32."""
    if all(call.dtype(p) in INTEGERS for p in ("x", "y")) and (call.is_tensor("x") or call.is_tensor("y")):
        return f"{call.tensor('x')}.double() / {operand_like(call, 'y', 'x')}"
    plain = operation("torch.div", "/", host=False)
    assert not isinstance(plain, Rename)
    return plain(call)


def _old_divide(call: Rewriting) -> str | Rename:
    """`tf.div`: floor division of integers, true division of floats."""
    if common("x", "y")(call) in INTEGERS:
        return _floor_divide(call)
    return _divide(call)


def _floor_divide(call: Rewriting) -> str:
    if is_number(call, "x") and is_number(call, "y"):
        return Host(f"{call.operand('x')} // {call.operand('y')}")
    other = call.text("y") if is_number(call, "y") else like(call, "y", "x")
    return f'torch.div({like(call, "x", "y")}, {other}, rounding_mode="floor")'


def _old_divide_tf2(call: Rewriting) -> str:
    dtype = common("x", "y")(call)
    if dtype is None:
        call.refuse("tf.div floors integers and divides floats, and the dtype isn't known here", "write / or //")
    return f"{call.operand('x')} {'//' if dtype in INTEGERS else '/'} {call.operand('y')}"


def _divide_tf2(call: Rewriting) -> str | Rename:
    if call.is_tensor("x") or call.is_tensor("y"):
        return rename("tf.divide", "x y")
    return f"tf.divide({call.tensor('x')}, {call.text('y')})"


def _squared_difference(call: Rewriting) -> str:
    return f"torch.square({operand_like(call, 'x', 'y')} - {operand_like(call, 'y', 'x')})"


def _extreme(name: str, bound: str) -> Form:
    """maximum and minimum: a Python bound is a clamp, which has TF1's gradient at a tie when the bound comes second."""

    def form(call: Rewriting) -> str:
        x, y = call.text("x"), call.text("y")
        if is_number(call, "x") and is_number(call, "y"):
            return Host(f"{name[:3]}({x}, {y})")
        if call.is_tensor("x") and is_number(call, "y"):
            return f"torch.clamp({x}, {bound}={y})"
        if name == "maximum" and is_number(call, "x") and call.const("x") == 0 and call.is_tensor("y"):
            return f"F.relu({y})"
        if not (call.is_tensor("x") or is_number(call, "x")):
            x = like(call, "x", "y")
        if not (call.is_tensor("y") or is_number(call, "y")):
            y = like(call, "y", "x")
        return f"{call.helper(name)}({x}, {y})"

    return form


def _clip_by_value(call: Rewriting) -> str | Rename:
    bounds = ("clip_value_min", "clip_value_max")
    if call.text("rows", ""):
        low, high = map(call.text, bounds)
        return clip_rows(call, f"torch.clamp(rows, {low}, {high})")
    if call.is_tensor("t") and all(is_number(call, bound) for bound in bounds):
        return rename("torch.clamp", "t=input clip_value_min=min clip_value_max=max")
    low, high = (like(call, bound, "t") if not is_number(call, bound) else call.text(bound) for bound in bounds)
    if any(call.is_tensor(bound) for bound in bounds):
        return f"{call.helper('maximum')}({call.helper('minimum')}({call.tensor('t')}, {high}), {low})"
    return f"torch.clamp({call.tensor('t')}, {low}, {high})"


def _pow(call: Rewriting) -> str | Rename:
    if call.is_tensor("x") and (call.is_tensor("y") or is_number(call, "y")):
        return Rename("torch.pow", {"x": "input", "y": "exponent"})
    if is_number(call, "x") and call.is_tensor("y"):
        return f"torch.pow({call.text('x')}, {call.text('y')})"
    if is_number(call, "x") and is_number(call, "y"):
        return Host(f"{call.operand('x')} ** {call.operand('y')}")
    return f"torch.pow({like(call, 'x', 'y')}, {like(call, 'y', 'x')})"


def _sqrt(call: Rewriting) -> str:
    return root(call, call.text("x")) if call.is_tensor("x") else f"torch.sqrt({call.tensor('x')})"


def _add_n(call: Rewriting) -> str:
    return f"sum({call.tensors('inputs')})"


_NO_GRADIENT = "TF1 has no gradient here (None), torch answers zeros."

ENTRIES: tuple[Entry, ...] = (
    _unary("abs", "math.abs", host="abs({})"),
    _unary("negative", "math.negative neg", torch="torch.neg", host="-{}"),
    _unary("sign", "math.sign"),
    _unary("exp", "math.exp"),
    _unary("expm1", "math.expm1", tf2="tf.math.expm1"),
    _unary("log", "math.log", tf2="tf.math.log"),
    _unary("log1p", "math.log1p", tf2="tf.math.log1p"),
    _unary(
        "sqrt",
        "math.sqrt",
        torch=_sqrt,
        trap="At 0 the gradient is infinite; where nothing flows back into it, TF1 answers 0 and torch nan.",
    ),
    _unary("rsqrt", "math.rsqrt", tf2="tf.math.rsqrt"),
    _unary("square", "math.square", host="{} ** 2"),
    _unary("reciprocal", "math.reciprocal inv", tf2="tf.math.reciprocal"),
    _unary("floor", "math.floor", differentiable=False, trap=_NO_GRADIENT),
    _unary("ceil", "math.ceil", tf2="tf.math.ceil", differentiable=False, trap=_NO_GRADIENT),
    _unary("round", "math.round", differentiable=False, trap=_NO_GRADIENT),
    _unary("rint", "math.rint", tf2="tf.math.rint", torch="torch.round", differentiable=False, trap=_NO_GRADIENT),
    _unary("sin", "math.sin"),
    _unary("cos", "math.cos"),
    _unary("tan", "math.tan"),
    _unary("asin", "math.asin"),
    _unary("acos", "math.acos"),
    _unary("atan", "math.atan"),
    _unary("sinh", "math.sinh"),
    _unary("cosh", "math.cosh"),
    _unary("asinh", "math.asinh"),
    _unary("acosh", "math.acosh"),
    _unary("atanh", "math.atanh"),
    _unary("tanh", "math.tanh nn.tanh"),
    _unary("sigmoid", "math.sigmoid nn.sigmoid"),
    _unary("log_sigmoid", "math.log_sigmoid", tf2="tf.math.log_sigmoid", torch="F.logsigmoid"),
    _unary("erf", "math.erf", tf2="tf.math.erf"),
    _unary("erfc", "math.erfc", tf2="tf.math.erfc"),
    _unary("lgamma", "math.lgamma", tf2="tf.math.lgamma"),
    _unary("digamma", "math.digamma", tf2="tf.math.digamma"),
    _binary("add", "math.add", torch=operation("torch.add", "+")),
    _binary("subtract", "math.subtract sub", torch=operation("torch.sub", "-")),
    _binary("multiply", "math.multiply mul", torch=operation("torch.mul", "*")),
    Entry(
        "divide",
        "x, y, name=None",
        aliases=("math.divide", "truediv", "math.truediv", "realdiv"),
        shape=broadcasting("x", "y"),
        dtype=lambda call: "float64" if (found := common("x", "y")(call)) in ("int32", "int64") else found,
        tf2=_divide_tf2,
        torch=_divide,
        trap="TF1 divides integers in float64, torch in float32.",
    ),
    Entry(
        "div",
        "x, y, name=None",
        shape=broadcasting("x", "y"),
        dtype=common("x", "y"),
        tf2=_old_divide_tf2,
        torch=_old_divide,
        trap="Integers are floored, floats are divided.",
    ),
    _binary(
        "floordiv",
        "math.floordiv floor_div",
        tf2="tf.math.floordiv",
        torch=_floor_divide,
        differentiable=False,
        trap="Rounds towards minus infinity.",
    ),
    _binary(
        "floormod",
        "math.floormod math.mod mod",
        tf2="tf.math.floormod",
        torch=operation("torch.remainder", "%"),
        trap="The result has the sign of the divisor; torch.fmod has that of the dividend.",
    ),
    _binary("pow", "math.pow", torch=_pow),
    _binary(
        "truncatediv",
        "",
        tf2="tf.truncatediv",
        torch=lambda call: f'torch.div({like(call, "x", "y")}, {like(call, "y", "x")}, rounding_mode="trunc")',
        differentiable=False,
        trap="Rounds towards zero.",
    ),
    _binary(
        "truncatemod",
        "",
        tf2="tf.truncatemod",
        torch=lambda call: f"torch.fmod({like(call, 'x', 'y')}, {like(call, 'y', 'x')})",
        differentiable=False,
        trap="The result has the sign of the dividend.",
    ),
    Entry(
        "scalar_mul",
        "scalar, x, name=None",
        aliases=("math.scalar_mul",),
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=rename("tf.math.scalar_mul", "scalar x"),
        torch=lambda call: f"{operand_like(call, 'scalar', 'x')} * {call.operand('x')}",
    ),
    Entry(
        "atan2",
        "y, x, name=None",
        aliases=("math.atan2",),
        shape=broadcasting("y", "x"),
        dtype=common("y", "x"),
        tf2=rename("tf.math.atan2", "y x"),
        torch=lambda call: f"torch.atan2({like(call, 'y', 'x')}, {like(call, 'x', 'y')})",
    ),
    _binary(
        "squared_difference",
        "math.squared_difference",
        tf2="tf.math.squared_difference",
        torch=_squared_difference,
    ),
    _binary(
        "maximum",
        "math.maximum",
        torch=_extreme("maximum", "min"),
        trap="At a tie the whole gradient goes to the first argument; torch.maximum splits it.",
    ),
    _binary(
        "minimum",
        "math.minimum",
        torch=_extreme("minimum", "max"),
        trap="At a tie the whole gradient goes to the first argument; torch.minimum splits it.",
    ),
    Entry(
        "clip_by_value",
        "t, clip_value_min, clip_value_max, name=None",
        shape=shape_of("t"),
        dtype=dtype_of("t"),
        tf2=rename("tf.clip_by_value", "t clip_value_min clip_value_max"),
        torch=_clip_by_value,
    ),
    Entry(
        "add_n",
        "inputs, name=None",
        aliases=("math.add_n",),
        shape=lambda call: next((shape for shape in call.shapes("inputs") if shape is not None), None),
        dtype=dtype_of("inputs"),
        tf2=rename("tf.add_n", "inputs"),
        torch=_add_n,
    ),
    Entry(
        "accumulate_n",
        "inputs, shape=None, tensor_dtype=None, name=None",
        aliases=("math.accumulate_n",),
        shape=lambda call: next((shape for shape in call.shapes("inputs") if shape is not None), None),
        dtype=dtype_of("inputs"),
        tf2=rename("tf.add_n", "inputs", "shape tensor_dtype"),
        torch=_add_n,
    ),
    Entry(
        "div_no_nan",
        "x, y, name=None",
        aliases=("math.divide_no_nan",),
        shape=broadcasting("x", "y"),
        dtype=common("x", "y"),
        tf2=rename("tf.math.divide_no_nan", "x y"),
        torch=lambda call: f"{call.helper('divide_no_nan')}({like(call, 'x', 'y')}, {like(call, 'y', 'x')})",
        trap="0 where the divisor is 0, in value and gradient.",
    ),
)
