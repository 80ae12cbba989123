"""ACT305 inplace-op-corrupts-capture."""

from __future__ import annotations

import pytest

_CLASS = """\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.act, self.out = nn.Linear(4, 8), nn.ReLU(inplace=INPLACE), nn.Linear(8, 1)

    def forward(self, x):
        z = self.fc(x)
        STEP
        return self.out(z)


net = Net()
kept = {}


def hook(module, inputs, output):
    kept["z"] = VALUE


net.HOOKED.register_forward_hook(hook)
(net(torch.ones(2, 4)).mean() + kept["z"].mean()).backward()
"""


def _program(step: str, inplace: str = "False", value: str = "output", hooked: str = "fc") -> str:
    text = _CLASS.replace("STEP", step).replace("INPLACE", inplace)
    return text.replace("VALUE", value).replace("HOOKED", hooked)


@pytest.mark.parametrize(
    ("step", "inplace"),
    [
        ("z = self.act(z)", "True"),
        ("z = F.relu(z, inplace=True)", "False"),
        ("z.relu_()", "False"),
        ("z += 1", "False"),
    ],
)
def test_operations_in_a_forward_pass(step, inplace, expect):
    marked = _program(step, inplace).replace('kept["z"] = output', 'kept["z"] = output  # expect: ACT305')
    expect("ACT305", marked)


@pytest.mark.parametrize(
    "text",
    [
        _program("z = self.act(z)"),
        _program("z = F.relu(z)"),
        _program("z = self.act(z)", "True", "output.clone()"),
        _program("z = self.act(z)", "True", "output.abs()"),
        _program("z = self.act(z)", "True", hooked="act"),
        _program("z = z + 1"),
    ],
    ids=["not in place", "functional", "cloned", "computed", "the operation itself", "new tensor"],
)
def test_silent(text, expect):
    expect("ACT305", text)
