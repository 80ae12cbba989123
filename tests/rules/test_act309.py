"""ACT309 hook-returns-value."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
kept = {}
"""


@pytest.mark.parametrize(
    "text",
    [
        "class Probe:\n    def __init__(self):\n        self.seen = {}\n\n    def attach(self, module, key):\n"
        "        module.register_forward_hook(lambda m, i, o: self.seen.setdefault(key, o))  # expect: ACT309\n\n\n"
        "Probe().attach(net[1], 'h')\n",
        "def keep(module, inputs, output):\n    h = output.detach()\n    kept['h'] = h\n"
        "    return h  # expect: ACT309\n\n\n"
        "net[1].register_forward_hook(keep)\nnet(torch.ones(2, 4)).mean().backward()\n",
    ],
    ids=["closure", "function"],
)
def test_found(text, expect):
    expect("ACT309", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "net[1].register_forward_hook(lambda m, i, o: kept.update(h=o.detach()))\n",
        "net[1].register_forward_hook(lambda m, i, o: torch.dropout(o, 0.1, True))\n",
        "net[1].register_forward_hook(lambda m, i, o: o.detach())\n",
        "def keep(module, inputs, output):\n    kept['h'] = output.detach()\n\n\nnet[1].register_forward_hook(keep)\n",
        "def keep(module, inputs, output):\n    kept['h'] = output\n    return output\n\n\n"
        "net[1].register_forward_hook(keep)\n",
        "def steer(module, inputs, output):\n    kept['h'] = output.detach()\n    return output + 0.1\n\n\n"
        "net[1].register_forward_hook(steer)\n",
        "net[1].register_full_backward_hook(lambda m, i, o: kept.setdefault('g', o))\n",
    ],
    ids="update dropout stop nothing same steer backward".split(),
)
def test_silent(text, expect):
    expect("ACT309", _HEAD + text)
