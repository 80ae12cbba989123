"""Fixes: the program before shows the misbehaviour, the program after doesn't, and keeps all else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actlint.edits import apply
from actlint.findings import Finding
from actlint.rules.registry import all_rules

_NET = """\
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 3))
x, y = torch.ones(2, 4), torch.tensor([0, 1])
"""


def fixed(check: Callable[..., list[Finding]], code: str, text: str, safe: bool = True) -> str:
    (finding,) = check(code, text)
    assert finding.fix is not None and finding.fix.safe == safe
    after = apply(text, finding.fix.edits)
    assert not check(code, after)
    return after


def run(text: str) -> dict[str, Any]:
    pytest.importorskip("torch")
    names: dict[str, Any] = {}
    with contextlib.suppress(RuntimeError):
        exec(compile(text, "program.py", "exec"), names)
    return names


def changed(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that differ."""
    return [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]


@pytest.mark.parametrize(
    ("expression", "repaired"),
    [
        ("F.cross_entropy(F.softmax(z, dim=1), y)  # kept", "F.cross_entropy(z, y)  # kept"),
        ("F.cross_entropy(input=torch.softmax(z, 1), target=y)", "F.cross_entropy(input=z, target=y)"),
        ("nn.CrossEntropyLoss()((z * 50).softmax(1), y)", "nn.CrossEntropyLoss()(z * 50, y)"),
        ("F.cross_entropy(nn.Softmax(dim=1)(z), y)", "F.cross_entropy(z, y)"),
        (
            "F.binary_cross_entropy_with_logits(torch.sigmoid(z), torch.zeros(2, 3))",
            "F.binary_cross_entropy_with_logits(z, torch.zeros(2, 3))",
        ),
    ],
)
def test_act312_passes_the_logits(expression, repaired, check):
    text = f"{_NET}z = -60.0 + 0 * net(x)\nz[0, 0], z[1, 1] = 60.0, 60.0\n".replace("z[", "z.data[")
    text += f"loss = {expression}\nloss.backward()\nvalue = loss.item()\n"
    after = fixed(check, "ACT312", text)
    assert changed(text, after) == [(f"loss = {expression}", f"loss = {repaired}")]
    floor = run(text)["value"]
    assert floor > 0.5
    assert run(after)["value"] < floor or "sigmoid" in expression


@pytest.mark.parametrize("text", ["z = F.softmax(net(x), 1)\nF.cross_entropy(z, y).backward()\n"])
def test_act312_elsewhere_is_left_to_people(text, check):
    (finding,) = check("ACT312", _NET + text)
    assert finding.fix is None


@pytest.mark.parametrize("statement", ["loss.requires_grad_(True)", "loss.requires_grad = True"])
def test_act308_shows_the_error(statement, check):
    text = f"{_NET}loss = net(x).detach().abs().mean()\n{statement}\nloss.backward()\nran = True\n"
    after = fixed(check, "ACT308", text)
    assert after == text.replace(f"{statement}\n", "")
    assert "ran" in run(text)
    assert "ran" not in run(after)


def test_act308_alone_in_a_block(check):
    text = f"{_NET}loss = net(x).detach().abs().mean()\nif True:\n    loss.requires_grad_()\nloss.backward()\n"
    assert changed(text, fixed(check, "ACT308", text)) == [("    loss.requires_grad_()", "    pass")]


def test_act308_keeps_comments(check):
    text = f"{_NET}loss = net(x).detach().mean()\nloss.requires_grad_()  # why?\nloss.backward()\n"
    (finding,) = check("ACT308", text)
    assert finding.fix is None


