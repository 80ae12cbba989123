"""Names that stand for a cell first, and for the cell with dropout then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .update import TARGETS

Convert = Callable[..., str]

PROGRAM = """import numpy as np
import tensorflow as tf


class Model(object):
    def __init__(self):
        self.x = tf.placeholder(tf.float32, [None, 4, 3])
        self.keep = tf.placeholder(tf.float32, name='keep')
        self.out = tf.Variable(tf.ones([10, 1]), name='out')
        self.logits = self.infer()
        self.loss = self.objective()
        self.train = tf.train.AdamOptimizer(0.1).minimize(self.loss)

    def infer(self):
        forward = tf.nn.rnn_cell.BasicLSTMCell(5)
        backward = tf.nn.rnn_cell.BasicLSTMCell(5)
        if self.keep is not None:
            # dropout, where it is asked for
            forward = tf.nn.rnn_cell.DropoutWrapper(forward, output_keep_prob=self.keep)
            backward = tf.nn.rnn_cell.DropoutWrapper(backward, output_keep_prob=self.keep)
        outputs, _ = tf.nn.bidirectional_dynamic_rnn(forward, backward, self.x, dtype=tf.float32)
        print('outputs:', outputs)
        return tf.matmul(tf.concat(outputs, axis=2)[:, -1, :], self.out)

    def objective(self, scale=0.1):
        return tf.reduce_mean(tf.square(self.logits - 1.0)) + scale * tf.reduce_mean(tf.abs(self.logits))


model = Model()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(3):
        print(sess.run([model.train, model.loss], {model.x: np.ones((2, 4, 3)), model.keep: 0.5})[1])
"""


@pytest.mark.parametrize("target", TARGETS)
def test_a_condition_that_always_holds_is_written_out_around_cells(convert: Convert, target: str) -> None:
    text = convert(PROGRAM, target)
    assert "is not None:\n            # dropout" not in text
    assert "forward = DropoutWrapper(self.basic_lstm_cell, output_keep_prob=keep)" in text
    assert "# dropout, where it is asked for" in text


@pytest.mark.parametrize("target", TARGETS)
def test_a_list_of_tensors_that_is_printed_is_left_out(convert: Convert, target: str) -> None:
    assert "'outputs:'" not in convert(PROGRAM, target)


@pytest.mark.parametrize("target", TARGETS)
def test_tensors_that_a_function_with_defaults_reads_come_by_keyword(convert: Convert, target: str) -> None:
    text = convert(PROGRAM, target)
    assert "def objective(self, scale=0.1, *, logits):" in text
    assert "self.objective(logits=logits)" in text
