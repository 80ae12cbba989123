"""Functions that rearrange tensors or ask for their shape."""

from __future__ import annotations

from dataclasses import replace

from actlint.apis.entries.linear import sparse_lookup
from actlint.apis.entry import Bound, Entry, Host, Rename, Rewriting
from actlint.apis.forms import arguments, constant_axis, dims, is_number, refuse_given, rename, tensor_operand
from actlint.apis.infer import always, chosen, combined, dtype_of, places, scalar, shape_of, total, units_of
from actlint.apis.shape import ANY, Dim, Shape, added, divided, multiplied

Part = Shape | None


def _reshape_shape(call: Bound) -> Part:
    wanted, given = call.dimensions("shape"), call.shape("tensor")
    if wanted is None:
        return None
    open_places = [place for place, dim in enumerate(wanted) if dim.value is None]
    size = total(given) if given is not None else ANY
    if len(open_places) != 1 or size.value is None:
        return wanted
    place = open_places[0]
    length = divided(size, total([dim for dim in wanted if dim.value is not None]))
    return (*wanted[:place], replace(length, source=wanted[place].source), *wanted[place + 1 :])


def _transpose_shape(call: Bound) -> Part:
    shape = call.shape("a")
    if shape is None:
        return None
    if not call.given("perm"):
        return shape[::-1]
    order = places(call.const("perm"), len(shape))
    return tuple(shape[place] for place in order) if order else (ANY,) * len(shape)


def _transpose(call: Rewriting) -> str | Rename:
    shape = call.shape("a")
    if call.given("perm"):
        constant_axis(call, "perm")
        if call.is_tensor("a"):
            return rename("torch.permute", "a=input perm=dims", "conjugate")
        return f"torch.permute({call.tensor('a')}, {call.text('perm')})"
    if shape is None:
        call.refuse("the rank of the transposed tensor isn't known", "pass perm")
    if len(shape) < 2:
        return call.tensor("a")
    if len(shape) == 2:
        return f"{tensor_operand(call, 'a')}.T"
    return f"torch.permute({call.tensor('a')}, {tuple(range(len(shape)))[::-1]})"


def _expand_shape(call: Bound) -> Part:
    shape, axis = call.shape("input"), call.const("axis")
    if shape is None or not isinstance(axis, int):
        return None
    place = axis % (len(shape) + 1)
    return shape[:place] + (Dim(1),) + shape[place:]


def _expand(call: Rewriting) -> str | Rename:
    constant_axis(call)
    if call.is_tensor("input"):
        return rename("torch.unsqueeze", "input axis=dim")
    return f"torch.unsqueeze({call.tensor('input')}, {call.text('axis')})"


def _squeeze_shape(call: Bound) -> Part:
    shape = call.shape("input")
    if shape is None:
        return None
    if not call.given("axis"):
        return None if any(dim.value is None for dim in shape) else tuple(dim for dim in shape if dim.value != 1)
    gone = places(call.const("axis"), len(shape))
    return None if gone is None else tuple(dim for place, dim in enumerate(shape) if place not in gone)


def _squeeze(call: Rewriting) -> str | Rename:
    constant_axis(call)
    shape = call.shape("input")
    if call.given("axis") and shape is not None:
        along = places(call.const("axis"), len(shape)) or []
        if any(shape[place].value not in (1, None) for place in along):
            call.refuse("the squeezed axis isn't 1 long, an error in TF1", "drop the axis that is meant")
    if call.is_tensor("input"):
        return rename("torch.squeeze", "input axis=dim")
    return f"torch.squeeze({call.tensor('input')}{arguments(call, 'axis=dim')})"


def _concat_shape(call: Bound) -> Part:
    shapes, axis = call.shapes("values"), call.const("axis")
    joined = combined(shapes)
    if joined is None or not isinstance(axis, int) or not joined:
        return None
    place = axis % len(joined)
    joined[place] = added(shape[place] if shape is not None else ANY for shape in shapes)
    return tuple(joined)


def _concat_order(call: Rewriting) -> None:
    constant_axis(call)
    if is_number(call, "values"):
        call.refuse("tf.concat with the axis first is TensorFlow's order before 1.0", "write tf.concat(values, axis)")


def _concat(call: Rewriting) -> str | Rename:
    _concat_order(call)
    if call.is_host("values"):
        return f"torch.cat([torch.as_tensor(part) for part in {call.text('values')}], {call.text('axis')})"
    return rename("torch.cat", "values=tensors axis=dim")