def test_act305_keeps_a_copy(check):
    store, repaired = '    captured["h"] = output  # kept', '    captured["h"] = output.clone()  # kept'
    text = (
        f"{_NET}captured = {{}}\n\n\ndef keep(module, inputs, output):\n{store}\n\n\n"
        "net[0].register_forward_hook(keep)\nnet[0].bias.data.fill_(-9.0)\n"
        'loss = net(x).mean() + captured["h"].pow(2).mean()\nloss.backward()\nleast = captured["h"].min().item()\n'
    )
    after = fixed(check, "ACT305", text)
    assert changed(text, after) == [(store, repaired)]
    assert run(text)["least"] == 0.0
    assert run(after)["least"] < -5.0


@pytest.mark.parametrize(
    ("term", "repaired"),
    [
        ("torch.tensor([p.item() for p in ps]).sum()", "torch.stack([p for p in ps]).sum()"),
        ("torch.tensor([ps[0].item(), ps[1].item()]).mean()", "torch.stack([ps[0], ps[1]]).mean()"),
        ("torch.tensor([ps[0], ps[1]]).sum()", "torch.stack([ps[0], ps[1]]).sum()"),
    ],
)
def test_act307_stacks_tensors(term, repaired, check):
    line = "loss = 0 * net[2](h).mean() + "
    text = (
        f"{_NET}h = net[0](x)\nps = [h.abs().mean(), h.pow(2).mean()]\n{line}{term}\n"
        "loss.backward()\ngrad = float(net[0].weight.grad.abs().sum())\n"
    )
    after = fixed(check, "ACT307", text)
    assert changed(text, after) == [(line + term, line + repaired)]
    before, now = run(text), run(after)
    assert before["loss"].item() == pytest.approx(now["loss"].item())
    assert before["grad"] == 0.0
    assert now["grad"] > 0.0


@pytest.mark.parametrize("term", ["torch.tensor([ps[0].item(), 1.0]).sum()", "torch.tensor(ps[0].item())"])
def test_act307_numbers_can_not_be_stacked(term, check):
    text = f"{_NET}h = net[0](x)\nps = [h.abs().mean()]\nloss = net[2](h).mean() + {term}\nloss.backward()\n"
    (finding,) = check("ACT307", text)
    assert finding.fix is None


def test_act318_detaches(check):
    line = "loss = (net(x) - teacher(x)).pow(2).mean()  # kept"
    text = (
        f"{_NET}teacher = nn.Linear(4, 3)\noptimizer = torch.optim.SGD(net.parameters(), 0.1)\n"
        f"{line}\nloss.backward()\ngrad = teacher.weight.grad\n"
    )
    after = fixed(check, "ACT318", text, safe=False)
    assert changed(text, after) == [(line, line.replace("teacher(x)", "teacher(x).detach()"))]
    assert run(text)["grad"] is not None
    assert run(after)["grad"] is None


def test_act318_leaves_what_is_no_tensor(check):
    text = (
        f"{_NET}\n\nclass Pair(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(4, 3)\n\n    def forward(self, x):\n"
        "        h = self.fc(x)\n        return h, h.relu()\n"
        "\n\nteacher = Pair()\noptimizer = torch.optim.SGD(net.parameters(), 0.1)\n"
        "target, _ = teacher(x)\n(net(x) - target).pow(2).mean().backward()\n"
    )
    (finding,) = check("ACT318", text)
    assert finding.fix is None


