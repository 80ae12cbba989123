"""Proofs of tiny programs, end to end: right rewrites are proved, damaged ones differ."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from actlint.verify import ProofRequest, prove, verdict
from actlint.verify.launch import start_side

from .test_instrument import span

NEEDED = ("tensorflow", "tf_keras", "torch")
pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason="needs TensorFlow and torch"
)

DATA = """import numpy as np

draw = np.random.RandomState(3)
KERNEL = draw.normal(size=(4, 4)) * 0.5
OUT = draw.normal(size=(4, 1)) * 0.5
X = draw.normal(size=(40, 4))
Y = (np.tanh(X[:, :1]) - X[:, 1:2]).astype("float32")
"""

BEFORE = {
    "net.py": """import tensorflow as tf
import data


def build(x):
    hidden = tf.layers.dense(x, 4, tf.nn.relu, kernel_initializer=tf.constant_initializer(data.KERNEL))
    noisy = hidden + tf.random_normal(tf.shape(hidden), stddev=0.1)
    return hidden, tf.layers.dense(noisy, 1, kernel_initializer=tf.constant_initializer(data.OUT))
""",
    "train.py": """import tensorflow as tf
import data, net

x = tf.placeholder(tf.float32, [None, 4])
y = tf.placeholder(tf.float32, [None, 1])
rate = tf.placeholder_with_default(0.02, [])
hidden, out = net.build(x)
fit = tf.reduce_mean(tf.square(out - y))
penalty = 0.01 * tf.reduce_sum(tf.abs(hidden))
loss = fit + penalty
train = tf.train.AdamOptimizer(rate).minimize(loss)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(200):
        at = step % 4 * 10
        _, value = sess.run([train, loss], feed_dict={x: data.X[at:at + 10], y: data.Y[at:at + 10]})
    terms = sess.run({"fit": fit, "penalty": penalty}, {x: data.X, y: data.Y})
    print(value, terms)
""",
}

TF2 = {
    "net.py": """import tensorflow as tf
import data

first = tf.keras.layers.Dense(4, "relu", kernel_initializer=tf.constant_initializer(data.KERNEL))
second = tf.keras.layers.Dense(1, kernel_initializer=tf.constant_initializer(data.OUT))


def forward(x):
    hidden = first(x)
    noisy = hidden + tf.random.normal(tf.shape(hidden), stddev=0.1)
    return hidden, second(noisy)
""",
    "train.py": """import tensorflow as tf
import data, net

optimizer = tf.keras.optimizers.Adam(0.02, epsilon=1e-8)
X = tf.TensorSpec([None, 4], tf.float32)
Y = tf.TensorSpec([None, 1], tf.float32)


def losses(x, y):
    hidden, out = net.forward(x)
    fit = tf.reduce_mean(tf.square(out - y))
    penalty = 0.01 * tf.reduce_sum(tf.abs(hidden))
    return fit, penalty


@tf.function(input_signature=[X, Y])
def train_step(x, y):
    with tf.GradientTape() as tape:
        fit, penalty = losses(x, y)
        loss = fit + penalty
    variables = net.first.trainable_variables + net.second.trainable_variables
    optimizer.build(variables)
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


@tf.function(input_signature=[X, Y])
def evaluate(x, y):
    return losses(x, y)


net.first.build((None, 4))
for step in range(200):
    at = step % 4 * 10
    value = train_step(data.X[at:at + 10], data.Y[at:at + 10]).numpy()
fit, penalty = evaluate(data.X, data.Y)
print(value, fit.numpy(), penalty.numpy())
""",
}

TORCH = {
    "net.py": """import data
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 1)
        with torch.no_grad():
            self.first.weight.copy_(torch.as_tensor(data.KERNEL.T))
            self.second.weight.copy_(torch.as_tensor(data.OUT.T))
            self.first.bias.zero_()
            self.second.bias.zero_()

    def forward(self, x):
        hidden = torch.relu(self.first(x))
        noisy = hidden + 0.1 * torch.randn_like(hidden)
        return hidden, self.second(noisy)
""",
    "train.py": """import data, net
import torch


