"""Methods that make parts of the graph and return them."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from .update import CASES, TARGETS, sections

HEAD = """import numpy as np
import tensorflow as tf

data = np.ones((8, 3), np.float32)
"""
TAIL = """
x = tf.placeholder(tf.float32, [None, 3])
model = Model(x)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([model.train, model.loss], {x: data})[1])
"""
MODEL = """
class Model:
    def __init__(self, points):
        self.points = points
        self.out = self.make_out()
        self.loss = tf.reduce_mean(tf.square(self.out))
        self.train = tf.train.GradientDescentOptimizer(0.1).minimize(self.loss)

    def make_out(self):
        out = 2.0
        w = tf.Variable(data[:3, :1])
        return out * tf.matmul(self.points, w)

"""


def calls(text: str, method: str) -> list[str]:
    """The statements of a text that call a method of `self`."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Expr, ast.Assign))]
    return [ast.unparse(node) for node in found if f"self.{method}(" in ast.unparse(node)]


@pytest.mark.parametrize("target", TARGETS)
def test_the_name_of_what_is_returned_may_be_taken(convert: Callable[..., str], target: str) -> None:
    text = convert(HEAD + MODEL + TAIL, target)
    assert calls(text, "make_out") == ["self.make_out()"]
    assert "self.w = " in text and "points" not in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_call_for_parts_of_the_graph_is_a_statement(target: str) -> None:
    text = sections(CASES / "method_returning_several.txt")[target]
    assert calls(text, "build") == ["self.build()"]
