"""ACT101: a value that was fetched with a run enters a loss as a constant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import enumeration, operation, report, run_call, tensor_name
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.values import Frame, Op, Run, Tensor, Value

_LOSS_WORDS = ("loss", "cost", "objective")


def check(program: Program) -> Iterator[Finding]:
    """One finding per run whose value makes a whole summand of a loss constant."""
    if not program.runs:
        return
    trainable = {variable.op for variable in program.variables if variable.trainable}
    places: dict[CSTNode, tuple[Run, Op]] = {}
    for run, op in _constant_summands(program, trainable):
        if run.node not in places and _learned(program, run, trainable):
            places[run.node] = run, op
    for run, op in places.values():
        names = enumeration([tensor_name(program, tensor) for tensor in _learned(program, run, trainable)])
        message = f"value of {names} fetched with {run_call(run)} enters the loss: a constant without gradient"
        help = f"compute the term from the tensor itself ({names}), so that it trains the layers behind it"
        related = [operation(program, op, "the value becomes a constant of the loss here")]
        yield report(RULE, program, run.node, run.file, message, help, related)


def _constant_summands(program: Program, trainable: set[Op]) -> Iterator[tuple[Run, Op]]:
    """Runs whose values are in a summand without trainable variables, and the operation that took the value."""
    from actlint.program.losses import differentiated, summands
    from actlint.program.values import Host, Tensor, runs_in

    losses = [(loss, sink.calls) for loss, sink in differentiated(program)]
    for loss, calls in (*losses, *_returned_losses(program)):
        for summand in summands(program, loss, calls):
            if isinstance(summand.value, Host):
                yield from ((run, summand.op) for run in runs_in(summand.value))
            elif isinstance(summand.value, Tensor):
                ops = program.ancestors([summand.value])
                if not ops & trainable:
                    yield from ((run, op) for op in sorted(ops, key=lambda op: op.index) for run in op.fetched)


def _returned_losses(program: Program) -> Iterator[tuple[Value, tuple[Frame, ...]]]:
    """What the functions return that are called a loss; of several values the first."""
    from actlint.program.values import Sequence

    for function in program.functions.values():
        if not any(word in function.name.lower() for word in _LOSS_WORDS):
            continue
        for frames in program.calls.get(function.node, ()):
            for value in program.values(frames[-1].node):
                yield (value.items[0] if isinstance(value, Sequence) and value.items else value), frames


def _learned(program: Program, run: Run, trainable: set[Op]) -> list[Tensor]:
    """The fetched tensors that depend on trainable variables."""
    from actlint.program.values import Tensor

    fed = [key for key, _ in run.feeds if isinstance(key, Tensor)]
    return [t for t in run.leaves if isinstance(t, Tensor) and program.ancestors([t], fed) & trainable]


RULE = Rule(
    code="ACT101",
    name="session-value-in-loss",
    message="value fetched with a session run enters the loss",
    what="A loss has a term that is computed from what `sess.run` or `.eval` returned.",
    why="A run returns numpy arrays. In the graph such a value is a constant: the gradient of the term with respect "
    "to the hidden layer is `None`, training goes on with the other terms alone, and in a graph that is built once "
    "the penalty keeps the value of its first computation. Measured with TensorFlow 1.15.5: over 50 steps the "
    "penalty didn't move while the activations did. Fetched values that depend on no trainable variable, such as "
    "statistics of the data, and terms that also have a tensor with a gradient, such as the distance to a fetched "
    "target, are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
hidden = tf.layers.dense(x, 8, activation=tf.nn.relu)
out = tf.layers.dense(hidden, 1)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
hidden_value = sess.run(hidden, {x: [[1.0, 2.0, 3.0, 4.0]]})
loss = tf.reduce_mean(tf.square(y - out)) + 0.1 * tf.reduce_mean(tf.abs(hidden_value))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
hidden = tf.layers.dense(x, 8, activation=tf.nn.relu)
out = tf.layers.dense(hidden, 1)
loss = tf.reduce_mean(tf.square(y - out)) + 0.1 * tf.reduce_mean(tf.abs(hidden))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/783",
        "https://github.com/tensorflow/tensorflow/issues/36596",
        "https://github.com/tensorflow/tensorflow/issues/50111",
    ),
    fix="none",
    check=check,
    triggers=(b".run(", b".eval("),
)
