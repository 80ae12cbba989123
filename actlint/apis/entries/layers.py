"""tf.layers: layers with weights, and their companions without."""

from __future__ import annotations

from actlint.apis.entries.images import (
    known_padding,
    known_pair,
    nhwc,
    padding,
    pair,
    pool,
    transposed_shape,
    window_shape,
)
from actlint.apis.entry import UNKNOWN, Bound, Entry, Form, LayerEntry, Rewriting, ShapeRule, Weight
from actlint.apis.forms import arguments, refuse_given
from actlint.apis.infer import dtype_of, shape_of, total, units_of
from actlint.apis.shape import ANY, Dim, Shape

ACTIVATIONS = {
    "nn.relu": "nn.ReLU()",
    "nn.relu6": "nn.ReLU6()",
    "nn.tanh": "nn.Tanh()",
    "tanh": "nn.Tanh()",
    "nn.sigmoid": "nn.Sigmoid()",
    "sigmoid": "nn.Sigmoid()",
    "nn.softplus": "nn.Softplus(threshold=40)",
    "nn.softsign": "nn.Softsign()",
    "nn.elu": "nn.ELU()",
    "nn.selu": "SELU()",
    "nn.leaky_relu": "nn.LeakyReLU(0.2)",
    "nn.softmax": "nn.Softmax(dim=-1)",
    "nn.log_softmax": "nn.LogSoftmax(dim=-1)",
}
_WEIGHTED = (
    "kernel_initializer=None, bias_initializer=tf.zeros_initializer(), kernel_regularizer=None, bias_regularizer=None, "
    "activity_regularizer=None, kernel_constraint=None, bias_constraint=None, trainable=True, name=None, reuse=None"
)
_INITIALIZERS = "kernel_initializer bias_initializer"


def _refuse_extras(call: Rewriting) -> None:
    refuse_given(call, "activity_regularizer", "add the penalty to the loss")
    refuse_given(call, "kernel_constraint bias_constraint", "assign the constrained weights after each step")
    if call.given("trainable") and call.const("trainable") is not True:
        call.refuse("a layer that isn't trained", "leave its variables out of var_list")


def _biased(call: Bound) -> bool:
    return not call.given("use_bias") or call.const("use_bias") is not False


def fan_in(call: Rewriting) -> str:
    shape = call.shape("inputs")
    if not shape or shape[-1].value is None and shape[-1].source is None:
        call.refuse("the size of the layer's input isn't known here", "give the placeholder its shape")
    return str(shape[-1])


def keras_name(call: Rewriting, parameter: str = "name") -> str:
    """`, name=...` where Keras takes the name."""
    name = call.const(parameter) if call.given(parameter) else None
    return f", name={call.text(parameter)}" if isinstance(name, str) and "/" not in name else ""


def _activated(call: Rewriting, layer: str) -> str:
    """A torch layer followed by the activation that its call names."""
    symbol = call.symbol("activation") or "?" if call.given("activation") else ""
    return activated(call, layer, "" if symbol == "identity" else symbol)


def activated(call: Rewriting, layer: str, symbol: str) -> str:
    """A torch layer followed by an activation, where there is one."""
    if not symbol:
        return layer
    if symbol not in ACTIVATIONS:
        call.refuse("the layer's activation isn't one of TensorFlow's", "apply it to the layer's output")
    module = ACTIVATIONS[symbol]
    if not module.startswith("nn."):
        call.helper(module.partition("(")[0])
    return f"nn.Sequential({layer}, {module})"


def _weights(kernel: Shape | None, call: Bound, units: Dim, layout: str) -> tuple[Weight, ...]:
    place = "0." if call.given("activation") and call.symbol("activation") != "identity" else ""
    found = (Weight("kernel", kernel, "kernel", (f"{place}weight", layout)),)
    if _biased(call):
        found += (Weight("bias", (units,), "bias", (f"{place}bias", "same")),)
    return found


def _dense_weights(call: Bound) -> tuple[Weight, ...]:
    shape, units = call.shape("inputs"), units_of(call, "units")
    return _weights((shape[-1] if shape else ANY, units), call, units, "T")


def _dense_shape(call: Bound) -> Shape | None:
    shape = call.shape("inputs")
    return (*shape[:-1], units_of(call, "units")) if shape else None


