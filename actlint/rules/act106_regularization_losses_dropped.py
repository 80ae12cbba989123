"""ACT106: regularizers whose losses nothing adds to what is minimized."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import operation, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.values import Penalty, Tensor, Variable

_ADDED = re.compile(r"add_to_collections?\(\s*[\w.]*REGULARIZATION_LOSSES")
_READ = re.compile(
    r"regularization_loss|get_total_loss|create_total_loss|create_train_op|get_losses|GraphKeys\.LOSSES", re.IGNORECASE
)


def check(program: Program) -> Iterator[Finding]:
    """One finding per training operation of weights with a regularizer, if nothing reads what regularizers collect."""
    if any(_READ.search(_ADDED.sub("", tree.source.text)) for tree in program.trees.values()):
        return
    from actlint.program.collected import REGULARIZATION
    from actlint.program.values import Tensor

    registered = {penalty.tensor.op for penalty in program.penalties.values()}
    by_hand = [t for t in program.collections.get(REGULARIZATION, ()) if isinstance(t, Tensor)]
    by_hand = [tensor for tensor in by_hand if tensor.op not in registered]

    seen: set[object] = set()
    for training in program.trainings:
        if training.node in seen or not isinstance(training.loss, Tensor):
            continue
        needed = program.ancestors([training.loss])
        own = [p for p in program.penalties.values() if p.variable in training.variables and _is_known(p)]
        dropped = [(p.tensor, p.variable) for p in own]
        dropped += [(t, v) for t in by_hand for v in _read(program, t) if v in training.variables]
        if dropped and all(tensor.op not in needed for tensor, _ in dropped):
            seen.add(training.node)
            message = "regularizers have no effect: their losses are collected and not part of what is minimized"
            help = "minimize loss + tf.losses.get_regularization_loss()"
            related = [operation(program, dropped[0][1].op, "a weight with a regularizer is made here")]
            yield report(RULE, program, training.node, training.file, message, help, related)


def _read(program: Program, tensor: Tensor) -> list[Variable]:
    """The variables that a tensor is computed from."""
    ops = program.ancestors([tensor])
    return [variable for variable in program.variables if variable.op in ops]


def _is_known(penalty: Penalty) -> bool:
    """Whether there surely is a regularizer: a function, or what a call gave; not a setting that may be None."""
    import libcst as cst

    from actlint.program.values import Const, Unknown

    regularizer = penalty.regularizer
    if isinstance(regularizer, Unknown):
        return isinstance(regularizer.node, cst.Call)
    return not isinstance(regularizer, Const)


RULE = Rule(
    code="ACT106",
    name="regularization-losses-dropped",
    message="regularizer registered but never added to the minimized loss",
    what="Weights have a `kernel_regularizer` or a `regularizer`, and the program minimizes a loss without reading "
    "the collection that regularizers put their losses in.",
    why="A regularizer only adds a tensor to the collection `REGULARIZATION_LOSSES`. Nothing minimizes it: "
    "coefficients of 1e-6 and 10 train bit for bit the same (measured with TensorFlow 1.15.5). Programs that read the "
    "collection, or use `tf.losses.get_total_loss` or a helper that does, are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dense(x, 8, tf.nn.relu, kernel_regularizer=tf.keras.regularizers.l2(0.1))
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dense(x, 8, tf.nn.relu, kernel_regularizer=tf.keras.regularizers.l2(0.1))
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1))) + tf.losses.get_regularization_loss()
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    sources=(
        "https://github.com/carpedm20/BEGAN-tensorflow/issues/35",
        "https://github.com/IntelLabs/coach/pull/292",
        "https://github.com/MDIL-SNU/SIMPLE-NN/pull/31",
        "https://github.com/tensorflow/tensorflow/issues/21587",
    ),
    fix="none",
    check=check,
    triggers=(b"regularizer", b"REGULARIZATION_LOSSES"),
)
