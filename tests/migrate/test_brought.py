"""Functions of other files that are written out at their calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actlint.migrate import Rewrite

from .update import TARGETS

VAE = """import numpy as np
import tensorflow as tf

EPSILON = 1e-8


def encoder(x, units):
    with tf.variable_scope("encoder"):
        w = tf.get_variable("w", [6, units * 2], initializer=tf.constant_initializer(0.1))
        out = tf.matmul(x, w)
        return out[:, :units], tf.nn.softplus(out[:, units:])


def mlp_decoder(z, units, reuse=False):
    with tf.variable_scope("decoder", reuse=reuse):
        w = tf.get_variable("w", [units, 6], initializer=tf.constant_initializer(0.2))
        return tf.sigmoid(tf.matmul(z, w))


def autoencoder(x_in, x, units):
    mean, deviation = encoder(x_in, units)
    z = mean + deviation * tf.random_normal(tf.shape(mean))
    y = mlp_decoder(z, units)
    loss = tf.reduce_mean(tf.square(x - y)) + EPSILON * np.log(2) * tf.reduce_mean(tf.square(mean))
    return y, loss


def decode(z, units):
    return mlp_decoder(z, units, reuse=True)
"""
PROGRAM = """import numpy as np
import tensorflow as tf

{imported}

data = np.ones((8, 6))
x_in = tf.placeholder(tf.float32, [None, 6])
x = tf.placeholder(tf.float32, [None, 6])
codes = tf.placeholder(tf.float32, [None, 2])
y, loss = {prefix}autoencoder(x_in, x, 2)
decoded = {prefix}decode(codes, 2)
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    print(sess.run([train, loss], {{x_in: data, x: data}})[1])
    print(sess.run(y, {{x_in: data}}))
    print(sess.run(decoded, {{codes: np.zeros((1, 2))}}))
"""
MODULE = PROGRAM.format(imported="import vae", prefix="vae.")
NAMES = PROGRAM.format(imported="from vae import autoencoder, decode", prefix="")


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_run_does_not_feed_is_apart(migrate: Callable[..., Rewrite], target: str) -> None:
    made = migrate(MODULE, target, "hook", {"vae.py": VAE})
    files = {path.name: text for path, text in made.files.items()}
    assert "def autoencoder" not in files["vae.py"] and "class MlpDecoder" in files["vae.py"]
    assert "mlp_decoder = vae.MlpDecoder(2)" in files["program.py"]
    assert "vae.EPSILON * np.log(2)" in files["program.py"]


@pytest.mark.parametrize("target", TARGETS)
def test_names_that_the_function_needs_are_imported(migrate: Callable[..., Rewrite], target: str) -> None:
    made = migrate(NAMES, target, "hook", {"vae.py": VAE})
    files = {path.name: text for path, text in made.files.items()}
    assert "from vae import" in files["program.py"] and "autoencoder" not in files["program.py"]
    namespace = files["program.py"].partition("from vae import ")[2].partition("\n")[0].split(", ")
    assert {"EPSILON", "Encoder", "MlpDecoder"} <= set(namespace)


def test_names_that_mean_something_else_there_keep_the_function_where_it_is(
    refusals: Callable[..., list], tmp_path
) -> None:
    reasons = refusals(
        MODULE.replace("data =", "tf_np = np\nimport random as np\nnp.ones = tf_np.ones\ndata ="),
        "tf2",
        {"vae.py": VAE},
    )
    assert reasons
