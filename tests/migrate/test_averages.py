"""`tf.train.ExponentialMovingAverage`, written out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Refusals
from .update import TARGETS

PROGRAM = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3])
w = tf.Variable(tf.ones([3, 1]), name='w')
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
ema = tf.train.ExponentialMovingAverage(0.9)
STATEMENT
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        print(sess.run([fetched, loss], {x: np.ones((4, 3))})[1])
"""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("fetched = tf.group(train, ema.apply([w]))", "neither waits for the other"),
        ("fetched = train\nname = ema.average_name(w)", "average_name"),
        ("fetched = train\nsaver = tf.train.Saver(ema.variables_to_restore())", "variables_to_restore"),
        ("fetched = ema.apply([w * 2.0])", "has no name"),
        ("first = ema.apply([w])\nfetched = ema.apply(tf.trainable_variables())", "isn't listed"),
        ("fetched = ema.apply([w])\nagain = ema.apply([w])", "apply is called twice"),
        ("follow = ema.apply([w])\nother = [w][0]\nfetched = ema.average(other)", "isn't written as apply has it"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(refusals: Refusals, target: str, statement: str, why: str) -> None:
    assert why in "".join(reason.text for reason in refusals(PROGRAM.replace("STATEMENT", statement), target))


def test_a_variable_that_starts_from_another_one_is_a_copy(convert: Callable[..., str]) -> None:
    text = PROGRAM.replace("STATEMENT", "copy = tf.Variable(w.initialized_value(), trainable=False)\nfetched = copy")
    text = text.replace("loss], {", "loss], {").replace("fetched, loss", "tf.identity(copy), loss")
    text = text.replace("ema = tf.train.ExponentialMovingAverage(0.9)\n", "").replace("\nfetched = copy", "")
    assert "copy = w.detach().clone()" in convert(text, "torch")


@pytest.mark.parametrize("target", TARGETS)
def test_an_average_of_a_tensor_starts_at_zero(convert: Callable[..., str], target: str) -> None:
    statement = "size = tf.reduce_mean(tf.abs(x), axis=0)\nfetched = ema.apply([size])"
    text = convert(PROGRAM.replace("STATEMENT", statement), target)
    assert f"{'tf.Variable(tf' if target == 'tf2' else 'torch'}.zeros(" in text
    assert "(size_average - size) * (1.0 - " in text


@pytest.mark.parametrize("target", TARGETS)
def test_averages_of_a_list_of_variables_are_a_list(convert: Callable[..., str], target: str) -> None:
    statement = "follow = ema.apply(tf.trainable_variables())\nfetched = tf.group(train)\n"
    statement += "slow = tf.reduce_mean(tf.matmul(x, ema.average(w)))"
    text = PROGRAM.replace("STATEMENT", statement).replace(
        "        print", "        sess.run(follow)\n        print(sess.run(slow, {x: np.ones((4, 3))}))\n        print"
    )
    text = convert(text, target)
    assert "for average, variable in zip(averages, variables)" in text
    assert "matmul(x, averages[0])" in text


@pytest.mark.parametrize("target", TARGETS)
def test_averages_that_a_branch_moves_on_are_refused(refusals: Refusals, target: str) -> None:
    statement = """size = tf.reduce_mean(x, axis=0)
flag = tf.placeholder(tf.bool, [])
def moved():
    follow = ema.apply([size])
    with tf.control_dependencies([follow]):
        return tf.identity(size)
fetched = tf.cond(flag, moved, lambda: size * 0.0)"""
    text = PROGRAM.replace("STATEMENT", statement).replace("(4, 3))}", "(4, 3)), flag: True}")
    assert "in a branch of tf.cond" in refusals(text, target)[0].text
