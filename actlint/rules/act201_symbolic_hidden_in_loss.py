"""ACT201: a Keras loss function closes over a symbolic tensor of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Sink
    from actlint.program.eager.values import Tensor

_GRAPH = (b"disable_eager_execution", b"disable_v2_behavior", b"tf.placeholder", b"tf.Session(", b"get_session(")


def check(program: Program) -> Iterator[Finding]:
    """One finding per operation of a compiled loss function that reads a symbolic tensor."""
    eager = program.eager
    if any(word in tree.source.raw for tree in eager.trees.values() for word in _GRAPH):
        return
    seen: set[object] = set()
    for sink in eager.sinks:
        if sink.kind != "compile":
            continue
        for reader, symbolic in _readers(eager, sink):
            if reader.place.node in seen:
                continue
            seen.add(reader.place.node)
            message = "loss function reads a symbolic tensor of the model, not this batch's activation"
            help = "add the term in a layer's or model's call() with self.add_loss(...), or write a train_step"
            before = [spot(eager, symbolic.place, f"{text(eager, symbolic.place)} is symbolic")]
            after = [spot(eager, sink.place, "the loss function is compiled here")]
            yield report(RULE, eager, reader.place, message, help, before, after)


def _readers(program: EagerProgram, sink: Sink) -> Iterator[tuple[Tensor, Tensor]]:
    """The operations within the loss function that take a symbolic tensor from outside, with that tensor."""
    from actlint.program.eager.values import ancestors, tensors_in

    def inside(tensor: Tensor) -> bool:
        frames = sink.place.frames
        return len(tensor.place.frames) > len(frames) and tensor.place.frames[: len(frames)] == frames

    for tensor in ancestors(sink.value):
        if not tensor.symbolic or not inside(tensor) or tensor.symbol in _LEAVES:
            continue
        for value in tensor.inputs:
            for given in tensors_in(value):
                if given.symbolic and (given.symbol in _LEAVES or not inside(given)):
                    yield tensor, given


_LEAVES = frozenset({"keras.input", "keras.output", "keras.inputs", "keras.outputs"})

RULE = Rule(
    code="ACT201",
    name="symbolic-hidden-in-loss",
    message="loss function closes over a layer's output: a symbolic tensor, not this batch's activation",
    what="A function given to `compile(loss=...)` computes with `layer.output`, `model.input`, an `Input` or what a "
    "layer returned for one.",
    why="Such a tensor stands for the graph of the model and has no value in a training step. With TensorFlow 1 and "
    "Keras before 2.4 the loss was part of that graph and it worked; today `fit` fails with an error about a "
    "KerasTensor, and running eagerly doesn't help. Programs that switch TensorFlow to graph mode, and losses that "
    "close over variables and constants, are not reported.",
    bad="""\
import keras
import tensorflow as tf

inputs = keras.Input((4,))
hidden = keras.layers.Dense(8, activation="relu")(inputs)
model = keras.Model(inputs, keras.layers.Dense(1)(hidden))


def loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred)) + 0.01 * tf.reduce_mean(tf.abs(hidden))


model.compile("sgd", loss=loss)
""",
    good="""\
import keras
import tensorflow as tf


class Sparse(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="relu")
        self.out = keras.layers.Dense(1)

    def call(self, x):
        hidden = self.hidden(x)
        self.add_loss(0.01 * tf.reduce_mean(tf.abs(hidden)))
        return self.out(hidden)


model = Sparse()
model.compile("sgd", loss="mse")
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/40336",
        "https://github.com/tensorflow/tensorflow/issues/43151",
        "https://github.com/tensorflow/tensorflow/issues/41200",
        "https://github.com/keras-team/keras/issues/14651",
    ),
    fix="none",
    check=check,
    triggers=(b"compile(",),
    reads="tf2",
)
