"""ACT103: what the train step computes is fetched beside it, in a run of its own with the same feed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding, Related
from actlint.rules.describe import enumeration, report, tensor_name
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import BaseExpression, CSTNode

    from actlint.program import Program
    from actlint.program.values import Run, Tensor

_PURE_METHODS = frozenset(
    {"astype", "copy", "flatten", "ravel", "reshape", "squeeze", "toarray", "todense", "tolist", "transpose"}
)
_PURE_BUILTINS = frozenset({"dict", "float", "int", "len", "list", "range", "tuple", "zip"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per run that a train step of the same block, with the same feed, should have answered."""
    steps = list(program.walk_training_runs())
    places: dict[CSTNode, tuple[Run, Run, list[Tensor]]] = {}
    for run in program.runs:
        if run.trains or run.node in places:
            continue
        beside = (step for step in steps if step.block is run.block and step.calls == run.calls)
        for step in sorted(beside, key=lambda step: abs(step.index - run.index)):
            fetched = _computed_by(program, step, run)
            if fetched and (run.index > step.index or _draws(program, run)) and _same_feed(program, step, run):
                places[run.node] = step, run, fetched
                break
    for step, run, fetched in places.values():
        yield _finding(program, step, run, fetched)


def _finding(program: Program, step: Run, run: Run, fetched: list[Tensor]) -> Finding:
    names = enumeration(list(dict.fromkeys(tensor_name(program, tensor) for tensor in fetched)))
    reasons = ["after the weights moved"] if run.index > step.index else []
    reasons += ["with other random draws"] if _draws(program, run) else []
    verb = "is" if len(fetched) == 1 else "are"
    message = f"{names} {verb} computed again in another run than the train step's, {' and '.join(reasons)}"
    related = [Related(step.file, program.trees[step.file].position(step.node)[0], "the train step runs here")]
    return report(
        RULE, program, run.node, run.file, message, f"fetch {names} in the same run as the train step", related
    )


def _computed_by(program: Program, step: Run, run: Run) -> list[Tensor]:
    """The fetched tensors that the train step computes itself, from variables that it moves."""
    from actlint.program.values import Tensor, Variable

    moved = {variable.op for training in step.trained for variable in training.variables}
    needed = program.needed(step)
    return [
        t
        for t in run.leaves
        if isinstance(t, Tensor)
        and not isinstance(t, Variable)
        and t.op in program.weighted
        and t.op in needed
        and program.ancestors([t]) & moved
    ]


def _draws(program: Program, run: Run) -> bool:
    """Whether the run draws random numbers."""
    from actlint.apis.catalogue import lookup

    for op in program.needed(run):
        entry = lookup(op.symbol)
        if entry is not None and entry.random is not None:
            return True
    return False


def _same_feed(program: Program, step: Run, run: Run) -> bool:
    """Whether both runs are fed the same: one text, of names that aren't bound again in between, without calls that
    may answer something else the second time."""
    import libcst as cst

    from actlint.program.calls import assigned_names
    from actlint.program.values import Mapping

    if step.feed_node is None or run.feed_node is None:
        return step.feed_node is run.feed_node
    tree = program.trees[run.file]
    if "".join(tree.text(step.feed_node).split()) != "".join(tree.text(run.feed_node).split()):
        return False
    names, calls = _parts(run.feed_node)
    if not all(_is_pure(program, call) for call in calls):
        return False
    if isinstance(run.feed_node, cst.Name) and isinstance(run.feed, Mapping) and step.feeds != run.feeds:
        return False
    first, second = sorted((step, run), key=lambda run: run.index)
    places = [place for place, s in enumerate(run.block) if s is first.statement or s is second.statement]
    between = run.block[places[0] : places[-1]] if places else ()
    return not any(names & assigned_names(statement) for statement in between)


def _parts(expression: BaseExpression) -> tuple[set[str], list[CSTNode]]:
    """The names and the calls in an expression."""
    import libcst as cst

    names: set[str] = set()
    calls: list[CSTNode] = []
    todo: list[CSTNode] = [expression]
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Name):
            names.add(node.value)
        elif isinstance(node, cst.Call):
            calls.append(node)
        todo.extend(node.children)
    return names, calls


def _is_pure(program: Program, call: CSTNode) -> bool:
    """Whether a call surely answers the same when repeated."""
    import libcst as cst

    from actlint.program.values import Symbol

    assert isinstance(call, cst.Call)
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in _PURE_METHODS:
        return True
    names = {value.name for value in program.values(call.func) if isinstance(value, Symbol)}
    return bool(names) and all(
        name.startswith("numpy.")
        and not name.startswith("numpy.random.")
        or name.startswith("builtins.")
        and name.removeprefix("builtins.") in _PURE_BUILTINS
        for name in names
    )


RULE = Rule(
    code="ACT103",
    name="split-fetch",
    message="value of the train step fetched in another run",
    what="A block runs the train step and, with the same feed, fetches in a second run an activation or a loss that "
    "the step has computed already.",
    why="The second run computes the graph again: with the weights that the step has just moved, and with another "
    "dropout mask or other noise. What is logged, or used, isn't what the step saw, and the forward pass is paid for "
    "twice. Runs with another feed, such as an evaluation without dropout, runs under an `if` of their own and the "
    "alternating train steps of a GAN are not reported.",
    bad="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.nn.dropout(tf.layers.dense(x, 8, activation=tf.nn.relu), rate=0.5)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: [[1.0, 2.0, 3.0, 4.0]]}
    sess.run(train, feed)
    value = sess.run(hidden, feed)
""",
    good="""\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.nn.dropout(tf.layers.dense(x, 8, activation=tf.nn.relu), rate=0.5)
loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    feed = {x: [[1.0, 2.0, 3.0, 4.0]]}
    _, value = sess.run([train, hidden], feed)
""",
    sources=(
        "https://github.com/hunkim/DeepLearningZeroToAll/issues/16",
        "https://github.com/aymericdamien/TensorFlow-Examples/issues/22",
        "https://github.com/tensorflow/tensorflow/issues/6831",
    ),
    fix="none",
    check=check,
    triggers=(b".run(",),
)
