"""Convolutions other than the plain one of images: of sequences, transposed, by channels, dilated."""

from __future__ import annotations

from actlint.apis.entries.images import Pair, known_padding, known_pair, nhwc, padding, pair, window_shape
from actlint.apis.entry import Bound, Entry, Rewriting
from actlint.apis.forms import refuse_given, rename
from actlint.apis.infer import dtype_of
from actlint.apis.shape import ANY, Dim, Shape, multiplied

_SAME = "SAME pads more at the bottom and right, and by the size of the input."


def _options(call: Rewriting, stride: Pair, dilation: Pair = (1, 1)) -> str:
    text = f", stride={stride}" if stride != (1, 1) else ""
    text += ', padding="VALID"' if known_padding(call) == "VALID" else ""
    return text + (f", dilation={dilation}" if dilation != (1, 1) else "")


def _times(left: Dim, right: Dim) -> Dim:
    return multiplied((left, right))


def _window(kernel: Shape, dilation: Pair | None) -> Pair | None:
    sides = kernel[0].value, kernel[1].value
    if dilation is None or sides[0] is None or sides[1] is None:
        return None
    return (sides[0] - 1) * dilation[0] + 1, (sides[1] - 1) * dilation[1] + 1


def _moved(call: Bound, value: str, kernel: str, strides: str, rate: str, channels: Dim) -> Shape | None:
    shape = call.shape(kernel)
    stride = pair(call.const(strides)) if strides else (1, 1)
    window = _window(shape, pair(call.const(rate, 1))) if shape is not None and len(shape) == 4 else None
    return window_shape(call.shape(value), window, stride, padding(call), channels)


# -- sequences


def _conv1d_value(call: Bound) -> str:
    return "input" if call.given("input") else "value"


