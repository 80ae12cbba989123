"""ACT209: a training step of one's own that forgets the losses which the model keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager.model import Sink
    from actlint.program.eager.values import Object
    from actlint.program.values import Value

_READ = re.compile(r"(\w+|\))\.losses\b|compute_loss|compiled_loss|\bget_losses_for\b")
_NAMESPACES = ("keras", "tf", "tensorflow", "K")


def check(program: Program) -> Iterator[Finding]:
    """One finding per gradient with respect to a model's variables of a loss without the model's own losses."""
    eager = program.eager
    if any(_reads_losses(tree.source.text) for tree in eager.trees.values()):
        return
    seen: set[object] = set()
    for sink in eager.sinks:
        if sink.kind != "tape" or sink.place.node in seen:
            continue
        layer = next(_regularized(sink), None)
        if layer is not None:
            seen.add(sink.place.node)
            message = "the loss leaves out model.losses: regularizers and add_loss have no effect"
            help = "add them within the tape: loss += tf.add_n(model.losses)"
            yield report(RULE, eager, sink.place, message, help, [spot(eager, layer.place, "a loss is kept here")])


def _reads_losses(text: str) -> bool:
    return any(match.group(1) not in _NAMESPACES for match in _READ.finditer(text))


def _regularized(sink: Sink) -> Iterator[Object]:
    """The layers with losses of their own on the way of a gradient with respect to their model's variables."""
    from actlint.program.eager.values import Object, ancestors

    asked = [t.via for t in ancestors(sink.sources) if t.op == "variables_of" and isinstance(t.via, Object)]
    passed = {id(t.via) for t in ancestors(sink.value, False) if t.op != "variables_of"}
    for model in asked:
        layers = list(_layers(model))
        if any(id(layer) in passed for layer in layers):
            yield from (layer for layer in layers if _keeps_losses(layer))


def _layers(module: Object) -> Iterator[Object]:
    """A model's layers: what it holds, and what a functional model was made of."""
    from actlint.program.eager.objects import descendants
    from actlint.program.eager.values import Object, ancestors

    for part in descendants(module):
        if isinstance(part, Object):
            yield part
            for value in part.arguments.all if part.symbol.endswith(".Model") and part.cls is None else ():
                yield from (t.via for t in ancestors(value) if isinstance(t.via, Object))


def _keeps_losses(layer: Object) -> bool:
    if "add_loss" in layer.told or layer.symbol.endswith(".ActivityRegularization"):
        return True
    return any(key.endswith("_regularizer") and _is_given(value) for key, value in layer.arguments.keywords.items())


def _is_given(value: Value) -> bool:
    from actlint.program.eager.values import Object, Tensor
    from actlint.program.values import Const, Function, Symbol

    if isinstance(value, Tensor):
        return value.symbol.startswith("keras.regularizers.")
    return isinstance(value, (Object, Symbol, Function)) or isinstance(value, Const) and isinstance(value.value, str)


RULE = Rule(
    code="ACT209",
    name="model-losses-dropped",
    message="custom training step ignores model.losses",
    what="A step with `tf.GradientTape` differentiates a loss with respect to a model's variables, the model has "
    "layers with `activity_regularizer`, `kernel_regularizer` or `add_loss`, and nothing reads `model.losses`.",
    why="`fit` adds the losses that layers keep; a tape doesn't. Changing the coefficient from 0 to 100 changes "
    "nothing (measured). Steps that read `.losses`, or call `compute_loss` or `compiled_loss`, which read them, and "
    "models without such layers are not reported.",
    bad="""\
import tensorflow as tf

model = tf.keras.Sequential([
    tf.keras.layers.Dense(8, activation="relu", activity_regularizer=tf.keras.regularizers.L1(0.1)),
    tf.keras.layers.Dense(1),
])
x = tf.ones((4, 4))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(model(x, training=True) - 1.0))
gradients = tape.gradient(loss, model.trainable_variables)
""",
    good="""\
import tensorflow as tf

model = tf.keras.Sequential([
    tf.keras.layers.Dense(8, activation="relu", activity_regularizer=tf.keras.regularizers.L1(0.1)),
    tf.keras.layers.Dense(1),
])
x = tf.ones((4, 4))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(model(x, training=True) - 1.0)) + tf.add_n(model.losses)
gradients = tape.gradient(loss, model.trainable_variables)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/33219",
        "https://github.com/hunglc007/tensorflow-yolov4-tflite/issues/369",
        "https://github.com/tensorflow/tensorflow/issues/21237",
        "https://github.com/tensorflow/tensorflow/issues/30866",
    ),
    fix="none",
    check=check,
    triggers=(b"GradientTape",),
    reads="tf2",
)
