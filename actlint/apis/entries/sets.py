"""Functions that treat the elements of a tensor as a set."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Rewriting
from actlint.apis.forms import rename
from actlint.apis.shape import ANY, Shape


def _unique_shapes(call: Bound) -> list[Shape]:
    """The distinct values, the place of each element among them, and how often each occurs."""
    return [(ANY,), call.shape("x") or (ANY,), (ANY,)]


def _unique_dtypes(call: Bound) -> list[str | None]:
    counted = call.dtype("out_idx") if call.given("out_idx") else "int32"
    return [call.dtype("x"), counted, counted]


def _unique(call: Rewriting) -> str:
    dtype = f", {call.dtype_text('out_idx')}" if call.given("out_idx") else ""
    return f"{call.helper('unique_with_counts')}({call.tensor('x')}{dtype})"


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "unique",
        "x, out_idx=tf.int32, name=None",
        shape=lambda call: _unique_shapes(call)[:2],  # type: ignore[arg-type,return-value]
        dtype=lambda call: _unique_dtypes(call)[:2],
        tf2=rename("tf.unique", "x out_idx"),
        torch=lambda call: f"{_unique(call)}[:2]",
        differentiable=False,
        outputs=lambda call: 2,
        trap="Values come in the order of their first appearance; torch.unique sorts them.",
    ),
    Entry(
        "unique_with_counts",
        "x, out_idx=tf.int32, name=None",
        shape=_unique_shapes,
        dtype=_unique_dtypes,
        tf2=rename("tf.unique_with_counts", "x out_idx"),
        torch=_unique,
        differentiable=False,
        outputs=lambda call: 3,
        trap="Values come in the order of their first appearance; torch.unique sorts them.",
    ),
)
