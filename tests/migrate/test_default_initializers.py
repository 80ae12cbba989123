"""What variables start from where the program doesn't say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PROGRAM = """import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 3])
w = tf.get_variable("w", SHAPE)
loss = tf.reduce_mean(tf.square(x * tf.reduce_sum(w) - 1.0))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {x: np.ones((4, 3))})[1])
"""


@pytest.mark.parametrize(
    ("shape", "made"),
    [
        ("[3, 4]", "nn.init.xavier_uniform_(torch.empty([3, 4]))"),
        ("[4]", 'variance_scaling(1.0, "fan_avg", "uniform")(torch.empty([4]))'),
        ("[3, 3, 2, 4]", 'variance_scaling(1.0, "fan_avg", "uniform")(torch.empty([3, 3, 2, 4]))'),
    ],
)
def test_fans_of_anything_but_a_matrix_are_those_of_tensorflow(
    convert: Callable[..., str], shape: str, made: str
) -> None:
    assert made in convert(PROGRAM.replace("SHAPE", shape), "torch")
