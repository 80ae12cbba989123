"""ACT105: batch normalization whose moving statistics nothing updates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import operation, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.values import Op

_CONTRIB = frozenset({"contrib.layers.batch_norm", "contrib.slim.batch_norm"})
_UPDATED = re.compile(
    r"update_ops|updates_collections|create_train_op|optimize_loss|get_updates_for|\.updates\b", re.IGNORECASE
)


def check(program: Program) -> Iterator[Finding]:
    """One finding per training operation behind batch normalization in training mode, if nothing runs its updates."""
    if any(_UPDATED.search(tree.source.text) for tree in program.trees.values()):
        return
    from actlint.program.values import Tensor

    scoped = any("arg_scope" in tree.source.text for tree in program.trees.values())
    seen: set[object] = set()
    for training in program.trainings:
        if training.node in seen or not isinstance(training.loss, Tensor):
            continue
        norms = [op for op in program.ancestors([training.loss]) if _trains(op, scoped)]
        if norms:
            seen.add(training.node)
            first = min(norms, key=lambda op: op.index)
            message = f"moving mean and variance of tf.{first.symbol} are never updated"
            help = (
                "minimize under `with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):`; "
                "inference then normalizes as training did"
            )
            related = [operation(program, first, "the layer is here")]
            yield report(RULE, program, training.node, training.file, message, help, related)


def _trains(op: Op, scoped: bool) -> bool:
    """Whether an operation is batch normalization that normalizes with the batch; `scoped`: an `arg_scope` may say more
    than the call does."""
    from actlint.program.values import Const, Unknown

    if op.symbol in _CONTRIB and not scoped:
        training = op.arguments.get("is_training", Const(True))
    elif op.symbol == "layers.batch_normalization":
        training = op.arguments.get("training")
    else:
        return False
    return training is not None and not isinstance(training, Unknown) and training != Const(False)


RULE = Rule(
    code="ACT105",
    name="update-ops-not-run",
    message="batch normalization without its update operations",
    what="A loss is minimized behind `tf.layers.batch_normalization(..., training=...)`, and the program never "
    "mentions `UPDATE_OPS` nor uses a helper that runs them.",
    why="The layer only registers the updates of its moving mean and variance. Training normalizes with the batch and "
    "looks fine; with `training=False` the layer still has mean 0 and variance 1, so that predictions, and every "
    "activation that is looked at then, are wrong. Layers that are never in training mode are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.batch_normalization(tf.layers.dense(x, 8), training=True)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.batch_normalization(tf.layers.dense(x, 8), training=True)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/11965",
        "https://github.com/tensorflow/tensorflow/issues/10118",
        "https://github.com/CharlesShang/TFFRCNN/issues/142",
        "https://github.com/YunYang1994/tensorflow-yolov3/issues/23",
    ),
    fix="none",
    check=check,
    triggers=(b"batch_norm",),
)
