"""The plan that a proof follows: where a run's values are in what the rewritten function returns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actlint.migrate import Rewrite

from .update import TARGETS

PROGRAM = """import numpy as np
import tensorflow as tf

data = np.ones((8, 2), np.float32)
x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable(data[:2, :1])
out = tf.matmul(x, w)
loss = tf.reduce_mean(tf.square(out - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
tf.summary.scalar("loss", loss)
tf.summary.histogram("out", out)
merged = tf.summary.merge_all()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    writer = tf.summary.FileWriter("logs", sess.graph)
    summary, _, error = sess.run([merged, train, loss], {x: data})
    writer.add_summary(summary, global_step=1)
"""


@pytest.mark.parametrize("target", TARGETS)
def test_merged_summaries_take_as_many_places_as_they_hold(migrate: Callable[..., Rewrite], target: str) -> None:
    run = next(run for run in migrate(PROGRAM, target).spec["runs"] if run["callable"])
    assert run["returns"] == [None, None, 2]


REPEATED = """import numpy as np
import tensorflow as tf

data = np.ones((8, 2), np.float32)


def lrelu(x):
    return tf.maximum(x, 0.2 * x)


def critic(x, reuse=False):
    with tf.variable_scope("critic", reuse=reuse):
        w = tf.get_variable("w", [2, 3], initializer=tf.constant_initializer(0.1))
        v = tf.get_variable("v", [3, 1], initializer=tf.constant_initializer(0.2))
        code = lrelu(tf.matmul(x, w))
        return tf.matmul(code, v), code


x = tf.placeholder(tf.float32, [None, 2])
z = tf.placeholder(tf.float32, [None, 2])
real, _ = critic(x)
fake, code = critic(z, reuse=True)
loss = tf.reduce_mean(fake) - tf.reduce_mean(real) + tf.reduce_mean(tf.square(code))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {x: data, z: data})[1])
    print(sess.run([fake, code], {z: data}))
"""


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_function_makes_in_several_calls_has_no_place(migrate: Callable[..., Rewrite], target: str) -> None:
    (hidden,) = [probe for probe in migrate(REPEATED, target).spec["probes"] if probe["name"] == "code"]
    assert hidden["after"] is None


NESTED = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 2])
w = tf.Variable(np.ones((2, 3), np.float32))


def objective(code):
    with tf.name_scope("loss"):
        loss = tf.reduce_mean(tf.square(code))
        loss = loss + 0.1 * tf.nn.l2_loss(w)
    return loss


loss = objective(tf.tanh(tf.matmul(x, w)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {x: np.ones((8, 2))})[1])
"""


@pytest.mark.parametrize("target", TARGETS)
def test_the_second_assignment_within_a_scope_is_the_second_one(migrate: Callable[..., Rewrite], target: str) -> None:
    probe = next(p for p in migrate(NESTED, target).spec["probes"] if p["role"] == "loss")
    assert probe["after"] == {"function": "objective", "variable": "loss", "nth": 1}
