"""ACT115: dropout or batch normalization of tf.layers that nobody tells of training."""

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

_EFFECTS = {
    "layers.dropout": "drops nothing",
    "layers.batch_normalization": "normalizes with moving statistics that nothing moves",
}


def check(program: Program) -> Iterator[Finding]:
    """One finding per such layer of what is trained; of a program without any weights, per layer."""
    from actlint.program.values import Tensor

    trained: dict[Op, Op] = {}
    for training in program.trainings:
        if isinstance(training.loss, Tensor):
            trained.update({op: training for op in program.ancestors([training.loss])})
    calls: dict[CSTNode, list[Op]] = {}
    for op in program.ops:
        if op.symbol in _EFFECTS:
            calls.setdefault(op.node, []).append(op)
    for node, ops in calls.items():
        reached = [op for op in ops if op in trained]
        if not all(map(_is_untold, ops)) or not reached and (program.trainings or program.variables):
            continue
        op = ops[0]
        message = f"tf.{op.symbol} without training=: the default is False, so that it {_EFFECTS[op.symbol]}"
        help = "pass training=is_training, a placeholder that the training runs feed with True"
        if isinstance(op.arguments.get("noise_shape"), Tensor):
            help = f"the third argument is noise_shape: {help}"
        related = [operation(program, trained[reached[0]], "trained here")] if reached else []
        yield report(RULE, program, node, op.file, message, help, related)


def _is_untold(op: Op) -> bool:
    """Whether a layer surely isn't told whether it trains, nor that it is frozen."""
    from actlint.program.values import Variable

    starred = any(argument.star for argument in getattr(op.node, "args", ()))
    weights = [tensor for tensor in op.inputs if isinstance(tensor, Variable)]
    frozen = bool(weights) and not any(weight.trainable for weight in weights)
    return op.known and not starred and not frozen and "training" not in op.arguments


RULE = Rule(
    code="ACT115",
    name="tf-layers-training-default",
    message="tf.layers.dropout or batch_normalization without training=: inert while training",
    what="`tf.layers.dropout` or `tf.layers.batch_normalization` is called without `training`, and a loss behind it is "
    "minimized.",
    why="`training` is False by default, whatever is minimized: dropout is the identity (0 of 400 units "
    "dropped, measured with TensorFlow 1.15.5), and batch normalization uses its initial mean 0 and "
    "variance 1. Programs that train nothing, frozen layers, and arguments that aren't known are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dropout(tf.layers.dense(x, 8, activation=tf.nn.relu), rate=0.5)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
is_training = tf.placeholder_with_default(False, [])
hidden = tf.layers.dropout(tf.layers.dense(x, 8, activation=tf.nn.relu), rate=0.5, training=is_training)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/30301",
        "https://github.com/tensorflow/benchmarks/issues/195",
        "https://github.com/potterhsu/SVHNClassifier/issues/16",
        "https://github.com/yxlijun/cifar-tensorflow/issues/3",
    ),
    fix="none",
    check=check,
    triggers=(b"dropout", b"batch_normalization"),
)
