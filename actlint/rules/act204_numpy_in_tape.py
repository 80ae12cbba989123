"""ACT204: NumPy or Python numbers between an activation and the loss of a tape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program


def check(program: Program) -> Iterator[Finding]:
    """One finding per conversion that leaves a loss term without a gradient."""
    from actlint.program.eager.losses import cut_terms, library

    eager = program.eager
    seen: set[object] = set()
    for term in cut_terms(eager):
        if library(term.term) != "tensorflow" or not term.cuts or term.cuts[0].op.startswith("predict"):
            continue
        cut = term.cuts[0]
        if cut.cut in ("host", "rewrap") and cut.place.node not in seen:
            seen.add(cut.place.node)
            message = f"{text(eager, cut.place)} makes a constant of an activation: the loss term trains nothing"
            help = "compute with TensorFlow's operations: tf.reduce_mean(tf.abs(hidden)), not np.mean(np.abs(hidden))"
            related = [
                spot(eager, term.term.place, "the loss term is here"),
                spot(eager, term.sink.place, "differentiated here"),
            ]
            yield report(RULE, eager, cut.place, message, help, (), related)


RULE = Rule(
    code="ACT204",
    name="numpy-in-tape",
    message="NumPy or a Python number on an activation inside the differentiated block",
    what="A loss term goes through `.numpy()`, a NumPy function, `float()` or `tf.constant()` before the loss is "
    "differentiated, and has no other operand with a gradient.",
    why="For the tape the result is a constant. If it is one of several terms, nothing fails and the penalty has no "
    "effect; if it is all of the loss, the gradients are `None`; under `tf.function` it fails while the function is "
    "traced. NumPy on labels and inputs, and numbers that are only logged, are not reported.",
    bad="""\
import numpy as np
import tensorflow as tf

hidden_layer, head = tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)
x = np.ones((4, 4), "float32")
with tf.GradientTape() as tape:
    hidden = hidden_layer(x)
    loss = tf.reduce_mean(tf.square(head(hidden) - 1.0)) + 0.1 * np.mean(np.abs(hidden.numpy()))
gradients = tape.gradient(loss, hidden_layer.trainable_variables)
""",
    good="""\
import numpy as np
import tensorflow as tf

hidden_layer, head = tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)
x = np.ones((4, 4), "float32")
with tf.GradientTape() as tape:
    hidden = hidden_layer(x)
    penalty = tf.reduce_mean(tf.abs(hidden))
    loss = tf.reduce_mean(tf.square(head(hidden) - 1.0)) + 0.1 * penalty
    print(np.mean(penalty.numpy()))
gradients = tape.gradient(loss, hidden_layer.trainable_variables)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/36596",
        "https://github.com/tensorflow/tensorflow/issues/50111",
        "https://github.com/tensorflow/tensorflow/issues/30190",
        "https://github.com/tensorflow/tensorflow/issues/20630",
    ),
    fix="none",
    check=check,
    triggers=(b"GradientTape", b"compile("),
    reads="tf2",
)
