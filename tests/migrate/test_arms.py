"""Branches and functions that the program doesn't reach: rewritten where that is possible, errors elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Callable

import libcst as cst
import pytest

from actlint.migrate import Rewrite
from actlint.migrate.arms import _negated

from .update import TARGETS

HEAD = """import argparse
import numpy as np
import tensorflow as tf

parser = argparse.ArgumentParser()
parser.add_argument("--wide", action="store_true")
parser.add_argument("--kind", default="relu")
args = parser.parse_args()
data = np.ones((8, 3), np.float32)
x = tf.placeholder(tf.float32, [None, 3])
"""
TAIL = """loss = tf.reduce_mean(tf.square(out))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {x: data})[1])
"""
BUILDER = """
def net(x):
    h = tf.layers.dense(x, 4, name="first")
    if args.wide:
        h = tf.layers.dense(h, 5, activation=tf.nn.elu, name="wide")
    return tf.layers.dense(h, 1, name="last")


out = net(x)
"""


@pytest.mark.parametrize("target", TARGETS)
def test_weights_of_an_untaken_branch_are_made_there(migrate: Callable[..., Rewrite], target: str) -> None:
    made = migrate(HEAD + BUILDER + TAIL, target)
    (text,) = made.files.values()
    assert text.count("if args.wide:") == 2 and "elu" in text
    assert "NotImplementedError" not in text and not made.notes
    weights = [(w["order"], w["name"]) for w in made.spec["weights"]]
    assert weights == [(0, "first/kernel:0"), (1, "first/bias:0"), (2, "last/kernel:0"), (3, "last/bias:0")]


@pytest.mark.parametrize("target", TARGETS)
def test_a_branch_without_the_frameworks_symbols_is_kept(convert: Callable[..., str], target: str) -> None:
    body = BUILDER.replace('h = tf.layers.dense(h, 5, activation=tf.nn.elu, name="wide")', "h = h * 2")
    assert "if args.wide:\n            h = h * 2\n" in convert(HEAD + body + TAIL, target)


@pytest.mark.parametrize("target", TARGETS)
def test_trained_weights_of_an_untaken_branch_that_no_object_holds(
    migrate: Callable[..., Rewrite], target: str
) -> None:
    body = """h = tf.layers.dense(x, 4)
if args.wide:
    h = tf.layers.dense(h, 5)
out = tf.layers.dense(h, 1)
"""
    made = migrate(HEAD + body + TAIL, target)
    (text,) = made.files.values()
    assert "if args.wide:\n    raise NotImplementedError(" in text
    assert made.notes == [
        "program.py:13: isn't reached with the options given, so it isn't converted: it raises NotImplementedError"
    ]


CHOICE = """out = tf.layers.dense(x, 1)
if args.kind == "sgd":
    step = tf.train.GradientDescentOptimizer(0.1)
elif args.kind == "relu":
    step = tf.train.MomentumOptimizer(0.1, 0.9)
else:
    step = tf.train.AdamOptimizer(0.1)
"""


def conditions_and_errors(text: str) -> tuple[list[str], int]:
    """The conditions of a text in order, and how many errors it raises."""
    tests = [ast.unparse(n.test) for n in ast.walk(ast.parse(text)) if isinstance(n, ast.If)]
    return [test for test in tests if "args" in test], text.count("raise NotImplementedError(")


def test_a_choice_of_optimizers_stays_where_they_need_no_weights(convert: Callable[..., str]) -> None:
    tail = TAIL.replace("tf.train.GradientDescentOptimizer(0.1)", "step")
    text = convert(HEAD + CHOICE + tail, "tf2")
    assert conditions_and_errors(text) == (["args.kind == 'sgd'", "args.kind == 'relu'"], 0)
    assert text.count("tf.keras.optimizers.") == 3


def test_every_other_choice_of_a_chain_is_an_error(convert: Callable[..., str]) -> None:
    tail = TAIL.replace("tf.train.GradientDescentOptimizer(0.1)", "step")
    text = convert(HEAD + CHOICE + tail, "torch")
    assert conditions_and_errors(text) == (["args.kind == 'sgd'", "args.kind != 'relu'"], 2)
    assert "momentum=0.9" in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_function_that_nothing_calls_keeps_its_name_and_documentation(
    migrate: Callable[..., Rewrite], target: str
) -> None:
    unused = '''def huber(a, b):
    """Less sensitive to outliers."""
    return tf.reduce_mean(tf.minimum(tf.abs(a - b), tf.square(a - b)))


'''
    made = migrate(HEAD + unused + "out = tf.layers.dense(x, 1)\n" + TAIL, target)
    (text,) = made.files.values()
    assert '"""Less sensitive to outliers."""\n    raise NotImplementedError("huber was not converted' in text
    assert any("huber isn't called" in note for note in made.notes)


@pytest.mark.parametrize(
    ("test", "contrary"),
    [
        ("a", "not a"),
        ("not a", "a"),
        ("a == 'b'", "a != 'b'"),
        ("a in b", "a not in b"),
        ("a < b", "not (a < b)"),
        ("a and b", "not (a and b)"),
    ],
)
def test_contrary(test: str, contrary: str) -> None:
    assert cst.Module([]).code_for_node(_negated(cst.parse_expression(test))) == contrary
