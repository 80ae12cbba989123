"""ACT001 graph-program."""

from __future__ import annotations

_MODEL = """\
import tensorflow as tf


class Model:
    def __init__(self, units):
        self.x = tf.placeholder(tf.float32, [None, 4])
        hidden = tf.layers.dense(self.x, units)
        self.loss = tf.reduce_mean(tf.square(tf.layers.dense(hidden, 1)))
        self.train = tf.train.AdamOptimizer().minimize(self.loss)

    def fit(self, sess, data):
        sess.run(self.train, {self.x: data})
"""


def test_reported_once_where_it_trains_with_its_counts(expect):
    (finding,) = expect(
        "ACT001",
        """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
out = tf.layers.dense(tf.layers.dense(x, 8), 1)
loss = tf.losses.mean_squared_error(y, out)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(3):
        sess.run(train, {x: [[0.0] * 4], y: [[1.0]]})  # expect: ACT001
    print(sess.run(loss, {x: [[0.0] * 4], y: [[1.0]]}))
""",
    )
    assert "trains here: 2 placeholders, 3 runs, 4 variables" in finding.message
    assert finding.start.column == 9
    assert "actlint fix --to tf2 " in finding.help and "program.py" in finding.help


def test_grouped_train_operations_train(expect):
    expect(
        "ACT001",
        """\
import tensorflow as tf

w = tf.Variable([1.0])
loss = tf.reduce_sum(tf.square(w))
train = tf.group(tf.train.GradientDescentOptimizer(0.1).minimize(loss), tf.no_op())
tf.InteractiveSession()
tf.global_variables_initializer().run()
train.run()  # expect: ACT001
""",
    )


def test_program_that_only_evaluates_is_reported_at_its_first_run(expect):
    (finding,) = expect(
        "ACT001",
        """\
import tensorflow as tf

x = tf.placeholder(tf.float32)
sess = tf.Session()
print(sess.run(x * 2.0, {x: 1.0}))  # expect: ACT001
print(sess.run(x * 3.0, {x: 1.0}))
""",
    )
    assert "runs here: 1 placeholder, 2 runs, 0 variables" in finding.message


def test_building_code_alone_is_reported_at_its_first_placeholder(expect):
    expect(
        "ACT001",
        """\
import tensorflow as tf

w = tf.Variable([1.0])
x = tf.placeholder(tf.float32)  # expect: ACT001
y = tf.placeholder(tf.float32)
""",
    )


def test_training_in_an_imported_module_is_reported_where_the_program_calls_it(expect):
    text = """\
import tensorflow as tf
from model import Model

model = Model(8)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    model.fit(sess, [[0.0] * 4])  # expect: ACT001
"""
    expect("ACT001", text, {"model.py": _MODEL})


def test_library_whose_class_nobody_makes_here(expect):
    text = _MODEL.replace("    def fit", "    def fit_now(self, data):\n        sess = tf.Session()\n    def fit")
    expect("ACT001", text.replace("[None, 4])", "[None, 4])  # expect: ACT001"))


def test_variables_and_arithmetic_alone_are_no_graph_program(expect):
    expect("ACT001", "import tensorflow as tf\n\nw = tf.Variable([1.0])\nprint(tf.square(w) + 1.0)\n")


def test_a_run_of_something_else_is_no_session_run(expect):
    expect("ACT001", "import subprocess\nimport tensorflow as tf\n\nsubprocess.run(['ls'])\ntf.test.main()\n")
