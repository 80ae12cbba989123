"""ACT307 rewrapped-loss-term."""

from __future__ import annotations

import pytest

_HEAD = """\
import numpy as np
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)
x = torch.ones(2, 4)
hidden = torch.relu(net(x))
base = head(hidden).mean()
"""


@pytest.mark.parametrize(
    "text",
    [
        "penalty = float(hidden.abs().mean())\nloss = base + 0.1 * penalty  # expect: ACT307\nloss.backward()\n",
        "terms = []\nfor h in (hidden, hidden):\n    terms.append(h.mean().item())  # expect: ACT307\n"
        "loss = base + sum(terms)\nloss.backward()\n",
        "loss = torch.tensor(base, requires_grad=True)  # expect: ACT307\nloss.backward()\n",
        "loss = base + torch.FloatTensor([hidden.mean()]).sum()  # expect: ACT307\nloss.backward()\n",
    ],
    ids=["float", "list of numbers", "new leaf", "constructor"],
)
def test_found(text, expect):
    expect("ACT307", _HEAD + text)


def test_unknown_loss_in_a_new_tensor(expect):
    text = """\
import torch
from criteria import criterion


def step(model, x, y, optimizer):
    loss = criterion(model(x), y)
    loss = torch.tensor(loss, requires_grad=True)  # expect: ACT307
    loss.backward()
    optimizer.step()
"""
    expect("ACT307", text)


@pytest.mark.parametrize(
    "text",
    [
        "running = 0.0\nfor _ in range(3):\n    base.backward(retain_graph=True)\n"
        "    running += base.item()\nprint(running)\n",
        "weight = 1.0 / (1.0 + hidden.abs().mean().item())\nloss = weight * base\nloss.backward()\n",
        "loss = base + torch.tensor(0.5)\nloss.backward()\n",
        "x = torch.tensor([1.0, 2.0], requires_grad=True)\nx.sum().backward()\n",
        "loss = base + torch.stack([hidden.mean(), hidden.abs().mean()]).sum()\nloss.backward()\n",
        "total = torch.tensor(0.0)\ntotal = total + base\ntotal.backward()\n",
        "epoch_loss = sum([base.item(), base.item()])\nbase.backward()\nprint(epoch_loss)\n",
    ],
    ids=["logged", "weight", "constant", "leaf", "stacked", "zero", "epoch"],
)
def test_silent(text, expect):
    expect("ACT307", _HEAD + text)
