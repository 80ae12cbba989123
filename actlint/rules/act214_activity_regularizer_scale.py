"""ACT214: an activity regularizer, whose strength depends on the version of Keras."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.values import Value


def check(program: Program) -> Iterator[Finding]:
    """One finding per layer with an activity regularizer, where nothing binds the program to versions that agree."""
    from actlint.program.versions import EARLY

    if EARLY not in program.keras or program.keras == {EARLY}:
        return
    eager = program.eager
    seen: set[object] = set()
    for layer in eager.objects:
        if layer.cls is not None or layer.place.node in seen or not layer.symbol.startswith("keras.layers."):
            continue
        given = layer.arguments.keywords.get("activity_regularizer")
        if not layer.symbol.endswith(".ActivityRegularization") and not _is_regularizer(given):
            continue
        seen.add(layer.place.node)
        message = (
            "activity regularizers are divided by the batch size in TensorFlow 1, tf_keras and Keras from 3.14 on, "
            "not in Keras 3 before 3.14"
        )
        help = "add the term itself, self.add_loss(lam * ops.mean(ops.abs(h))) in call(), or pin the version of Keras"
        yield report(RULE, eager, layer.place, message, help)


def _is_regularizer(value: Value | None) -> bool:
    """Whether a value is surely a regularizer and not None."""
    from actlint.program.eager.values import Object, Tensor
    from actlint.program.values import Const, Function

    if isinstance(value, Const):
        return isinstance(value.value, str)
    return isinstance(value, (Object, Tensor, Function))


RULE = Rule(
    code="ACT214",
    name="activity-regularizer-scale",
    message="activity_regularizer is divided by the batch size in some versions of Keras and not in others",
    what="A Keras layer has an `activity_regularizer`, or is an `ActivityRegularization`, in a program "
    "that no requirement binds to one side of the change.",
    why="The same code penalizes activations more strongly by a factor of the batch size when the package "
    "is exchanged. Measured with L1(0.1) on three units and batches of 4 and 8: 0.60 and 0.60 with "
    "TensorFlow 1.15, tf_keras and Keras 3.14 and 3.15, 2.40 and 4.80 with Keras 3.5, 3.12 and 3.13. "
    "Programs on tf_keras, and those whose requirements admit versions of one kind only, are not reported.",
    bad="""\
import keras

layer = keras.layers.Dense(8, activation="relu", activity_regularizer=keras.regularizers.L1(0.1))
""",
    good="""\
import keras


class Sparse(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(8, activation="relu")

    def call(self, x):
        hidden = self.dense(x)
        self.add_loss(0.1 * keras.ops.mean(keras.ops.abs(hidden)))
        return hidden
""",
    sources=(
        "https://github.com/keras-team/keras/issues/22018",
        "https://github.com/keras-team/keras/pull/22021",
        "https://github.com/tensorflow/tensorflow/issues/33219",
    ),
    fix="none",
    check=check,
    triggers=(b"activity_regularizer", b"ActivityRegularization"),
    reads="tf2",
)