def _keras(name: str, pairs: str) -> Form:
    """A Keras layer; the parameters before the first `|` are positional."""
    positional, _, keywords = pairs.partition(" | ")

    def form(call: Rewriting) -> str:
        _refuse_extras(call)
        nhwc(call, "channels_last")
        first = ", ".join(call.text(p) for p in positional.split())
        return f"tf.keras.layers.{name}({first}{arguments(call, keywords)}{keras_name(call)})"

    return form


def _linear(call: Rewriting) -> str:
    _refuse_extras(call)
    bias = arguments(call, "use_bias=bias")
    layer = f"{call.helper('linear')}({fan_in(call)}, {call.text('units')}{bias}{arguments(call, _INITIALIZERS)})"
    return _activated(call, layer)


def _conv_weights(call: Bound) -> tuple[Weight, ...]:
    shape, filters, window = call.shape("inputs"), units_of(call, "filters"), pair(call.const("kernel_size"))
    sides = (Dim(window[0]), Dim(window[1])) if window else (ANY, ANY)
    return _weights((*sides, shape[-1] if shape else ANY, filters), call, filters, "HWIO")


def _conv_shape(call: Bound) -> Shape | None:
    window, stride = pair(call.const("kernel_size")), pair(call.const("strides", 1))
    dilation = pair(call.const("dilation_rate", 1))
    reach = ((window[0] - 1) * dilation[0] + 1, (window[1] - 1) * dilation[1] + 1) if window and dilation else None
    return window_shape(call.shape("inputs"), reach, stride, padding(call), units_of(call, "filters"))


def _conv(call: Rewriting) -> str:
    _refuse_extras(call)
    nhwc(call, "channels_last")
    options = arguments(call, "strides=stride dilation_rate=dilation use_bias=bias")
    same = ", same=True" if known_padding(call) == "SAME" else ""
    given = f"{fan_in(call)}, {call.text('filters')}, {call.text('kernel_size')}{options}{same}"
    return _activated(call, f"{call.helper('Conv2d')}({given}{arguments(call, _INITIALIZERS)})")


def _transposed_weights(call: Bound) -> tuple[Weight, ...]:
    shape, filters, window = call.shape("inputs"), units_of(call, "filters"), pair(call.const("kernel_size"))
    sides = (Dim(window[0]), Dim(window[1])) if window else (ANY, ANY)
    return _weights((*sides, filters, shape[-1] if shape else ANY), call, filters, "HWIO")


def _transposed_shape(call: Bound) -> Shape | None:
    window, stride = pair(call.const("kernel_size")), pair(call.const("strides", 1))
    return transposed_shape(call.shape("inputs"), window, stride, padding(call), units_of(call, "filters"))


def _transposed(call: Rewriting) -> str:
    _refuse_extras(call)
    nhwc(call, "channels_last")
    options = arguments(call, "strides=stride use_bias=bias") + (", same=True" if known_padding(call) == "SAME" else "")
    given = f"{fan_in(call)}, {call.text('filters')}, {call.text('kernel_size')}{options}"
    return _activated(call, f"{call.helper('ConvTranspose2d')}({given}{arguments(call, _INITIALIZERS)})")


def _pool_shape(call: Bound) -> Shape | None:
    shape = call.shape("inputs")
    window, stride = pair(call.const("pool_size")), pair(call.const("strides"))
    return window_shape(shape, window, stride, padding(call), shape[-1] if shape else ANY)


def _pooling(helper: str) -> Form:
    def form(call: Rewriting) -> str:
        nhwc(call, "channels_last")
        return pool(call, helper, "inputs", known_pair(call, "pool_size"), known_pair(call, "strides"))

    return form


def _pooling_tf2(name: str) -> Form:
    def form(call: Rewriting) -> str:
        nhwc(call, "channels_last")
        given = f"{call.text('inputs')}, {call.text('pool_size')}, {call.text('strides')}"
        return f'tf.nn.{name}({given}, padding="{known_padding(call)}")'

    return form


def _pool_entry(name: str, new: str) -> Entry:
    return Entry(
        f"layers.{name}",
        "inputs, pool_size, strides, padding='valid', data_format='channels_last', name=None",
        shape=_pool_shape,
        dtype=dtype_of("inputs"),
        tf2=_pooling_tf2(new),
        torch=_pooling(new),
        trap="SAME pads more at the bottom and right, and by the size of the input.",
    )


def _flat_shape(call: Bound) -> Shape | None:
    shape = call.shape("inputs")
    return (shape[0], total(shape[1:])) if shape else (ANY, ANY)


