"""ACT302 hook-registered-in-loop."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
seen = {}


def keep(module, inputs, output):
    seen["h"] = output


"""


def test_registration_in_a_helper_that_the_loop_calls(expect):
    text = """\
def features(net, x):
    net[1].register_forward_hook(keep)  # expect: ACT302
    net(x)
    return seen["h"]


for epoch in range(3):
    for x in torch.randn(5, 2, 4):
        features(model, x).mean().backward()
"""
    expect("ACT302", _HEAD + text)


def test_registration_in_the_forward_pass(expect):
    text = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        self.fc.register_forward_hook(keep)  # expect: ACT302
        return self.fc(x)


Net()(torch.ones(1, 4)).mean().backward()
"""
    expect("ACT302", _HEAD + text)


def test_handle_removed_behind_the_loop(expect):
    text = """\
for x in torch.randn(5, 2, 4):
    handle = model[1].register_full_backward_hook(lambda m, i, o: print(o))  # expect: ACT302
    model(x).mean().backward()
handle.remove()
"""
    expect("ACT302", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "for module in model.modules():\n    module.register_forward_hook(keep)\n",
        "for name, module in model.named_children():\n    if 'fc' in name:\n"
        "        module.register_forward_hook(keep)\n",
        "for index in range(3):\n    model[index].register_forward_hook(keep)\n",
        "for x in torch.randn(5, 2, 4):\n    handle = model[1].register_forward_hook(keep)\n"
        "    model(x).mean().backward()\n    handle.remove()\n",
        "for x in torch.randn(5, 2, 4):\n    with model[1].register_forward_hook(keep):\n        model(x)\n",
        "handles = []\nfor x in torch.randn(5, 2, 4):\n    handles.append(model[1].register_forward_hook(keep))\n"
        "    model(x)\n    handles.pop().remove()\n",
        "for seed in range(3):\n    net = nn.Linear(4, 1)\n    net.register_forward_hook(keep)\n"
        "    net(torch.ones(1, 4))\n",
        "def hook_all(modules):\n    for module in modules:\n        module.register_forward_hook(keep)\n\n\n"
        "hook_all([model[0], model[2]])\n",
        "for x in torch.randn(5, 2, 4):\n    h = model[0](x)\n    h.register_hook(print)\n    h.mean().backward()\n",
        "for step in range(3):\n    if step == 0:\n        model[1].register_forward_hook(keep)\n"
        "    model(torch.ones(1, 4)).mean().backward()\n",
    ],
    ids=["modules", "named", "index", "removed", "with", "kept", "new module", "list", "tensor hook", "first turn"],
)
def test_silent(text, expect):
    expect("ACT302", _HEAD + text)


def test_another_hook_at_every_turn(expect):
    text = """\
def move(old, new, makers):
    for function in old._forward_hooks.values():
        new.register_forward_hook(function)
    for name in ("a", "b"):
        model[1].register_forward_hook(makers(name))


move(nn.Linear(4, 8), model[0], unknown)
"""
    expect("ACT302", _HEAD + text)


def test_closure_of_the_turn(expect):
    text = """\
for step in range(10):
    model[1].register_forward_hook(lambda m, i, o: seen.update({step: o}))  # expect: ACT302
    model(torch.ones(1, 4)).mean().backward()
"""
    expect("ACT302", _HEAD + text)
