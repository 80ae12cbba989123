"""ACT102: a term of a minimised loss reads a hidden tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import hidden_tensors, layers, migration, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.losses import LossTerm
    from actlint.program.values import Tensor


def check(program: Program) -> Iterator[Finding]:
    """One finding per term, also where several losses share it."""
    places: dict[CSTNode, tuple[LossTerm, list[Tensor]]] = {}
    for term in program.loss_terms:
        _, hidden = places.setdefault(term.node, (term, []))
        hidden.extend(tensor for tensor in term.hidden if tensor not in hidden)
    for term, hidden in places.values():
        name = program.targets.get(term.node)
        which = f"loss term `{name}`" if name else "loss term"
        message = f"{which} reads {hidden_tensors(program, hidden)}"
        yield report(RULE, program, term.node, term.file, message, migration(program), layers(program, hidden))


RULE = Rule(
    code="ACT102",
    name="hidden-tensor-in-loss",
    message="loss term reads a hidden tensor",
    what="A summand of a minimised loss is computed from the output of a layer that feeds another layer: a sparsity "
    "or activation penalty, a divergence of a code, a feature loss.",
    why="In a graph any tensor can enter the loss. In eager code the model has to hand the tensor to the loss, by "
    "returning it, by a layer's `add_loss` or by a forward hook that keeps the gradient; a copy made with numpy or "
    "`detach` trains nothing. The finding names the layer and the term, which is what the migration has to connect.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
hidden = tf.layers.dense(x, 8, activation=tf.nn.relu)
out = tf.layers.dense(hidden, 1)
loss = tf.losses.mean_squared_error(y, out) + 0.01 * tf.reduce_mean(tf.abs(hidden))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

first = tf.keras.layers.Dense(8, activation="relu")
last = tf.keras.layers.Dense(1)


def loss(x, y):
    hidden = first(x)
    return tf.reduce_mean(tf.square(y - last(hidden))) + 0.01 * tf.reduce_mean(tf.abs(hidden))
""",
    sources=("https://github.com/tensorflow/tensorflow/issues/30866",),
    fix="migrate",
    check=check,
    triggers=(b"minimize", b"gradients"),
)
