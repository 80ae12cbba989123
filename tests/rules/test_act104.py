"""ACT104 graph-grows-in-loop."""

from __future__ import annotations

import pytest

_HEAD = """\
import numpy as np
import tensorflow as tf

data = np.zeros([16, 4], np.float32)
x = tf.placeholder(tf.float32, [None, 4])
rate = tf.Variable(0.1, trainable=False)
hidden = tf.layers.dense(x, 8, tf.nn.relu)
loss = tf.reduce_mean(tf.square(hidden))
optimizer = tf.train.GradientDescentOptimizer(rate)
train = optimizer.minimize(loss)
sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())
"""


@pytest.mark.parametrize(
    ("statement", "column"),
    [
        ("value = sess.run(tf.reduce_mean(tf.abs(hidden)), {x: data})", 22),
        ("value = sess.run(-loss, {x: data})", 22),
        ("row = sess.run(hidden[0], {x: data})", 20),
        ("sess.run(tf.assign(rate, 0.01))", 14),
        ("sess.run(rate.assign(0.01))", 14),
        ("merged = tf.summary.merge_all()", 14),
        ("step = optimizer.minimize(loss)", 12),
        ("sess.run(tf.global_variables_initializer())", 14),
        ("tf.train.Saver().save(sess, 'model')", 5),
        ("print((loss * 2.0).eval({x: data}))", 12),
    ],
)
@pytest.mark.parametrize("loop", ["for step in range(20):", "while True:"])
def test_operations_made_in_the_loop(loop, statement, column, expect):
    body = f"    sess.run(train, {{x: data}})\n    {statement}  # expect: ACT104\n"
    text = f"tf.summary.scalar('loss', loss)\n{loop}\n{body}"
    (finding,) = expect("ACT104", _HEAD + text)
    assert finding.start.column == column
    assert [related.position.row for related in finding.related] == [14]


def test_function_that_makes_and_runs_is_reported_inside(expect):
    text = """\
def activity(tensor, batch):
    return sess.run(tf.reduce_mean(tensor), {x: batch})  # expect: ACT104


for _ in range(4):
    activity(hidden, data)
    activity(loss, data)
"""
    expect("ACT104", _HEAD + text)


def test_function_that_only_builds_is_reported_where_the_loop_calls_it(expect):
    text = """\
def norm(tensor):
    squares = tf.square(tensor)
    return tf.sqrt(tf.reduce_sum(squares))


before = norm(hidden)
for _ in range(4):
    sess.run(train, {x: data})
    print(sess.run(norm(hidden), {x: data}))  # expect: ACT104
"""
    (finding,) = expect("ACT104", _HEAD + text)
    assert "`norm`" in finding.message


def test_model_built_per_iteration_is_one_finding(expect):
    text = """\
for units in (4, 8):
    z = tf.placeholder(tf.float32, [None, 4])  # expect: ACT104
    top = tf.layers.dense(z, units)
    step = optimizer.minimize(tf.reduce_mean(top))
    sess.run(tf.global_variables_initializer())
    for _ in range(3):
        sess.run(step, {z: data})
"""
    (finding,) = expect("ACT104", _HEAD + text)
    assert "tf.Graph()" in finding.help


@pytest.mark.parametrize("fresh", ["tf.reset_default_graph()", "graph = tf.Graph().as_default()"])
def test_graph_of_its_own_per_iteration(fresh, expect):
    text = f"""\
for units in (4, 8):
    {fresh}
    z = tf.placeholder(tf.float32, [None, 4])
    step = tf.train.AdamOptimizer().minimize(tf.reduce_mean(tf.layers.dense(z, units)))
    with tf.Session() as other:
        other.run(tf.global_variables_initializer())
        other.run(step, {{z: data}})
"""
    expect("ACT104", _HEAD + text)


def test_inner_loop_of_a_fresh_graph_still_grows(expect):
    text = """\
for units in (4, 8):
    tf.reset_default_graph()
    z = tf.placeholder(tf.float32, [None, 4])
    top = tf.reduce_mean(tf.layers.dense(z, units))
    with tf.Session() as other:
        other.run(tf.global_variables_initializer())
        for _ in range(3):
            other.run(top * 2.0, {z: data})  # expect: ACT104
"""
    expect("ACT104", _HEAD + text)


def test_loops_that_only_build(expect):
    text = """\
top = hidden
for units in (8, 4, 2):
    top = tf.nn.relu(tf.layers.dense(top, units))
for variable in tf.trainable_variables():
    tf.summary.histogram("weights", variable)
print(sess.run(top, {x: data}))
"""
    expect("ACT104", _HEAD + text)


def test_files_logging_protobufs_and_numpy_make_no_operation(expect):
    text = """\
writer, saver = tf.summary.FileWriter("log"), tf.train.Saver()
step_variable = tf.train.get_or_create_global_step()
for step in range(20):
    _, value = sess.run([train, hidden], {x: data})
    summary = tf.Summary(value=[tf.Summary.Value(tag="loss", simple_value=-value.mean())])
    writer.add_summary(summary, tf.train.global_step(sess, step_variable))
    saver.save(sess, "model")
    rate.load(0.1 / (1 + step), sess)
    if tf.gfile.Exists("log") and tf.train.latest_checkpoint("log"):
        tf.logging.info("row %s", value[0] * 2)
"""
    expect("ACT104", _HEAD + text)


def test_made_in_the_first_iteration_only(expect):
    text = """\
merged = None
for step in range(20):
    sess.run(train, {x: data})
    if step == 0:
        first = sess.run(tf.reduce_max(hidden), {x: data})
    if merged is None:
        merged = tf.abs(hidden)
"""
    expect("ACT104", _HEAD + text)


def test_cached_property_is_made_once(expect):
    text = """\
from tools import lazy_property


class Net:
    @lazy_property
    def activity(self):
        return tf.reduce_mean(tf.abs(hidden))


net = Net()
for _ in range(20):
    sess.run([train, net.activity], {x: data})
"""
    expect("ACT104", _HEAD + text)
