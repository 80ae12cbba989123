"""Arguments that calls take from an `arg_scope`, written at the calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.migrate import Refused, rewrite
from actlint.migrate.argscopes import written_out
from actlint.program import analyze

HEAD = """import tensorflow as tf
from tensorflow.contrib import slim

x = tf.placeholder(tf.float32, [None, 4])
"""


def written(folder: Path, text: str) -> str | None:
    """The program without its scopes; None where they stay."""
    path = folder / "program.py"
    path.write_text(HEAD + text, encoding="utf-8")
    trees = written_out(analyze(path, read))
    return trees[path.resolve()].module.code.removeprefix(HEAD) if trees else None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "with slim.arg_scope([slim.fully_connected], activation_fn=tf.tanh):\n"
            "    y = slim.fully_connected(x, 3)\n"
            "    z = slim.fully_connected(y, 3, activation_fn=None)\n",
            "y = slim.fully_connected(x, 3, activation_fn=tf.tanh)\n"
            "z = slim.fully_connected(y, 3, activation_fn=None)\n",
        ),
        (
            "with tf.variable_scope('a'), slim.arg_scope([slim.fully_connected], biases_initializer=None):\n"
            "    y = tf.contrib.layers.fully_connected(x, 3)\n",
            "with tf.variable_scope('a'):\n    y = tf.contrib.layers.fully_connected(x, 3, biases_initializer=None)\n",
        ),
        (
            "def f(c):\n"
            "    with slim.arg_scope([slim.fully_connected], weights_regularizer=slim.l2_regularizer(c)):\n"
            "        with slim.arg_scope([slim.fully_connected], activation_fn=None):\n"
            "            return slim.fully_connected(x, 3)\n\n\ny = f(0.1)\n",
            "def f(c):\n"
            "    return slim.fully_connected(x, 3, weights_regularizer=slim.l2_regularizer(c), activation_fn=None)\n"
            "y = f(0.1)\n",
        ),
        (
            "def scope():\n"
            "    with slim.arg_scope([slim.fully_connected, slim.dropout], activation_fn=tf.sin) as made:\n"
            "        return made\n\n\n"
            "def f(v):\n    return slim.linear(slim.relu(slim.fully_connected(v, 2), 2), 2)\n\n\n"
            "held = scope()\nwith slim.arg_scope(held):\n    y = f(x)\n",
            "def f(v):\n    return slim.linear(slim.relu(slim.fully_connected(v, 2, activation_fn=tf.sin), 2), 2)\n"
            "y = f(x)\n",
        ),
    ],
)
def test_written_at_the_calls(before: str, after: str, tmp_path: Path) -> None:
    assert [line for line in (written(tmp_path, before) or "").splitlines() if line] == after.splitlines()


SHADOWED = """def f(act):
    with slim.arg_scope([slim.fully_connected], activation_fn=act):
        return g(x)


def g(v):
    return slim.fully_connected(v, 4)


y = f(tf.tanh)
"""
REBOUND = """act = tf.tanh
with slim.arg_scope([slim.fully_connected], activation_fn=act):
    act = tf.sin
    y = slim.fully_connected(x, 3)
"""
INSIDE_AND_OUTSIDE = """def f(v):
    return slim.fully_connected(v, 4)


with slim.arg_scope([slim.fully_connected], activation_fn=tf.tanh):
    y = f(x)
y = f(y)
"""
DRAWN = """def draw():
    return tf.constant_initializer(1.0)


with slim.arg_scope([slim.fully_connected], weights_initializer=draw()):
    y = slim.fully_connected(x, 3)
"""
OTHER = """with slim.arg_scope([tf.layers.dense], activation=tf.tanh):
    y = tf.layers.dense(x, 3)
"""
RUN = """train = tf.train.AdamOptimizer().minimize(tf.reduce_mean(y))
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for i in range(9):
        sess.run(train, {x: [[1, 2, 3, i]]})
"""


@pytest.mark.parametrize("text", [SHADOWED, REBOUND, INSIDE_AND_OUTSIDE, DRAWN, OTHER])
def test_what_cannot_stand_at_the_call_is_refused(text: str, tmp_path: Path) -> None:
    assert written(tmp_path, text) is None
    path = tmp_path / "program.py"
    path.write_text(HEAD + text + RUN, encoding="utf-8")
    for target in ("tf2", "torch"):
        with pytest.raises(Refused) as caught:
            rewrite(analyze(path, read), target)
        why = "between calls" if text is INSIDE_AND_OUTSIDE and target == "torch" else "arg_scope"
        assert any(why in reason.text for reason in caught.value.reasons)


def test_layers_of_contrib_keep_their_own_initialiser_in_a_scope_with_another(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    text = (
        "with tf.variable_scope('a', initializer=tf.ones_initializer()):\n"
        "    h = slim.fully_connected(x, 3)\n    y = tf.layers.dense(h, 3)\n"
    )
    path.write_text(HEAD + text + RUN, encoding="utf-8")
    made = rewrite(analyze(path, read), "torch").files[path.resolve()]
    assert "nn.Sequential(linear(4, 3), nn.ReLU())" in made
    assert "linear(3, 3, kernel_initializer=nn.init.ones_)" in made
