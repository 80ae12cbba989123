"""ACT303 unbounded-activation-store."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
"""


def test_list_of_an_object(expect):
    text = """\
class Recorder:
    def __init__(self, layer):
        self.outputs = []
        layer.register_forward_hook(self.record)

    def record(self, layer, inputs, output):
        self.outputs.append(output)  # expect: ACT303


recorder = Recorder(model[1])
for x in torch.randn(9, 2, 4):
    loss = model(x).mean() + sum(o.abs().mean() for o in recorder.outputs)
    loss.backward()
"""
    expect("ACT303", _HEAD + text)


def test_list_of_a_closure_in_a_training_function(expect):
    text = """\
def train(net, loader):
    acts = []

    def hook(module, inputs, output):
        acts.append(output.flatten(1))  # expect: ACT303

    net[1].register_forward_hook(hook)
    for x in loader:
        optimizer.zero_grad()
        net(x).mean().backward()
        optimizer.step()


train(model, torch.randn(9, 2, 4))
"""
    expect("ACT303", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "acts = []\nmodel[1].register_forward_hook(lambda m, i, o: acts.append(o.detach().cpu()))\n"
        "for x in torch.randn(9, 2, 4):\n    model(x).mean().backward()\n",
        "acts = []\nmodel[1].register_forward_hook(lambda m, i, o: acts.append(o))\n"
        "for x in torch.randn(9, 2, 4):\n    model(x).mean().backward()\n    del acts[:]\n",
        "acts = []\nmodel[1].register_forward_hook(lambda m, i, o: acts.append(o))\n"
        "for x in torch.randn(9, 2, 4):\n    acts = []\n    model(x).mean().backward()\n",
        "acts = {}\nmodel[1].register_forward_hook(lambda m, i, o: acts.update(h=o))\n"
        "for x in torch.randn(9, 2, 4):\n    model(x).mean().backward()\n",
        "acts = []\nmodel[1].register_forward_hook(lambda m, i, o: acts.append(o))\nwith torch.no_grad():\n"
        "    for x in torch.randn(9, 2, 4):\n        model(x)\n",
        "acts = []\nhandle = model[1].register_forward_hook(lambda m, i, o: acts.append(o))\nmodel(torch.ones(1, 4))\n"
        "handle.remove()\nfor x in torch.randn(9, 2, 4):\n    model(x).mean().backward()\n",
    ],
    ids=["detached", "del", "bound again", "key", "evaluation", "removed"],
)
def test_silent(text, expect):
    expect("ACT303", _HEAD + text)
