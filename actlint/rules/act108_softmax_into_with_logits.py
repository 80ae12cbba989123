"""ACT108: probabilities enter a loss that takes logits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import operation, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.values import Op

_SOFTMAX = ("nn.softmax", "keras.activations.softmax")
_SIGMOID = ("nn.sigmoid", "sigmoid", "math.sigmoid")
_TWICE = {
    "nn.softmax_cross_entropy_with_logits": _SOFTMAX,
    "nn.softmax_cross_entropy_with_logits_v2": _SOFTMAX,
    "nn.sparse_softmax_cross_entropy_with_logits": _SOFTMAX,
    "losses.softmax_cross_entropy": _SOFTMAX,
    "losses.sparse_softmax_cross_entropy": _SOFTMAX,
    "nn.sigmoid_cross_entropy_with_logits": _SIGMOID,
    "nn.weighted_cross_entropy_with_logits": _SIGMOID,
    "losses.sigmoid_cross_entropy": _SIGMOID,
}
_FORMS = frozenset({"reshape", "squeeze", "identity", "cast", "transpose", "expand_dims", "to_float"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss whose logits are the output of the function that it applies itself."""
    losses: dict[CSTNode, list[tuple[Op, Op | None]]] = {}
    for op in program.ops:
        if op.symbol in _TWICE:
            losses.setdefault(op.node, []).append((op, _probabilities(op)))
    for node, found in losses.items():
        op, first = found[0]
        if first is not None and all(source is not None for _, source in found):
            what = "softmax" if _TWICE[op.symbol] is _SOFTMAX else "sigmoid"
            message = f"{what} output is passed as logits to tf.{op.symbol}, which applies {what} again"
            help = f"pass the logits, from before the {what}"
            related = [operation(program, first, f"the {what} is here")]
            yield report(RULE, program, node, op.file, message, help, related)


def _probabilities(loss: Op) -> Op | None:
    """The operation that made probabilities of a loss's logits, None if they are something else."""
    from actlint.program.binding import framework_name
    from actlint.program.values import Symbol, Tensor

    given = loss.arguments.get("logits")
    while isinstance(given, Tensor) and given.op.symbol in _FORMS and given.op.inputs:
        given = given.op.inputs[0]
    if not isinstance(given, Tensor):
        return None
    symbols = _TWICE[loss.symbol]
    activation = given.op.arguments.get("activation") if given.op.symbol.startswith("layers.") else None
    if isinstance(activation, Symbol) and framework_name(activation.name) in symbols:
        return given.op
    return given.op if given.op.symbol in symbols else None


RULE = Rule(
    code="ACT108",
    name="softmax-into-with-logits",
    message="softmax or sigmoid output passed as logits",
    what="The `logits` of `softmax_cross_entropy_with_logits` and its relatives are what a softmax returned, or those "
    "of `sigmoid_cross_entropy_with_logits` what a sigmoid returned.",
    why="The loss applies the function itself. Of probabilities it can't get below a floor (0.55 for three classes, "
    "1.46 for ten) and its gradients are small, so that the base loss is weak beside every penalty on activations. "
    "Softmax outputs that are labels, or only predicted with, are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 3])
probabilities = tf.nn.softmax(tf.layers.dense(x, 3))
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=probabilities))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 3])
logits = tf.layers.dense(x, 3)
probabilities = tf.nn.softmax(logits)
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    sources=(
        "https://github.com/jaehong31/CGES/issues/1",
        "https://github.com/tflearn/tflearn/pull/562",
        "https://github.com/suragnair/alpha-zero-general/issues/45",
        "https://github.com/NVIDIA/DeepLearningExamples/issues/468",
    ),
    fix="none",
    check=check,
    triggers=(b"cross_entropy",),
)