def _conv1d_shape(call: Bound) -> Shape | None:
    shape, kernel = call.shape(_conv1d_value(call)), call.shape("filters")
    if shape is None or kernel is None or len(shape) != 3 or len(kernel) != 3:
        return None
    size, window, stride = shape[1].value, kernel[0].value, call.const("stride")
    length = ANY
    if size is not None and window is not None and isinstance(stride, int) and padding(call) is not None:
        reach = size if padding(call) == "SAME" else size - window + 1
        length = Dim(-(-reach // stride))
    return (shape[0], length, kernel[2])


def _conv1d(call: Rewriting) -> str:
    refuse_given(call, "dilations", "use tf.nn.conv2d")
    if call.given("data_format") and call.const("data_format") != "NWC":
        call.refuse("sequences with the channels first can't be carried over", 'transpose them and use "NWC"')
    stride = call.text("stride")
    text = f", stride={stride}" if call.const("stride") != 1 else ""
    text += ', padding="VALID"' if known_padding(call) == "VALID" else ""
    return f"{call.helper('conv1d')}({call.tensor(_conv1d_value(call))}, {call.tensor('filters')}{text})"


def _conv1d_tf2(call: Rewriting) -> str:
    refuse_given(call, "dilations", "use tf.nn.conv2d")
    layout = f", data_format={call.text('data_format')}" if call.given("data_format") else ""
    value, filters = call.text(_conv1d_value(call)), call.text("filters")
    return f"tf.nn.conv1d({value}, {filters}, stride={call.text('stride')}, padding={call.text('padding')}{layout})"


# -- the transpose


def _transposed_names(call: Bound) -> tuple[str, str]:
    return "input" if call.given("input") else "value", "filters" if call.given("filters") else "filter"


def _transposed_shape(call: Bound) -> Shape | None:
    value, kernel = _transposed_names(call)
    wanted, shape, filters = call.dimensions("output_shape"), call.shape(value), call.shape(kernel)
    if wanted is not None and len(wanted) == 4:
        return wanted
    if shape is None or filters is None or len(filters) != 4:
        return None
    return (shape[0], ANY, ANY, filters[2])


def _side(dim: Dim) -> str | None:
    return dim.source or (None if dim.value is None else str(dim.value))


def _transposed(call: Rewriting) -> str:
    nhwc(call)
    refuse_given(call, "dilations", "leave the argument out")
    value, kernel = _transposed_names(call)
    wanted = call.dimensions("output_shape")
    sides = [_side(dim) for dim in wanted[1:3]] if wanted is not None and len(wanted) == 4 else [None]
    size = f"({', '.join(str(s) for s in sides)})" if None not in sides else f"{call.operand('output_shape')}[1:3]"
    options = _options(call, known_pair(call, "strides")) if call.given("padding") else _default_options(call)
    return f"{call.helper('conv2d_transpose')}({call.tensor(value)}, {call.tensor(kernel)}, {size}{options})"


def _default_options(call: Rewriting) -> str:
    stride = known_pair(call, "strides")
    return f", stride={stride}" if stride != (1, 1) else ""


def _transposed_tf2(call: Rewriting) -> str:
    value, kernel = _transposed_names(call)
    texts = [call.text(value), call.text(kernel), call.text("output_shape"), call.text("strides")]
    names = ("padding", "data_format", "dilations")
    return f"tf.nn.conv2d_transpose({', '.join(texts)}{''.join(_keyword(call, n) for n in names)})"


def _keyword(call: Rewriting, name: str) -> str:
    return f", {name}={call.text(name)}" if call.given(name) else ""


# -- by channels, dilated


def _rate(call: Rewriting) -> Pair:
    refuse_given(call, "dilations", "use rate")
    return known_pair(call, "rate")


def _depthwise_shape(call: Bound) -> Shape | None:
    kernel = call.shape("filter")
    channels = _times(kernel[2], kernel[3]) if kernel is not None and len(kernel) == 4 else ANY
    return _moved(call, "input", "filter", "strides", "rate", channels)


def _depthwise(call: Rewriting) -> str:
    nhwc(call)
    options = _options(call, known_pair(call, "strides"), _rate(call))
    return f"{call.helper('depthwise_conv2d')}({call.tensor('input')}, {call.tensor('filter')}{options})"


def _depthwise_tf2(call: Rewriting) -> str:
    texts = [call.text(p) for p in ("input", "filter", "strides", "padding")]
    rate = f", dilations={call.text('rate')}" if call.given("rate") else _keyword(call, "dilations")
    return f"tf.nn.depthwise_conv2d({', '.join(texts)}{_keyword(call, 'data_format')}{rate})"


def _separable_shape(call: Bound) -> Shape | None:
    kernel = call.shape("pointwise_filter")
    channels = kernel[3] if kernel is not None and len(kernel) == 4 else ANY
    return _moved(call, "input", "depthwise_filter", "strides", "rate", channels)


def _separable(call: Rewriting) -> str:
    nhwc(call)
    options = _options(call, known_pair(call, "strides"), _rate(call))
    depthwise = f"{call.tensor('input')}, {call.tensor('depthwise_filter')}{options}"
    inner = f"{call.helper('depthwise_conv2d')}({depthwise})"
    return f"{call.helper('conv2d')}({inner}, {call.tensor('pointwise_filter')})"


def _separable_tf2(call: Rewriting) -> str:
    texts = [call.text(p) for p in ("input", "depthwise_filter", "pointwise_filter", "strides", "padding")]
    rate = f", dilations={call.text('rate')}" if call.given("rate") else _keyword(call, "dilations")
    return f"tf.nn.separable_conv2d({', '.join(texts)}{_keyword(call, 'data_format')}{rate})"


def _atrous_shape(call: Bound) -> Shape | None:
    kernel = call.shape("filters")
    return _moved(call, "value", "filters", "", "rate", kernel[3] if kernel is not None and len(kernel) == 4 else ANY)


def _atrous(call: Rewriting) -> str:
    options = _options(call, (1, 1), known_pair(call, "rate"))
    return f"{call.helper('conv2d')}({call.tensor('value')}, {call.tensor('filters')}{options})"


# -- channels


def _blocks(call: Bound, down: bool) -> Shape | None:
    shape, block = call.shape("input"), call.const("block_size")
    if shape is None or len(shape) != 4 or not isinstance(block, int):
        return None
    height, width, channels = (dim.value for dim in shape[1:])
    area = block * block
    if down:
        found = [height and height // block, width and width // block, channels and channels * area]
    else:
        found = [height and height * block, width and width * block, channels and channels // area]
    return (shape[0], *(ANY if size is None else Dim(size) for size in found))


def _block_entry(name: str, down: bool) -> Entry:
    def form(call: Rewriting) -> str:
        nhwc(call)
        return f"{call.helper(name)}({call.tensor('input')}, {call.text('block_size')})"

    return Entry(
        name,
        "input, block_size, name=None, data_format='NHWC'",
        aliases=(f"nn.{name}",),
        shape=lambda call: _blocks(call, down),
        dtype=dtype_of("input"),
        tf2=rename(f"tf.nn.{name}", "input block_size data_format"),
        torch=form,
        trap="The channels come in another order than with torch's pixel_shuffle and pixel_unshuffle.",
    )


def _normalised(call: Rewriting) -> str:
    given = "".join(_keyword(call, name) for name in ("depth_radius", "bias", "alpha", "beta"))
    return f"{call.helper('local_response_normalization')}({call.tensor('input')}{given})"


_BY_CHANNELS = "rate=None, name=None, data_format=None, dilations=None"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "nn.conv1d",
        "value=None, filters=None, stride=None, padding=None, use_cudnn_on_gpu=None, data_format=None, name=None, "
        "input=None, dilations=None",
        shape=_conv1d_shape,
        dtype=dtype_of("filters"),
        tf2=_conv1d_tf2,
        torch=_conv1d,
        trap=_SAME,
    ),
    Entry(
        "nn.conv2d_transpose",
        "value=None, filter=None, output_shape=None, strides=None, padding='SAME', data_format='NHWC', name=None, "
        "input=None, filters=None, dilations=None",
        shape=_transposed_shape,
        dtype=lambda call: call.dtype(_transposed_names(call)[1]),
        tf2=_transposed_tf2,
        torch=_transposed,
        trap="The kernel is (height, width, out, in), and output_shape decides what is cut off.",
    ),
    Entry(
        "nn.depthwise_conv2d",
        f"input, filter, strides, padding, {_BY_CHANNELS}",
        shape=_depthwise_shape,
        dtype=dtype_of("input"),
        tf2=_depthwise_tf2,
        torch=_depthwise,
        trap=_SAME,
    ),
    Entry(
        "nn.separable_conv2d",
        f"input, depthwise_filter, pointwise_filter, strides, padding, {_BY_CHANNELS}",
        shape=_separable_shape,
        dtype=dtype_of("input"),
        tf2=_separable_tf2,
        torch=_separable,
        trap=_SAME,
    ),
    Entry(
        "nn.atrous_conv2d",
        "value, filters, rate, padding, name=None",
        shape=_atrous_shape,
        dtype=dtype_of("value"),
        tf2=rename("tf.nn.atrous_conv2d", "value filters rate padding"),
        torch=_atrous,
        trap=_SAME,
    ),
    _block_entry("space_to_depth", True),
    _block_entry("depth_to_space", False),
    Entry(
        "nn.lrn",
        "input, depth_radius=5, bias=1, alpha=1, beta=0.5, name=None",
        aliases=("nn.local_response_normalization",),
        shape=lambda call: call.shape("input"),
        dtype=dtype_of("input"),
        tf2=rename("tf.nn.local_response_normalization", "input depth_radius bias alpha beta"),
        torch=_normalised,
        trap="alpha weighs the sum over 2 * depth_radius + 1 channels; torch divides it by their number.",
    ),
)
