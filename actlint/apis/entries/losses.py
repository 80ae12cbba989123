"""tf.losses: elementwise losses, weighted and reduced, that join the LOSSES collection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from actlint.apis.entries.nn import sparse_cross_entropy
from actlint.apis.entry import Bound, Entry, Form, Rewriting
from actlint.apis.forms import is_number
from actlint.apis.infer import INTEGERS, always
from actlint.apis.shape import SCALAR, Shape, broadcast

_WEIGHTED = "scope=None, loss_collection='losses', reduction='weighted_sum_by_nonzero_weights'"
_DEFAULT = "SUM_BY_NONZERO_WEIGHTS"

Part = Callable[[Rewriting], str]
ShapeOf = Callable[[Bound], "Shape | None"]


@dataclass(frozen=True)
class Target:
    """How the two targets spell what a reduction needs."""

    prefix: str
    sum: str
    mean: str

    def floats(self, call: Rewriting, parameter: str, operand: bool = False) -> str:
        """An argument as TF1 casts it: integers and booleans become floats."""
        if call.is_tensor(parameter) and call.dtype(parameter) in {*INTEGERS, "bool"}:
            if self.prefix == "torch":
                return f"{call.operand(parameter)}.float()"
            return f"tf.cast({call.text(parameter)}, tf.float32)"
        if operand:
            return call.operand(parameter)
        return call.tensor(parameter) if self.prefix == "torch" else call.text(parameter)


TF2 = Target("tf", "tf.reduce_sum", "tf.reduce_mean")
TORCH = Target("torch", "torch.sum", "torch.mean")


def _reduced(target: Target, each: Part, mean: Part | None, losses_shape: ShapeOf) -> Form:
    """The form of a loss from its elements; `mean` is a more natural spelling of their mean."""

    def unweighted(call: Rewriting, reduction: str) -> str:
        if reduction == "NONE":
            return each(call)
        if reduction == "SUM":
            return f"{target.sum}({each(call)})"
        return mean(call) if mean else f"{target.mean}({each(call)})"

    def form(call: Rewriting) -> str:
        reduction = (call.symbol("reduction") or "").rpartition(".")[2] or _DEFAULT
        if call.given("reduction") and not call.symbol("reduction"):
            call.refuse("the reduction isn't known here", "write tf.losses.Reduction.SUM or another constant")
        number = call.given("weights") and (is_number(call, "weights") or call.shape("weights") == ())
        if not call.given("weights") or number and call.const("weights") == 1:
            return unweighted(call, reduction)
        weights = target.floats(call, "weights", operand=True)
        if number and reduction != "MEAN":
            return f"{weights} * {unweighted(call, reduction)}"
        _check_weights(call, losses_shape(call))
        if reduction in (_DEFAULT, "SUM_OVER_NONZERO_WEIGHTS"):
            return f"{call.helper('weighted_loss')}({each(call)}, {weights})"
        product = f"{each(call)} * {weights}"
        if reduction == "NONE":
            return product
        if reduction == "MEAN":
            call.refuse("the weighted mean isn't carried over", "divide the weighted sum by the sum of the weights")
        return f"{target.sum if reduction == 'SUM' else target.mean}({product})"

    return form


def _check_weights(call: Rewriting, losses: Shape | None) -> None:
    weights = call.shape("weights")
    if weights is None or losses is None or len(weights) != len(losses):
        call.refuse(
            "the weights aren't known to have the rank of the losses, and other ranks broadcast differently",
            "give the placeholders their shapes, and the weights one dimension per dimension of the losses",
        )


def _loss(
    name: str,
    signature: str,
    tf2: Part,
    torch: Part,
    *,
    mean: Part | None = None,
    losses: ShapeOf = lambda call: broadcast(call.shape("labels"), call.shape("predictions")),
    trap: str = "",
) -> Entry:
    def shape(call: Bound) -> Shape | None:
        return losses(call) if (call.symbol("reduction") or "").endswith(".NONE") else SCALAR

    return Entry(
        f"losses.{name}",
        signature,
        kind="loss",
        renamed={"weight": "weights", "targets": "labels", "dim": "axis"},
        shape=shape,
        dtype=always("float32"),
        tf2=_reduced(TF2, tf2, None, losses),
        torch=_reduced(TORCH, torch, mean, losses),
        trap=trap or "Weights divide by the number of those that aren't zero.",
    )


def _pair(call: Rewriting) -> str:
    return f"{TORCH.floats(call, 'predictions')}, {TORCH.floats(call, 'labels')}"


def _elements(name: str) -> tuple[Part, Part]:
    """A torch loss of predictions and labels: its elements and its mean."""
    return (lambda call: f'{name}({_pair(call)}, reduction="none")'), (lambda call: f"{name}({_pair(call)})")


def _difference(call: Rewriting) -> str:
    return f"{call.operand('predictions')} - {TF2.floats(call, 'labels', operand=True)}"


def _huber_tf2(call: Rewriting) -> str:
    delta = f", {call.text('delta')}" if call.given("delta") else ""
    return f"{call.helper('huber')}({_difference(call)}{delta})"


def _huber_torch(reduction: str) -> Part:
    def part(call: Rewriting) -> str:
        delta = f", delta={call.text('delta')}" if call.given("delta") else ""
        return f"F.huber_loss({_pair(call)}{reduction}{delta})"

    return part


def _hinge(target: Target) -> Part:
    relu = "F.relu" if target is TORCH else "tf.nn.relu"
    return lambda call: f"{relu}(1 - (2 * {target.floats(call, 'labels', True)} - 1) * {call.operand('logits')})"


def _log_loss(target: Target) -> Part:
    log = "torch.log" if target is TORCH else "tf.math.log"

    def part(call: Rewriting) -> str:
        y, p = target.floats(call, "labels", True), call.operand("predictions")
        epsilon = call.operand("epsilon") if call.given("epsilon") else "1e-7"
        return f"(-{y} * {log}({p} + {epsilon}) - (1 - {y}) * {log}(1 - {p} + {epsilon}))"

    return part


def _smoothed(call: Rewriting, target: Target, labels: str, share: str) -> str:
    """Labels after label smoothing; `share` is what each class gets of it."""
    if not call.given("label_smoothing") or call.const("label_smoothing") == 0:
        return target.floats(call, labels)
    amount = call.operand("label_smoothing")
    return f"{target.floats(call, labels, True)} * (1 - {amount}) + {amount} {share}"


def _sigmoid(target: Target, reduction: str = "") -> Part:
    def part(call: Rewriting) -> str:
        labels = _smoothed(call, target, "multi_class_labels", "* 0.5")
        if target is TF2:
            return f"tf.nn.sigmoid_cross_entropy_with_logits({labels}, {call.text('logits')})"
        return f"F.binary_cross_entropy_with_logits({call.tensor('logits')}, {labels}{reduction})"

    return part


def _classes(call: Rewriting) -> str:
    shape = call.shape("logits")
    if not shape or shape[-1].value is None and shape[-1].source is None:
        call.refuse("the number of classes isn't known here", "give the logits a static shape")
    return f"/ {shape[-1]}"


def _softmax(target: Target) -> Part:
    def part(call: Rewriting) -> str:
        smooth = call.given("label_smoothing") and call.const("label_smoothing") != 0
        labels = _smoothed(call, target, "onehot_labels", _classes(call) if smooth else "")
        differentiable = call.is_tensor("onehot_labels") and not call.is_fed("onehot_labels")
        if target is TF2:
            constant = f"tf.stop_gradient({labels})" if differentiable else labels
            return f"tf.nn.softmax_cross_entropy_with_logits({constant}, {call.text('logits')})"
        if smooth:
            labels = f"({labels})"
        elif labels == call.text("onehot_labels"):
            labels = call.operand("onehot_labels")
        constant = f"{labels}.detach()" if differentiable else labels
        return f"{call.helper('softmax_cross_entropy')}({constant}, {call.tensor('logits')})"

    return part


def _sparse_labels(call: Rewriting) -> None:
    labels, logits = call.shape("labels"), call.shape("logits")
    if labels is not None and logits is not None and len(labels) == len(logits):
        call.refuse("the labels have an axis more than the losses", "squeeze the labels' last axis")


def _sparse_tf2(call: Rewriting) -> str:
    _sparse_labels(call)
    return f"tf.nn.sparse_softmax_cross_entropy_with_logits({call.text('labels')}, {call.text('logits')})"


def _sparse_torch(reduction: str) -> Part:
    def part(call: Rewriting) -> str:
        _sparse_labels(call)
        return sparse_cross_entropy(call, reduction)

    return part


def _without_classes(call: Bound) -> Shape | None:
    shape = call.shape("logits")
    return shape[:-1] if shape else None


def _cosine(target: Target) -> Part:
    keep = "dim={}, keepdim=True" if target is TORCH else "axis={}, keepdims=True"

    def part(call: Rewriting) -> str:
        product = f"{call.operand('predictions')} * {target.floats(call, 'labels', True)}"
        return f"(1 - {target.sum}({product}, {keep.format(call.text('axis'))}))"

    return part


_ABSOLUTE, _ABSOLUTE_MEAN = _elements("F.l1_loss")
_SQUARED, _SQUARED_MEAN = _elements("F.mse_loss")
_NONE = ', reduction="none"'

ENTRIES: tuple[Entry, ...] = (
    _loss(
        "absolute_difference",
        f"labels, predictions, weights=1.0, {_WEIGHTED}",
        lambda call: f"tf.abs({_difference(call)})",
        _ABSOLUTE,
        mean=_ABSOLUTE_MEAN,
    ),
    _loss(
        "mean_squared_error",
        f"labels, predictions, weights=1.0, {_WEIGHTED}",
        lambda call: f"tf.math.squared_difference({call.text('predictions')}, {TF2.floats(call, 'labels')})",
        _SQUARED,
        mean=_SQUARED_MEAN,
    ),
    _loss(
        "huber_loss",
        f"labels, predictions, weights=1.0, delta=1.0, {_WEIGHTED}",
        _huber_tf2,
        _huber_torch(_NONE),
        mean=_huber_torch(""),
        trap="Not torch's smooth_l1_loss, which divides by delta.",
    ),
    _loss(
        "hinge_loss",
        f"labels, logits, weights=1.0, {_WEIGHTED}",
        _hinge(TF2),
        _hinge(TORCH),
        losses=lambda call: broadcast(call.shape("labels"), call.shape("logits")),
        trap="Labels are 0 and 1.",
    ),
    _loss(
        "log_loss",
        f"labels, predictions, weights=1.0, epsilon=1e-7, {_WEIGHTED}",
        _log_loss(TF2),
        _log_loss(TORCH),
        trap="Epsilon is added inside of the logarithm; Keras clips instead and torch clamps the logarithm.",
    ),
    _loss(
        "sigmoid_cross_entropy",
        f"multi_class_labels, logits, weights=1.0, label_smoothing=0, {_WEIGHTED}",
        _sigmoid(TF2),
        _sigmoid(TORCH, _NONE),
        mean=_sigmoid(TORCH),
        losses=lambda call: call.shape("logits"),
    ),
    _loss(
        "softmax_cross_entropy",
        f"onehot_labels, logits, weights=1.0, label_smoothing=0, {_WEIGHTED}",
        _softmax(TF2),
        _softmax(TORCH),
        losses=_without_classes,
    ),
    _loss(
        "sparse_softmax_cross_entropy",
        f"labels, logits, weights=1.0, {_WEIGHTED}",
        _sparse_tf2,
        _sparse_torch(_NONE),
        mean=_sparse_torch(""),
        losses=_without_classes,
    ),
    _loss(
        "cosine_distance",
        f"labels, predictions, axis=None, weights=1.0, {_WEIGHTED}",
        _cosine(TF2),
        _cosine(TORCH),
        losses=lambda call: call.shape("predictions"),
        trap="One minus the dot product: the caller has to normalise.",
    ),
    _loss(
        "compute_weighted_loss",
        f"losses, weights=1.0, {_WEIGHTED}",
        lambda call: call.operand("losses"),
        lambda call: call.operand("losses"),
        losses=lambda call: call.shape("losses"),
    ),
    Entry(
        "losses.mean_pairwise_squared_error",
        "labels, predictions, weights=1.0, scope=None, loss_collection='losses'",
        kind="loss",
        shape=lambda call: SCALAR,
        dtype=always("float32"),
        trap="The result of each sample is summed over the batch, not averaged.",
    ),
)