def _concat_tf2(call: Rewriting) -> Rename:
    _concat_order(call)
    return rename("tf.concat", "values axis")


def _stack_shape(call: Bound) -> Part:
    shapes = call.shapes("values")
    joined = combined(shapes)
    axis = call.const("axis", 0) if call.given("axis") else 0
    if joined is None or not isinstance(axis, int):
        return None
    place = axis % (len(joined) + 1)
    return (*joined[:place], Dim(len(shapes)), *joined[place:])


def _stack(call: Rewriting) -> str | Rename:
    constant_axis(call)
    if call.is_host("values") and not call.given("axis"):
        return Host(call.text("values"))
    return f"torch.stack({call.tensors('values')}{arguments(call, 'axis=dim')})"


def _unstack_axis(call: Bound) -> tuple[Shape, int] | None:
    shape = call.shape("value")
    axis = call.const("axis", 0) if call.given("axis") else 0
    return (shape, axis % len(shape)) if shape and isinstance(axis, int) else None


def _unstack_outputs(call: Bound) -> int:
    found, number = _unstack_axis(call), call.const("num")
    if isinstance(number, int):
        return number
    return (found[0][found[1]].value or 1) if found else 1


def _unstack_shape(call: Bound) -> Part:
    found = _unstack_axis(call)
    return found[0][: found[1]] + found[0][found[1] + 1 :] if found else None


def _unstack(call: Rewriting) -> str | Rename:
    constant_axis(call)
    if call.is_tensor("value"):
        return rename("torch.unbind", "value=input axis=dim", "num")
    return f"torch.unbind({call.tensor('value')}{arguments(call, 'axis=dim')})"


def _split_outputs(call: Bound) -> int:
    pieces = call.const("num_or_size_splits")
    return pieces if isinstance(pieces, int) else len(pieces) if isinstance(pieces, (list, tuple)) else 1


def _split_shape(call: Bound) -> Part:
    shape, pieces = call.shape("value"), call.const("num_or_size_splits")
    axis = call.const("axis", 0) if call.given("axis") else 0
    if not shape or not isinstance(axis, int):
        return None
    place = axis % len(shape)
    each = divided(shape[place], units_of(call, "num_or_size_splits")) if isinstance(pieces, int) else ANY
    if isinstance(pieces, (list, tuple)) and len(set(pieces)) == 1:
        each = (call.dimensions("num_or_size_splits") or (Dim(pieces[0]),))[0]
    return shape[:place] + (each,) + shape[place + 1 :]


def _split_order(call: Rewriting) -> None:
    constant_axis(call)
    if is_number(call, "value"):
        call.refuse("tf.split with the axis first is TensorFlow's order before 1.0", "write tf.split(x, pieces, axis)")


def _split(call: Rewriting) -> str | Rename:
    _split_order(call)
    pieces = call.const("num_or_size_splits")
    if isinstance(pieces, int) or is_number(call, "num_or_size_splits"):
        return rename("torch.chunk", "value=input num_or_size_splits=chunks axis=dim", "num")
    if not isinstance(pieces, (list, tuple)) or -1 in pieces:
        call.refuse("the sizes of the split aren't known here", "write the sizes as a list of numbers")
    return rename("torch.split", "value=tensor num_or_size_splits=split_size_or_sections axis=dim", "num")


def _split_tf2(call: Rewriting) -> Rename:
    _split_order(call)
    return rename("tf.split", "value num_or_size_splits axis num")


def _tile_shape(call: Bound) -> Part:
    shape, times = call.shape("input"), call.dimensions("multiples")
    if shape is None or times is None or len(shape) != len(times):
        return None if shape is None else (ANY,) * len(shape)
    return tuple(
        dim if by.value == 1 and by.formula is None else multiplied((dim, by))
        for dim, by in zip(shape, times, strict=True)
    )


def _slice_shape(call: Bound) -> Part:
    size, shape, begin = call.const("size"), call.shape("input_"), call.const("begin")
    if not isinstance(size, (list, tuple)) or shape is None or not isinstance(begin, (list, tuple)):
        return None if shape is None else (ANY,) * len(shape)
    return tuple(
        Dim(length) if length >= 0 else ANY if dim.value is None else Dim(dim.value - start)
        for start, length, dim in zip(begin, size, shape, strict=True)
    )


