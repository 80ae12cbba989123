"""Every kind of random draw, in loops and branches: both sides are given the same ones."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

from actlint.apis.helpers import helpers
from actlint.verify import ProofRequest, prove

from .test_instrument import span

NEEDED = ("tensorflow", "tf_keras", "torch")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason="needs TensorFlow and torch"
)
TF1 = os.environ.get("ACTLINT_TF1_PYTHON")
INTERPRETERS = [None, pytest.param(TF1, marks=pytest.mark.skipif(not TF1, reason="no ACTLINT_TF1_PYTHON"))]

RUN = "sess.run([train, looped, later, gamma, poisson, classes, crop, shuffled, dropped, sampled, chances], {x: DATA})"

BEFORE = f"""import numpy as np
import tensorflow as tf

DATA = np.random.RandomState().normal(size=(3, 3))
x = tf.placeholder(tf.float32, [None, 3])
w = tf.get_variable("w", initializer=tf.constant([1., 2., .5]))
rates = tf.nn.softplus(x * w)
never = tf.cond(tf.reduce_sum(x) > 1e9, lambda: tf.random_normal([2]), lambda: tf.zeros([2]))


def body(i, total):
    unused = tf.random_normal([3])
    first = tf.random_normal([3])
    return i + 1, total + first * tf.random_uniform([3]) + tf.random_normal([3], stddev=.5) * w


looped = tf.while_loop(lambda i, _: i < 4, body, [0, tf.zeros([3])])[1]
unused, later = tf.random_normal([2]), tf.random_normal([2]) + never
gamma = tf.random_gamma([2], rates)
poisson = tf.random_poisson(tf.stop_gradient(rates), [2])
classes = tf.multinomial(x * w, 5)
crop = tf.random_crop(tf.range(100), [3])
shuffled = tf.random_shuffle(tf.range(10))
dropped = tf.nn.dropout(x * w, keep_prob=.5)
sampled, chances, _ = tf.nn.log_uniform_candidate_sampler(tf.constant([[2]], tf.int64), 1, 4, True, 9)
loss = tf.reduce_sum(looped ** 2) + tf.reduce_sum(later) + tf.reduce_sum(GAMMA) + tf.reduce_sum(poisson * rates)
loss += tf.reduce_sum(dropped ** 2)
train = tf.train.GradientDescentOptimizer(.01).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(4):
        {RUN}
"""

TF2 = """import numpy as np
import tensorflow as tf

DATA = np.random.RandomState().normal(size=(3, 3))
w = tf.Variable([1., 2., .5])


def train_step(x):
    x = tf.cast(x, tf.float32)
    with tf.GradientTape() as tape:
        rates = tf.nn.softplus(x * w)
        looped = tf.zeros([3])
        for _ in range(4):
            unused = tf.random.normal([3])
            first = tf.random.normal([3])
            looped = looped + first * tf.random.uniform([3]) + tf.random.normal([3], stddev=.5) * w
        unused, later = tf.random.normal([2]), tf.random.normal([2])
        gamma = tf.random.gamma([2], rates)
        poisson = tf.random.poisson([2], tf.stop_gradient(rates))
        classes = tf.random.categorical(x * w, 5)
        crop = tf.image.random_crop(tf.range(100), [3])
        shuffled = tf.random.shuffle(tf.range(10))
        dropped = tf.nn.dropout(x * w, .5)
        sampled, chances, _ = tf.random.log_uniform_candidate_sampler(tf.constant([[2]], tf.int64), 1, 4, True, 9)
        loss = tf.reduce_sum(looped ** 2) + tf.reduce_sum(later) + tf.reduce_sum(gamma) + tf.reduce_sum(poisson * rates)
        loss += tf.reduce_sum(dropped ** 2)
    w.assign_sub(.01 * tape.gradient(loss, w))
    return looped, later, gamma, poisson, classes, crop, shuffled, dropped, sampled, chances


for step in range(4):
    train_step(DATA)
"""

SAMPLER = "\n".join(helpers("torch")[name].source for name in ("candidates", "log_uniform_candidate_sampler"))
TORCH = f"""import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Categorical, Gamma

{SAMPLER}
DATA = np.random.RandomState().normal(size=(3, 3))
w = torch.tensor([1., 2., .5], requires_grad=True)
optimizer = torch.optim.SGD([w], lr=.01)


