"""ACT116: a loss term computed by a Python function that has no gradient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import operation, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.values import Op, Tensor

_PYTHON = ("py_func", "numpy_function")
_OWN_GRADIENT = re.compile(r"custom_gradient|gradient_override_map|RegisterGradient|override_gradient")


def check(program: Program) -> Iterator[Finding]:
    """One finding per Python function through which alone a loss term depends on trained variables."""
    from actlint.program.losses import differentiated, summands

    if any(_OWN_GRADIENT.search(tree.source.text) for tree in program.trees.values()):
        return
    seen: set[object] = set()
    for loss, sink in differentiated(program):
        for summand in summands(program, loss, sink.calls):
            for op in _through(program, summand.tensor) if summand.tensor is not None else ():
                if op.node not in seen:
                    seen.add(op.node)
                    message = f"tf.{op.symbol} has no gradient: the loss term that it computes trains nothing"
                    help = "write the term with TensorFlow operations, or use tf.py_function, which is differentiable"
                    yield report(
                        RULE,
                        program,
                        op.node,
                        op.file,
                        message,
                        help,
                        [operation(program, sink, "differentiated here")],
                    )


def _through(program: Program, term: Tensor) -> list[Op]:
    """The Python functions that a term depends on trained variables through, if it doesn't in another way too."""
    trained = {variable.op for variable in program.variables if variable.trainable}
    before = program.ancestors([term])
    found = [op for op in before if op.symbol in _PYTHON and program.ancestors(op.inputs) & trained]
    ends = [t for op in before for t in op.inputs if t.op in found]
    rest = set() if term.op in found else program.ancestors([term], ends)
    return [] if rest & trained else sorted(found, key=lambda op: op.index)


RULE = Rule(
    code="ACT116",
    name="no-gradient-py-func",
    message="tf.py_func or tf.numpy_function between an activation and the loss: the gradient is None",
    what="A term of a differentiated loss depends on trained variables through `tf.py_func` or "
    "`tf.numpy_function` alone.",
    why="Neither function has a gradient: the term's is `None`, training goes on with the other terms, and the penalty "
    "is only displayed. Terms with another operand that has a gradient, such as labels that a Python function "
    "prepares, programs that register gradients of their own, and `tf.py_function`, which runs TensorFlow operations, "
    "are not reported.",
    bad="""\
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dense(x, 8, activation=tf.nn.relu)
penalty = tf.py_func(lambda value: np.abs(value).mean(), [hidden], tf.float32)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1))) + 0.1 * penalty
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dense(x, 8, activation=tf.nn.relu)
penalty = tf.reduce_mean(tf.abs(hidden))
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1))) + 0.1 * penalty
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/1095",
        "https://github.com/tensorflow/tensorflow/issues/35713",
        "https://github.com/tensorflow/tensorflow/issues/47288",
        "https://github.com/cleverhans-lab/cleverhans/issues/432",
    ),
    fix="none",
    check=check,
    triggers=(b"py_func", b"numpy_function"),
)
