"""What the interpreter knows about the graph and its runs."""

from __future__ import annotations

import pytest

from actlint.program.values import Const, Mapping, Sequence, Tensor, Variable

from .conftest import Interpret, Model

NET = """import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4], name='x')
y = tf.placeholder(tf.int32, [None])
h = tf.layers.dense(x, 3, tf.nn.relu, name='fc')
out = tf.layers.dense(h, 2)
fit = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=out))
penalty = 0.1 * tf.reduce_sum(tf.abs(h))
loss = fit + penalty
train = tf.train.AdamOptimizer(0.01).minimize(loss)
sess = tf.Session()
sess.run(tf.global_variables_initializer())
"""


def row(model: Model, node: object) -> int:
    return model.program.trees[model.program.entry].position(node)[0].row  # type: ignore[arg-type]


def test_placeholders_layers_and_variables(interpret: Interpret) -> None:
    model = interpret(NET)
    assert [(t.dtype, [d.value for d in t.shape]) for t in model.program.placeholders] == [
        ("float32", [None, 4]),
        ("int32", [None]),
    ]
    assert [variable.name for variable in model.program.variables] == [
        "fc/kernel",
        "fc/bias",
        "dense/kernel",
        "dense/bias",
    ]
    assert [[d.value for d in v.shape] for v in model.program.variables] == [[4, 3], [3], [3, 2], [2]]
    assert len(model.program.layers) == 2
    assert model.sizes("h") == [None, 3]
    assert model.sizes("loss") == []


def test_training_has_the_loss_and_the_variables(interpret: Interpret) -> None:
    model = interpret(NET)
    (training,) = model.program.trainings
    assert training.loss is model["loss"]
    assert list(training.variables) == model.program.variables


def test_variables_of_a_training_are_those_before_it(interpret: Interpret) -> None:
    model = interpret(NET + "later = tf.Variable(1.0)\n")
    assert model["later"] in model.program.variables
    assert model["later"] not in model.program.trainings[0].variables


def test_hidden_tensors_are_between_two_layers(interpret: Interpret) -> None:
    model = interpret(NET)
    assert model["h"].op in model.program.hidden
    assert model["out"].op not in model.program.hidden
    assert model["x"].op not in model.program.hidden
    assert model["loss"].op not in model.program.hidden


def test_hidden_tensors_of_layers_by_hand(interpret: Interpret) -> None:
    model = interpret(
        """import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4])
w1, w2 = tf.Variable(tf.ones([4, 3])), tf.Variable(tf.ones([3, 2]))
b = tf.Variable(tf.zeros([3]))
h = tf.nn.sigmoid(tf.matmul(x, w1) + b)
out = tf.matmul(h, w2)
tied = tf.matmul(out, tf.transpose(w2))
"""
    )
    assert [model[name].op in model.program.hidden for name in ("h", "out", "tied")] == [True, True, False]


def test_loss_terms_that_read_a_hidden_tensor(interpret: Interpret) -> None:
    model = interpret(NET)
    (term,) = model.program.loss_terms
    assert [tensor.op for tensor in term.hidden] == [model["h"].op]
    assert term.sink is model.program.trainings[0]
    assert row(model, term.node) == 8


@pytest.mark.parametrize(
    ("loss", "terms"),
    [
        ("fit + tf.reduce_sum(h)", 1),
        ("fit + tf.reduce_sum(h) + tf.reduce_mean(tf.square(h))", 2),
        ("tf.add_n([fit, tf.reduce_sum(h), tf.reduce_mean(h)])", 2),
        ("0.5 * (fit + penalty)", 1),
        ("fit - penalty", 1),
        ("fit", 0),
        ("fit + tf.nn.l2_loss(tf.trainable_variables()[0])", 0),
        ("fit + tf.reduce_sum(out)", 0),
        ("(lambda a, b: a + b)(fit, tf.reduce_sum(h))", 1),
    ],
)
def test_number_of_loss_terms(interpret: Interpret, loss: str, terms: int) -> None:
    model = interpret(NET.replace("loss = fit + penalty", f"loss = {loss}"))
    assert len(model.program.loss_terms) == terms


