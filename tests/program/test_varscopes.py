"""Variable scopes: the names that TF 1.15.5 gave, and which variables are one."""

from __future__ import annotations

from tests.program.conftest import Interpret

HEAD = "import tensorflow as tf\nx = tf.placeholder(tf.float32, [None, 4])\n"


def names(model) -> list[str]:  # noqa: ANN001
    return [variable.name for variable in model.program.variables]


def test_default_names_start_again_in_a_scope_that_is_entered_again(interpret: Interpret) -> None:
    model = interpret(
        HEAD
        + "def d(x, reuse=None):\n    with tf.variable_scope('d') as scope:\n        if reuse:\n"
        + "            scope.reuse_variables()\n        h = tf.layers.dense(x, 3)\n"
        + "        return tf.layers.dense(h, 2), scope.name\n"
        + "a, name = d(x)\nb, _ = d(x, True)\nc = tf.layers.dense(x, 5)\ne = tf.layers.dense(x, 5)\n"
    )
    assert model.python("name") == "d"
    assert names(model) == [
        f"{layer}/{weight}" for layer in ("d/dense", "d/dense_1", "dense", "dense_1") for weight in ("kernel", "bias")
    ]


def test_scope_object_opens_the_same_scope_anywhere(interpret: Interpret) -> None:
    model = interpret(
        HEAD
        + "with tf.variable_scope('outer'):\n    with tf.variable_scope('inner') as inner:\n"
        + "        v = tf.get_variable('v', [2])\n"
        + "with tf.variable_scope('other'):\n    with tf.variable_scope(inner, reuse=True):\n"
        + "        again = tf.get_variable('v')\n"
    )
    assert model["again"] is model["v"]
    assert names(model) == ["outer/inner/v"]


def test_default_scopes_are_numbered(interpret: Interpret) -> None:
    model = interpret(
        HEAD
        + "with tf.variable_scope('other'):\n    for _ in range(2):\n        with tf.variable_scope(None, 'fresh'):\n"
        + "            tf.get_variable('f', [2])\n"
    )
    assert names(model) == ["other/fresh/f", "other/fresh_1/f"]


def test_auto_reuse_makes_and_shares(interpret: Interpret) -> None:
    model = interpret(
        HEAD
        + "def helper():\n    with tf.variable_scope('auto', reuse=tf.AUTO_REUSE):\n"
        + "        return tf.get_variable('k', [2]), tf.layers.dense(x, 2, name='fc')\n"
        + "a, _ = helper()\nb, _ = helper()\n"
    )
    assert model["a"] is model["b"]
    assert names(model) == ["auto/k", "auto/fc/kernel", "auto/fc/bias"]


def test_reuse_of_the_current_scope_ends_with_it(interpret: Interpret) -> None:
    model = interpret(
        HEAD
        + "with tf.variable_scope(tf.get_variable_scope()):\n    tf.layers.dense(x, 2, name='e')\n"
        + "    tf.get_variable_scope().reuse_variables()\n    tf.layers.dense(x, 2, name='e')\n"
        + "tf.layers.dense(x, 2)\n"
    )
    assert names(model) == ["e/kernel", "e/bias", "dense/kernel", "dense/bias"]


def test_variables_are_named_by_name_scopes(interpret: Interpret) -> None:
    model = interpret(
        HEAD + "for _ in range(2):\n    with tf.variable_scope('s'):\n        tf.Variable(1., name='n')\n"
    )
    assert names(model) == ["s/n", "s_1/n"]


def test_break_return_and_continue_end_a_turn(interpret: Interpret) -> None:
    model = interpret(
        HEAD
        + "def f(n):\n    for i in range(9):\n        if i == n:\n            return i\n    return -1\n"
        + "a = f(3)\nb = f(99)\nc = []\nfor i in range(9):\n    if i == 5:\n        break\n    if i == 1:\n"
        + "        continue\n    c.append(i)\n"
    )
    assert [model.python(name) for name in "abc"] == [3, -1, [0, 2, 3, 4]]
