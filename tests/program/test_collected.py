"""What collections of losses hold: which calls join them, in which order, and when that isn't known."""

from __future__ import annotations

import pytest

from .conftest import Interpret

HEAD = """import sys
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 2])
y = tf.placeholder(tf.float32, [None, 2])
reg = lambda w: tf.nn.l2_loss(w)
"""


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("tf.losses.mean_squared_error(y, x)\n", ["losses.mean_squared_error"]),
        ("tf.losses.mean_squared_error(y, x, loss_collection=None)\n", []),
        ("tf.losses.mean_squared_error(y, x, loss_collection='mine')\n", []),
        ("tf.losses.add_loss(tf.reduce_mean(x))\ntf.losses.log_loss(y, x)\n", ["reduce_mean", "losses.log_loss"]),
        ("tf.add_to_collection(tf.GraphKeys.LOSSES, tf.reduce_sum(x))\n", ["reduce_sum"]),
        ("tf.nn.l2_loss(x)\n", []),
    ],
)
def test_losses(interpret: Interpret, text: str, held: list[str]) -> None:
    model = interpret(HEAD + text + "found = tf.losses.get_losses()\n")
    assert [tensor.op.symbol for tensor in model["found"].items] == held


def test_regularizers_see_their_own_variable_once(interpret: Interpret) -> None:
    layer = "tf.layers.dense({}, 2, name='d', reuse={}, kernel_regularizer=reg, bias_regularizer=reg)\n"
    model = interpret(
        HEAD + layer.format("x", "None") + layer.format("y", "True") + "all = tf.losses.get_regularization_losses()\n"
    )
    penalties = [model.program.penalties[tensor.op] for tensor in model["all"].items]
    assert [penalty.variable.name for penalty in penalties] == ["d/kernel", "d/bias"]


@pytest.mark.parametrize(
    "text",
    [
        "if sys.argv[1:]:\n    tf.losses.add_loss(tf.reduce_mean(x))\nfound = tf.losses.get_losses()\n",
        "for _ in sys.argv:\n    tf.losses.add_loss(tf.reduce_mean(x))\nfound = tf.losses.get_losses()\n",
        "tf.add_to_collection(sys.argv[0], x)\nfound = tf.get_collection('mine')\n",
        "tf.losses.add_loss(tf.reduce_mean(x))\nfound = tf.losses.get_losses('scope')\n",
        "with tf.variable_scope('a', regularizer=reg):\n    w = tf.get_variable('w', [2])\n"
        "found = tf.losses.get_regularization_losses()\n",
    ],
)
def test_what_is_not_known_is_said(interpret: Interpret, text: str) -> None:
    assert interpret(HEAD + text)["found"].partial


@pytest.mark.parametrize(
    ("scope", "names"), [("a", ["a1", "a2"]), ("a[2]|b", ["a2", "b"]), ("1", []), ("a1:0$", ["a1"]), ("a.$", [])]
)
def test_a_scope_is_a_regular_expression(interpret: Interpret, scope: str, names: list[str]) -> None:
    made = "".join(f"tf.get_variable('{name}', [2])\n" for name in ("a1", "a2", "b"))
    model = interpret(HEAD + made + f"found = tf.trainable_variables({scope!r})\n")
    assert [variable.name for variable in model["found"].items] == names