class Adam(torch.optim.Optimizer):
    def __init__(self, parameters, rate, epsilon=1e-8):
        super().__init__(parameters, {"rate": rate, "epsilon": epsilon})
        self.steps = 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        for group in self.param_groups:
            rate = group["rate"] * (1 - 0.999 ** self.steps) ** 0.5 / (1 - 0.9 ** self.steps)
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["m"], state["v"] = torch.zeros_like(p), torch.zeros_like(p)
                state["m"].mul_(0.9).add_(p.grad, alpha=0.1)
                state["v"].mul_(0.999).addcmul_(p.grad, p.grad, value=1 - 0.999)
                p.addcdiv_(state["m"], state["v"].sqrt() + group["epsilon"], value=-rate)


def main():
    model = net.Net()
    optimizer = Adam(model.parameters(), 0.02, epsilon=1e-8)

    def losses(x, y):
        hidden, out = model(x)
        fit = torch.mean((out - y) ** 2)
        penalty = 0.01 * torch.sum(torch.abs(hidden))
        return fit, penalty

    def train_step(x, y):
        x, y = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
        optimizer.zero_grad()
        fit, penalty = losses(x, y)
        loss = fit + penalty
        loss.backward()
        optimizer.step()
        return loss.detach().cpu().numpy().copy()

    def evaluate(x, y):
        x, y = torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
        return [value.detach().cpu().numpy().copy() for value in losses(x, y)]

    for step in range(200):
        at = step % 4 * 10
        value = train_step(data.X[at:at + 10], data.Y[at:at + 10])
    print(value, evaluate(data.X, data.Y))


if __name__ == "__main__":
    main()
