"""ACT308 requires-grad-on-loss."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
from torch import nn
from elsewhere import criterion

net = nn.Linear(4, 8)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
x, y = torch.ones(2, 4), torch.zeros(2, 8)
"""


@pytest.mark.parametrize(
    "text",
    [
        "loss = criterion(net(x), y)\nloss.requires_grad = True  # expect: ACT308\nloss.backward()\n",
        "def step(batch):\n    with torch.no_grad():\n        out = net(batch)\n"
        "    loss = nn.functional.mse_loss(out, y)\n"
        "    loss = loss.requires_grad_()  # expect: ACT308\n    loss.backward()\n    optimizer.step()\n\n\nstep(x)\n",
        "class Trainer:\n    def step(self, model, batch):\n        total = model(batch).argmax(1).float().mean()\n"
        "        total.requires_grad_(True)  # expect: ACT308\n        total.backward()\n",
    ],
    ids=["unknown loss", "no_grad", "method"],
)
def test_found(text, expect):
    expect("ACT308", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "x.requires_grad_(True)\nnet(x).mean().backward()\nprint(x.grad)\n",
        "noise = torch.randn(2, 4)\nnoise.requires_grad = True\nloss = net(x + noise).mean()\nloss.backward()\n",
        "mixed = 0.5 * x + 0.5 * torch.randn(2, 4)\nmixed.requires_grad_(True)\nscore = net(mixed).mean()\n"
        "(g,) = torch.autograd.grad(score, mixed, create_graph=True)\ng.norm().backward()\n",
        "loss = net(x).mean()\nloss.backward()\n",
        "for p in net.parameters():\n    p.requires_grad = True\nnet(x).mean().backward()\n",
    ],
    ids=["input", "noise", "gradient penalty", "plain", "parameters"],
)
def test_silent(text, expect):
    expect("ACT308", _HEAD + text)
