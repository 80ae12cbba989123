"""ACT101 session-value-in-loss."""

from __future__ import annotations

import pytest

_HEAD = """\
import numpy as np
import tensorflow as tf

data = np.zeros([16, 4], np.float32)
x = tf.placeholder(tf.float32, [None, 4])
hidden = tf.layers.dense(x, 8, tf.nn.relu)
out = tf.layers.dense(hidden, 4)
base = tf.reduce_mean(tf.square(out - x))
sess = tf.InteractiveSession()
sess.run(tf.global_variables_initializer())
"""
_TAIL = "\ntrain = tf.train.GradientDescentOptimizer(0.1).minimize(loss)\n"


def test_names_the_tensor_and_where_its_value_enters(expect):
    text = """\
value = sess.run(hidden, {x: data})  # expect: ACT101
penalty = 0.1 * tf.reduce_mean(tf.abs(value))
loss = base + penalty
"""
    (finding,) = expect("ACT101", _HEAD + text + _TAIL)
    assert finding.message.startswith("value of `hidden` fetched with `sess.run` enters the loss")
    assert [related.position.row for related in finding.related] == [12]


def test_numpy_penalty_added_to_the_loss(expect):
    text = """\
class Sparsity:
    def __init__(self, weight):
        self.weight = weight

    def mean(self):
        return hidden.eval({x: data}).mean(axis=0)  # expect: ACT101

    def __call__(self):
        rho = self.mean()
        return self.weight * float(np.sum(np.abs(rho)))


loss = base + Sparsity(0.1)()
"""
    (finding,) = expect("ACT101", _HEAD + text + _TAIL)
    assert "`.eval()`" in finding.message


def test_one_of_several_fetches_in_a_step_function(expect):
    text = """\
def step(batch):
    acts, shown = sess.run([hidden, out], {x: batch})  # expect: ACT101
    return tf.reduce_mean(base + tf.constant(acts.sum())), shown


for _ in range(3):
    loss, _ = step(data)
    sess.run(tf.train.GradientDescentOptimizer(0.1).minimize(loss), {x: data})
"""
    expect("ACT101", _HEAD + text)


@pytest.mark.parametrize("name", ["sparse_loss", "total_cost"])
def test_returned_by_a_loss_function(name, expect):
    text = f"""\
def {name}(target):
    value = sess.run(hidden, {{x: data}})  # expect: ACT101
    return tf.reduce_mean(tf.square(target)) + tf.reduce_mean(value), value


print({name}(out))
"""
    expect("ACT101", _HEAD + text)


def test_values_that_depend_on_no_variable(expect):
    text = """\
mean, variance = tf.nn.moments(x, [0])
centre, scale = sess.run([mean, variance], {x: data})
loss = base + tf.reduce_sum(tf.square(centre / scale))
"""
    expect("ACT101", _HEAD + text + _TAIL)


def test_distance_to_a_fetched_target_and_weighting_by_a_fetched_value(expect):
    text = """\
anchor = sess.run(hidden, {x: data})
scale = base.eval({x: data})
loss = base / scale + tf.reduce_mean(tf.square(hidden - anchor))
"""
    expect("ACT101", _HEAD + text + _TAIL)


def test_evaluation_on_the_host_and_values_that_are_fed(expect):
    text = """\
loss = base
target = tf.placeholder(tf.float32, [None, 8])
loss += tf.reduce_mean(tf.square(hidden - target))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
value = sess.run(hidden, {x: data})
sess.run(train, {x: data, target: value})
print(np.abs(value).mean() + sess.run(loss, {x: data, target: value}))
"""
    expect("ACT101", _HEAD + text)


def test_fetched_value_in_a_graph_that_nothing_minimises(expect):
    text = "value = sess.run(hidden, {x: data})\nprint(sess.run(tf.reduce_mean(value)))\nloss = base\n"
    expect("ACT101", _HEAD + text + _TAIL)
