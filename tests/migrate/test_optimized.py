"""`tf.contrib.layers.optimize_loss`, written out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .conftest import Refusals
from .update import TARGETS

Convert = Callable[..., str]

PROGRAM = """import numpy as np
import tensorflow as tf
from tensorflow.contrib import layers

x = tf.placeholder(tf.float32, [None, 3])
step = tf.train.get_or_create_global_step()
w = tf.Variable(tf.ones([3, 1]))
loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
train = layers.optimize_loss(loss, ARGUMENTS)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(5):
        RUN
"""
SILENT = "sess.run(train, {x: np.ones((4, 3))})"


def _program(arguments: str, run: str = SILENT) -> str:
    return PROGRAM.replace("ARGUMENTS", arguments).replace("RUN", run)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("SGD", "optimizer = tf.keras.optimizers.SGD(learning_rate=0.1)"),
        ("Momentum", "optimizer = tf.keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)"),
        ("Adam", "optimizer = tf.keras.optimizers.Adam(learning_rate=0.1, epsilon=1e-8)"),
        ("RMSProp", "optimizer = rmsprop("),
        ("Adagrad", "optimizer = tf.keras.optimizers.Adagrad("),
    ],
)
def test_an_optimizer_by_name(convert: Convert, name: str, made: str) -> None:
    assert made in convert(_program(f"step, 0.1, '{name}'"), "tf2")


@pytest.mark.parametrize(
    "optimizer", ["tf.train.AdamOptimizer", "lambda rate: tf.train.AdamOptimizer(rate)", "tf.train.AdamOptimizer(0.1)"]
)
def test_an_optimizer_by_class_function_or_itself(convert: Convert, optimizer: str) -> None:
    assert "Adam(learning_rate=0.1, epsilon=1e-8)" in convert(_program(f"step, 0.1, {optimizer}"), "tf2")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("run", "returned"),
    [
        (SILENT, ""),
        ("_, value = sess.run([train, loss], {x: np.ones((4, 3))})", "loss"),
        ("value = sess.run(train, {x: np.ones((4, 3))})\n        print(value)", "train"),
    ],
)
def test_the_answer_is_the_loss_where_somebody_reads_it(convert: Convert, target: str, run: str, returned: str) -> None:
    text = convert(_program("step, 0.1, 'SGD'", run), target)
    found = [line.strip() for line in text.splitlines() if line.startswith("    return") and "detach" not in line]
    wanted = f"return to_numpy({returned})" if target == "torch" else f"return {returned}"
    assert found == ([wanted] if returned else [])


def test_a_rate_that_decays_with_the_counter_of_the_graph(convert: Convert) -> None:
    decay = "lambda rate, at: tf.train.exponential_decay(rate, at, 100, 0.9)"
    text = convert(_program(f"None, 0.1, 'SGD', learning_rate_decay_fn={decay}"), "torch")
    assert "learning_rate = 0.1 * 0.9 ** (step / 100)" in text
    assert "step.add_(1)" in text


def test_the_counter_that_is_not_to_be_incremented(convert: Convert) -> None:
    assert "step.add_(1)" not in convert(_program("step, 0.1, 'SGD', increment_global_step=False"), "torch")


def test_gradients_are_clipped_by_their_norm_or_by_a_function(convert: Convert) -> None:
    text = convert(_program("step, 0.1, 'SGD', clip_gradients=5.0"), "tf2")
    assert "gradients, _ = tf.clip_by_global_norm(gradients, 5.0)" in text
    clip = "lambda pairs: [(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in pairs]"
    text = convert(_program(f"step, 0.1, 'SGD', clip_gradients={clip}"), "tf2")
    assert "[(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in grads_and_vars]" in text


@pytest.mark.parametrize("target", TARGETS)
def test_updates_are_made_before_the_step(convert: Convert, target: str) -> None:
    text = _program("step, 0.1, 'SGD', update_ops=[bump]").replace(
        "train =", "n = tf.Variable(0.0, trainable=False)\nbump = tf.assign_add(n, 1.0)\ntrain ="
    )
    written = convert(text, target)
    bump = "n.assign_add(1.0)" if target == "tf2" else "n.add_(1.0)"
    assert written.index(bump) < written.index("apply_gradients" if target == "tf2" else "optimizer.step()")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("step, 0.1, 'SGD', gradient_noise_scale=0.1", "gradient_noise_scale"),
        ("step, 0.1, 'SGD', gradient_multipliers={w: 0.5}", "gradient_multipliers"),
        ("step, 0.1, 'Nadam'", "which optimizer"),
    ],
)
def test_what_has_no_statements_is_refused(refusals: Refusals, target: str, arguments: str, why: str) -> None:
    assert why in refusals(_program(arguments), target)[0].text


def test_summaries_that_it_adds_to_merged_ones_are_refused(refusals: Refusals, convert: Convert) -> None:
    merged = "sess.run([train, tf.summary.merge_all()], {x: np.ones((4, 3))})"
    assert "adds summaries" in refusals(_program("step, 0.1, 'SGD'", merged), "tf2")[0].text


def test_a_call_within_an_expression_is_refused(refusals: Refusals) -> None:
    text = _program("step, 0.1, 'SGD'").replace("train = layers", "train = 1.0 * layers")
    assert "larger expression" in refusals(text, "tf2")[0].text
