"""tf.contrib.layers, which tf.contrib.slim is another name of: layers that have an activation unless they are told."""

from __future__ import annotations

from dataclasses import replace

from actlint.apis.entries.images import known_pair, nhwc, pair, pool, transposed_shape, window_shape
from actlint.apis.entries.layers import activated, fan_in
from actlint.apis.entry import UNKNOWN, Bound, Entry, Form, LayerEntry, Rewriting, Weight
from actlint.apis.forms import arguments, refuse_given
from actlint.apis.infer import dtype_of, shape_of, units_of
from actlint.apis.shape import ANY, Dim, Shape

_RELU = "The activation is relu unless `activation_fn` is passed, and the initialiser Glorot's."
_NORMALIZED = "apply tf.layers functions and the normalisation one after the other"
_PADDINGS = ("SAME", "VALID")


def _signature(first: str, activation: str = "tf.nn.relu") -> str:
    return (
        f"{first}, activation_fn={activation}, normalizer_fn=None, normalizer_params=None, "
        "weights_initializer=tf.contrib.layers.xavier_initializer(), "
        "weights_regularizer=None, biases_initializer=tf.zeros_initializer(), biases_regularizer=None, reuse=None, "
        "variables_collections=None, outputs_collections=None, trainable=True, scope=None"
    )


def _biased(call: Bound) -> bool:
    return call.const("biases_initializer", "zeros") is not None


def _activation(call: Bound, default: str) -> str:
    """The symbol of the layer's activation; "" for none, "?" where it is the user's."""
    if call.const("activation_fn", default) in (None, ""):
        return ""
    symbol = call.symbol("activation_fn") if call.given("activation_fn") else default
    return "" if symbol == "identity" else symbol or "?"


def _refuse_extras(call: Rewriting) -> None:
    refuse_given(call, "normalizer_fn", _NORMALIZED)
    refuse_given(call, "variables_collections outputs_collections", "keep the tensors in lists of your own")
    if call.given("trainable") and call.const("trainable") is not True:
        call.refuse("a layer that isn't trained", "leave its variables out of var_list")


def _weights(call: Bound, kernel: Shape, layout: str, default: str) -> tuple[Weight, ...]:
    place = "0." if _activation(call, default) else ""
    found = (Weight("weights", kernel, "kernel", (f"{place}weight", layout)),)
    return (*found, Weight("biases", kernel[-1:], "bias", (f"{place}bias", "same"))) if _biased(call) else found


def _keras(call: Rewriting, name: str, first: str, options: str, default: str) -> str:
    activation = _activation(call, default)
    text = f", activation={call.text('activation_fn', 'tf.nn.relu')}" if activation else ""
    bias = "" if _biased(call) else ", use_bias=False"
    scope = call.const("scope")
    label = f", name={call.text('scope')}" if isinstance(scope, str) and "/" not in scope else ""
    made = arguments(call, "weights_initializer=kernel_initializer biases_initializer=bias_initializer")
    return f"tf.keras.layers.{name}({first}{options}{text}{bias}{made}{label})"


def _torch_options(call: Rewriting) -> str:
    bias = "" if _biased(call) else ", bias=False"
    return bias + arguments(call, "weights_initializer=kernel_initializer biases_initializer=bias_initializer")


# -- dense


def _dense_shape(call: Bound) -> Shape | None:
    shape = call.shape("inputs")
    return (*shape[:-1], units_of(call, "num_outputs")) if shape else None


def _dense_entry(name: str, aliases: str, default: str) -> Entry:
    def weights(call: Bound) -> tuple[Weight, ...]:
        shape = call.shape("inputs")
        return _weights(call, (shape[-1] if shape else ANY, units_of(call, "num_outputs")), "T", default)

    def tf2(call: Rewriting) -> str:
        _refuse_extras(call)
        return _keras(call, "Dense", call.text("num_outputs"), "", default)

    def torch(call: Rewriting) -> str:
        _refuse_extras(call)
        sizes = f"{fan_in(call)}, {call.text('num_outputs')}"
        layer = f"{call.helper('linear')}({sizes}{_torch_options(call)})"
        return activated(call, layer, _activation(call, default))

    return LayerEntry(
        f"contrib.layers.{name}",
        _signature("inputs, num_outputs", "tf.nn.relu" if default else "None"),
        aliases=tuple(aliases.split()),
        shape=_dense_shape,
        dtype=dtype_of("inputs"),
        tf2=tf2,
        torch=torch,
        base="fully_connected",
        label="scope",
        activation="activation_fn",
        weights=weights,
        trap=_RELU if default else "",
    )


