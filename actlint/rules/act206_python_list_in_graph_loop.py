"""ACT206: a Python list that collects tensors in a loop which becomes a loop of the graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from libcst import BaseExpression

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Items, Loop, Place
    from actlint.program.values import Frame, Value

_EAGERLY = (b"run_functions_eagerly", b"run_eagerly")
_PYTHON = frozenset(
    """unstack split meshgrid dynamic_partition flatten losses_of variables_of gradients get_static_value
    get_collection""".split()
)
"""Operations that give Python lists, whose loops are unrolled."""


def check(program: Program) -> Iterator[Finding]:
    """One finding per place that appends a tensor of such a loop to a list that is read after it."""
    from actlint.program.eager.values import Items, Place, Tensor

    eager = program.eager
    if any(word in tree.source.raw for tree in eager.trees.values() for word in _EAGERLY):
        return
    seen: set[object] = set()
    for items in eager.containers():
        if not isinstance(items, Items):
            continue
        for value, place in items.grown:
            loop = _graph_loop(eager, items, place)
            if loop is None or place.node in seen or not isinstance(value, Tensor):
                continue
            if loop not in value.place.loops or not _read_after(eager, items, loop, place):
                continue
            seen.add(place.node)
            message = (
                "list takes tensors of a loop that becomes a loop of the graph: after the loop they are out of scope"
            )
            help = "collect them in a tf.TensorArray, or loop over a Python range, which is unrolled"
            related = [spot(eager, Place(loop.node, place.file), "tf.function makes this a loop of the graph")]
            yield report(RULE, eager, place, message, help, related)


def _graph_loop(program: EagerProgram, items: Items, place: Place) -> Loop | None:
    """The loop around a place, begun after the list was made, that a traced function turns into one of the graph."""
    from actlint.program.eager.tracing import region

    around = region(place.frames)
    if around is None or not _converts(program, around):
        return None
    depth = next(index for index, frame in enumerate(place.frames, 1) if frame is around)
    loops = [loop for loop in place.loops if loop.depth >= depth and loop not in items.place.loops]
    return next((loop for loop in loops if _is_over_tensors(program, loop)), None)


def _converts(program: EagerProgram, around: Frame) -> bool:
    """Whether a traced function's loops are converted: not where it is told to leave them."""
    text = "".join(program.trees[around.function.file].text(d) for d in getattr(around.function.node, "decorators", ()))
    called = program.trees[around.file].text(around.node) if around.file in program.trees else ""
    return "autograph" not in text and "autograph" not in called


def _is_over_tensors(program: EagerProgram, loop: Loop) -> bool:
    """Whether a loop runs over a tensor or data set, or as long as a tensor says."""
    import libcst as cst

    from actlint.program.eager.losses import options

    node: BaseExpression = loop.node.iter if isinstance(loop.node, cst.For) else loop.node.test  # type: ignore[attr-defined]
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("enumerate", "zip"):
        node = node.args[0].value if node.args else node
    values = program.values.get(node, [])
    choose = any if isinstance(loop.node, cst.While) else all
    return bool(values) and all(choose(map(_is_symbolic, options(value))) for value in values)


def _is_symbolic(value: Value, computed: bool = False) -> bool:
    """Whether a value is surely a tensor of TensorFlow, or a data set, where a function is traced.

    What a model or layer gives may be a list of tensors, unless something is `computed` with it."""
    from actlint.program.eager.losses import options
    from actlint.program.eager.values import Object, Tensor

    if isinstance(value, Object):
        return value.cls is None and value.symbol.startswith("tensorflow.data.")
    if not isinstance(value, Tensor) or value.host or value.op in _PYTHON:
        return False
    if value.symbol.startswith(("tensorflow.", "keras.ops.")):
        return True
    if value.symbol.startswith("keras."):
        return computed
    computed = computed or value.op != "index"
    return any(_is_symbolic(part, computed) for given in value.inputs for part in options(given))


def _read_after(program: EagerProgram, items: Items, loop: Loop, place: Place) -> bool:
    """Whether a list is read behind the loop, or outside of the function that fills it."""
    tree = program.trees[place.file]
    _, end = tree.position(loop.node)
    first, last = tree.position(place.frames[-1].function.node)
    for node, values in program.values.items():
        if not any(value is items for value in values) or node is items.place.node:
            continue
        try:
            found, _ = tree.position(node)
        except KeyError:
            return True
        if end <= found or not first <= found < last:
            return True
    return False


RULE = Rule(
    code="ACT206",
    name="python-list-in-graph-loop",
    message="list.append of a tensor inside a loop that becomes a graph loop",
    what="In a function under `tf.function` a loop over `tf.range`, a tensor or a data set, or `while` on "
    "a tensor, appends a tensor that it computes to a Python list from before the loop, which is read afterwards.",
    why="Such a loop becomes one operation of the graph, whose body is traced once. The list gets one symbol of that "
    "body, and reading it fails with `InaccessibleTensorError`. Loops over Python ranges, lists and "
    "`tf.unstack` are unrolled, and are not reported; nor is code outside of `tf.function`.",
    bad="""\
import tensorflow as tf

w = tf.Variable(tf.ones([4, 4]))


@tf.function
def run(x, n):
    hidden = []
    for _ in tf.range(n):
        x = tf.nn.relu(tf.matmul(x, w))
        hidden.append(x)
    return tf.add_n([tf.reduce_mean(h) for h in hidden])


run(tf.ones([2, 4]), tf.constant(3))
""",
    good="""\
import tensorflow as tf

w = tf.Variable(tf.ones([4, 4]))


@tf.function
def run(x, n):
    hidden = tf.TensorArray(tf.float32, size=n)
    for i in tf.range(n):
        x = tf.nn.relu(tf.matmul(x, w))
        hidden = hidden.write(i, x)
    return tf.reduce_sum(tf.reduce_mean(hidden.stack(), axis=[1, 2]))


run(tf.ones([2, 4]), tf.constant(3))
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/37512",
        "https://github.com/tensorflow/tensorflow/issues/47139",
        "https://github.com/tensorflow/tensorflow/issues/57756",
    ),
    fix="none",
    check=check,
    triggers=(b"function",),
    reads="tf2",
)