def _flatten_tf2(call: Rewriting) -> str:
    nhwc(call, "channels_last")
    shape = call.shape("inputs")
    size = total(shape[1:]).value if shape else None
    if size is not None:
        return f"tf.reshape({call.text('inputs')}, [-1, {size}])"
    return f"tf.keras.layers.Flatten()({call.text('inputs')})"


def _flatten(call: Rewriting) -> str:
    nhwc(call, "channels_last")
    return f"torch.flatten({call.tensor('inputs')}, 1)"


def _training(call: Rewriting) -> bool | None:
    """Whether dropout is on; None when that is decided at run time."""
    value = call.const("training") if call.given("training") else False
    return None if value is UNKNOWN or call.is_tensor("training") else bool(value)


def _dropout(call: Rewriting) -> str:
    refuse_given(call, "noise_shape", "multiply by a mask of that shape")
    training, rate = _training(call), call.text("rate", "0.5")
    if training is False:
        return call.tensor("inputs")
    switch = f", training=bool({call.text('training')})" if training is None else ""
    return f"F.dropout({call.tensor('inputs')}, {rate}{switch})"


def _dropout_tf2(call: Rewriting) -> str:
    training, inputs = _training(call), call.text("inputs")
    if training is False:
        return inputs
    dropped = f"tf.nn.dropout({inputs}, rate={call.text('rate', '0.5')}{arguments(call, 'noise_shape seed')})"
    if training:
        return dropped
    if call.is_tensor("training"):
        return f"tf.cond({call.text('training')}, lambda: {dropped}, lambda: {inputs})"
    return f"{dropped} if {call.operand('training')} else {inputs}"


_same_shape: ShapeRule = shape_of("inputs")

ENTRIES: tuple[Entry, ...] = (
    LayerEntry(
        "layers.dense",
        f"inputs, units, activation=None, use_bias=True, {_WEIGHTED}",
        shape=_dense_shape,
        dtype=dtype_of("inputs"),
        tf2=_keras("Dense", f"units | activation use_bias {_INITIALIZERS}"),
        torch=_linear,
        base="dense",
        weights=_dense_weights,
    ),
    LayerEntry(
        "layers.conv2d",
        "inputs, filters, kernel_size, strides=(1, 1), padding='valid', data_format='channels_last', "
        f"dilation_rate=(1, 1), activation=None, use_bias=True, {_WEIGHTED}",
        shape=_conv_shape,
        dtype=dtype_of("inputs"),
        tf2=_keras(
            "Conv2D",
            f"filters kernel_size | strides padding dilation_rate activation use_bias {_INITIALIZERS}",
        ),
        torch=_conv,
        base="conv2d",
        weights=_conv_weights,
        trap="SAME pads more at the bottom and right, and by the size of the input.",
    ),
    LayerEntry(
        "layers.conv2d_transpose",
        "inputs, filters, kernel_size, strides=(1, 1), padding='valid', data_format='channels_last', "
        f"activation=None, use_bias=True, {_WEIGHTED}",
        shape=_transposed_shape,
        dtype=dtype_of("inputs"),
        tf2=_keras("Conv2DTranspose", f"filters kernel_size | strides padding activation use_bias {_INITIALIZERS}"),
        torch=_transposed,
        base="conv2d_transpose",
        weights=_transposed_weights,
        trap="The kernel is (height, width, out, in), and SAME cuts off more at the bottom and right.",
    ),
    Entry(
        "layers.flatten",
        "inputs, name=None, data_format='channels_last'",
        shape=_flat_shape,
        dtype=dtype_of("inputs"),
        tf2=_flatten_tf2,
        torch=_flatten,
    ),
    Entry(
        "contrib.layers.flatten",
        "inputs, outputs_collections=None, scope=None",
        aliases=("contrib.slim.flatten",),
        shape=_flat_shape,
        dtype=dtype_of("inputs"),
        tf2=_flatten_tf2,
        torch=_flatten,
    ),
    Entry(
        "layers.dropout",
        "inputs, rate=0.5, noise_shape=None, seed=None, training=False, name=None",
        shape=_same_shape,
        dtype=dtype_of("inputs"),
        tf2=_dropout_tf2,
        torch=_dropout,
        random="dropout",
        trap="Off unless `training` is passed.",
    ),
    _pool_entry("max_pooling2d", "max_pool2d"),
    _pool_entry("average_pooling2d", "avg_pool2d"),
)