def train_step(x):
    x = torch.as_tensor(x, dtype=torch.float32)
    rates = F.softplus(x * w)
    looped = torch.zeros(3)
    for _ in range(4):
        unused = torch.randn(3)
        first = torch.randn(3)
        looped = looped + first * torch.rand(3) + torch.randn(3) * .5 * w
    unused, later = torch.randn(2), torch.randn(2)
    gamma = Gamma(rates, 1.).sample((2,))
    poisson = torch.poisson(rates.detach().expand(2, 3, 3))
    classes = Categorical(logits=x * w).sample((5,)).T
    at = torch.randint(0, 98, (1,)).item()
    crop = torch.arange(100, dtype=torch.int32)[at:at + 3]
    shuffled = torch.arange(10, dtype=torch.int32)[torch.randperm(10)]
    dropped = F.dropout(x * w, .5)
    sampled, chances, _ = log_uniform_candidate_sampler(torch.tensor([[2]]), 1, 4, True, 9)
    loss = torch.sum(looped ** 2) + torch.sum(later) + torch.sum(gamma) + torch.sum(poisson * rates)
    loss = loss + torch.sum(dropped ** 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    values = looped, later, gamma, poisson, classes, crop, shuffled, dropped, sampled, chances
    return [value.detach().numpy().copy() for value in values]


for step in range(4):
    train_step(DATA)
"""

REWRITES = {"tf2": TF2, "torch": TORCH}
GAMMA = {"tf2": "gamma", "torch": "tf.stop_gradient(gamma)"}


def request(folder, target, tf1=None, change=("", "")):
    """The programs on disk, with one text replaced in the rewrite."""
    before = BEFORE.replace("GAMMA", GAMMA[target])
    assert change[0] in REWRITES[target]
    for side, text in (("old", before), ("new", REWRITES[target].replace(*change) if change[0] else REWRITES[target])):
        (folder / side).mkdir()
        (folder / side / "p.py").write_text(text)
    located = {"file": "p.py", **span(before, RUN)}
    site = {"callable": "train_step", "parameters": {"x": "x"}, "returns": [None, *range(10)], "trains": True}
    plan = {
        "placeholders": [
            {"id": "x", "span": {"file": "p.py", **span(before, "tf.placeholder(tf.float32, [None, 3])")}}
        ],
        "probes": [],
        "runs": [{"site": f"p.py:{located['line']}", "span": located, **site}],
        "weights": [{"order": 0, "name": "w:0", "path": "w", "layout": "same", "build": None}],
    }
    python = sys.executable
    return ProofRequest(folder / "old", folder / "new", "p.py", target, plan, python=python, before_python=tf1)


@pytest.mark.parametrize("tf1", INTERPRETERS)
@pytest.mark.parametrize("target", list(REWRITES))
def test_same_draws(tmp_path, target, tf1):
    proof = prove(request(tmp_path, target, tf1))
    assert proof.reasons == []
    assert proof.verdict == "proved"
    assert len({row.name for row in proof.comparisons if row.quantity == "fetch"}) == 10


CHANGES = {
    "order in the loop": (
        "tf2",
        ("first * tf.random.uniform([3]) + tf.random.normal([3], stddev=.5)", "tf.random.normal([3]) * .5"),
    ),
    "another rate of dropout": ("tf2", ("tf.nn.dropout(x * w, .5)", "tf.nn.dropout(x * w, .4)")),
    "another distribution": ("torch", ("torch.rand(3)", "torch.randn(3)")),
    "another shape of the gamma": ("torch", ("Gamma(rates, 1.)", "Gamma(2 * rates, 1.)")),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_other_draws_differ(tmp_path, name):
    target, change = CHANGES[name]
    assert prove(request(tmp_path, target, change=change)).verdict == "differs"


OWN = {
    "torch's own generator": ("torch", ("torch.randn(2)\n", "torch.empty(2).exponential_()\n")),
    "numpy's own generator": ("torch", ("torch.randn(2)\n", "torch.as_tensor(np.random.normal(size=2))\n")),
}


@pytest.mark.parametrize("name", list(OWN))
def test_draws_that_cannot_be_given_are_inconclusive(tmp_path, name):
    target, change = OWN[name]
    proof = prove(request(tmp_path, target, change=change))
    assert (proof.verdict, proof.reasons[0]["code"]) == ("inconclusive", "PRF303")
    assert name in proof.reasons[0]["text"]