# -- images


def _padding(call: Bound) -> str | None:
    value = call.const("padding", "SAME")
    return value.upper() if isinstance(value, str) and value.upper() in _PADDINGS else None


def _layout(call: Rewriting) -> str:
    nhwc(call)
    found = _padding(call)
    if found is None:
        call.refuse("the padding isn't known here", 'write "SAME" or "VALID"')
    return found


def _conv_shape(call: Bound) -> Shape | None:
    window, stride, rate = (pair(call.const(p, 1)) for p in ("kernel_size", "stride", "rate"))
    reach = ((window[0] - 1) * rate[0] + 1, (window[1] - 1) * rate[1] + 1) if window and rate else None
    return window_shape(call.shape("inputs"), reach, stride, _padding(call), units_of(call, "num_outputs"))


def _conv_weights(call: Bound) -> tuple[Weight, ...]:
    shape, window = call.shape("inputs"), pair(call.const("kernel_size"))
    sides = (Dim(window[0]), Dim(window[1])) if window else (ANY, ANY)
    return _weights(call, (*sides, shape[-1] if shape else ANY, units_of(call, "num_outputs")), "HWIO", "nn.relu")


def _conv_tf2(call: Rewriting) -> str:
    _refuse_extras(call)
    options = ', padding="same"' if _layout(call) == "SAME" else ""
    options = arguments(call, "stride=strides") + options + arguments(call, "rate=dilation_rate")
    first = f"{call.text('num_outputs')}, {call.text('kernel_size')}"
    return _keras(call, "Conv2D", first, options, "nn.relu")


def _conv_torch(call: Rewriting) -> str:
    _refuse_extras(call)
    same = ", same=True" if _layout(call) == "SAME" else ""
    first = f"{fan_in(call)}, {call.text('num_outputs')}, {call.text('kernel_size')}"
    options = arguments(call, "stride rate=dilation") + same + _torch_options(call)
    return activated(call, f"{call.helper('Conv2d')}({first}{options})", _activation(call, "nn.relu"))


def _transposed_shape(call: Bound) -> Shape | None:
    window, stride = pair(call.const("kernel_size")), pair(call.const("stride", 1))
    return transposed_shape(call.shape("inputs"), window, stride, _padding(call), units_of(call, "num_outputs"))


def _transposed_weights(call: Bound) -> tuple[Weight, ...]:
    shape, window, units = call.shape("inputs"), pair(call.const("kernel_size")), units_of(call, "num_outputs")
    sides = (Dim(window[0]), Dim(window[1])) if window else (ANY, ANY)
    kernel, *bias = _weights(call, (*sides, units, shape[-1] if shape else ANY), "HWIO", "nn.relu")
    return (kernel, *(replace(own, shape=(units,)) for own in bias))


def _transposed_tf2(call: Rewriting) -> str:
    _refuse_extras(call)
    options = arguments(call, "stride=strides") + (', padding="same"' if _layout(call) == "SAME" else "")
    first = f"{call.text('num_outputs')}, {call.text('kernel_size')}"
    return _keras(call, "Conv2DTranspose", first, options, "nn.relu")


def _transposed(call: Rewriting) -> str:
    _refuse_extras(call)
    same = ", same=True" if _layout(call) == "SAME" else ""
    first = f"{fan_in(call)}, {call.text('num_outputs')}, {call.text('kernel_size')}"
    layer = f"{call.helper('ConvTranspose2d')}({first}{arguments(call, 'stride')}{same}{_torch_options(call)})"
    return activated(call, layer, _activation(call, "nn.relu"))


def _window(call: Bound) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    return pair(call.const("kernel_size")), pair(call.const("stride", 2))


def _pool_shape(call: Bound) -> Shape | None:
    shape, how = call.shape("inputs"), call.const("padding", "VALID")
    known = how.upper() if isinstance(how, str) else None
    return window_shape(shape, *_window(call), known, shape[-1] if shape else ANY)


def _pool_torch(helper: str) -> Form:
    def form(call: Rewriting) -> str:
        nhwc(call)
        window, stride = known_pair(call, "kernel_size"), known_pair(call, "stride", (2, 2))
        return pool(call, helper, "inputs", window, stride)

    return form


