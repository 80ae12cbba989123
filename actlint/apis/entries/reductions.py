"""Reductions, cumulative sums and searches along an axis."""

from __future__ import annotations

from actlint.apis.entry import UNKNOWN, Bound, Entry, Form, Rename, Rewriting
from actlint.apis.forms import arguments, axes, clip_rows, constant_axis, of_rows, reduction, rename, root
from actlint.apis.infer import INTEGERS, always, dtype_of, reducing, scalar, shape_of
from actlint.apis.shape import Shape

_RENAMED = {"reduction_indices": "axis", "keep_dims": "keepdims"}
_SIGNATURE = "input_tensor, axis=None, keepdims=None, name=None"
_BIASED = "Not Bessel-corrected."
_PARAMETERS = "input_tensor axis keepdims"


def _reduction(
    name: str, torch: Form, *, tf2: str = "", dtype: str = "", differentiable: bool = True, trap: str = ""
) -> Entry:
    return Entry(
        name,
        _SIGNATURE,
        aliases=() if "." in name else (f"math.{name}",),
        renamed=_RENAMED,
        shape=reducing(),
        dtype=always(dtype) if dtype else dtype_of("input_tensor"),
        tf2=rename(tf2 or f"tf.{name}", _PARAMETERS),
        torch=torch,
        differentiable=differentiable,
        trap=trap,
    )


def _logsumexp(call: Rewriting) -> str:
    keep = arguments(call, "keepdims=keepdim")
    return f"torch.logsumexp({call.tensor('input_tensor')}{axes(call, 'axis', 'input_tensor')}{keep})"


def _spread(name: str) -> Form:
    """var and std without Bessel's correction."""

    def form(call: Rewriting) -> str:
        axis = arguments(call, "axis=dim") or (", dim=None" if call.given("keepdims") else "")
        constant_axis(call)
        return f"{name}({call.tensor('input_tensor')}{axis}, correction=0{arguments(call, 'keepdims=keepdim')})"

    return form


def _prod(call: Rewriting) -> str | Rename:
    axis = call.const("axis")
    if call.given("axis") and not isinstance(axis, int):
        call.refuse("torch.prod reduces one known axis at a time", "reduce the axes one after another")
    if call.given("keepdims") and not call.given("axis"):
        call.refuse("torch.prod keeps dimensions only along a named axis", "name the axis")
    if call.dtype("input_tensor") in INTEGERS:
        given = arguments(call, "axis=dim keepdims=keepdim")
        return f"torch.prod({call.tensor('input_tensor')}{given}, dtype=torch.{call.dtype('input_tensor')})"
    return rename("torch.prod", "input_tensor=input axis=dim keepdims=keepdim")


def _search(name: str) -> Form:
    """argmax and argmin: TF1's default axis is 0."""

    def form(call: Rewriting) -> str | Rename:
        constant_axis(call)
        if call.is_tensor("input") and call.given("axis") and not call.given("output_type"):
            return rename(name, "input axis=dim")
        cast = f".to({call.dtype_text('output_type')})" if call.given("output_type") else ""
        return f"{name}({call.tensor('input')}, dim={call.text('axis', '0')}){cast}"

    return form


def _search_shape(call: Bound) -> Shape | None:
    shape = call.shape("input")
    axis = call.const("axis", 0) if call.given("axis") else 0
    if not shape or not isinstance(axis, int):
        return None
    return tuple(dim for place, dim in enumerate(shape) if place != axis % len(shape))


def _cumsum(call: Rewriting) -> str | Rename:
    constant_axis(call)
    exclusive, reverse = (call.const(flag, False) if call.given(flag) else False for flag in ("exclusive", "reverse"))
    if UNKNOWN in (exclusive, reverse):
        call.refuse("exclusive and reverse have to be known here", "write True or False")
    if exclusive or reverse:
        flags = ", exclusive=True" * bool(exclusive) + ", reverse=True" * bool(reverse)
        return f"{call.helper('cumsum')}({call.tensor('x')}, {call.text('axis', '0')}{flags})"
    if call.is_tensor("x") and call.given("axis"):
        return rename("torch.cumsum", "x=input axis=dim", "exclusive reverse")
    return f"torch.cumsum({call.tensor('x')}, dim={call.text('axis', '0')})"


def _cumprod(call: Rewriting) -> str:
    constant_axis(call)
    if any(call.const(name, False) is not False for name in ("exclusive", "reverse")):
        call.refuse("only the plain cumulative product is carried over", "flip the tensor, or divide by it")
    return f"torch.cumprod({call.tensor('x')}, dim={call.text('axis', '0')})"


def _clip_by_norm(call: Rewriting) -> str:
    constant_axis(call, "axes")
    axis = f", {call.text('axes')}" if call.given("axes") else ""
    if call.text("rows", "") and not axis:
        return clip_rows(call, f"{call.helper('clip_by_norm')}(rows, {call.text('clip_norm')})")
    return f"{call.helper('clip_by_norm')}({call.tensor('t')}, {call.text('clip_norm')}{axis})"


