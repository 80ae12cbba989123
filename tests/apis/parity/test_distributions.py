"""Distributions against TF1: what their methods compute; the proof's own tests have their draws."""

from __future__ import annotations

import numpy as np
import pytest

_random = np.random.RandomState(5)
M, N = _random.uniform(-2, 2, (2, 4, 3))
S, T = _random.uniform(0.2, 2, (2, 4, 3))
X = _random.uniform(-2, 2, (4, 3))
P = np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.4], [0.05, 0.9, 0.05], [0.25, 0.25, 0.5]])
CLASSES = np.array([0, 2, 1, 1], np.int32)
BITS = (_random.uniform(size=(4, 3)) > 0.5).astype(np.int32)
OF_NORMAL = ["log_prob(x)", "prob(x)", "entropy()", "mean()", "stddev()", "variance()", "mode()"]


def rows(parity, source, **arrays):
    parity(source, inputs=arrays)


@pytest.mark.parametrize("method", OF_NORMAL)
def test_normal(method, parity):
    rows(parity, f"tf.distributions.Normal(m, s).{method}", m=M, s=S, **({"x": X} if "x" in method else {}))


@pytest.mark.parametrize("given", ["loc=0.0, scale=s", "m, scale=2.0"])
@pytest.mark.parametrize("method", ["log_prob(x)", "entropy()"])
def test_normal_that_broadcasts(given, method, parity):
    parameter = {"s": S[0]} if "scale=s" in given else {"m": M[:, :1]}
    inputs = {**parameter, **({"x": X} if "x" in method else {})}
    single = "a number as a parameter is float32 in TF1"
    parity(f"tf.distributions.Normal({given}).{method}", inputs=inputs, without64=single)


def test_divergence_of_normals(parity):
    first, second = "tf.distributions.Normal(m, s)", "tf.distributions.Normal(n, t)"
    rows(parity, f"tf.distributions.kl_divergence({first}, {second})", m=M, s=S, n=N, t=T)
    rows(parity, f"{first}.kl_divergence({second})", m=M, s=S, n=N, t=T)


@pytest.mark.parametrize("method", ["log_prob(x)", "prob(x)", "entropy()", "mean()", "stddev()", "variance()"])
def test_uniform(method, parity):
    inputs = {"low": -S, "high": T, **({"x": X} if "x" in method else {})}
    rows(parity, f"tf.distributions.Uniform(low, high).{method}", **inputs)


@pytest.mark.parametrize("method", ["log_prob(c)", "prob(c)", "entropy()", "mode()"])
@pytest.mark.parametrize("form", ["z", "logits=z", "probs=p"])
def test_categorical(method, form, parity):
    inputs = {"p": P} if form == "probs=p" else {"z": X}
    if form == "probs=p" and method == "entropy()":
        inputs, form = {"z": X}, "probs=tf.nn.softmax(z)"
    rows(
        parity,
        f"tf.distributions.Categorical({form}).{method}",
        **inputs,
        **({"c": CLASSES} if "(c)" in method else {}),
    )


def test_divergence_of_categoricals(parity):
    pair = "tf.distributions.Categorical(m), tf.distributions.Categorical(logits=n)"
    rows(parity, f"tf.distributions.kl_divergence({pair})", m=M, n=N)


@pytest.mark.parametrize("method", ["log_prob(c)", "prob(c)", "entropy()", "mean()", "variance()", "mode()"])
@pytest.mark.parametrize("form", ["z", "logits=z", "probs=p"])
def test_bernoulli(method, form, parity):
    inputs = {"p": P} if form == "probs=p" else {"z": X}
    rows(parity, f"tf.distributions.Bernoulli({form}).{method}", **inputs, **({"c": BITS} if "(c)" in method else {}))


def test_divergence_of_bernoullis(parity):
    pair = "tf.distributions.Bernoulli(m), tf.distributions.Bernoulli(logits=n)"
    rows(parity, f"tf.distributions.kl_divergence({pair})", m=M, n=N)
