"""Recurrent cells: the names and shapes that TF 1.15.5 gave, and what is said of cells that aren't known."""

from __future__ import annotations

from actlint.program.values import Sequence, Tensor, Value, Variable, tensors_in
from tests.program.conftest import Interpret

HEAD = "import tensorflow as tf\nC = tf.nn.rnn_cell\nx = tf.placeholder(tf.float32, [None, 5, 3])\n"
EXAMPLE = """
stack = C.MultiRNNCell([C.DropoutWrapper(C.BasicLSTMCell(4), 0.5), C.GRUCell(2)])
a, s = tf.nn.dynamic_rnn(stack, x, dtype=tf.float32)
with tf.variable_scope("enc"):
    b, t = tf.nn.bidirectional_dynamic_rnn(C.LSTMCell(4), C.LSTMCell(4), x, dtype=tf.float32)
c, u, v = tf.nn.static_bidirectional_rnn(
    C.BasicRNNCell(4, name="n"), C.BasicRNNCell(4), tf.unstack(x, axis=1), dtype=tf.float32, scope="two"
)
one = C.BasicRNNCell(2)
h = one.zero_state(tf.shape(x)[0], tf.float32)
for i in range(3):
    o, h = one(x[:, i], h)
two = C.GRUCell(2)
o, k = two(o, h)
sizes = stack.state_size
"""
VARIABLES = """rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel [7, 16]
rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias [16]
rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel [6, 4]
rnn/multi_rnn_cell/cell_1/gru_cell/gates/bias [4]
rnn/multi_rnn_cell/cell_1/gru_cell/candidate/kernel [6, 2]
rnn/multi_rnn_cell/cell_1/gru_cell/candidate/bias [2]
enc/bidirectional_rnn/fw/lstm_cell/kernel [7, 16]
enc/bidirectional_rnn/fw/lstm_cell/bias [16]
enc/bidirectional_rnn/bw/lstm_cell/kernel [7, 16]
enc/bidirectional_rnn/bw/lstm_cell/bias [16]
two/fw/n/kernel [7, 4]
two/fw/n/bias [4]
two/bw/basic_rnn_cell/kernel [7, 4]
two/bw/basic_rnn_cell/bias [4]
basic_rnn_cell/kernel [5, 2]
basic_rnn_cell/bias [2]
gru_cell/gates/kernel [4, 4]
gru_cell/gates/bias [4]
gru_cell/candidate/kernel [4, 2]
gru_cell/candidate/bias [2]
""".splitlines()


def shapes(value: Value) -> object:
    """The static shapes of the tensors in a nested tuple."""
    if isinstance(value, Tensor):
        return None if value.shape is None else [dim.value for dim in value.shape]
    assert isinstance(value, Sequence)
    return tuple(shapes(item) for item in value.items)


def test_weights_are_made_at_the_first_application(interpret: Interpret) -> None:
    program = interpret(HEAD + EXAMPLE).program
    assert [f"{v.name} {[dim.value for dim in v.shape or ()]}" for v in program.variables] == VARIABLES


def test_outputs_and_states(interpret: Interpret) -> None:
    model = interpret(HEAD + EXAMPLE)
    assert shapes(model["a"]) == [None, 5, 2]
    assert shapes(model["s"]) == (([None, 4], [None, 4]), [None, 2])
    assert shapes(model["b"]) == ([None, 5, 4], [None, 5, 4])
    assert shapes(model["c"]) == ([None, 8],) * 5
    assert shapes(model["u"]) == [None, 4]
    assert shapes(model["k"]) == [None, 2]
    assert model.python("sizes") == ((4, 4), 2)


def test_state_of_an_lstm_has_names(interpret: Interpret) -> None:
    model = interpret(
        HEAD + "y, state = tf.nn.dynamic_rnn(C.BasicLSTMCell(4), x, dtype=tf.float32)\nh, c = state.h, state[0]\n"
    )
    outputs = [t.index for t in (model["y"], model["c"], model["h"]) if isinstance(t, Tensor)]
    assert outputs == [0, 1, 2]


def test_time_comes_first_where_it_is_said(interpret: Interpret) -> None:
    model = interpret(
        HEAD + "t = tf.transpose(x, [1, 0, 2])\n"
        "y, state = tf.nn.dynamic_rnn(C.GRUCell(4), t, dtype=tf.float32, time_major=True)\n"
    )
    assert shapes(model["y"]) == [5, None, 4]
    assert shapes(model["state"]) == [None, 4]


def test_cells_share_weights_in_a_scope_that_is_reused(interpret: Interpret) -> None:
    program = interpret(
        HEAD + "def run(x, reuse):\n    with tf.variable_scope('s', reuse=reuse):\n"
        "        return tf.nn.dynamic_rnn(C.GRUCell(4), x, dtype=tf.float32)[0]\n"
        "a, b = run(x, None), run(x, True)\n"
    ).program
    assert len(program.variables) == 4
    dynamic = [op for op in program.ops if op.symbol == "nn.dynamic_rnn"]
    first, second = ({t for t in op.inputs if isinstance(t, Variable)} for op in dynamic)
    assert first == second


def test_contrib_has_the_same_cells(interpret: Interpret) -> None:
    program = interpret(
        "import tensorflow as tf\nfrom tensorflow.contrib import rnn\nx = tf.placeholder(tf.float32, [None, 5, 3])\n"
        "y, _ = rnn.static_rnn(rnn.BasicLSTMCell(4), tf.unstack(x, 5, 1), dtype=tf.float32)\n"
    ).program
    assert [v.name for v in program.variables] == ["rnn/basic_lstm_cell/kernel", "rnn/basic_lstm_cell/bias"]
    assert not program.unsupported


def test_dropout_that_is_fed_makes_a_cell_part_of_the_graph(interpret: Interpret) -> None:
    model = interpret(
        HEAD + "keep = tf.placeholder(tf.float32)\nplain = C.GRUCell(4)\n"
        "cell = C.DropoutWrapper(plain, output_keep_prob=keep)\ny, _ = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)\n"
    )
    assert model["plain"].op.kind == "cell"  # type: ignore[attr-defined]
    assert model["cell"].op.kind == "op"  # type: ignore[attr-defined]
    (made,) = [t for t in tensors_in(model["cell"]) if not isinstance(t, Variable)]
    assert [t.op.kind for t in made.op.inputs] == ["placeholder"]


def test_cell_of_another_kind_is_refused_by_name(interpret: Interpret) -> None:
    program = interpret(
        HEAD + "class Cell(tf.nn.rnn_cell.RNNCell):\n    pass\ny, _ = tf.nn.dynamic_rnn(Cell(), x, dtype=tf.float32)\n"
    ).program
    (found,) = program.unsupported
    assert found.symbol == "nn.dynamic_rnn"
    assert found.why == "is called with a cell that isn't one of TensorFlow's"
