"""Files of checkpoints that programs ask for by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.migrate import rewrite
from actlint.program import analyze

PROGRAM = """\
import os
import numpy as np
import tensorflow as tf

CKPT = os.path.join("run", "model.ckpt")
x = tf.placeholder(tf.float32, [None, 3])
w = tf.Variable(tf.ones([3, 1]))
loss = tf.reduce_mean(tf.square(tf.matmul(x, w)))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
saver = tf.train.Saver()

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    if os.path.isfile({asked}):
        saver.restore(sess, CKPT)
    print(sess.run([train, loss], {{x: np.ones((2, 3))}})[1])
    saver.save(sess, CKPT)
    print(os.path.isfile("notes" + ".index"))
"""


@pytest.mark.parametrize(
    ("asked", "target", "expected"),
    [
        ("CKPT + '.index'", "tf2", "CKPT + '.index'"),
        ("CKPT + '.meta'", "tf2", "CKPT + '.index'"),
        ("CKPT + '.index'", "torch", "CKPT"),
        ("CKPT + '.meta'", "torch", "CKPT"),
    ],
)
def test_a_file_of_a_checkpoint_is_one_that_the_target_writes(
    tmp_path: Path, asked: str, target: str, expected: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(asked=asked), encoding="utf-8")
    made = rewrite(analyze(program, read), target).files[program.resolve()]
    assert f"if os.path.isfile({expected}):" in made
    assert 'os.path.isfile("notes" + ".index")' in made
