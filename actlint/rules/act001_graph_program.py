"""ACT001: TensorFlow 1 graph code that trains or runs here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import migration, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.values import Run


def check(program: Program) -> Iterator[Finding]:
    """One finding at the first run that trains; else at the first run, session or placeholder."""
    if not program.is_graph_program:
        return
    trains = next(program.walk_training_runs(), None)
    run = trains or next(iter(program.runs), None)
    if run is not None:
        node, file = _in_entry(program, run)
    else:
        node, file = _start(program)
    verb = "trains" if trains else "runs" if run else "is built"
    message = f"TensorFlow 1 graph program {verb} here: {_counts(program)}"
    yield report(RULE, program, node, file, message, migration(program))


def _in_entry(program: Program, run: Run) -> tuple[CSTNode, Path]:
    """The run or, when an imported module holds it, the call in the entry file that leads there."""
    if run.file != program.entry:
        for frame in reversed(run.calls):
            if frame.file == program.entry:
                return frame.node, frame.file
    return run.node, run.file


def _start(program: Program) -> tuple[CSTNode, Path]:
    if program.placeholders:
        op = program.placeholders[0].op
        return op.node, op.file
    return program.sessions[0].node, program.sessions[0].file


def _counts(program: Program) -> str:
    runs = len({run.node for run in program.runs})
    counted = ((len(program.placeholders), "placeholder"), (runs, "run"), (len(program.variables), "variable"))
    return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted)


RULE = Rule(
    code="ACT001",
    name="graph-program",
    message="TensorFlow 1 graph program",
    what="The file builds a TensorFlow 1 graph and runs it in a session. It is reported once, where it trains.",
    why="Sessions, placeholders and collections are gone from TensorFlow 2; the program needs `tensorflow.compat.v1` "
    "or an interpreter from before 2021. `actlint fix` turns it into eager code and shows that it computes the same.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
w = tf.Variable(tf.zeros([4, 1]))
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train, {x: [[1.0, 2.0, 3.0, 4.0]]})
""",
    good="""\
import tensorflow as tf

w = tf.Variable(tf.zeros([4, 1]))
x = tf.constant([[1.0, 2.0, 3.0, 4.0]])
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
w.assign_sub(0.1 * tape.gradient(loss, w))
""",
    sources=("https://www.tensorflow.org/guide/migrate",),
    fix="migrate",
    check=check,
    triggers=(b"Session", b"placeholder", b".run("),
    whole=True,
)
