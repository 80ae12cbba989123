"""Selecting, scattering and grouping entries by indices and masks."""

from __future__ import annotations

import re

from actlint.apis.entry import Bound, Entry, Rewriting
from actlint.apis.forms import dims, refuse_given, rename, tensor_operand
from actlint.apis.infer import chosen, dimensions, dtype_of, shape_of
from actlint.apis.shape import ANY, Dim, Shape


def _dtype_argument(call: Rewriting, parameter: str) -> str:
    return f", {call.dtype_text(parameter)}" if call.given(parameter) else ""


def _scatter_nd(call: Rewriting) -> str:
    arguments = f"{call.tensor('indices')}, {call.tensor('updates')}, {dims(call, 'shape')}"
    return f"{call.helper('scatter_nd')}({arguments})"


def _difference(call: Rewriting) -> str:
    dtype = _dtype_argument(call, "index_dtype")
    return f"{call.helper('setdiff1d')}({call.tensor('x')}, {call.tensor('y')}{dtype})"


def _difference_tf2(call: Rewriting) -> str:
    dtype = f", out_idx={call.dtype_text('index_dtype')}" if call.given("index_dtype") else ""
    return f"tf.raw_ops.ListDiff(x={call.text('x')}, y={call.text('y')}{dtype})"


def _difference_dtypes(call: Bound) -> list[str | None]:
    return [call.dtype("x"), call.dtype("index_dtype") if call.given("index_dtype") else "int32"]


def _masked_shape(call: Bound) -> Shape | None:
    shape, mask = call.shape("tensor"), call.shape("mask")
    return (ANY, *shape[len(mask) :]) if shape is not None and mask and not call.given("axis") else None


def _masked(call: Rewriting) -> str:
    if call.given("axis") and call.const("axis") != 0:
        call.refuse("only masks of the first axes are carried over", "transpose the tensor before it is masked")
    return f"{tensor_operand(call, 'tensor')}[{call.tensor('mask')}]"


def _sequence_mask(call: Rewriting) -> str:
    length = f", {call.text('maxlen')}" if call.given("maxlen") else ""
    dtype = f", dtype={call.dtype_text('dtype')}" if call.given("dtype") else ""
    return f"{call.helper('sequence_mask')}({call.tensor('lengths')}{length}{dtype})"


def _sequence_mask_shape(call: Bound) -> Shape | None:
    shape, longest = call.shape("lengths"), call.const("maxlen")
    return (*shape, Dim(longest) if isinstance(longest, int) else ANY) if shape is not None else None


def _parts(call: Bound) -> int:
    count = call.const("num_partitions")
    return count if isinstance(count, int) else 1


def _parts_shape(call: Bound) -> Shape | None:
    data, places = call.shape("data"), call.shape("partitions")
    return (ANY, *data[len(places) :]) if data is not None and places is not None else None


def _partition(call: Rewriting) -> str:
    data, places = tensor_operand(call, "data"), tensor_operand(call, "partitions")
    part = next(name for name in ("part", "number", "place", "row") if not re.search(rf"\b{name}\b", data + places))
    return f"[{data}[{places} == {part}] for {part} in range({call.text('num_partitions')})]"


def _segments(name: str, helper_arguments: str) -> Entry:
    """Sums and means of rows that belong together."""
    unsorted = name.startswith("unsorted")

    def form(call: Rewriting) -> str:
        count = f", {call.text('num_segments')}" if unsorted else ""
        text = f"{call.tensor('data')}, {call.tensor('segment_ids')}{count}{helper_arguments}"
        return f"{call.helper('segments')}({text})"

    def shape(call: Bound) -> Shape | None:
        data, ids = call.shape("data"), call.shape("segment_ids")
        count = call.const("num_segments") if unsorted else None
        first = Dim(count) if isinstance(count, int) else ANY
        return (first, *data[len(ids) :]) if data is not None and ids is not None else None

    return Entry(
        name,
        f"data, segment_ids{', num_segments' if unsorted else ''}, name=None",
        aliases=(f"math.{name}",),
        shape=shape,
        dtype=dtype_of("data"),
        tf2=rename(f"tf.math.{name}", "data segment_ids num_segments" if unsorted else "data segment_ids"),
        torch=form,
    )


def _searched(name: str) -> Entry:
    def shape(call: Bound) -> Shape | None:
        found, axis = call.shape("input"), call.const("dimension")
        if found is None or not isinstance(axis, int):
            return None
        return tuple(dim for place, dim in enumerate(found) if place != axis % len(found))

    new = f"arg{name[4:]}"
    return Entry(
        name,
        "input, dimension, output_type=tf.int64, name=None",
        shape=shape,
        dtype=chosen("output_type", "int64"),
        tf2=rename(f"tf.{new}", "input dimension=axis output_type"),
        torch=lambda call: f"torch.{new}({call.tensor('input')}, dim={call.text('dimension')})",
        differentiable=False,
    )


