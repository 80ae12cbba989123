"""ACT215: what `predict` returned enters the loss of a tape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program


def check(program: Program) -> Iterator[Finding]:
    """One finding per `predict` of a model whose variables the gradient of a loss that reads it is asked for."""
    from actlint.program.eager.objects import descendants
    from actlint.program.eager.trained import asked
    from actlint.program.eager.values import Object, ancestors

    eager = program.eager
    seen: set[object] = set()
    for sink in eager.sinks:
        wanted = asked(sink) if sink.kind == "tape" else set()
        alive = {id(tensor.via) for tensor in ancestors(sink.value, through_cuts=False) if not tensor.cut}
        for tensor in ancestors(sink.value) if wanted else ():
            if not tensor.op.startswith("predict") or tensor.place.node in seen:
                continue
            if not isinstance(tensor.via, Object) or sink.tape not in tensor.place.tapes:
                continue
            parts = {id(part) for part in descendants(tensor.via)}
            if id(tensor.via) not in wanted or parts & alive:
                continue
            seen.add(tensor.place.node)
            message = f"{text(eager, tensor.place)} returns an array: no gradient reaches the model"
            help = "call the model: model(x, training=True)"
            yield report(RULE, eager, tensor.place, message, help, (), [spot(eager, sink.place, "differentiated here")])


RULE = Rule(
    code="ACT215",
    name="predict-in-differentiated-step",
    message="model.predict() inside the differentiated step returns NumPy",
    what="Within a `tf.GradientTape` a model is run with `predict` or `predict_on_batch`, the loss reads what it "
    "returned, and the gradient with respect to this model's variables is asked for.",
    why="`predict` returns an array, of which a tape knows nothing: the gradients of the model are `None`, and in a "
    "model of two parts the first one is never trained. Targets and teachers, whose variables are not asked for, and "
    "models that the same tape has seen called too, are not reported.",
    bad="""\
import keras
import numpy as np
import tensorflow as tf

encoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu")])
head = keras.layers.Dense(1)
x = np.ones((4, 4), "float32")
with tf.GradientTape() as tape:
    hidden = encoder.predict_on_batch(x)
    loss = tf.reduce_mean(tf.square(head(hidden) - 1.0))
gradients = tape.gradient(loss, encoder.trainable_variables)
""",
    good="""\
import keras
import numpy as np
import tensorflow as tf

encoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, activation="relu")])
head = keras.layers.Dense(1)
x = np.ones((4, 4), "float32")
with tf.GradientTape() as tape:
    hidden = encoder(x, training=True)
    loss = tf.reduce_mean(tf.square(head(hidden) - 1.0))
gradients = tape.gradient(loss, encoder.trainable_variables)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/20630",
        "https://github.com/tensorflow/tensorflow/issues/39969",
        "https://github.com/SciSharp/TensorFlow.NET/issues/1197",
    ),
    fix="none",
    check=check,
    triggers=(b"predict",),
    reads="tf2",
)