def _pool_tf2(name: str) -> Form:
    def form(call: Rewriting) -> str:
        nhwc(call)
        given = f"{call.text('inputs')}, {call.text('kernel_size')}, {call.text('stride', '2')}"
        padding = call.text("padding", '"VALID"')
        return f"tf.nn.{name}({given}, padding={padding})"

    return form


def _pool_entry(name: str) -> Entry:
    return Entry(
        f"contrib.layers.{name}",
        "inputs, kernel_size, stride=2, padding='VALID', data_format='NHWC', outputs_collections=None, scope=None",
        aliases=(f"contrib.slim.{name}",),
        shape=_pool_shape,
        dtype=dtype_of("inputs"),
        tf2=_pool_tf2(name),
        torch=_pool_torch(name),
        trap="The stride is 2 unless it is passed.",
    )


# -- without weights


def _on(call: Rewriting) -> bool | None:
    value = call.const("is_training") if call.given("is_training") else True
    return None if value is UNKNOWN or call.is_tensor("is_training") else bool(value)


def _rate(call: Rewriting) -> str:
    return f"1 - {call.operand('keep_prob')}" if call.given("keep_prob") else "0.5"


def _dropout_tf2(call: Rewriting) -> str:
    on, inputs = _on(call), call.text("inputs")
    if on is False:
        return inputs
    dropped = f"tf.nn.dropout({inputs}, rate={_rate(call)}{arguments(call, 'noise_shape seed')})"
    if on:
        return dropped
    if call.is_tensor("is_training"):
        return f"tf.cond({call.text('is_training')}, lambda: {dropped}, lambda: {inputs})"
    return f"{dropped} if {call.operand('is_training')} else {inputs}"


def _dropout(call: Rewriting) -> str:
    refuse_given(call, "noise_shape", "multiply by a mask of that shape")
    on = _on(call)
    if on is False:
        return call.tensor("inputs")
    switch = f", training=bool({call.text('is_training')})" if on is None else ""
    return f"F.dropout({call.tensor('inputs')}, {_rate(call)}{switch})"


ENTRIES: tuple[Entry, ...] = (
    _dense_entry("fully_connected", "contrib.slim.fully_connected contrib.layers.relu", "nn.relu"),
    _dense_entry("linear", "contrib.slim.linear", ""),
    LayerEntry(
        "contrib.layers.conv2d",
        _signature("inputs, num_outputs, kernel_size, stride=1, padding='SAME', data_format=None, rate=1"),
        aliases=(
            "contrib.layers.convolution2d",
            "contrib.layers.convolution",
            "contrib.slim.conv2d",
            "contrib.slim.convolution2d",
        ),
        shape=_conv_shape,
        dtype=dtype_of("inputs"),
        tf2=_conv_tf2,
        torch=_conv_torch,
        base="Conv",
        label="scope",
        activation="activation_fn",
        weights=_conv_weights,
        trap=_RELU,
    ),
    LayerEntry(
        "contrib.layers.conv2d_transpose",
        _signature("inputs, num_outputs, kernel_size, stride=1, padding='SAME', data_format='NHWC'"),
        aliases=(
            "contrib.layers.convolution2d_transpose",
            "contrib.slim.conv2d_transpose",
            "contrib.slim.convolution2d_transpose",
        ),
        shape=_transposed_shape,
        dtype=dtype_of("inputs"),
        tf2=_transposed_tf2,
        torch=_transposed,
        base="Conv2d_transpose",
        label="scope",
        activation="activation_fn",
        weights=_transposed_weights,
        trap=_RELU,
    ),
    _pool_entry("max_pool2d"),
    _pool_entry("avg_pool2d"),
    Entry(
        "contrib.layers.dropout",
        "inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None, scope=None, seed=None",
        aliases=("contrib.slim.dropout",),
        shape=shape_of("inputs"),
        dtype=dtype_of("inputs"),
        tf2=_dropout_tf2,
        torch=_dropout,
        random="dropout",
        trap="On unless `is_training` is passed, unlike tf.layers.dropout.",
    ),
    Entry(
        "contrib.layers.softmax",
        "logits, scope=None",
        aliases=("contrib.slim.softmax",),
        shape=shape_of("logits"),
        dtype=dtype_of("logits"),
        tf2=lambda call: f"tf.nn.softmax({call.text('logits')})",
        torch=lambda call: f"torch.softmax({call.tensor('logits')}, dim=-1)",
    ),
)
