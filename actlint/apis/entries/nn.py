"""Activations, dropout, moments and the cross entropies of tf.nn."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Form, Rename, Rewriting
from actlint.apis.forms import activation, arguments, constant_axis, is_number, refuse_given, rename, tensor_operand
from actlint.apis.infer import always, broadcasting, dtype_of, last_axis_removed, reducing, scalar, shape_of, units_of
from actlint.apis.shape import Dim, Shape, multiplied


def _activation(name: str, torch: str, extra: str = "", aliases: str = "", tf2: str = "", trap: str = "") -> Entry:
    return Entry(
        f"nn.{name}",
        "features" if name == "swish" else "features, name=None",
        aliases=tuple(aliases.split()),
        shape=shape_of("features"),
        dtype=dtype_of("features"),
        tf2=rename(tf2 or f"tf.nn.{name}", "features"),
        torch=activation(torch, extra),
        trap=trap,
    )


def _softmax(name: str) -> Entry:
    def form(call: Rewriting) -> str | Rename:
        constant_axis(call)
        if call.is_tensor("logits") and call.given("axis"):
            return rename(f"torch.{name}", "logits=input axis=dim")
        return f"torch.{name}({call.tensor('logits')}, dim={call.text('axis', '-1')})"

    return Entry(
        f"nn.{name}",
        "logits, axis=None, name=None",
        aliases=(f"math.{name}",),
        renamed={"dim": "axis"},
        shape=shape_of("logits"),
        dtype=dtype_of("logits"),
        tf2=rename(f"tf.nn.{name}", "logits axis"),
        torch=form,
    )


def _rate(call: Rewriting) -> str:
    """The share of dropped entries, from `rate` or from `keep_prob`."""
    if call.given("rate"):
        return call.text("rate")
    return f"1 - {call.operand('keep_prob')}"


def _dropout(call: Rewriting) -> str:
    refuse_given(call, "noise_shape", "multiply by a mask of that shape")
    return f"F.dropout({call.tensor('x')}, {_rate(call)})"


def _dropout_tf2(call: Rewriting) -> str:
    return f"tf.nn.dropout({call.text('x')}, rate={_rate(call)}{arguments(call, 'noise_shape seed')})"


def _crelu_shape(call: Bound) -> Shape | None:
    shape, axis = call.shape("features"), call.const("axis", -1)
    if not shape or not isinstance(axis, int):
        return None
    place = axis % len(shape)
    return (*shape[:place], multiplied((Dim(2), shape[place])), *shape[place + 1 :])


def _crelu(call: Rewriting) -> str:
    constant_axis(call)
    x = tensor_operand(call, "features")
    return f"F.relu(torch.cat([{x}, -{x}], dim={call.text('axis', '-1')}))"


def _relu_layer_shape(call: Bound) -> Shape | None:
    x, weights = call.shape("x"), call.shape("weights")
    return (x[0], weights[1]) if x and weights and len(weights) == 2 else None


def _affine(call: Rewriting, product: str) -> str:
    return f"{product}({call.tensor('x')}, {call.tensor('weights')}) + {call.operand('biases')}"


def _log_poisson(call: Rewriting) -> str:
    if call.const("compute_full_loss", False) is not False:
        call.refuse("the full loss has another approximation in torch", "leave compute_full_loss out")
    rate, targets = call.tensor("log_input"), tensor_operand(call, "targets")
    return f"torch.exp({rate}) - {tensor_operand(call, 'log_input')} * {targets}"


def _moments(call: Rewriting) -> str:
    refuse_given(call, "shift")
    constant_axis(call, "axes")
    keep = arguments(call, "keepdims=keepdim")
    return f"{call.helper('moments')}({call.tensor('x')}, {call.text('axes')}{keep})"


def _batch_normalization(call: Rewriting) -> str:
    """(x - mean) / sqrt(variance + epsilon), scaled and shifted where that is asked for."""
    scaled = f" * {call.operand('scale')}" if call.given("scale") else ""
    shifted = f" + {call.operand('offset')}" if call.given("offset") else ""
    spread = f"{call.operand('variance')} + {call.operand('variance_epsilon')}"
    return f"({call.operand('x')} - {call.operand('mean')}) * torch.rsqrt({spread}){scaled}{shifted}"


def _batch_normalization_tf2(call: Rewriting) -> str:
    """TF2 wants offset and scale also where they are None."""
    names = ("x", "mean", "variance", "offset", "scale", "variance_epsilon")
    return f"tf.nn.batch_normalization({', '.join(call.text(name) for name in names)})"


def _last_axis(call: Rewriting) -> None:
    shape, axis = call.shape("logits"), call.const("axis")
    if not call.given("axis") or axis == -1 or shape is not None and axis == len(shape) - 1:
        return
    call.refuse("the classes aren't the last axis", "transpose labels and logits so that they are")


def _softmax_cross_entropy(detached: bool) -> Form:
    def form(call: Rewriting) -> str:
        _last_axis(call)
        constant = detached and not call.is_fed("labels")
        labels = f"{tensor_operand(call, 'labels')}.detach()" if constant else call.tensor("labels")
        return f"{call.helper('softmax_cross_entropy')}({labels}, {call.tensor('logits')})"

    return form


def _softmax_cross_entropy_v1_tf2(call: Rewriting) -> str:
    constant = call.is_tensor("labels") and not call.is_fed("labels")
    labels = f"tf.stop_gradient({call.text('labels')})" if constant else call.text("labels")
    return f"tf.nn.softmax_cross_entropy_with_logits({labels}, {call.text('logits')}{arguments(call, 'axis')})"


def sparse_cross_entropy(call: Rewriting, reduction: str = ', reduction="none"') -> str:
    """torch wants the classes on the second axis and int64 labels."""
    shape = call.shape("logits")
    if shape is None:
        call.refuse("the rank of the logits isn't known here", "give the placeholders their shapes")
    logits = f"{tensor_operand(call, 'logits')}.movedim(-1, 1)" if len(shape) > 2 else call.tensor("logits")
    labels = call.tensor("labels") if call.dtype("labels") == "int64" else f"{tensor_operand(call, 'labels')}.long()"
    return f"F.cross_entropy({logits}, {labels}{reduction})"


def _sigmoid_cross_entropy(call: Rewriting) -> str:
    arguments = f"{call.tensor('logits')}, {call.tensor('labels')}"
    return f'F.binary_cross_entropy_with_logits({arguments}, reduction="none")'


def _weighted_cross_entropy(call: Rewriting) -> str:
    weight = call.text("pos_weight") if is_number(call, "pos_weight") else call.tensor("pos_weight")
    return f"{call.helper('weighted_cross_entropy')}({call.tensor('labels')}, {call.tensor('logits')}, {weight})"


def _top_k_shape(call: Bound) -> Shape | None:
    shape = call.shape("input")
    return (*shape[:-1], units_of(call, "k") if call.given("k") else Dim(1)) if shape else None


def _top_k(call: Rewriting) -> str:
    if call.given("sorted") and call.const("sorted") is not True:
        call.refuse("the order of an unsorted top_k", "leave `sorted` out")
    return f"{call.helper('top_k')}({call.tensor('input')}, {call.text('k', '1')})"


def _in_top_k(call: Rewriting) -> str:
    return f"{call.helper('in_top_k')}({call.tensor('predictions')}, {call.tensor('targets')}, {call.text('k')})"


def _leaky_relu(call: Rewriting) -> str:
    if call.is_tensor("alpha"):
        call.refuse("the slope of leaky_relu is a tensor", "write tf.maximum(alpha * x, x)")
    return f"F.leaky_relu({call.tensor('features')}, {call.text('alpha', '0.2')})"


_LABELS_LOGITS = "_sentinel=None, labels=None, logits=None"

ENTRIES: tuple[Entry, ...] = (
    _activation("relu", "F.relu"),
    _activation("relu6", "F.relu6"),
    _activation("elu", "F.elu"),
    Entry(
        "nn.selu",
        "features, name=None",
        shape=shape_of("features"),
        dtype=dtype_of("features"),
        tf2=rename("tf.nn.selu", "features"),
        torch=lambda call: f"{call.helper('selu')}({call.tensor('features')})",
        trap="At 0 the slope is that of the positive side; torch takes the other one.",
    ),
    _activation(
        "softplus",
        "F.softplus",
        ", threshold=40",
        "math.softplus",
        trap="torch drops exp(-x) above 20, which float64 notices; so the threshold is 40.",
    ),
    _activation("softsign", "F.softsign", aliases="math.softsign"),
    _activation("swish", "F.silu", tf2="tf.nn.silu"),
    Entry(
        "nn.leaky_relu",
        "features, alpha=0.2, name=None",
        shape=shape_of("features"),
        dtype=dtype_of("features"),
        tf2=rename("tf.nn.leaky_relu", "features alpha"),
        torch=_leaky_relu,
        trap="The slope is 0.2; torch's default is 0.01.",
    ),
    Entry(
        "nn.crelu",
        "features, name=None, axis=-1",
        shape=_crelu_shape,
        dtype=dtype_of("features"),
        tf2=rename("tf.nn.crelu", "features axis"),
        torch=_crelu,
    ),
    Entry(
        "nn.relu_layer",
        "x, weights, biases, name=None",
        shape=_relu_layer_shape,
        dtype=dtype_of("x"),
        tf2=lambda call: f"tf.nn.relu({_affine(call, 'tf.matmul')})",
        torch=lambda call: f"F.relu({_affine(call, 'torch.matmul')})",
    ),
    Entry(
        "nn.zero_fraction",
        "value, name=None",
        aliases=("math.zero_fraction",),
        shape=scalar,
        dtype=always("float32"),
        tf2=rename("tf.math.zero_fraction", "value"),
        torch=lambda call: f"torch.mean(({tensor_operand(call, 'value')} == 0).float())",
        differentiable=False,
    ),
    Entry(
        "nn.log_poisson_loss",
        "targets, log_input, compute_full_loss=False, name=None",
        shape=broadcasting("targets", "log_input"),
        dtype=dtype_of("log_input"),
        tf2=rename("tf.nn.log_poisson_loss", "targets log_input compute_full_loss"),
        torch=_log_poisson,
    ),
    _softmax("softmax"),
    _softmax("log_softmax"),
    Entry(
        "nn.dropout",
        "x, keep_prob=None, noise_shape=None, seed=None, name=None, rate=None",
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=_dropout_tf2,
        torch=_dropout,
        random="dropout",
        trap="The second argument is the probability to keep.",
    ),
    Entry(
        "nn.moments",
        "x, axes, shift=None, name=None, keepdims=None",
        renamed={"keep_dims": "keepdims"},
        shape=reducing("x", "axes"),
        dtype=dtype_of("x"),
        tf2=rename("tf.nn.moments", "x axes shift keepdims"),
        torch=_moments,
        outputs=lambda call: 2,
        trap="The variance isn't Bessel-corrected.",
    ),
    Entry(
        "nn.batch_normalization",
        "x, mean, variance, offset, scale, variance_epsilon, name=None",
        shape=shape_of("x"),
        dtype=dtype_of("x"),
        tf2=_batch_normalization_tf2,
        torch=_batch_normalization,
    ),
    Entry(
        "nn.softmax_cross_entropy_with_logits",
        f"{_LABELS_LOGITS}, axis=-1, name=None",
        renamed={"dim": "axis"},
        shape=last_axis_removed("logits"),
        dtype=dtype_of("logits"),
        tf2=_softmax_cross_entropy_v1_tf2,
        torch=_softmax_cross_entropy(True),
        trap="No gradient flows into the labels; that of the logits is softmax - labels whatever the labels sum to.",
    ),
    Entry(
        "nn.softmax_cross_entropy_with_logits_v2",
        "labels, logits, axis=None, name=None",
        renamed={"dim": "axis"},
        shape=last_axis_removed("logits"),
        dtype=dtype_of("logits"),
        tf2=rename("tf.nn.softmax_cross_entropy_with_logits", "labels logits axis"),
        torch=_softmax_cross_entropy(False),
        trap="The gradient of the logits is softmax - labels whatever the labels sum to.",
    ),
    Entry(
        "nn.sparse_softmax_cross_entropy_with_logits",
        f"{_LABELS_LOGITS}, name=None",
        shape=last_axis_removed("logits"),
        dtype=dtype_of("logits"),
        tf2=rename("tf.nn.sparse_softmax_cross_entropy_with_logits", "labels logits", "_sentinel"),
        torch=sparse_cross_entropy,
    ),
    Entry(
        "nn.sigmoid_cross_entropy_with_logits",
        f"{_LABELS_LOGITS}, name=None",
        renamed={"targets": "labels"},
        shape=shape_of("logits"),
        dtype=dtype_of("logits"),
        tf2=rename("tf.nn.sigmoid_cross_entropy_with_logits", "labels logits", "_sentinel"),
        torch=_sigmoid_cross_entropy,
    ),
    Entry(
        "nn.weighted_cross_entropy_with_logits",
        "labels=None, logits=None, pos_weight=None, name=None",
        renamed={"targets": "labels"},
        shape=broadcasting("labels", "logits"),
        dtype=dtype_of("logits"),
        tf2=rename("tf.nn.weighted_cross_entropy_with_logits", "labels logits pos_weight"),
        torch=_weighted_cross_entropy,
        trap="pos_weight weighs the positive term only. At a logit of 0 TF1's gradient lacks half of the step there.",
    ),
    Entry(
        "nn.top_k",
        "input, k=1, sorted=True, name=None",
        aliases=("math.top_k",),
        shape=_top_k_shape,
        dtype=dtype_of("input"),
        tf2=rename("tf.math.top_k", "input k sorted"),
        torch=_top_k,
        outputs=lambda call: 2,
        trap="Of equal entries the one with the lower index comes first.",
    ),
    Entry(
        "nn.in_top_k",
        "predictions, targets, k, name=None",
        aliases=("math.in_top_k",),
        shape=shape_of("targets"),
        dtype=always("bool"),
        tf2=rename("tf.math.in_top_k", "targets predictions k"),
        torch=_in_top_k,
        differentiable=False,
        trap="Entries that tie with the k-th largest count as in. TF2 takes the targets first.",
    ),
)
