"""Batch normalization with moving averages, of tf.layers, tf.contrib.layers and slim."""

from __future__ import annotations

from dataclasses import dataclass

from actlint.apis.entries.images import nhwc
from actlint.apis.entries.layers import fan_in, keras_name
from actlint.apis.entry import UNKNOWN, Bound, Entry, LayerEntry, Rewriting, Weight
from actlint.apis.forms import arguments, refuse_given
from actlint.apis.infer import dtype_of, shape_of
from actlint.apis.shape import ANY, Shape

LEAST_EPSILON = 1.001e-5
"""What TensorFlow 1's fused kernel takes where it is given less."""
_PAIRS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
_SETTINGS = ("scale", "center")


@dataclass(frozen=True)
class _Spelling:
    """How tf.layers and tf.contrib.layers name the same arguments, and what they are by default."""

    training: str
    momentum: str
    order: tuple[str, ...]
    scales: bool
    trains: bool

    def is_on(self, call: Bound) -> bool | None:
        """Whether the batch's statistics are taken; None where that is decided at run time."""
        value = call.const(self.training) if self.training in getattr(call, "values", ()) else self.trains
        return None if value is UNKNOWN or call.is_tensor(self.training) else bool(value)

    def has(self, call: Bound, weight: str) -> bool:
        """Whether there is a scale (gamma) or an offset (beta)."""
        flag = "scale" if weight == "gamma" else "center"
        return call.const(flag, self.scales if flag == "scale" else True) is not False


_LAYERS = _Spelling("training", "momentum", ("gamma", "beta"), scales=True, trains=False)
_CONTRIB = _Spelling("is_training", "decay", ("beta", "gamma"), scales=False, trains=True)


def _weights(spelling: _Spelling, call: Bound) -> tuple[Weight, ...]:
    shape = call.shape("inputs")
    size: Shape = (shape[-1] if shape else ANY,)
    names = [name for name in spelling.order if spelling.has(call, name)]
    return tuple(
        Weight(name, size, name, (_PAIRS[name], "same"), trained=name in spelling.order)
        for name in (*names, "moving_mean", "moving_variance")
    )


def _is_unbiased(spelling: _Spelling, call: Rewriting) -> bool:
    """Whether the fused kernel is used, whose running variance is Bessel-corrected."""
    shape, fused = call.shape("inputs"), call.const("fused")
    if fused is UNKNOWN:
        call.refuse("the argument fused isn't known here", "write True or False")
    if shape is None:
        call.refuse("the rank of the input isn't known here", "give the placeholder its shape")
    return fused is not False and (len(shape) == 4 or spelling is _CONTRIB)


def _refuse_extras(spelling: _Spelling, call: Rewriting) -> None:
    for name in ("renorm", "zero_debias_moving_mean"):
        if call.given(name) and call.const(name) is not False:
            call.refuse(f"the argument {name} can't be carried over", "leave the argument out")
    refuse_given(call, "beta_constraint gamma_constraint", "assign the constrained weights after each step")
    refuse_given(call, "virtual_batch_size adjustment batch_weights param_regularizers")
    refuse_given(call, "moving_mean_initializer moving_variance_initializer param_initializers")
    refuse_given(call, "variables_collections outputs_collections", "keep the tensors in lists of your own")
    if call.given("trainable") and call.const("trainable") is not True:
        call.refuse("a layer that isn't trained", "leave its variables out of var_list")
    if call.is_tensor(spelling.momentum):
        call.refuse(f"the {spelling.momentum} is a tensor", "write it as a number")
    for name in _SETTINGS:
        if call.const(name) is UNKNOWN:
            call.refuse(f"the argument {name} isn't known here", "write True or False")
    shape, axis = call.shape("inputs"), call.const("axis", -1)
    axis = axis[0] if isinstance(axis, (list, tuple)) and len(axis) == 1 else axis
    if axis != -1 and not (shape and axis == len(shape) - 1):
        call.refuse("an axis other than the last one is normalised", "transpose the input before and after it")
    nhwc(call)


def _options(spelling: _Spelling, call: Rewriting, unbiased: bool) -> str:
    """The keywords that both targets' layers have."""
    momentum = call.text(spelling.momentum) if call.given(spelling.momentum) else ""
    if spelling is _CONTRIB:
        momentum = momentum or "0.999"
    text = f", momentum={momentum}" if momentum else ""
    epsilon = call.const("epsilon", 0.001)
    if unbiased and (not isinstance(epsilon, (int, float)) or epsilon < LEAST_EPSILON):
        text += f", epsilon={LEAST_EPSILON}" if epsilon is not UNKNOWN else ""
        text += f", epsilon=max({call.text('epsilon')}, {LEAST_EPSILON})" if epsilon is UNKNOWN else ""
    elif call.given("epsilon"):
        text += f", epsilon={call.text('epsilon')}"
    for name, weight in zip(_SETTINGS, ("gamma", "beta"), strict=True):
        text += "" if spelling.has(call, weight) else f", {name}=False"
    return text + arguments(call, "beta_initializer gamma_initializer")


