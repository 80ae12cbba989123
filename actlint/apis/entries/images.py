"""Convolution and pooling of NHWC images."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Form, Rewriting, ShapeRule
from actlint.apis.forms import rename
from actlint.apis.infer import dtype_of
from actlint.apis.shape import ANY, Dim, Shape

Pair = tuple[int, int]


def padding(call: Bound) -> str | None:
    """ "SAME" or "VALID", None when not known."""
    value = call.const("padding", "VALID")
    return value.upper() if isinstance(value, str) and value.upper() in ("SAME", "VALID") else None


def known_padding(call: Rewriting) -> str:
    """The same, refused when not known."""
    found = padding(call)
    if found is None:
        call.refuse("the padding isn't known here", 'write "SAME" or "VALID"')
    return found


def nhwc(call: Rewriting, standard: str = "NHWC") -> None:
    """Refuse other layouts of images."""
    if call.given("data_format") and call.const("data_format") != standard:
        call.refuse("images with the channels first can't be carried over", f'transpose them and use "{standard}"')


def pair(value: object) -> Pair | None:
    """A window or stride as (height, width): from a number, a pair, or TF1's four numbers of an NHWC op."""
    if isinstance(value, int):
        return (value, value)
    if isinstance(value, (list, tuple)) and all(isinstance(v, int) for v in value):
        if len(value) == 1:
            return (value[0], value[0])
        if len(value) == 4 and value[0] == value[3] == 1:
            return (value[1], value[2])
        if len(value) == 2:
            return (value[0], value[1])
    return None


def known_pair(call: Rewriting, parameter: str, default: Pair = (1, 1)) -> Pair:
    """An argument as (height, width), refused when not known."""
    if not call.given(parameter):
        return default
    found = pair(call.const(parameter))
    if found is None:
        call.refuse(f"{parameter} isn't known here, or strides over images or channels", "write it as numbers")
    return found


def window_shape(
    image: Shape | None, window: Pair | None, stride: Pair | None, how: str | None, channels: Dim
) -> Shape | None:
    """The shape after a window moved over NHWC images."""
    if image is None or len(image) != 4:
        return None
    sides = []
    for axis in (0, 1):
        size = image[1 + axis].value
        if size is None or window is None or stride is None or how is None:
            sides.append(ANY)
        elif how == "SAME" and stride[axis] == 1:
            sides.append(image[1 + axis])
        else:
            reach = size if how == "SAME" else size - window[axis] + 1
            sides.append(Dim(-(-reach // stride[axis])))
    return (image[0], *sides, channels)


def transposed_shape(
    image: Shape | None, window: Pair | None, stride: Pair | None, how: str | None, channels: Dim
) -> Shape | None:
    """The shape after the transpose of a convolution of NHWC images."""
    if image is None or len(image) != 4:
        return None
    sides = []
    for axis in (0, 1):
        size = image[1 + axis].value
        if size is None or window is None or stride is None or how is None:
            sides.append(ANY)
        else:
            sides.append(Dim(size * stride[axis] + (0 if how == "SAME" else max(window[axis] - stride[axis], 0))))
    return (image[0], *sides, channels)


def _conv_shape(call: Bound) -> Shape | None:
    kernel, strides, dilations = call.shape("filter"), pair(call.const("strides")), pair(call.const("dilations", 1))
    if kernel is None or len(kernel) != 4:
        return window_shape(call.shape("input"), None, None, None, ANY)
    sizes = (kernel[0].value, kernel[1].value)
    window = None
    if dilations is not None and sizes[0] is not None and sizes[1] is not None:
        window = ((sizes[0] - 1) * dilations[0] + 1, (sizes[1] - 1) * dilations[1] + 1)
    return window_shape(call.shape("input"), window, strides, padding(call), kernel[3])


def _conv2d(call: Rewriting) -> str:
    nhwc(call)
    stride, dilation = known_pair(call, "strides"), known_pair(call, "dilations")
    options = f", stride={stride}" if stride != (1, 1) else ""
    options += ', padding="VALID"' if known_padding(call) == "VALID" else ""
    options += f", dilation={dilation}" if dilation != (1, 1) else ""
    return f"{call.helper('conv2d')}({call.tensor('input')}, {call.tensor('filter')}{options})"


def _pool_shape(value: str) -> ShapeRule:
    def rule(call: Bound) -> Shape | None:
        shape = call.shape(value)
        window, stride = pair(call.const("ksize")), pair(call.const("strides"))
        return window_shape(shape, window, stride, padding(call), shape[-1] if shape else ANY)

    return rule


def pool(call: Rewriting, helper: str, value: str, window: Pair, stride: Pair) -> str:
    """A pooling helper's call."""
    how = ', padding="SAME"' if known_padding(call) == "SAME" else ""
    return f"{call.helper(helper)}({call.tensor(value)}, {window}, {stride}{how})"


def _pooling(helper: str, value: str) -> Form:
    def form(call: Rewriting) -> str:
        nhwc(call)
        return pool(call, helper, value, known_pair(call, "ksize"), known_pair(call, "strides"))

    return form


def _pool_entry(name: str, value: str, tf2: str, helper: str, aliases: tuple[str, ...] = ()) -> Entry:
    return Entry(
        f"nn.{name}",
        f"{value}, ksize, strides, padding, data_format='NHWC', name=None",
        aliases=aliases,
        renamed={"input": "value"} if value == "value" else {},
        shape=_pool_shape(value),
        dtype=dtype_of(value),
        tf2=rename(tf2, f"{value}=input ksize strides padding data_format"),
        torch=_pooling(helper, value),
        trap="SAME pads more at the bottom and right, and by the size of the input.",
    )


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "nn.conv2d",
        "input, filter=None, strides=None, padding=None, use_cudnn_on_gpu=True, data_format='NHWC', "
        "dilations=[1, 1, 1, 1], name=None",
        renamed={"filters": "filter"},
        shape=_conv_shape,
        dtype=dtype_of("input"),
        tf2=rename("tf.nn.conv2d", "input filter=filters strides padding data_format dilations", "use_cudnn_on_gpu"),
        torch=_conv2d,
        trap="SAME pads more at the bottom and right, and by the size of the input.",
    ),
    _pool_entry("max_pool", "value", "tf.nn.max_pool2d", "max_pool2d"),
    _pool_entry("max_pool2d", "input", "tf.nn.max_pool2d", "max_pool2d"),
    _pool_entry("avg_pool", "value", "tf.nn.avg_pool2d", "avg_pool2d", ("nn.avg_pool2d",)),
)
