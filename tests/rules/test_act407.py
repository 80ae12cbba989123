"""ACT407 self-comparison."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
import torch.nn.functional as F
from torch import nn

student, teacher = nn.Sequential(nn.Linear(4, 3), nn.Dropout()), nn.Linear(4, 3)
x = torch.ones(2, 4)
s, t = student(x), teacher(x)
"""


@pytest.mark.parametrize(
    "text",
    [
        "kl = nn.KLDivLoss(reduction='batchmean')\n"
        "kl(torch.log(s.softmax(1)), F.softmax(s, 1).detach()).backward()  # expect: ACT407\n",
        "class Hint(nn.Module):\n    def forward(self, a, b):\n        b = b.detach()\n"
        "        return F.mse_loss(b, target=b.float())  # expect: ACT407\n\n\nHint()(s, t).backward()\n",
    ],
    ids=["class", "module"],
)
def test_found(text, expect):
    expect("ACT407", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "F.mse_loss(student(x), student(x)).backward()\n",
        "F.cross_entropy(s, s.softmax(1)).backward()\n",
        "F.mse_loss(s, s.detach().round()).backward()\n",
        "F.mse_loss(s[:1], s[1:].detach()).backward()\n",
        "F.mse_loss(s, s.flip(0)).backward()\n",
        "def match(a, b):\n    return F.mse_loss(a, b.detach())\n\n\nmatch(s, t).backward()\nmatch(s, s)\n",
        "z = torch.rand(2, 3)\nassert F.mse_loss(z, z) == 0\n",
        "from elsewhere import quantize\nF.mse_loss(quantize(s), s.detach()).backward()\n",
        "F.kl_div((s / 2).log_softmax(1), t.softmax(1)).backward()\n",
    ],
    ids="two-calls entropy rounded shifted flipped helper data unknown right".split(),
)
def test_silent(text, expect):
    expect("ACT407", _HEAD + text)
