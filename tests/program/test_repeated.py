"""Loops of the graph: shapes and dtypes of what they give, and what is said of those that aren't followed."""

from __future__ import annotations

from tests.program.conftest import Interpret

HEAD = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 5, 3])\nw = tf.Variable(tf.zeros([3, 4]))\n"


def described(model: object, name: str) -> str:
    tensor = model[name]  # type: ignore[index]
    shape = None if tensor.shape is None else [dim.value for dim in tensor.shape]
    return f"{tensor.dtype} {shape}"


def test_loop_variables_keep_their_shapes(interpret: Interpret) -> None:
    model = interpret(
        HEAD + "i, total = tf.while_loop(lambda i, t: i < 5, lambda i, t: (i + 1, t + x[:, i]), (0, x[:, 0]))\n"
        "one = tf.while_loop(lambda t: tf.reduce_sum(t) < 5.0, lambda t: 2.0 * t, [x])\n"
        "grown, = tf.while_loop(lambda t: tf.size(t) < 99, lambda t: tf.concat([t, t], 0), [x],\n"
        "                       shape_invariants=[tf.TensorShape([None, 5, 3])], return_same_structure=True)\n"
    )
    assert described(model, "i") == "int32 []"
    assert described(model, "total") == "float32 [None, 3]"
    assert described(model, "one") == "float32 [None, 5, 3]"
    assert described(model, "grown") == "float32 None"


def test_rows_are_stacked(interpret: Interpret) -> None:
    model = interpret(
        HEAD + "a = tf.map_fn(lambda row: tf.matmul(row, w), x)\n"
        "b, c = tf.map_fn(lambda p: (p[1], tf.argmax(p[0], 1)), (x, x), dtype=(tf.float32, tf.int64))\n"
        "d = tf.scan(lambda t, row: t + row, tf.transpose(x, [1, 0, 2]))\n"
        "e = tf.scan(lambda t, row: t + tf.reduce_sum(row), x, initializer=0.0)\n"
    )
    assert described(model, "a") == "float32 [None, 5, 4]"
    assert described(model, "b") == "float32 [None, 5, 3]"
    assert described(model, "c") == "int64 [None, 5]"
    assert described(model, "d") == "float32 [5, None, 3]"
    assert described(model, "e") == "float32 [None]"


def test_variables_that_a_body_reads_are_reached(interpret: Interpret) -> None:
    model = interpret(HEAD + "y = tf.map_fn(lambda row: tf.matmul(row, w), x)\n")
    assert model["w"].op in model.program.ancestors([model["y"]])  # type: ignore[attr-defined,list-item]


def test_functions_of_others_are_refused_by_name(interpret: Interpret) -> None:
    program = interpret(HEAD + "import other\ny = tf.map_fn(other.function, x)\nz = tf.scan(tf.add, x)\n").program
    assert [use.symbol for use in program.unsupported] == ["map_fn", "scan"]
    assert all(use.why == "is called with a function that isn't one of the program's" for use in program.unsupported)
