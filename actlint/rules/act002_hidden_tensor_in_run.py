"""ACT002: a session run fetches or feeds a hidden tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.describe import hidden_tensors, layers, migration, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.values import Run, Tensor


def check(program: Program) -> Iterator[Finding]:
    """One finding per run in the source, whatever number of times it happens."""
    from actlint.program.values import Tensor

    sites: dict[CSTNode, tuple[Run, list[Tensor], list[Tensor]]] = {}
    for run in program.runs:
        _, fetched, fed = sites.setdefault(run.node, (run, [], []))
        fetched.extend(t for t in run.leaves if isinstance(t, Tensor) and t.op in program.hidden and t not in fetched)
        fed.extend(t for t, _ in run.feeds if isinstance(t, Tensor) and t.op in program.hidden and t not in fed)
    for run, fetched, fed in sites.values():
        if not fetched and not fed:
            continue
        both = (("fetches", fetched), ("feeds", fed))
        parts = [f"{verb} {hidden_tensors(program, tensors)}" for verb, tensors in both if tensors]
        message = f"run {' and '.join(parts)}"
        related = layers(program, [*fetched, *fed])
        yield report(RULE, program, run.node, run.file, message, migration(program), related)


RULE = Rule(
    code="ACT002",
    name="hidden-tensor-in-run",
    message="session run fetches or feeds a hidden tensor",
    what="A run asks for the output of a layer that feeds another layer, or puts a value in its place.",
    why="A graph gives access to any of its tensors by name; an eager model gives only what it returns. The migrated "
    "model has to return this tensor, to keep it with a forward hook or, where it is fed, to be cut into two "
    "callables.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dense(x, 8, activation=tf.nn.relu)
out = tf.layers.dense(hidden, 1)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run(hidden, {x: [[1.0, 2.0, 3.0, 4.0]]}))
""",
    good="""\
import tensorflow as tf

first = tf.keras.layers.Dense(8, activation="relu")
last = tf.keras.layers.Dense(1)


def model(x):
    hidden = first(x)
    return hidden, last(hidden)


print(model(tf.constant([[1.0, 2.0, 3.0, 4.0]]))[0].numpy())
""",
    sources=("https://www.tensorflow.org/guide/migrate",),
    fix="migrate",
    check=check,
    triggers=(b"Session", b"placeholder", b".run("),
)