@pytest.mark.parametrize(
    ("root", "repaired"),
    [
        ("torch.sqrt((h ** 2).sum(1))", "torch.linalg.vector_norm(h, dim=1)"),
        ("h.pow(2).sum(dim=-1, keepdim=True).sqrt()", "torch.linalg.vector_norm(h, dim=-1, keepdim=True)"),
        ("torch.sum(h * h, 1, True) ** 0.5", "torch.linalg.vector_norm(h, dim=1, keepdim=True)"),
        ("torch.sum(torch.square(h), dim=(0, 1)).sqrt()", "torch.linalg.vector_norm(h, dim=(0, 1))"),
        ("h.square().sum().sqrt()", "torch.linalg.vector_norm(h)"),
    ],
)
def test_act409_has_a_gradient_at_zero(root, repaired, check):
    text = (
        f"{_NET}layer = nn.Linear(4, 8, bias=False)\nh = torch.tanh(layer(torch.zeros(2, 4)))\nn = {root}\n"
        "n.mean().backward()\nfinite = bool(torch.isfinite(layer.weight.grad).all())\n"
    )
    after = fixed(check, "ACT409", text)
    assert changed(text, after) == [(f"n = {root}", f"n = {repaired}")]
    before, now = run(text), run(after)
    assert not before["finite"]
    assert now["finite"]
    assert before["n"].shape == now["n"].shape
    elsewhere = text.replace("torch.zeros(2, 4)", "torch.ones(2, 4)")
    expected = run(elsewhere)["n"].flatten().tolist()
    assert run(elsewhere.replace(root, repaired))["n"].flatten().tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("root", "repaired"),
    [
        ("tf.norm(h)", "tf.sqrt(tf.reduce_sum(tf.square(h)) + 1e-12)"),
        ("tf.linalg.norm(h, axis=-1)", "tf.sqrt(tf.reduce_sum(tf.square(h), axis=-1) + 1e-12)"),
        ("tf.sqrt(tf.reduce_sum(h ** 2, 1))", "tf.sqrt(tf.reduce_sum(h ** 2, 1) + 1e-12)"),
    ],
)
def test_act409_adds_a_small_number(root, repaired, check):
    pytest.importorskip("tensorflow")
    text = (
        "import tensorflow as tf\n\nv = tf.Variable(tf.zeros([2, 4]))\nwith tf.GradientTape() as tape:\n"
        f"    h = tf.nn.relu(v)\n    n = {root}\n    loss = tf.reduce_sum(n)\n"
        "finite = bool(tf.reduce_all(tf.math.is_finite(tape.gradient(loss, v))))\n"
    )
    after = fixed(check, "ACT409", text)
    assert changed(text, after) == [(f"    n = {root}", f"    n = {repaired}")]
    before, now = run(text), run(after)
    assert (before["finite"], now["finite"]) == (False, True)
    assert before["n"].shape == now["n"].shape


@pytest.mark.parametrize(
    "root", ["torch.sqrt((h**2).mean(1))", "s.sqrt()", "torch.sqrt(einops.reduce(h**2, 'b c -> b', 'sum'))"]
)
def test_act409_other_roots_are_left_to_people(root, check):
    text = f"{_NET}import einops\nh = net[0](x)\ns = (h**2).sum(1)\nn = {root}\nn.mean().backward()\n"
    assert all(finding.fix is None for finding in check("ACT409", text))


def test_act210_trains(check):
    pytest.importorskip("tensorflow")
    line = "    loss = tf.reduce_mean(model(x))  # kept"
    text = (
        "import tensorflow as tf\n\nx = tf.fill([8, 4], 3.0)\nbn = tf.keras.layers.BatchNormalization()\n"
        "model = tf.keras.Sequential([tf.keras.Input((4,)), bn, tf.keras.layers.Dense(1)])\n"
        f"with tf.GradientTape() as tape:\n{line}\ntape.gradient(loss, model.trainable_variables)\n"
        "moved = float(bn.moving_mean[0]) != 0\n"
    )
    after = fixed(check, "ACT210", text, safe=False)
    assert changed(text, after) == [(line, line.replace("model(x)", "model(x, training=True)"))]
    assert (run(text)["moved"], run(after)["moved"]) == (False, True)


_FIXING = [rule for rule in all_rules() if rule.fix in ("safe", "unsafe") and rule.reads != "comments"]


@pytest.mark.parametrize("rule", _FIXING, ids=lambda r: r.code)
def test_what_a_page_promises(rule, check, tmp_path: Path):
    """The bad example of a rule with a fix has one, unless it needs a person."""
    findings = check(rule.code, rule.bad)
    assert findings
    for finding in findings:
        assert finding.fix is None or finding.fix.safe == (rule.fix == "safe")
