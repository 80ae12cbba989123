"""ACT205: a tensor of a traced function that is kept aside and read outside of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Leak, Store
    from actlint.program.eager.values import Place

_EAGERLY = (b"run_functions_eagerly", b"run_eagerly")


def check(program: Program) -> Iterator[Finding]:
    """One finding per place that keeps a tensor of a trace which other code computes with."""
    from actlint.program.eager.tracing import FIT, region

    eager = program.eager
    if any(word in tree.source.raw for tree in eager.trees.values() for word in _EAGERLY):
        return
    seen: set[object] = set()
    for store in eager.stores:
        around = region(store.place.frames)
        if around is None or store.place.node in seen:
            continue
        leak = _leak(eager, store)
        if leak is None:
            continue
        seen.add(store.place.node)
        where = "what fit() traces" if FIT in around.function.decorators else "a tf.function"
        message = (
            f"tensor of {where} is kept in {text(eager, store.place)}: read outside, it is a symbol without a value"
        )
        help = "return it from the traced function, or keep a value of it in a tf.Variable with assign()"
        yield report(RULE, eager, store.place, message, help, (), [spot(eager, leak.place, "read outside here")])


def _leak(program: EagerProgram, store: Store) -> Leak | None:
    """The read of a stored tensor outside of the traced function, where something is computed with it."""
    from actlint.program.eager.tracing import is_within, region
    from actlint.program.eager.values import tensors_in

    around = region(store.place.frames)
    made = getattr(store.target, "place", None)
    if around is None or made is not None and any(frame is around for frame in made.frames):
        return None
    kept = {id(tensor) for tensor in tensors_in(store.value) if region(tensor.place.frames) is around}
    for leak in program.leaks if kept else ():
        if id(leak.tensor) not in kept or _is_called_by_keras(leak.place):
            continue
        for consumer in program.tensors:
            taken = any(tensor is leak.tensor for value in consumer.inputs for tensor in tensors_in(value))
            if taken and not is_within(consumer.place.frames, around):
                return leak
    return None


def _is_called_by_keras(place: Place) -> bool:
    """Whether a place is in a method of a Keras model or layer that no code of the program calls."""
    import libcst as cst

    from actlint.program.eager.objects import library_base

    outermost = place.frames[0] if place.frames else None
    if outermost is None or outermost.function.owner is None or isinstance(outermost.node, cst.Call):
        return False
    return library_base(outermost.function.owner).startswith("keras.")


RULE = Rule(
    code="ACT205",
    name="activation-leaks-from-trace",
    message="activation stored in a traced function is a symbolic tensor; reading it outside fails",
    what="A function under `tf.function`, or a `call` or `train_step` that `fit` traces, puts a tensor "
    "into an attribute, a list, a dict or a global name, and code outside computes with it.",
    why="While a function is traced its tensors are symbols of a graph. Outside they have no value: the "
    "read fails with `out of scope` or a `TypeError`, or works as long as everything runs eagerly and "
    "fails under `fit`. Reads in the same step, such as in `compute_loss`, `tf.Variable.assign`, metrics "
    "and what is returned are not reported.",
    bad="""\
import tensorflow as tf


class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable(tf.ones([4, 8]))

    @tf.function
    def __call__(self, x):
        self.hidden = tf.nn.relu(tf.matmul(x, self.w))
        return tf.reduce_sum(self.hidden, 1)


model = Model()
out = model(tf.ones([2, 4]))
print(float(tf.reduce_mean(model.hidden)))
""",
    good="""\
import tensorflow as tf


class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable(tf.ones([4, 8]))

    @tf.function
    def __call__(self, x):
        hidden = tf.nn.relu(tf.matmul(x, self.w))
        return hidden, tf.reduce_sum(hidden, 1)


model = Model()
hidden, out = model(tf.ones([2, 4]))
print(float(tf.reduce_mean(hidden)))
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/57756",
        "https://github.com/tensorflow/tensorflow/issues/47139",
        "https://github.com/tensorflow/tensorflow/issues/37444",
        "https://github.com/ageron/handson-ml2/issues/317",
    ),
    fix="none",
    check=check,
    triggers=(b"function", b".fit("),
    reads="tf2",
)