""",
}

REWRITES = {"tf2": TF2, "torch": TORCH}

DAMAGES = {
    "epsilon": {
        "tf2": ("epsilon=1e-8", "epsilon=1e-7"),
        "torch": (", epsilon=1e-8)\n\n    def", ", epsilon=1e-7)\n\n    def"),
    },
    "epsilon by one percent": {
        "tf2": ("epsilon=1e-8", "epsilon=1.01e-8"),
        "torch": (", epsilon=1e-8)\n\n    def", ", epsilon=1.01e-8)\n\n    def"),
    },
    "slot's start": {
        "torch": (
            'state["v"] = torch.zeros_like(p), torch.zeros_like(p)',
            'state["v"] = torch.zeros_like(p), torch.full_like(p, 1e-15)',
        ),
    },
    "dropped penalty": {target: ("loss = fit + penalty", "loss = fit") for target in REWRITES},
    "mean for sum": {"tf2": ("reduce_sum(tf.abs", "reduce_mean(tf.abs"), "torch": ("sum(torch.abs", "mean(torch.abs")},
    "another feed": {target: ("step(data.X[at:at + 10]", "step(data.X[at + 1:at + 11]") for target in REWRITES},
    "transposed kernel": {"tf2": ("(data.KERNEL)", "(data.KERNEL.T)"), "torch": ("data.KERNEL.T", "data.KERNEL")},
    "one percent": {target: ("penalty = 0.01", "penalty = 0.0101") for target in REWRITES},
}


CASES = [
    (target, damage) for target in REWRITES for damage in (None, *DAMAGES) if not damage or target in DAMAGES[damage]
]


def located(file, snippet, nth=0):
    return {"file": file, **span(BEFORE[file], snippet, nth)}


def plan(target):
    """What the migration would hand over."""
    prefix = {"tf2": "", "torch": "main."}[target]
    weights = {
        "tf2": ["net.first.kernel", "net.first.bias", "net.second.kernel", "net.second.bias"],
        "torch": [f"main.model.{n}" for n in ("first.weight", "first.bias", "second.weight", "second.bias")],
    }[target]
    names = ["dense/kernel:0", "dense/bias:0", "dense_1/kernel:0", "dense_1/bias:0"]

    def probe(name, role, file, snippet, function):
        place = {"function": function, "variable": name, "nth": 0}
        return {"id": name, "name": name, "role": role, "span": located(file, snippet), "after": place}

    def run(file, snippet, **rest):
        place = located(file, snippet)
        return {"site": f"{file}:{place['line']}", "span": place, "trains": False, **rest}

    fed = {"x": "x", "y": "y"}
    forward = {"tf2": "forward", "torch": "Net.forward"}[target]
    dense = "tf.layers.dense(x, 4, tf.nn.relu, kernel_initializer=tf.constant_initializer(data.KERNEL))"
    step = "sess.run([train, loss], feed_dict={x: data.X[at:at + 10], y: data.Y[at:at + 10]})"
    terms = 'sess.run({"fit": fit, "penalty": penalty}, {x: data.X, y: data.Y})'
    return {
        "placeholders": [
            {"id": "x", "span": located("train.py", "tf.placeholder(tf.float32, [None, 4])")},
            {"id": "y", "span": located("train.py", "tf.placeholder(tf.float32, [None, 1])")},
        ],
        "probes": [
            probe("hidden", "hidden", "net.py", dense, forward),
            probe("fit", "loss term", "train.py", "tf.reduce_mean(tf.square(out - y))", prefix + "losses"),
            probe("penalty", "loss term", "train.py", "0.01 * tf.reduce_sum(tf.abs(hidden))", prefix + "losses"),
            probe("loss", "loss", "train.py", "fit + penalty", prefix + "train_step"),
        ],
        "runs": [
            run(
                "train.py", "sess.run(tf.global_variables_initializer())", callable=None, parameters={}, returns=[None]
            ),
            run("train.py", step, callable=prefix + "train_step", parameters=fed, returns=[None, 0], trains=True),
            run("train.py", terms, callable=prefix + "evaluate", parameters=fed, returns=[0, 1]),
        ],
        "weights": [
            {
                "order": order,
                "name": names[order],
                "path": path,
                "layout": "T" if target == "torch" and path.endswith("weight") else "same",
                "build": [path.rpartition(".")[0], [None, 4]] if target == "tf2" else None,
            }
            for order, path in enumerate(weights)
        ],
    }


def request(folder, target, damage=None):
    """The programs on disk, the rewrite damaged where asked."""
    rewrite = dict(REWRITES[target])
    if damage:
        old, new = DAMAGES[damage][target]
        assert any(old in text for text in rewrite.values())
        rewrite = {name: text.replace(old, new) for name, text in rewrite.items()}
    for side, files in (("old", BEFORE), ("new", rewrite)):
        (folder / side).mkdir(parents=True)
        for name, text in {**files, "data.py": DATA}.items():
            (folder / side / name).write_text(text)
    return ProofRequest(folder / "old", folder / "new", "train.py", target, plan(target), python=sys.executable)


def test_right_rewrite_is_proved(tmp_path):
    proof = prove(request(tmp_path, "tf2"))
    assert proof.reasons == []
    assert proof.verdict == "proved"
    found = {(row.quantity, row.dtype) for row in proof.comparisons}
    quantities = {"feed", "initial value", "fetch", "hidden", "loss term", "loss", "gradient", "variable", "slot"}
    quantities |= {f"{quantity} (loss x 1e-06)" for quantity in ("gradient", "variable", "slot")}
    assert {quantity for quantity, dtype in found if dtype == "float64"} >= quantities
    assert {row.step for row in proof.comparisons if row.quantity == "variable"} == {1, 3, 10, 11}
    assert proof.not_exercised == ["train.py:17 executed 11 of 200 times"]


@pytest.fixture(scope="module")
def replays(tmp_path_factory):
    """Futures of the damaged rewrites' results; one recording of the original serves them all."""
    recorded = tmp_path_factory.mktemp("recorded")
    (recorded / "results").mkdir()
    side = start_side(request(recorded, "torch"), "before", "float64", recorded)
    side.process.wait()
    assert (recorded / "results" / "before.json").exists(), side.output.read_text()

    def replay(target, damage):
        folder = tmp_path_factory.mktemp("damaged")
        shutil.copytree(recorded / "results", folder / "results")
        start_side(request(folder, target, damage), "decisive", "float64", folder).process.wait()
        return {path.stem: json.loads(path.read_text()) for path in (folder / "results").glob("decisive*.json")}

    with ThreadPoolExecutor(max_workers=2) as pool:
        yield {(t, d): pool.submit(replay, t, d) for t, d in CASES}


@pytest.mark.parametrize(("target", "damage"), CASES)
def test_damaged_rewrite_differs(replays, target, damage):
    untouched = {"rows": [], "differences": [], "doubts": [], "broken": [], "unkeyed": []}
    proof = verdict.judge({**replays[target, damage].result(), "compiled": untouched})
    assert proof.verdict == ("differs" if damage else "proved")