RUNS = {
    "single": ("sess.run(loss, {x: 1, y: 2})", ["loss"], ["x", "y"]),
    "list": ("sess.run([loss, h], feed_dict={x: 1, y: 2})", ["loss", "h"], ["x", "y"]),
    "nested": ("sess.run([loss, (h, out)], {x: 1})", ["loss", "h", "out"], ["x"]),
    "dict": ("sess.run({'a': loss, 'b': h}, {x: 1})", ["loss", "h"], ["x"]),
    "keyword": ("sess.run(fetches=h, feed_dict={x: 1})", ["h"], ["x"]),
    "eval": ("h.eval({x: 1})", ["h"], ["x"]),
    "eval with a session": ("h.eval(feed_dict={x: 1}, session=sess)", ["h"], ["x"]),
    "run method": ("train.run({x: 1, y: 2})", ["train"], ["x", "y"]),
    "hidden tensor fed": ("sess.run(out, {h: 1})", ["out"], ["h"]),
    "nothing fed": ("sess.run(h)", ["h"], []),
    "dict of another name": ("feed = {x: 1}\nsess.run(h, feed)", ["h"], ["x"]),
    "dict() of items": ("feed = {}\nfeed[x] = 1\nsess.run(h, feed)", ["h"], ["x"]),
    "names of fetches": ("fetches = [h, out]\nsess.run(fetches, {x: 1})", ["h", "out"], ["x"]),
}


@pytest.mark.parametrize("name", list(RUNS))
def test_fetches_and_feeds(interpret: Interpret, name: str) -> None:
    text, fetched, fed = RUNS[name]
    model = interpret(NET + text + "\n")
    run = model.program.runs[-1]
    assert [getattr(leaf, "op", leaf) for leaf in run.leaves] == [model[leaf].op for leaf in fetched]
    assert [key for key, _ in run.feeds] == [model[key] for key in fed]
    assert run.trains == ("train" in fetched)


def test_what_a_run_answers_is_known_as_its_value(interpret: Interpret) -> None:
    model = interpret(NET + "_, value = sess.run([train, loss], {x: 1, y: 2})\ntwice = 2 * value\n")
    run = model.program.runs[-1]
    assert model["value"].runs == (run,)
    assert model["twice"].runs == (run,)


def test_a_value_of_a_run_in_the_graph_is_remembered(interpret: Interpret) -> None:
    model = interpret(NET + "value = sess.run(h, {x: 1})\nagain = tf.reduce_sum(out) + value.mean()\n")
    assert model["again"].op.fetched == (model.program.runs[-1],)


def test_what_a_run_needs_ends_at_what_it_feeds(interpret: Interpret) -> None:
    model = interpret(NET + "sess.run(out, {h: 1})\nsess.run(out, {x: 1})\n")
    partial, whole = (model.program.needed(run) for run in model.program.runs[-2:])
    assert [model[name].op in partial for name in ("x", "h", "out")] == [False, False, True]
    assert [model[name].op in whole for name in ("x", "h", "out")] == [False, True, True]


SCOPED = """import tensorflow as tf

def dense(x, size, name, reuse=None):
    with tf.variable_scope(name, reuse=reuse):
        w = tf.get_variable('w', [4, size])
    return tf.matmul(x, w)

x = tf.placeholder(tf.float32, [None, 4])
"""


def test_a_helper_called_twice_makes_two_weights(interpret: Interpret) -> None:
    model = interpret(SCOPED + "a, b = dense(x, 3, 'one'), dense(x, 3, 'two')\n")
    assert [variable.name for variable in model.program.variables] == ["one/w", "two/w"]


def test_reuse_shares_the_weight(interpret: Interpret) -> None:
    model = interpret(SCOPED + "a, b = dense(x, 3, 'one'), dense(x, 3, 'one', True)\n")
    assert [variable.name for variable in model.program.variables] == ["one/w"]
    weights = [next(t for t in model[name].op.inputs if isinstance(t, Variable)) for name in "ab"]
    assert weights[0] is weights[1]


