"""Initialisers that variable scopes set."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Refusals
from .update import TARGETS

Convert = Callable[..., str]

PROGRAM = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 2])
SCOPES
loss = tf.reduce_mean(tf.square(out - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    sess.run(train, {x: np.ones((4, 2))})
"""


def program(scopes: str) -> str:
    return PROGRAM.replace("SCOPES\n", scopes)


@pytest.mark.parametrize("target", TARGETS)
def test_inner_scopes_and_own_initialisers_come_first(convert: Convert, target: str) -> None:
    text = convert(
        program(
            """
with tf.variable_scope('outer', initializer=tf.constant_initializer(0.5)):
    a = tf.get_variable('a', [2, 3])
    with tf.variable_scope('inner', initializer=tf.constant_initializer(0.25)):
        b = tf.get_variable('b', [3, 1])
        c = tf.get_variable('c', [1], initializer=tf.constant_initializer(0.125))
    h = tf.matmul(x, a)
out = tf.matmul(h, b) + c
"""
        ),
        target,
    )
    lines = {name: next(line for line in text.splitlines() if line.startswith(f"{name} = ")) for name in "abc"}
    assert "0.5" in lines["a"] and "0.25" in lines["b"] and "0.125" in lines["c"]


@pytest.mark.parametrize("target", TARGETS)
def test_biases_and_variables_by_value_keep_their_own(convert: Convert, target: str) -> None:
    text = convert(
        program(
            """
with tf.variable_scope('net', initializer=tf.constant_initializer(0.5)):
    h = tf.layers.dense(x, 3)
    w = tf.Variable(tf.ones([3, 1]))
out = tf.matmul(h, w)
"""
        ),
        target,
    )
    assert "bias_initializer=" not in text.partition("h_layer")[2]
    assert "ones([3, 1])" in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_helper_that_is_called_within_and_without_the_scope_is_refused(refusals: Refusals, target: str) -> None:
    text = program(
        """
def weight(name, shape):
    return tf.get_variable(name, shape)

with tf.variable_scope('first', initializer=tf.constant_initializer(0.5)):
    h = tf.matmul(x, weight('w', [2, 3]))
with tf.variable_scope('second'):
    out = tf.matmul(h, weight('w', [3, 1]))
"""
    )
    assert [reason.code for reason in refusals(text, target)] == ["REF108"]


@pytest.mark.parametrize("target", TARGETS)
def test_an_initialiser_that_a_helper_does_not_see_is_refused(refusals: Refusals, target: str) -> None:
    text = program(
        """
def weight(name, shape):
    return tf.get_variable(name, shape)

def net(t, deviation):
    with tf.variable_scope('net', initializer=tf.random_normal_initializer(stddev=deviation)):
        return tf.matmul(tf.matmul(t, weight('w', [2, 3])), weight('v', [3, 1]))

out = net(x, 0.1)
"""
    )
    assert [reason.code for reason in refusals(text, target)] == ["REF108"]


@pytest.mark.parametrize("target", TARGETS)
def test_an_initialiser_of_a_function_is_passed_within_it(convert: Convert, target: str) -> None:
    text = convert(
        program(
            """
def net(t, deviation):
    with tf.variable_scope('net', initializer=tf.random_normal_initializer(stddev=deviation)):
        w = tf.get_variable('w', [2, 1])
        return tf.matmul(t, w)

out = net(x, 0.1)
"""
        ),
        target,
    )
    assert "deviation" in text.partition("self.w = ")[2].partition("\n\n")[0]


@pytest.mark.parametrize("target", TARGETS)
def test_an_initialiser_that_draws_as_it_is_made_is_refused(refusals: Refusals, target: str) -> None:
    text = program(
        """
rng = np.random.RandomState(0)
with tf.variable_scope('net', initializer=tf.constant_initializer(rng.normal(size=(2, 2)))):
    a = tf.get_variable('a', [2, 2])
    b = tf.get_variable('b', [2, 2])
out = tf.matmul(tf.matmul(x, a), b)
"""
    )
    assert [reason.code for reason in refusals(text, target)] == ["REF108"]