def _norm(call: Rewriting) -> str:
    """sqrt of the sum of squares, whose gradient at 0 is nan as in TF1; torch's own norm answers 0 there."""
    constant_axis(call)
    order = call.const("ord") if call.given("ord") else "euclidean"
    axis, x = call.const("axis") if call.given("axis") else None, call.tensor("tensor")
    pair = call.given("axis") and not isinstance(axis, int) and not (isinstance(axis, (list, tuple)) and len(axis) == 1)
    if order is UNKNOWN or order != "euclidean" and pair:
        call.refuse("this norm can't be carried over", "write the norm with tf.reduce_sum, tf.abs and tf.square")
    keep = arguments(call, "keepdims=keepdim")
    along = arguments(call, "axis=dim") or (", dim=None" if keep else "")
    if order in ("euclidean", 2):
        return root(call, f"torch.sum(torch.square({x}){along}{keep})")
    if order == 1:
        return f"torch.sum(torch.abs({x}){along}{keep})"
    if order == float("inf"):
        return f"torch.amax(torch.abs({x}){arguments(call, 'axis=dim')}{keep})"
    call.refuse("this norm can't be carried over", "write the norm with tf.reduce_sum, tf.abs and tf.pow")


ENTRIES: tuple[Entry, ...] = (
    _reduction("reduce_sum", reduction("torch.sum", False, ", dtype=torch.{dtype}")),
    _reduction("reduce_mean", reduction("torch.mean", False, "refuse"), trap="Integers have an integer mean."),
    _reduction("reduce_max", reduction("torch.amax"), trap="A tie splits the gradient, unlike torch.max(x, dim)."),
    _reduction("reduce_min", reduction("torch.amin"), trap="A tie splits the gradient, unlike torch.min(x, dim)."),
    _reduction("reduce_prod", _prod),
    _reduction("reduce_all", reduction("torch.all"), dtype="bool", differentiable=False),
    _reduction("reduce_any", reduction("torch.any"), dtype="bool", differentiable=False),
    _reduction("reduce_logsumexp", _logsumexp),
    _reduction("math.reduce_variance", _spread("torch.var"), tf2="tf.math.reduce_variance", trap=_BIASED),
    _reduction("math.reduce_std", _spread("torch.std"), tf2="tf.math.reduce_std", trap=_BIASED),
    *(
        Entry(
            name,
            "input, axis=None, name=None, output_type=tf.int64",
            aliases=(f"math.{name}",),
            renamed={"dimension": "axis"},
            shape=_search_shape,
            dtype=lambda call: call.dtype("output_type") if call.given("output_type") else "int64",
            tf2=rename(f"tf.{name}", "input axis output_type"),
            torch=_search(f"torch.{name}"),
            differentiable=False,
            trap="The default axis is 0; torch flattens.",
        )
        for name in ("argmax", "argmin")
    ),
    Entry(
        "cumsum",
        "x, axis=0, exclusive=False, reverse=False, name=None",
        aliases=("math.cumsum",),
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=rename("tf.cumsum", "x axis exclusive reverse"),
        torch=_cumsum,
    ),
    Entry(
        "cumprod",
        "x, axis=0, exclusive=False, reverse=False, name=None",
        aliases=("math.cumprod",),
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=rename("tf.math.cumprod", "x axis exclusive reverse"),
        torch=_cumprod,
    ),
    Entry(
        "global_norm",
        "t_list, name=None",
        aliases=("linalg.global_norm",),
        shape=scalar,
        dtype=always("float32"),
        tf2=rename("tf.linalg.global_norm", "t_list"),
        torch=lambda call: f"{call.helper('global_norm' + of_rows(call))}({call.tensors('t_list')})",
    ),
    Entry(
        "clip_by_norm",
        "t, clip_norm, axes=None, name=None",
        shape=shape_of("t"),
        dtype=dtype_of("t"),
        tf2=rename("tf.clip_by_norm", "t clip_norm axes"),
        torch=_clip_by_norm,
    ),
    Entry(
        "clip_by_average_norm",
        "t, clip_norm, name=None",
        shape=shape_of("t"),
        dtype=dtype_of("t"),
        tf2=lambda call: f"{call.helper('clip_by_average_norm')}({call.text('t')}, {call.text('clip_norm')})",
        torch=lambda call: f"{call.helper('clip_by_average_norm')}({call.tensor('t')}, {call.text('clip_norm')})",
        trap="The norm is divided by the number of elements, not by its root.",
    ),
    Entry(
        "norm",
        "tensor, ord='euclidean', axis=None, keepdims=None, name=None",
        aliases=("linalg.norm",),
        renamed={"keep_dims": "keepdims"},
        shape=reducing("tensor"),
        dtype=dtype_of("tensor"),
        tf2=rename("tf.norm", "tensor ord axis keepdims"),
        torch=_norm,
        trap="The gradient at 0 is nan; torch's norm functions answer 0.",
    ),
)
