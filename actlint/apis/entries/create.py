"""Functions that make tensors from Python values and shapes."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Form, Rename, Rewriting
from actlint.apis.forms import dims, is_number, refuse_given, rename
from actlint.apis.infer import INTEGERS, chosen, chosen_or_like, common, dimensions, dtype_of, shape_of, units_of
from actlint.apis.shape import ANY, Dim, Shape


def _dtype(call: Rewriting, parameter: str = "dtype") -> str:
    """`, dtype=...` where the call names one."""
    return f", dtype={call.dtype_text(parameter)}" if call.given(parameter) else ""


def integer_dtype(call: Rewriting, *parameters: str) -> str:
    """`, dtype=torch.int32` where TF1 makes that of Python ints, and torch int64."""
    dtype = call.result_dtype
    if dtype in INTEGERS and all(call.is_host(p) for p in parameters if call.given(p)):
        return f", dtype=torch.{dtype}"
    return ""


def _filled(name: str) -> Entry:
    """zeros and ones."""
    return Entry(
        name,
        "shape, dtype=tf.float32, name=None",
        shape=dimensions("shape"),
        dtype=chosen("dtype", "float32"),
        tf2=rename(f"tf.{name}", "shape dtype"),
        torch=lambda call: f"torch.{name}({dims(call, 'shape')}{_dtype(call)})",
        differentiable=False,
    )


def _filled_like(name: str) -> Entry:
    """zeros_like and ones_like."""

    def form(call: Rewriting) -> str | Rename:
        if call.is_tensor("tensor") and not call.given("dtype"):
            return rename(f"torch.{name}", "tensor=input", "optimize")
        return f"torch.{name}({call.tensor('tensor')}{_dtype(call)})"

    return Entry(
        name,
        "tensor, dtype=None, name=None, optimize=True",
        shape=shape_of("tensor"),
        dtype=chosen_or_like("dtype", "tensor"),
        tf2=rename(f"tf.{name}", "tensor=input dtype", "optimize"),
        torch=form,
        differentiable=False,
    )


def _fill(call: Rewriting) -> str:
    if call.is_tensor("value"):
        return f"{call.operand('value')}.expand({dims(call, 'dims')})"
    return f"torch.full({dims(call, 'dims')}, {call.text('value')}{integer_dtype(call, 'value')})"


def _range_shape(call: Bound) -> Shape:
    start, limit, delta = call.const("start"), call.const("limit"), call.const("delta", 1)
    first, last = (0, start) if not call.given("limit") else (start, limit)
    if all(isinstance(value, int) for value in (first, last, delta)) and delta:
        return (Dim(len(range(first, last, delta))),)
    return (ANY,)


def _range_dtype(call: Bound) -> str | None:
    if call.given("dtype"):
        return call.dtype("dtype")
    found = [call.dtype(p) for p in ("start", "limit", "delta") if call.given(p)]
    return next((dtype for dtype in found if dtype not in INTEGERS), found[0] if found else None)


def _range(call: Rewriting) -> str:
    texts = [call.text(p) for p in ("start", "limit", "delta") if call.given(p)]
    if call.given("delta") and not call.given("limit"):
        texts = ["0", call.text("start"), call.text("delta")]
    dtype = _dtype(call) or (f", dtype=torch.{call.result_dtype}" if call.result_dtype in INTEGERS else "")
    return f"torch.arange({', '.join(texts)}{dtype})"


def _one_hot_axis(call: Bound) -> bool:
    """Whether the classes are the last axis."""
    shape, axis = call.shape("indices"), call.const("axis")
    return not call.given("axis") or axis == -1 or shape is not None and axis == len(shape)


def _one_hot_shape(call: Bound) -> Shape | None:
    shape = call.shape("indices")
    return (*shape, units_of(call, "depth")) if shape is not None and _one_hot_axis(call) else None


def _one_hot(call: Rewriting) -> str:
    if not _one_hot_axis(call):
        call.refuse("the classes aren't the last axis of the one-hot tensor", "transpose the result instead")
    given = "".join(f", {p}={call.text(p)}" for p in ("on_value", "off_value") if call.given(p))
    return f"{call.helper('one_hot')}({call.tensor('indices')}, {call.text('depth')}{given}{_dtype(call)})"


def _constant_shape(call: Bound) -> Shape | None:
    return call.dimensions("shape") if call.given("shape") else call.shape("value")


def _constant(call: Rewriting) -> str:
    if isinstance(call.const("value"), str):
        call.refuse("torch has no tensors of strings", "keep the strings in a Python list")
    dtype = _dtype(call) or integer_dtype(call, "value")
    if not call.given("shape"):
        return f"torch.tensor({call.text('value')}{dtype})"
    if is_number(call, "value"):
        return f"torch.full({dims(call, 'shape')}, {call.text('value')}{dtype})"
    return f"torch.tensor({call.text('value')}{dtype}).reshape({dims(call, 'shape')})"


def _constant_tf2(call: Rewriting) -> Rename:
    return rename("tf.constant", "value dtype shape", "verify_shape")


def _convert(call: Rewriting) -> str:
    refuse_given(call, "preferred_dtype dtype_hint", "name the dtype with tf.cast")
    if call.is_tensor("value"):
        return call.text("value")
    dtype = _dtype(call) or integer_dtype(call, "value")
    if not call.is_host("value"):
        return f"{call.tensor('value')}.to({call.dtype_text('dtype')})" if call.given("dtype") else call.tensor("value")
    return f"torch.tensor({call.text('value')}{dtype})"


def _eye(call: Rewriting) -> str:
    refuse_given(call, "batch_shape", "tile the matrix")
    columns = f", {call.text('num_columns')}" if call.given("num_columns") else ""
    return f"torch.eye({call.text('num_rows')}{columns}{_dtype(call)})"


def _eye_shape(call: Bound) -> Shape | None:
    sides = [call.const("num_rows"), call.const("num_columns" if call.given("num_columns") else "num_rows")]
    return None if call.given("batch_shape") else tuple(Dim(s) if isinstance(s, int) else ANY for s in sides)


_LINSPACE: Form = rename("torch.linspace", "start stop=end num=steps")

ENTRIES: tuple[Entry, ...] = (
    _filled("zeros"),
    _filled("ones"),
    _filled_like("zeros_like"),
    _filled_like("ones_like"),
    Entry(
        "fill",
        "dims, value, name=None",
        shape=dimensions("dims"),
        dtype=dtype_of("value"),
        tf2=rename("tf.fill", "dims value"),
        torch=_fill,
    ),
    Entry(
        "range",
        "start, limit=None, delta=1, dtype=None, name='range'",
        shape=_range_shape,
        dtype=_range_dtype,
        tf2=rename("tf.range", "start limit delta dtype"),
        torch=_range,
        differentiable=False,
        trap="Ranges of Python ints are int32; torch makes int64.",
    ),
    Entry(
        "linspace",
        "start, stop, num, name=None",
        aliases=("lin_space",),
        shape=lambda call: (Dim(n) if isinstance(n := call.const("num"), int) else ANY,),
        dtype=common("start", "stop"),
        tf2=rename("tf.linspace", "start stop num"),
        torch=_LINSPACE,
        differentiable=False,
    ),
    Entry(
        "eye",
        "num_rows, num_columns=None, batch_shape=None, dtype=tf.float32, name=None",
        aliases=("linalg.eye",),
        shape=_eye_shape,
        dtype=chosen("dtype", "float32"),
        tf2=rename("tf.eye", "num_rows num_columns batch_shape dtype"),
        torch=_eye,
        differentiable=False,
    ),
    Entry(
        "one_hot",
        "indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None",
        shape=_one_hot_shape,
        dtype=chosen("dtype", "float32"),
        tf2=rename("tf.one_hot", "indices depth on_value off_value axis dtype"),
        torch=_one_hot,
        differentiable=False,
        trap="An index outside the range gives zeros; torch's one_hot raises.",
    ),
    Entry(
        "constant",
        "value, dtype=None, shape=None, name='Const', verify_shape=False",
        shape=_constant_shape,
        dtype=chosen_or_like("dtype", "value"),
        tf2=_constant_tf2,
        torch=_constant,
        differentiable=False,
    ),
    Entry(
        "convert_to_tensor",
        "value, dtype=None, name=None, preferred_dtype=None, dtype_hint=None",
        shape=shape_of("value"),
        dtype=chosen_or_like("dtype", "value"),
        tf2=rename("tf.convert_to_tensor", "value dtype dtype_hint"),
        torch=_convert,
    ),
)