def _slice(call: Rewriting) -> str:
    begin, size = call.const("begin"), call.const("size")
    if not isinstance(begin, (list, tuple)) or not isinstance(size, (list, tuple)):
        call.refuse("the bounds of tf.slice aren't known here", "write the slice as x[a:b, c:d]")
    parts = [f"{a or ''}:{a + n if n >= 0 else ''}" for a, n in zip(begin, size, strict=True)]
    return f"{tensor_operand(call, 'input_')}[{', '.join(parts)}]"


def _gather_axis(call: Bound) -> object:
    return call.const("axis") if call.given("axis") else 0


def _gather_shape(call: Bound) -> Part:
    shape, indices, axis = call.shape("params"), call.shape("indices"), _gather_axis(call)
    if not shape or indices is None or not isinstance(axis, int):
        return None
    place = axis % len(shape)
    return shape[:place] + indices + shape[place + 1 :]


def _gather(call: Rewriting) -> str:
    refuse_given(call, "batch_dims")
    if call.text("sparse", ""):
        return sparse_lookup(call, "indices")
    axis, shape = _gather_axis(call), call.shape("params")
    if not isinstance(axis, int) or axis < 0 and shape is None:
        call.refuse("the axis of tf.gather isn't known here", "write the axis as a number")
    place = axis % len(shape) if shape else axis
    return f"{tensor_operand(call, 'params')}[{':, ' * place}{call.text('indices')}]"


def _gather_nd(call: Rewriting) -> str:
    refuse_given(call, "batch_dims")
    return f"{tensor_operand(call, 'params')}[{tensor_operand(call, 'indices')}.long().unbind(-1)]"


def _shape(call: Rewriting) -> Host:
    return Host(f"{tensor_operand(call, 'input')}.shape")


def _rank_shape(call: Bound) -> Part:
    shape = call.shape("input")
    return (ANY,) if shape is None else (Dim(len(shape)),)


def _pad_shape(call: Bound) -> Part:
    shape, pads = call.shape("tensor"), call.const("paddings")
    if shape is None or not isinstance(pads, (list, tuple)) or len(pads) != len(shape):
        return None if shape is None else (ANY,) * len(shape)
    return tuple(
        ANY if dim.value is None else Dim(dim.value + before + after)
        for dim, (before, after) in zip(shape, pads, strict=True)
    )


def _pad(call: Rewriting) -> str:
    """torch counts the axes from the last one."""
    pads, mode = call.const("paddings"), call.const("mode", "CONSTANT")
    if not isinstance(pads, (list, tuple)):
        call.refuse("the paddings aren't known here", "write them as a list of numbers")
    if not isinstance(mode, str) or mode.upper() != "CONSTANT":
        call.refuse(f"torch has no exact counterpart of {mode} padding", "pad with tf.concat of reversed slices")
    flat = ", ".join(f"{before}, {after}" for before, after in reversed(pads))
    value = f", value={call.text('constant_values')}" if call.given("constant_values") else ""
    return f"F.pad({call.tensor('tensor')}, ({flat}){value})"


def _identity(call: Rewriting) -> str:
    return call.tensor("input")


