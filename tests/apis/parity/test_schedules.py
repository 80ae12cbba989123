"""Learning rates that follow from a step count, against TF1's."""

from __future__ import annotations

import numpy as np
import pytest

STEPS = [np.int32(step) for step in (0, 1, 3, 4, 5, 6, 7, 12)]
SCHEDULES = {
    "exponential": "tf.train.exponential_decay(0.1, step, 4, 0.7)",
    "exponential in stairs": "tf.train.exponential_decay(0.1, step, 4, 0.7, staircase=True)",
    "natural": "tf.train.natural_exp_decay(0.1, step, 4, 0.7)",
    "natural in stairs": "tf.train.natural_exp_decay(0.1, step, 4, 0.7, True)",
    "inverse time": "tf.train.inverse_time_decay(0.1, step, 4, 0.7)",
    "inverse time in stairs": "tf.train.inverse_time_decay(0.1, step, 4, 0.7, staircase=True)",
    "polynomial": "tf.train.polynomial_decay(0.1, step, 5)",
    "polynomial of power 2": "tf.train.polynomial_decay(0.1, step, 5, 0.01, power=2.0)",
    "polynomial in cycles": "tf.train.polynomial_decay(0.1, step, 3, 0.01, cycle=True)",
    "cosine": "tf.train.cosine_decay(0.1, step, 5)",
    "cosine down to a part": "tf.train.cosine_decay(0.1, step, 5, alpha=0.1)",
    "piecewise": "tf.train.piecewise_constant(step, [3, 6], [0.1, 0.05, 0.01])",
    "piecewise, another spelling": "tf.train.piecewise_constant_decay(step, [3, 6], [0.1, 0.05, 0.01])",
}


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_schedule(name, parity):
    for step in STEPS:
        parity(SCHEDULES[name], inputs={"step": step}, without64="a rate of Python numbers is float32")
