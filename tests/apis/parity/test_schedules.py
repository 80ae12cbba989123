"""Learning rates that follow from a step count, against TF1's."""

from __future__ import annotations

import re

import numpy as np
import pytest

STEPS = [np.int32(step) for step in (0, 1, 3, 4, 5, 6, 7, 9, 12, 21)]
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
    "polynomial in cycles of power 2": "tf.train.polynomial_decay(0.1, step, 3, power=2.0, cycle=True)",
    "cosine with restarts": "tf.train.cosine_decay_restarts(0.1, step, 3)",
    "cosine with equal restarts": "tf.train.cosine_decay_restarts(0.1, step, 3, t_mul=1.0, m_mul=0.5, alpha=0.1)",
    "cosine with longer restarts": "tf.train.cosine_decay_restarts(0.1, step, first_decay_steps=1, t_mul=3.0)",
    "linear cosine": "tf.train.linear_cosine_decay(0.1, step, 5)",
    "linear cosine of two periods": "tf.train.linear_cosine_decay(0.1, step, 5, num_periods=2.0, alpha=0.1)",
    "noisy linear cosine": "tf.train.noisy_linear_cosine_decay(0.1, step, 5, initial_variance=0.0)",
    "piecewise": "tf.train.piecewise_constant(step, [3, 6], [0.1, 0.05, 0.01])",
    "piecewise, another spelling": "tf.train.piecewise_constant_decay(step, [3, 6], [0.1, 0.05, 0.01])",
}


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_schedule(name, parity):
    """At the corners of each: whole multiples of the steps, those before and behind them, and restarts."""
    for step in STEPS:
        parity(SCHEDULES[name], inputs={"step": step}, without64="a rate of Python numbers is float32")
    parity(SCHEDULES[name], inputs={"step": np.int64(3)}, without64="a rate of Python numbers is float32")


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_step_of_python(name, parity):
    parity(re.sub(r"\bstep\b", "7", SCHEDULES[name]), without64="a rate of Python numbers is float32")


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_long_restarts(factor, parity):
    """A step that restarts is one in all three: logarithms decide it."""
    starts = [round(4 * (factor**count - 1) / (factor - 1)) for count in range(1, 9)]
    for step in sorted({start + offset for start in starts for offset in (-1, 0, 1)}):
        source = f"tf.train.cosine_decay_restarts(0.1, step, 4, t_mul={factor})"
        parity(
            source, inputs={"step": np.int64(step)}, without64="a rate of Python numbers is float32", gates=(1e-4, 1)
        )
