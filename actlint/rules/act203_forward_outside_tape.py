"""ACT203: the layers were called before the tape that differentiates them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager.model import Sink
    from actlint.program.eager.values import Place, Tensor


def check(program: Program) -> Iterator[Finding]:
    """One finding per gradient that reaches a layer's weights only through a call outside of its tape."""
    eager = program.eager
    seen: set[object] = set()
    for sink in eager.sinks:
        if sink.kind != "tape" or sink.tape is None:
            continue
        outside = _outside(sink)
        if outside is not None and outside.place.node not in seen:
            seen.add(outside.place.node)
            message = (
                "computed outside of the GradientTape that differentiates it: the gradients of its weights are None"
            )
            help = "call the layers within the tape's block"
            related = [
                spot(eager, sink.tape.place, "the tape is opened here"),
                spot(eager, sink.place, "differentiated here"),
            ]
            yield report(RULE, eager, _called(outside.place, sink.tape.place), message, help, (), related)


def _outside(sink: Sink) -> Tensor | None:
    """The last call of a layer outside of the tape, if its weights are asked for and no call within has them."""
    from actlint.program.eager.trained import asked
    from actlint.program.eager.values import ancestors

    wanted = asked(sink)
    used = [t for t in ancestors(sink.value, False) if not t.cut and t.op not in ("parameter", "losses_of")]
    calls = [t for t in used if id(t.via) in wanted]
    inside = {id(tensor.via) for tensor in calls if sink.tape in tensor.place.tapes}
    outside: list[Tensor] = [tensor for tensor in calls if id(tensor.via) not in inside and not tensor.place.tapes]
    return max(outside, key=lambda tensor: tensor.place.index, default=None)


def _called(place: Place, tape: Place) -> Place:
    """Where the function that opens the tape, or calls what does, calls what led to a place."""
    pairs = zip(place.frames, tape.frames, strict=False)
    depth = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(place.frames), len(tape.frames)))
    if depth == len(place.frames):
        return place
    frame = place.frames[depth]
    return replace(place, node=frame.node, file=frame.file, frames=place.frames[:depth])


RULE = Rule(
    code="ACT203",
    name="forward-outside-tape",
    message="activations were computed outside of the GradientTape",
    what="A loss within a `tf.GradientTape` reads what layers returned before the tape was opened, and the gradient "
    "with respect to the weights of these layers is asked for.",
    why="A tape knows only what was computed within its block. The gradients of the layers called before are `None`: "
    "the optimizer warns, or fails with `No gradients provided for any variable`, or leaves out a part of the model "
    "in silence. A frozen extractor outside of the tape, whose variables are not asked for, is not reported.",
    bad="""\
import numpy as np
import tensorflow as tf

hidden_layer, head = tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)
x = np.ones((4, 4), "float32")
hidden = hidden_layer(x)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(head(hidden) - 1.0)) + 0.01 * tf.reduce_mean(tf.abs(hidden))
variables = hidden_layer.trainable_variables + head.trainable_variables
gradients = tape.gradient(loss, variables)
""",
    good="""\
import numpy as np
import tensorflow as tf

hidden_layer, head = tf.keras.layers.Dense(8, activation="relu"), tf.keras.layers.Dense(1)
x = np.ones((4, 4), "float32")
with tf.GradientTape() as tape:
    hidden = hidden_layer(x)
    loss = tf.reduce_mean(tf.square(head(hidden) - 1.0)) + 0.01 * tf.reduce_mean(tf.abs(hidden))
variables = hidden_layer.trainable_variables + head.trainable_variables
gradients = tape.gradient(loss, variables)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/42167",
        "https://github.com/ftramer/ensemble-adv-training/issues/4",
        "https://github.com/tensorflow/tensorflow/issues/28836",
    ),
    fix="none",
    check=check,
    triggers=(b"GradientTape",),
    reads="tf2",
)