def _sort(call: Rewriting) -> str:
    direction = call.const("direction", "ASCENDING")
    if direction not in ("ASCENDING", "DESCENDING"):
        call.refuse("the direction of the sort isn't known here", 'write "ASCENDING" or "DESCENDING"')
    order = ", descending=True" if direction == "DESCENDING" else ""
    return f"torch.sort({call.tensor('values')}, dim={call.text('axis', '-1')}{order}).values"


def _permuted_back(call: Rewriting) -> str:
    return f"torch.argsort({tensor_operand(call, 'x')}).to(torch.{call.dtype('x') or 'int32'})"


def _counted(call: Rewriting) -> str:
    refuse_given(call, "keepdims reduction_indices keep_dims input", "pass the tensor and its axis only")
    axis = f", dim={call.text('axis')}" if call.given("axis") else ""
    cast = f".to({call.dtype_text('dtype')})" if call.given("dtype") else ""
    return f"torch.count_nonzero({call.tensor('input_tensor')}{axis}){cast}"


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "scatter_nd",
        "indices, updates, shape, name=None",
        aliases=("manip.scatter_nd",),
        shape=dimensions("shape"),
        dtype=dtype_of("updates"),
        tf2=rename("tf.scatter_nd", "indices updates shape"),
        torch=_scatter_nd,
        trap="Updates of an index that occurs twice add up; torch's scatter keeps one of them.",
    ),
    Entry(
        "setdiff1d",
        "x, y, index_dtype=tf.int32, name=None",
        shape=lambda call: [(ANY,), (ANY,)],  # type: ignore[arg-type,return-value]
        dtype=_difference_dtypes,
        tf2=_difference_tf2,
        torch=_difference,
        differentiable=False,
        outputs=lambda call: 2,
        trap="Entries keep their order, and repeated ones stay; np.setdiff1d sorts and drops them.",
    ),
    Entry(
        "boolean_mask",
        "tensor, mask, name='boolean_mask', axis=None",
        shape=_masked_shape,
        dtype=dtype_of("tensor"),
        tf2=rename("tf.boolean_mask", "tensor mask axis"),
        torch=_masked,
    ),
    Entry(
        "sequence_mask",
        "lengths, maxlen=None, dtype=tf.bool, name=None",
        shape=_sequence_mask_shape,
        dtype=chosen("dtype", "bool"),
        tf2=rename("tf.sequence_mask", "lengths maxlen dtype"),
        torch=_sequence_mask,
        differentiable=False,
    ),
    Entry(
        "dynamic_partition",
        "data, partitions, num_partitions, name=None",
        shape=_parts_shape,
        dtype=dtype_of("data"),
        tf2=rename("tf.dynamic_partition", "data partitions num_partitions"),
        torch=_partition,
        outputs=_parts,
    ),
    _segments("segment_sum", ""),
    _segments("segment_mean", ", mean=True"),
    _segments("unsorted_segment_sum", ""),
    _segments("unsorted_segment_mean", ", mean=True"),
    Entry(
        "invert_permutation",
        "x, name=None",
        aliases=("math.invert_permutation",),
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=rename("tf.math.invert_permutation", "x"),
        torch=_permuted_back,
        differentiable=False,
    ),
    Entry(
        "broadcast_to",
        "input, shape, name=None",
        shape=dimensions("shape"),
        dtype=dtype_of("input"),
        tf2=rename("tf.broadcast_to", "input shape"),
        torch=lambda call: f"torch.broadcast_to({call.tensor('input')}, {dims(call, 'shape')})",
    ),
    Entry(
        "sort",
        "values, axis=-1, direction='ASCENDING', name=None",
        shape=shape_of("values"),
        dtype=dtype_of("values"),
        tf2=rename("tf.sort", "values axis direction"),
        torch=_sort,
    ),
    _searched("arg_max"),
    _searched("arg_min"),
    Entry(
        "count_nonzero",
        "input_tensor=None, axis=None, keepdims=None, dtype=tf.int64, name=None, reduction_indices=None, "
        "keep_dims=None, input=None",
        aliases=("math.count_nonzero",),
        shape=lambda call: None if call.given("axis") or call.given("keepdims") else (),
        dtype=chosen("dtype", "int64"),
        tf2=rename("tf.math.count_nonzero", "input_tensor=input axis keepdims dtype"),
        torch=_counted,
        differentiable=False,
    ),
)