def _keras(spelling: _Spelling, call: Rewriting) -> str:
    _refuse_extras(spelling, call)
    unbiased = _is_unbiased(spelling, call)
    options = _options(spelling, call, unbiased) + keras_name(call, "name" if spelling is _LAYERS else "scope")
    if call.const("untracked") is True:
        return f"{call.helper('UntrackedBatchNorm')}({options.removeprefix(', ')})"
    name = call.helper("BatchNorm") if unbiased else "tf.keras.layers.BatchNormalization"
    return f"{name}({options.removeprefix(', ')})"


def _module(spelling: _Spelling, call: Rewriting) -> str:
    _refuse_extras(spelling, call)
    unbiased = _is_unbiased(spelling, call)
    options = _options(spelling, call, unbiased)
    if call.const("untracked") is True:
        options += ", track=False"
    elif unbiased:
        options += ", unbiased=True"
    return f"{call.helper('BatchNorm')}({fan_in(call)}{options})"


def _activated(call: Rewriting, text: str) -> str:
    """The application with the activation that tf.contrib's function takes."""
    if not call.given("activation_fn") or call.symbol("activation_fn") == "identity":
        return text
    return f"{call.operand('activation_fn')}({text})"


def _applied_keras(spelling: _Spelling, call: Rewriting, layer: str, inputs: str) -> str:
    on = spelling.is_on(call)
    if on is not None:
        return _activated(call, f"{layer}({inputs}, training={on})")
    flag = call.text(spelling.training)
    if call.is_tensor(spelling.training):
        return _activated(call, f"{call.helper('batch_norm')}({layer}, {inputs}, {flag})")
    return _activated(call, f"{layer}({inputs}, training={flag})")


def _applied_module(spelling: _Spelling, call: Rewriting, layer: str, inputs: str) -> str:
    on, flag = spelling.is_on(call), call.text(spelling.training, str(spelling.trains))
    if on is None and call.is_tensor(spelling.training):
        flag = f"bool({flag})"
    return _activated(call, f"{layer}({inputs}, training={on if on is not None else flag})")


def _updates(spelling: _Spelling, call: Bound) -> object:
    if spelling.is_on(call) is False:
        return None
    value = call.const("updates_collections", "update_ops")
    if value is None:
        return ""
    if call.symbol("updates_collections") == "GraphKeys.UPDATE_OPS":
        return "update_ops"
    return value if isinstance(value, str) else UNKNOWN


def _entry(name: str, spelling: _Spelling, signature: str, trap: str, aliases: str = "") -> Entry:
    contrib = spelling is _CONTRIB

    def application(call: Rewriting, layer: str, inputs: str) -> str:
        return (_applied_keras if call.target == "tf2" else _applied_module)(spelling, call, layer, inputs)

    return LayerEntry(
        name,
        signature,
        aliases=tuple(aliases.split()),
        shape=shape_of("inputs"),
        dtype=dtype_of("inputs"),
        tf2=lambda call: _keras(spelling, call),
        torch=lambda call: _module(spelling, call),
        base="BatchNorm" if contrib else "batch_normalization",
        label="scope" if contrib else "name",
        activation="activation_fn" if contrib else "activation",
        weights=lambda call: _weights(spelling, call),
        applied=(spelling.training, "activation_fn"),
        application=application,
        updates=lambda call: _updates(spelling, call),
        trap=trap,
    )


ENTRIES: tuple[Entry, ...] = (
    _entry(
        "layers.batch_normalization",
        _LAYERS,
        "inputs, axis=-1, momentum=0.99, epsilon=0.001, center=True, scale=True, "
        "beta_initializer=tf.zeros_initializer(), gamma_initializer=tf.ones_initializer(), "
        "moving_mean_initializer=tf.zeros_initializer(), "
        "moving_variance_initializer=tf.ones_initializer(), beta_regularizer=None, gamma_regularizer=None, "
        "beta_constraint=None, gamma_constraint=None, training=False, trainable=True, name=None, reuse=None, "
        "renorm=False, renorm_clipping=None, renorm_momentum=0.99, fused=None, virtual_batch_size=None, "
        "adjustment=None",
        "Inference is the default; the running variance is Bessel-corrected for images only.",
    ),
    _entry(
        "contrib.layers.batch_norm",
        _CONTRIB,
        "inputs, decay=0.999, center=True, scale=False, epsilon=0.001, activation_fn=None, param_initializers=None, "
        "param_regularizers=None, updates_collections=tf.GraphKeys.UPDATE_OPS, is_training=True, reuse=None, "
        "variables_collections=None, outputs_collections=None, trainable=True, batch_weights=None, fused=None, "
        "data_format='NHWC', zero_debias_moving_mean=False, scope=None, renorm=False, renorm_clipping=None, "
        "renorm_decay=0.99, adjustment=None",
        "Training is the default, there is no scale unless it is asked for, and the running variance is "
        "Bessel-corrected.",
        "contrib.slim.batch_norm",
    ),
)
