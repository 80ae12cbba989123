"""ACT104: operations are added to the graph in a loop that runs the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actlint.findings import Finding, Related
from actlint.rules.describe import file_of, report
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.values import Frame, Op

_GROWING = frozenset(
    {"op", "loss", "placeholder", "variable", "assign", "train", "group", "summary", "initializer", "saver"}
)
_MODEL = frozenset({"placeholder", "variable"})
_PLAIN = frozenset({"property", "staticmethod", "classmethod"})


@dataclass
class _Site:
    """An expression in a loop that adds operations: of one statement or, where a function only builds, its call."""

    loop: CSTNode
    node: CSTNode | None
    file: Path
    ops: list[Op]


def check(program: Program) -> Iterator[Finding]:
    """One finding per statement that adds operations; for a loop that builds whole models, one at its first."""
    running = {loop for run in program.runs for loop in run.loops}
    if not running:
        return
    fresh = {loop for op in program.ops if op.symbol in ("Graph", "reset_default_graph") for loop in op.loops}
    runners = {run.calls[-1].function.node for run in program.runs if run.calls}
    sites: dict[CSTNode, _Site] = {}
    for op in program.ops:
        loop = _growing_loop(op, running, fresh)
        if loop is None or op.statement is None or not _grows(op):
            continue
        call = _building_call(program, op, loop, runners)
        key = op.statement if call is None else call.node
        if key in sites or not _happens_once(op, loop):
            node, file = (None, op.file) if call is None else (call.node, call.file)
            sites.setdefault(key, _Site(loop, node, file, [])).ops.append(op)
    building = {site.loop for site in sites.values() if _builds(site)}
    for site in sites.values():
        if site.loop not in building:
            yield _finding(program, site, builds=False)
        elif site is next(s for s in sites.values() if s.loop is site.loop and _builds(s)):
            yield _finding(program, site, builds=True)


def _builds(site: _Site) -> bool:
    """Whether the expression makes inputs or weights, which belong to a model."""
    return any(op.kind in _MODEL for op in site.ops)


def _building_call(program: Program, op: Op, loop: CSTNode, runners: set[CSTNode]) -> Frame | None:
    """The call in the loop, or in a function below that runs the session, of the functions that only build."""
    file = file_of(program, loop)
    tree = program.trees[file]
    start, end = tree.span(loop)

    def is_in_loop(frame: Frame) -> bool:
        return frame.file == file and start <= tree.span(frame.node)[0] < end

    first = next((depth for depth, frame in enumerate(op.calls) if is_in_loop(frame)), len(op.calls))
    found = None
    for frame in reversed(op.calls[first:]):
        if frame.function.node in runners:
            break
        found = frame
    return found


def _growing_loop(op: Op, running: set[CSTNode], fresh: set[CSTNode]) -> CSTNode | None:
    """The innermost loop around the operation that runs the session, unless its iterations have graphs of their own."""
    for loop in reversed(op.loops):
        if loop in fresh:
            return None
        if loop in running:
            return loop
    return None


def _grows(op: Op) -> bool:
    """Whether the operation is surely new in every iteration: not a Python-side object, and not a cached property."""
    plain = all(set(frame.function.decorators) <= _PLAIN for frame in op.calls)
    return op.kind in _GROWING and op.known and op.symbol != "either" and plain


def _finding(program: Program, site: _Site, *, builds: bool) -> Finding:
    def width(op: Op) -> int:
        start, end = program.trees[op.file].span(op.node)
        return end - start

    outer = max(site.ops, key=width)
    what = _what(outer) if site.node is None else f"operations of `{_called(program, site)}` made"
    if builds:
        message = "model built in a loop that runs the session: the graph keeps every earlier one"
        help = "build it once, or give each iteration a graph of its own: `with tf.Graph().as_default():`"
    else:
        message = f"{what} in a loop that runs the session: the graph grows at every iteration"
        help = _help(outer)
    file = file_of(program, site.loop)
    related = [Related(file, program.trees[file].position(site.loop)[0], "the loop is here")]
    return report(RULE, program, site.node or outer.node, site.file, message, help, related)


def _called(program: Program, site: _Site) -> str:
    import libcst as cst

    node = site.node
    assert node is not None
    return program.trees[site.file].text(node.func if isinstance(node, cst.Call) else node)


def _what(op: Op) -> str:
    if op.kind == "train":
        return "train operation made"
    if op.kind == "saver":
        return "`tf.train.Saver` made"
    if op.kind == "initializer":
        return "initializer operation made"
    return f"`tf.{op.symbol}` made"


def _help(op: Op) -> str:
    if op.kind == "assign":
        return "make the assignment once, before the loop, with a placeholder for the value; or use `variable.load`"
    return "make it once, before the loop, and run it here; `tf.get_default_graph().finalize()` finds the others"


def _happens_once(op: Op, loop: CSTNode) -> bool:
    """Whether the statement is under a condition of one iteration only: `step == 0`, `x is None`, `not x`."""
    import libcst as cst

    for root in (loop, *(frame.function.node for frame in op.calls)):
        path = _path(root, op.statement)
        if path:
            return any(isinstance(node, cst.If) and _first_time(node.test) for node in path)
    return False


def _first_time(test: CSTNode) -> bool:
    import libcst as cst

    if isinstance(test, cst.UnaryOperation):
        return isinstance(test.operator, cst.Not)
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    target = test.comparisons[0]
    if isinstance(target.operator, cst.Is):
        return True
    constant = isinstance(target.comparator, cst.Integer) and not isinstance(test.left, cst.BinaryOperation)
    return isinstance(target.operator, cst.Equal) and constant


def _path(root: CSTNode, statement: CSTNode | None) -> list[CSTNode]:
    """The nodes from a compound statement down to a statement in it; empty when it isn't there."""
    import libcst as cst

    for child in root.children:
        if child is statement:
            return [root]
        if isinstance(child, (cst.BaseCompoundStatement, cst.BaseSuite, cst.Else, cst.ExceptHandler, cst.Finally)):
            below = _path(child, statement)
            if below:
                return [root, *below]
    return []


RULE = Rule(
    code="ACT104",
    name="graph-grows-in-loop",
    message="operation created in a loop that runs the session",
    what="A loop that runs the session also creates operations: in the fetches, by an operator on a tensor, by "
    "`tf.assign`, `minimize`, an initializer or a summary, or in a function that it calls.",
    why="A graph never forgets: each iteration adds nodes, every run gets slower, memory runs out in the end. "
    "Measured with TensorFlow 1.15.5: 60 new nodes after 20 steps with one `sess.run(tf.reduce_mean(tf.abs(h)))`. "
    "Loops that only build, and iterations with a graph of their own, are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.dense(x, 8, activation=tf.nn.relu)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(h)))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(20):
        sess.run(train, {x: [[1.0, 2.0, 3.0, 4.0]]})
        print(sess.run(tf.reduce_mean(tf.abs(h)), {x: [[1.0, 2.0, 3.0, 4.0]]}))
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.dense(x, 8, activation=tf.nn.relu)
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(h)))
activity = tf.reduce_mean(tf.abs(h))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(20):
        _, value = sess.run([train, activity], {x: [[1.0, 2.0, 3.0, 4.0]]})
        print(value)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/7127",
        "https://github.com/tensorflow/tensorflow/issues/9646",
        "https://github.com/tensorflow/tensorflow/issues/10408",
    ),
    fix="none",
    check=check,
    triggers=(b".run(", b".eval("),
)
