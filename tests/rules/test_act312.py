"""ACT312 softmax-before-cross-entropy."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn import CrossEntropyLoss as CE

net = nn.Linear(4, 3)
x, y = torch.ones(2, 4), torch.tensor([0, 1])
"""


@pytest.mark.parametrize(
    "text",
    [
        "model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))\ncriterion = CE()\n"
        "loss = criterion(model(x), y)  # expect: ACT312\nloss.backward()\n",
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(4, 1)\n\n"
        "    def forward(self, x):\n        return torch.sigmoid(self.fc(x)).squeeze(1)\n\n\n"
        "net, loss_fn = Net(), nn.BCEWithLogitsLoss()\nfor _ in range(3):\n"
        "    loss_fn(net(x), y.float()).backward()  # expect: ACT312\n",
        "probs = net(x).softmax(-1)\nflat = probs.view(-1, 3)\n"
        "loss = F.cross_entropy(input=flat, target=y)  # expect: ACT312\n",
    ],
    ids=["sequential", "forward pass", "view"],
)
def test_found(text, expect):
    expect("ACT312", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "z = net(x)\npred = F.softmax(z, dim=1)\nloss = F.cross_entropy(z, y)\nprint(pred)\n",
        "loss = F.cross_entropy(net(x), F.softmax(net(x), dim=1))\n",
        "loss = F.nll_loss(F.log_softmax(net(x), dim=1), y)\n",
        "loss = F.cross_entropy(F.log_softmax(net(x), dim=1), y)\n",
        "gate = F.softmax(net(x), dim=1)\nloss = F.cross_entropy(gate * net(x), y)\n",
        "def classify(v, raw=False):\n    z = net(v)\n    if raw:\n        return z\n    return F.softmax(z, 1)\n\n\n"
        "loss = F.cross_entropy(classify(x, raw=True), y)\n",
        "loss = F.binary_cross_entropy(torch.sigmoid(net(x)), torch.ones(2, 3))\n",
    ],
    ids=["predicted", "label", "nll", "log_softmax", "gate", "either", "takes probabilities"],
)
def test_silent(text, expect):
    expect("ACT312", _HEAD + text)
