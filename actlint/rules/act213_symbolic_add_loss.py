"""ACT213: `add_loss` of a symbolic tensor on a model from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Object, Place


def check(program: Program) -> Iterator[Finding]:
    """One finding per `add_loss` of a symbolic tensor on a functional or sequential model of Keras 3."""
    from actlint.program.eager.values import tensors_in
    from actlint.program.versions import KERAS_2

    if program.keras == {KERAS_2}:
        return
    eager = program.eager
    seen: set[object] = set()
    for sink in eager.sinks:
        model = _model(eager, sink.place)
        if model is None or sink.place.node in seen or not any(t.symbolic for t in tensors_in(sink.value)):
            continue
        seen.add(sink.place.node)
        message = "add_loss() of a symbolic tensor on a model: Keras 3 has removed it and raises an error"
        help = (
            "put the term into a small layer whose call() says self.add_loss(...), and pass the activation through it"
        )
        yield report(RULE, eager, sink.place, message, help, [spot(eager, model.place, "the model is made here")])


def _model(program: EagerProgram, place: Place) -> Object | None:
    """The model made of symbolic tensors whose `add_loss` is called at a place."""
    import libcst as cst

    from actlint.apis import eager as apis
    from actlint.program.eager.values import Object

    call = place.node
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "add_loss":
        return None
    owners = program.values.get(call.func.value, [])
    models = [
        o for o in owners if isinstance(o, Object) and o.cls is None and o.symbol in apis.MODELS | apis.CONTAINERS
    ]
    return models[0] if models and len(models) == len(owners) else None


RULE = Rule(
    code="ACT213",
    name="symbolic-add-loss",
    message="model.add_loss(symbolic) on a functional model was removed in Keras 3",
    what="`add_loss` is called on a functional or sequential model, with a tensor computed from `Input` or from "
    "outputs of layers.",
    why="TensorFlow 1 and Keras 2 added such a term to the model's graph. Keras 3 raises an error. "
    "`self.add_loss` in a layer's or model's `call`, and programs bound to Keras 2 (tf_keras, "
    "`TF_USE_LEGACY_KERAS`, a requirement below Keras 3 or TensorFlow 2.16), are not reported.",
    bad="""\
import keras

inputs = keras.Input((4,))
hidden = keras.layers.Dense(8, activation="relu")(inputs)
model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
model.add_loss(0.01 * keras.ops.mean(keras.ops.abs(hidden)))
model.compile("sgd", "mse")
""",
    good="""\
import keras


class ActivityPenalty(keras.layers.Layer):
    def call(self, hidden):
        self.add_loss(0.01 * keras.ops.mean(keras.ops.abs(hidden)))
        return hidden


inputs = keras.Input((4,))
hidden = ActivityPenalty()(keras.layers.Dense(8, activation="relu")(inputs))
model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
model.compile("sgd", "mse")
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/38056",
        "https://github.com/tensorflow/tensorflow/issues/32127",
        "https://github.com/keras-team/keras/issues/9079",
    ),
    fix="none",
    check=check,
    triggers=(b"add_loss",),
    reads="tf2",
)