def _reverse(call: Rewriting) -> str | Rename:
    constant_axis(call)
    return rename("torch.flip", "tensor=input axis=dims")


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "reshape",
        "tensor, shape, name=None",
        aliases=("manip.reshape",),
        shape=_reshape_shape,
        dtype=dtype_of("tensor"),
        tf2=rename("tf.reshape", "tensor shape"),
        torch=lambda call: (
            rename("torch.reshape", "tensor=input shape")
            if call.is_tensor("tensor") and not call.is_tensor("shape")
            else f"torch.reshape({call.tensor('tensor')}, {dims(call, 'shape')})"
        ),
    ),
    Entry(
        "transpose",
        "a, perm=None, name='transpose', conjugate=False",
        shape=_transpose_shape,
        dtype=dtype_of("a"),
        tf2=rename("tf.transpose", "a perm conjugate"),
        torch=_transpose,
    ),
    Entry(
        "expand_dims",
        "input, axis=None, name=None",
        renamed={"dim": "axis"},
        shape=_expand_shape,
        dtype=dtype_of("input"),
        tf2=rename("tf.expand_dims", "input axis"),
        torch=_expand,
    ),
    Entry(
        "squeeze",
        "input, axis=None, name=None",
        renamed={"squeeze_dims": "axis"},
        shape=_squeeze_shape,
        dtype=dtype_of("input"),
        tf2=rename("tf.squeeze", "input axis"),
        torch=_squeeze,
        trap="An axis that isn't 1 long is an error; torch leaves it.",
    ),
    Entry(
        "concat",
        "values, axis, name='concat'",
        renamed={"concat_dim": "axis"},
        shape=_concat_shape,
        dtype=dtype_of("values"),
        tf2=_concat_tf2,
        torch=_concat,
    ),
    Entry(
        "stack",
        "values, axis=0, name='stack'",
        aliases=("pack",),
        shape=_stack_shape,
        dtype=dtype_of("values"),
        tf2=rename("tf.stack", "values axis"),
        torch=_stack,
    ),
    Entry(
        "unstack",
        "value, num=None, axis=0, name='unstack'",
        aliases=("unpack",),
        shape=_unstack_shape,
        dtype=dtype_of("value"),
        tf2=rename("tf.unstack", "value num axis"),
        torch=_unstack,
        outputs=_unstack_outputs,
    ),
    Entry(
        "split",
        "value, num_or_size_splits, axis=0, num=None, name='split'",
        renamed={"split_dim": "axis", "num_split": "num_or_size_splits"},
        shape=_split_shape,
        dtype=dtype_of("value"),
        tf2=_split_tf2,
        torch=_split,
        outputs=_split_outputs,
        trap="A number is the number of pieces; torch.split takes the size of a piece.",
    ),
    Entry(
        "tile",
        "input, multiples, name=None",
        aliases=("manip.tile",),
        shape=_tile_shape,
        dtype=dtype_of("input"),
        tf2=rename("tf.tile", "input multiples"),
        torch=lambda call: f"torch.tile({call.tensor('input')}, {dims(call, 'multiples')})",
    ),
    Entry(
        "slice",
        "input_, begin, size, name=None",
        shape=_slice_shape,
        dtype=dtype_of("input_"),
        tf2=rename("tf.slice", "input_ begin size"),
        torch=_slice,
    ),
    Entry(
        "gather",
        "params, indices, validate_indices=None, name=None, axis=None, batch_dims=0",
        shape=_gather_shape,
        dtype=dtype_of("params"),
        tf2=rename("tf.gather", "params indices axis batch_dims", "validate_indices"),
        torch=_gather,
        trap="A negative index is an error; torch counts it from the end.",
    ),
    Entry(
        "gather_nd",
        "params, indices, name=None, batch_dims=0",
        aliases=("manip.gather_nd",),
        dtype=dtype_of("params"),
        tf2=rename("tf.gather_nd", "params indices batch_dims"),
        torch=_gather_nd,
    ),
    Entry(
        "reverse",
        "tensor, axis, name=None",
        aliases=("reverse_v2", "manip.reverse"),
        renamed={"dims": "axis"},
        shape=shape_of("tensor"),
        dtype=dtype_of("tensor"),
        tf2=rename("tf.reverse", "tensor axis"),
        torch=_reverse,
    ),
    Entry(
        "pad",
        "tensor, paddings, mode='CONSTANT', name=None, constant_values=0",
        shape=_pad_shape,
        dtype=dtype_of("tensor"),
        tf2=rename("tf.pad", "tensor paddings mode constant_values"),
        torch=_pad,
        trap="torch.nn.functional.pad counts the axes from the last one.",
    ),
    Entry(
        "shape",
        "input, name=None, out_type=tf.int32",
        shape=_rank_shape,
        dtype=chosen("out_type", "int32"),
        tf2=rename("tf.shape", "input out_type"),
        torch=_shape,
        differentiable=False,
    ),
    Entry(
        "size",
        "input, name=None, out_type=tf.int32",
        shape=scalar,
        dtype=chosen("out_type", "int32"),
        tf2=rename("tf.size", "input out_type"),
        torch=lambda call: Host(f"{tensor_operand(call, 'input')}.numel()"),
        differentiable=False,
    ),
    Entry(
        "rank",
        "input, name=None",
        shape=scalar,
        dtype=always("int32"),
        tf2=rename("tf.rank", "input"),
        torch=lambda call: Host(f"{tensor_operand(call, 'input')}.dim()"),
        differentiable=False,
    ),
    Entry(
        "identity",
        "input, name=None",
        shape=shape_of("input"),
        dtype=dtype_of("input"),
        tf2=rename("tf.identity", "input"),
        torch=_identity,
    ),
    Entry(
        "stop_gradient",
        "input, name=None",
        shape=shape_of("input"),
        dtype=dtype_of("input"),
        tf2=rename("tf.stop_gradient", "input"),
        torch=lambda call: f"{tensor_operand(call, 'input')}.detach()",
        differentiable=False,
    ),
)