def test_names_of_layers_are_made_unique(interpret: Interpret) -> None:
    model = interpret(
        "import tensorflow as tf\nx = tf.ones([2, 2])\nfor _ in range(3):\n    x = tf.layers.dense(x, 2)\n"
    )
    assert [v.name for v in model.program.variables][::2] == ["dense/kernel", "dense_1/kernel", "dense_2/kernel"]


def test_operations_remember_the_calls_that_made_them(interpret: Interpret) -> None:
    model = interpret(SCOPED + "def net(t):\n    return dense(t, 3, 'n')\na = net(x)\n")
    assert [frame.function.name for frame in model["a"].op.calls] == ["net", "dense"]


def test_static_dimensions(interpret: Interpret) -> None:
    model = interpret(
        """import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 4, 6])
a, b, c = int(x.shape[1]), x.get_shape().as_list()[2], x.get_shape()[1].value
flat = tf.reshape(x, [-1, a * b])
"""
    )
    assert [model.python(name) for name in "abc"] == [4, 6, 4]
    assert model.sizes("flat") == [None, 24]


def test_tensors_in_containers(interpret: Interpret) -> None:
    model = interpret(
        """import tensorflow as tf
x = tf.ones([2, 3])
layers = []
for size in [4, 5]:
    x = tf.layers.dense(x, size)
    layers.append(x)
named = {'first': layers[0], 'last': layers[-1]}
last = named['last']
"""
    )
    assert isinstance(model["layers"], Sequence) and len(model["layers"].items) == 2
    assert isinstance(model["named"], Mapping)
    assert model["last"] is model["x"]
    assert model.sizes("last") == [2, 5]


def test_collections(interpret: Interpret) -> None:
    model = interpret(
        """import tensorflow as tf
with tf.variable_scope('a'):
    v = tf.get_variable('v', [2])
w = tf.get_variable('w', [2], trainable=False)
everything = tf.global_variables()
trained = tf.trainable_variables()
mine = tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope='a')
named = [v for v in tf.global_variables() if 'w' in v.name]
"""
    )
    found = {name: [v.name for v in model[name].items] for name in ("everything", "trained", "mine", "named")}
    assert found == {"everything": ["a/v", "w"], "trained": ["a/v"], "mine": ["a/v"], "named": ["w"]}


def test_a_symbol_that_is_not_known(interpret: Interpret) -> None:
    model = interpret(
        "import tensorflow as tf\na = tf.contrib.layers.unheard_of(tf.ones([2, 2, 2]))\nb = tf.reduce_sum(a)\n"
    )
    assert [use.symbol for use in model.program.unsupported] == ["contrib.layers.unheard_of"]
    assert isinstance(model["b"], Tensor)


def test_code_without_tensorflow_is_no_graph_program(interpret: Interpret) -> None:
    assert not interpret("x = 1\n").program.is_graph_program
    assert not interpret("import tensorflow as tf\nx = tf.ones([2])\n").program.is_graph_program
    assert interpret("import tensorflow as tf\nx = tf.placeholder(tf.float32)\n").program.is_graph_program


def test_a_known_branch_of_the_graph_is_taken(interpret: Interpret) -> None:
    text = "import tensorflow as tf\nx = tf.ones([2])\nif {}:\n    x = tf.nn.relu(x)\nelse:\n    x = tf.tanh(x)\n"
    assert interpret(text.format("1 < 2")).symbols() == ["ones", "nn.relu"]
    assert interpret(text.format("1 > 2")).symbols() == ["ones", "tanh"]


def test_an_unknown_branch_of_the_graph_takes_both(interpret: Interpret) -> None:
    model = interpret(
        "import sys\nimport tensorflow as tf\nx = tf.ones([2])\nif sys.argv[1:]:\n    x = tf.nn.relu(x)\n"
    )
    assert {op.symbol for op in model.program.ancestors([model["x"]])} >= {"ones", "nn.relu"}
    assert not isinstance(model["x"], Const)


def test_the_shape_that_another_tensor_has(interpret: Interpret) -> None:
    model = interpret(NET + "noise = tf.random_normal(tf.shape(h))\ncode = h + noise\n")
    assert model.sizes("noise") == model.sizes("code") == [None, 3]
