"""ACT306 loss-under-no-grad."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
from torch import nn

student, teacher, head = nn.Linear(4, 8), nn.Linear(4, 8), nn.Linear(8, 1)
optimizer = torch.optim.Adam([*student.parameters(), *head.parameters()])
x, t = torch.ones(2, 4), torch.zeros(2, 8)
"""


def test_decorated_function(expect):
    text = """\
@torch.no_grad()
def encode(batch):
    return torch.tanh(student(batch))  # expect: ACT306


loss = head(student(x)).mean() + encode(x).abs().mean()
loss.backward()
"""
    expect("ACT306", _HEAD + text)


def test_block_in_a_loop(expect):
    text = """\
for step in range(3):
    with torch.inference_mode():
        h = student(x)  # expect: ACT306
    reg = (h - t).pow(2).mean()
    loss = head(student(x)).mean()
    loss += 0.1 * reg
    loss.backward()
    optimizer.step()
"""
    expect("ACT306", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "with torch.no_grad():\n    h = teacher(x)\nloss = (student(x) - h).pow(2).mean()\nloss.backward()\n",
        "with torch.no_grad():\n    h = teacher(x)\nloss = student(x).mean() + h.mean()\nloss.backward()\n",
        "loss = student(x).mean()\nloss.backward()\nwith torch.no_grad():\n"
        "    print(student(x).mean() + head(t).mean())\n",
        "with torch.no_grad():\n    scale = student(x).abs().mean()\nloss = scale * student(x).mean()\n"
        "loss.backward()\n",
    ],
    ids=["target", "not trained", "evaluation", "factor"],
)
def test_silent(text, expect):
    expect("ACT306", _HEAD + text)
