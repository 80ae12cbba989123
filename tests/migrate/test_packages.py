"""Packages of the program's own: functions that their `__init__.py` hands out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actlint.migrate import Rewrite

from .update import TARGETS

LAYERS = """import tensorflow as tf


def dense(x, units, name):
    with tf.variable_scope(name):
        w = tf.get_variable("w", [int(x.shape[1]), units], initializer=tf.constant_initializer(0.1))
        return tf.matmul(x, w)


def scale(x, by):
    return tf.multiply(x, by)
"""
INIT = """from .layers import dense, scale

__all__ = ["dense", "scale"]
"""
PROGRAM = """import numpy as np
import tensorflow as tf

import nets
import tools
from nets import scale

data = tools.load()
x = tf.placeholder(tf.float32, [None, 3])
h = tf.nn.tanh(nets.dense(x, 4, "h"))
loss = tf.reduce_mean(tf.square(scale(nets.dense(h, 1, "out"), 2.0) - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {x: data})[1])
"""
DATA = "import numpy as np\n\n\ndef load():\n    return np.ones((8, 3))\n"


@pytest.mark.parametrize("target", TARGETS)
def test_package_hands_out_functions_that_become_classes(
    migrate: Callable[..., Rewrite], tmp_path: Path, target: str
) -> None:
    for name in ("nets", "tools"):
        (tmp_path / name).mkdir()
    modules = {
        "nets/__init__.py": INIT,
        "nets/layers.py": LAYERS,
        "tools/__init__.py": "from .data import load\n",
        "tools/data.py": DATA,
    }
    files = {
        path.relative_to(tmp_path.resolve()).as_posix(): text
        for path, text in migrate(PROGRAM, target, "hook", modules).files.items()
    }
    assert set(files) == {"program.py", "nets/__init__.py", "nets/layers.py"}
    assert files["nets/__init__.py"] == INIT.replace("dense", "Dense")
    assert "class Dense(" in files["nets/layers.py"]
    assert "nets.Dense(3, 4)" in files["program.py"]
