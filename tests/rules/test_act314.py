"""ACT314 aux-module-not-in-optimizer."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
from torch import nn

student, teacher = nn.Linear(4, 8), nn.Linear(4, 16)
teacher.requires_grad_(False)
x = torch.ones(2, 4)


class Hint(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.proj = nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU())

    def forward(self, feature, target):
        return (self.proj(feature) - target).pow(2).mean()


"""


@pytest.mark.parametrize(
    "text",
    [
        "hint = Hint(8, 16)\noptimizer = torch.optim.Adam(student.parameters(), lr=1e-3)  # expect: ACT314\n"
        "for _ in range(3):\n    loss = hint(student(x), teacher(x))\n    loss.backward()\n    optimizer.step()\n",
        "def train(steps):\n    adapter = nn.Conv1d(8, 16, 1)\n"
        "    optimizer = torch.optim.SGD([{'params': student.parameters()}], 0.1)  # expect: ACT314\n"
        "    for _ in range(steps):\n        feature = adapter(student(x).unsqueeze(-1)).squeeze(-1)\n"
        "        (feature - teacher(x).detach()).abs().mean().backward()\n        optimizer.step()\n\n\ntrain(3)\n",
    ],
    ids=["loss object", "adapter"],
)
def test_found(text, expect):
    expect("ACT314", _HEAD + text)


def test_own_initial_weights_are_no_training(expect):
    text = """\
hint = Hint(8, 16)
optimizer = torch.optim.Adam(student.parameters())  # expect: ACT314
for p in hint.parameters():
    nn.init.normal_(p)
"""
    expect("ACT314", _HEAD + text + _STEP)


_STEP = "loss = hint(student(x), teacher(x))\nloss.backward()\noptimizer.step()\n"


@pytest.mark.parametrize(
    "text",
    [
        "hint = Hint(8, 16)\noptimizer = torch.optim.Adam(list(student.parameters()) + list(hint.parameters()))\n"
        + _STEP,
        "hint = Hint(8, 16)\noptimizer = torch.optim.Adam(student.parameters())\n"
        "optimizer.add_param_group({'params': hint.parameters()})\n" + _STEP,
        "hint = Hint(8, 16)\nhint.requires_grad_(False)\noptimizer = torch.optim.Adam(student.parameters())\n" + _STEP,
        "hint = Hint(8, 16)\nfor p in hint.parameters():\n    p.requires_grad = False\n"
        "optimizer = torch.optim.Adam(student.parameters())\n" + _STEP,
        "hint = Hint(8, 16)\nstudent.hint = hint\noptimizer = torch.optim.Adam(student.parameters())\n" + _STEP,
        "from groups import parameters\nhint = Hint(8, 16)\noptimizer = torch.optim.Adam(parameters(student, hint))\n"
        + _STEP,
        "hint = Hint(8, 16)\nhint.load_state_dict(torch.load('vgg.pt'))\n"
        "optimizer = torch.optim.Adam(student.parameters())\n" + _STEP,
        "from apex.optimizers import FusedAdam\nhint = Hint(8, 16)\n"
        "optimizer = torch.optim.Adam(student.parameters())\nother = FusedAdam(hint.parameters())\n" + _STEP,
        "hint = Hint(8, 16)\noptimizer = torch.optim.Adam(student.parameters())\n"
        + _STEP
        + "with torch.no_grad():\n    for p in hint.parameters():\n        p -= 0.1 * p.grad\n",
        "hint = Hint(8, 16)\noptimizer = torch.optim.Adam(student.parameters())\n"
        + _STEP
        + "for p in hint.parameters():\n    p.data.add_(p.grad, alpha=-0.1)\n",
    ],
    ids=[
        "listed",
        "group",
        "frozen",
        "frozen one by one",
        "attribute",
        "unknown",
        "loaded",
        "elsewhere",
        "by hand",
        "data",
    ],
)
def test_silent(text, expect):
    expect("ACT314", _HEAD + text)
