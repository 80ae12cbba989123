"""What TF1's gradients and optimizers do in a graph: noted as they are built, changed where a pass asks for it."""

from __future__ import annotations

from . import compare
from .graph_tf import VARIABLES, variable_op

HYPER_PARAMETERS = (
    "_lr",
    "_learning_rate",
    "_beta1",
    "_beta2",
    "_epsilon",
    "_momentum",
    "_decay",
    "_rho",
    "_initial_accumulator_value",
    "_initial_gradient_squared_accumulator_value",
    "_learning_rate_power",
    "_l1_regularization_strength",
    "_l2_regularization_strength",
    "_l2_shrinkage_regularization_strength",
)
CHANGE = 1.01
ROUNDING = 4 * 2.0**-52


class Training:
    """The gradients and updates of every graph of a program.

    Attributes:
        raw: groups ``{"ys", "xs", "gradients", "differentiate", "gated"}`` of `tf.gradients`; gated ones take all
            gradients of an operation before one of them is applied.
        applied: groups ``{"op", "gradients", "variables", "optimizer"}`` of `apply_gradients`.
        hyper: ``[optimizer's class, attribute]`` of each hyper-parameter, in the order of use.
        rounding: whether optimizers take gradients that are changed by rounding's size, up or down.
        settling: whether optimizers take zero for a gradient that is nothing but rounding beside the others.
        depth: how many updates are being built; variables made meanwhile are an optimizer's.
    """

    def __init__(self, changed=None):
        self.rounding = self.settling = False
        self.raw, self.applied, self.hyper, self.depth = [], [], [], 0
        self._changed, self._known = changed, []

    def install(self, scale):
        """Patch TensorFlow; gradients with respect to variables are multiplied by `scale`."""
        from tensorflow.python.ops import gradients_util
        from tensorflow.python.training import optimizer

        self._patch_gradients(gradients_util, scale)
        self._patch_optimizer(optimizer.Optimizer)

    def _patch_gradients(self, gradients_util, scale):
        original = gradients_util._GradientsHelper
        depth = [0]

        def differentiate(ys, xs, grad_ys):
            return original(ys, xs, grad_ys, stop_gradients=None)

        def helper(ys, xs, grad_ys=None, *arguments, **keywords):
            ys, xs = _listed(ys), _listed(xs)
            if depth[0] == 0 and scale != 1.0 and all(_is_variable(x) for x in xs):
                grad_ys = _scaled(ys, grad_ys, scale)
            depth[0] += 1
            try:
                result = original(ys, xs, grad_ys, *arguments, **keywords)
            finally:
                depth[0] -= 1
            if depth[0] == 0 and len(result) == len(xs):
                group = {"ys": ys, "xs": xs, "gradients": list(result), "differentiate": differentiate}
                self.raw.append(dict(group, gated=_is_gated(arguments, keywords)))
            return result

        gradients_util._GradientsHelper = helper

    def _patch_optimizer(self, optimizer):
        original = optimizer.apply_gradients

        def apply_gradients(own, grads_and_vars, *arguments, **keywords):
            pairs = list(grads_and_vars)
            if self.settling:
                pairs = _settled(pairs)
            if self.rounding:
                pairs = [(gradient if gradient is None else _rounded(gradient), v) for gradient, v in pairs]
            self._meet(own)
            self.depth += 1
            try:
                result = original(own, pairs, *arguments, **keywords)
            finally:
                self.depth -= 1
            op = result.op if hasattr(result, "op") else result
            variables, gradients = [v for _, v in pairs], [g for g, _ in pairs]
            self.applied.append({"op": op, "gradients": gradients, "variables": variables, "optimizer": own})
            return result

        optimizer.apply_gradients = apply_gradients

    def _meet(self, optimizer):
        """Note an optimizer's hyper-parameters at its first use, and change the one that the pass is about."""
        if any(optimizer is known for known in self._known):
            return
        self._known.append(optimizer)
        for name in HYPER_PARAMETERS:
            value = getattr(optimizer, name, None)
            number = isinstance(value, float) and value != 0.0
            if number or hasattr(value, "graph") and value.dtype.is_floating:
                if len(self.hyper) == self._changed:
                    setattr(optimizer, name, value * CHANGE)
                self.hyper.append([type(optimizer).__name__, name.lstrip("_")])


def slots(group, names):
    """An applied group's slots, as ``(slot's name, index of the weight) -> variable``; without unused momentum.

    Args:
        group: one of `Training.applied`.
        names: ``operation's name -> index`` of the weights.
    """
    out = {}
    for variable in group["variables"]:
        if variable.op.name in names:
            for name in group["optimizer"].get_slot_names():
                if name == "momentum" and getattr(group["optimizer"], "_momentum", None) == 0.0:
                    continue
                slot = group["optimizer"].get_slot(variable, name)
                if slot is not None:
                    out[name, names[variable.op.name]] = slot
    return out


def _is_gated(arguments, keywords):
    return bool(keywords.get("gate_gradients", arguments[2] if len(arguments) > 2 else False))


def _settled(pairs):
    """Gradients that the update takes; one that is nothing but rounding, beside the others, is taken as zero."""
    from tensorflow.python.ops import math_ops

    gradients = [getattr(gradient, "values", gradient) for gradient, _ in pairs]
    sizes = [None if own is None else math_ops.reduce_max(math_ops.abs(own)) for own in gradients]
    known = [size for size in sizes if size is not None]
    if len(known) < 2 or len({size.dtype for size in known}) > 1:
        return pairs
    largest = known[0]
    for size in known[1:]:
        largest = math_ops.maximum(largest, size)
    limit = largest * compare.lost(known[0].dtype.as_numpy_dtype)
    return [
        (gradient if size is None else _times(gradient, math_ops.cast(size > limit, size.dtype)), variable)
        for size, (gradient, variable) in zip(sizes, pairs)
    ]


def _times(gradient, factor):
    if hasattr(gradient, "dense_shape"):
        return type(gradient)(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient * factor


def _rounded(gradient):
    from tensorflow.python.ops import array_ops, math_ops

    if hasattr(gradient, "dense_shape"):
        return type(gradient)(_rounded(gradient.values), gradient.indices, gradient.dense_shape)
    places = math_ops.cast(math_ops.range(array_ops.size(gradient)), gradient.dtype)
    signs = array_ops.reshape(math_ops.sign(math_ops.sin(12.9898 * (places + 1.0))), array_ops.shape(gradient))
    return gradient + ROUNDING * math_ops.reduce_max(math_ops.abs(gradient)) * signs


def _listed(values):
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _is_variable(source):
    return variable_op(source) is not None and variable_op(source).type in VARIABLES


def _scaled(ys, grad_ys, scale):
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import array_ops

    given = [None] * len(ys) if grad_ys is None else _listed(grad_ys)
    tensors = [ops.convert_to_tensor(y) for y in ys]
    return [scale * (array_ops.ones_like(y) if g is None else g) for y, g in zip(tensors, given)]
