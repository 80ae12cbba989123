"""Random tensors. torch draws other numbers from a seed, so a seed is kept for TF2 only."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Entry, Form, Rewriting
from actlint.apis.forms import arguments, dims, is_number, rename
from actlint.apis.infer import INTEGERS, chosen, dimensions, dtype_of, shape_of
from actlint.apis.shape import ANY

_SHAPED = "shape, mean=0.0, stddev=1.0, dtype=tf.float32, seed=None, name=None"


def _plain(call: Rewriting, parameter: str, default: float) -> bool:
    """Whether an argument has its neutral value."""
    return not call.given(parameter) or call.const(parameter) == default


def _dtype(call: Rewriting) -> str:
    """`, dtype=...` where it isn't float32, torch's own default."""
    return f", dtype={call.dtype_text('dtype')}" if call.given("dtype") and call.dtype("dtype") != "float32" else ""


def _normal(call: Rewriting) -> str:
    text = f"torch.randn({dims(call, 'shape')}{_dtype(call)})"
    if not _plain(call, "stddev", 1):
        text = f"{call.operand('stddev')} * {text}"
    return text if _plain(call, "mean", 0) else f"{call.operand('mean')} + {text}"


def _uniform(call: Rewriting) -> str:
    shape, dtype = dims(call, "shape"), call.dtype("dtype")
    if call.given("dtype") and dtype in INTEGERS:
        low, high = call.text("minval", "0"), call.text("maxval")
        return f"torch.randint({low}, {high}, {shape}, dtype={call.dtype_text('dtype')})"
    if _plain(call, "minval", 0) and _plain(call, "maxval", 1):
        return f"torch.rand({shape}{_dtype(call)})"
    if all(not call.given(p) or is_number(call, p) for p in ("minval", "maxval")):
        return f"torch.empty({shape}{_dtype(call)}).uniform_({call.text('minval', '0')}, {call.text('maxval', '1')})"
    low = call.operand("minval") if call.given("minval") else "0"
    high = call.operand("maxval") if call.given("maxval") else "1"
    return f"{low} + ({high} - {low}) * torch.rand({shape}{_dtype(call)})"


def bounds(call: Rewriting, shape: str = "") -> str:
    """Arguments of trunc_normal_ that cut at two standard deviations, as TF1 does; torch's defaults cut at -2 and 2."""
    mean, stddev = (call.const(p, d) if call.given(p) else d for p, d in (("mean", 0.0), ("stddev", 1.0)))
    given = arguments(call, "mean stddev=std")
    if UNKNOWN in (mean, stddev):
        for parameter in ("mean", "stddev"):
            if call.is_tensor(parameter):
                call.refuse(f"{parameter} of a truncated normal is a tensor", "scale a standard one instead")
        middle = "" if not call.given("mean") else f"{call.operand('mean')} "
        spread = call.operand("stddev") if call.given("stddev") else "1"
        low, high = (f"{middle}{sign}2 * {spread}" for sign in (("- ", "+ ") if middle else ("-", "")))
        return f"{given}, a={low}, b={high}"
    if (mean, stddev) == (0, 1):
        return given
    return f"{given}, a={mean - 2 * stddev!r}, b={mean + 2 * stddev!r}"


def _truncated(call: Rewriting) -> str:
    return f"nn.init.trunc_normal_(torch.empty({dims(call, 'shape')}{_dtype(call)}){bounds(call)})"


def _multinomial(call: Rewriting) -> str:
    cast = f".to({call.dtype_text('output_dtype')})" if call.given("output_dtype") else ""
    chances = f"torch.softmax({call.tensor('logits')}, dim=-1)"
    return f"torch.multinomial({chances}, {call.text('num_samples')}, replacement=True){cast}"


def _random(name: str, new: str, signature: str, parameters: str, torch: Form, kind: str) -> Entry:
    return Entry(
        name,
        signature,
        aliases=(new.removeprefix("tf."),),
        shape=dimensions("shape"),
        dtype=chosen("dtype", "float32"),
        tf2=rename(new, parameters),
        torch=torch,
        random=kind,
    )


ENTRIES: tuple[Entry, ...] = (
    _random("random_normal", "tf.random.normal", _SHAPED, "shape mean stddev dtype seed", _normal, "normal"),
    _random(
        "truncated_normal",
        "tf.random.truncated_normal",
        _SHAPED,
        "shape mean stddev dtype seed",
        _truncated,
        "truncated_normal",
    ),
    _random(
        "random_uniform",
        "tf.random.uniform",
        "shape, minval=0, maxval=None, dtype=tf.float32, seed=None, name=None",
        "shape minval maxval dtype seed",
        _uniform,
        "uniform",
    ),
    Entry(
        "random_shuffle",
        "value, seed=None, name=None",
        aliases=("random.shuffle",),
        shape=shape_of("value"),
        dtype=dtype_of("value"),
        tf2=rename("tf.random.shuffle", "value seed"),
        torch=lambda call: f"{call.helper('shuffle')}({call.tensor('value')})",
        random="shuffle",
    ),
    Entry(
        "multinomial",
        "logits, num_samples, seed=None, name=None, output_dtype=None",
        aliases=("random.multinomial",),
        shape=lambda call: (shape[0], ANY) if (shape := call.shape("logits")) else None,
        dtype=chosen("output_dtype", "int64"),
        tf2=rename("tf.random.categorical", "logits num_samples output_dtype=dtype seed"),
        torch=_multinomial,
        random="multinomial",
        differentiable=False,
    ),
)
