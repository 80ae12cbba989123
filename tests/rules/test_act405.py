"""ACT405 loss-term-dropped."""

from __future__ import annotations

import pytest

_HEAD = """\
import torch
import torch.nn.functional as F
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 4)
x = torch.ones(2, 4)
"""


@pytest.mark.parametrize(
    "text",
    [
        "for _ in range(3):\n    h = net(x)\n    mse = F.mse_loss(head(h), x)\n    sparse = 0.1 * h.abs().mean()\n"
        "    total_loss = mse + sparse  # expect: ACT405\n    mse.backward()\n"
        "    print(f'loss {total_loss.item():.3f}')\n",
        "import lightning.pytorch as pl\n\n\nclass Model(pl.LightningModule):\n    def __init__(self):\n"
        "        super().__init__()\n        self.enc, self.dec = nn.Linear(4, 8), nn.Linear(8, 4)\n\n"
        "    def training_step(self, batch, batch_idx):\n        h = self.enc(batch)\n"
        "        recon = F.mse_loss(self.dec(h), batch)\n        aux = h.pow(2).mean()\n"
        "        loss = recon + 0.01 * aux  # expect: ACT405\n        self.log('loss', loss)\n        return recon\n",
    ],
    ids=["script", "Lightning"],
)
def test_found(text, expect):
    expect("ACT405", _HEAD + text)


_TERMS = "h = net(x)\nbase = F.mse_loss(head(h), x)\npenalty = h.abs().mean()\n"


@pytest.mark.parametrize(
    "text",
    [
        _TERMS + "loss = base + penalty\nloss.backward()\n",
        _TERMS + "loss = base + penalty\nbase.backward(retain_graph=True)\npenalty.backward()\nprint(loss.item())\n",
        _TERMS + "loss = base + penalty\nlosses = [loss]\nlosses[0].backward()\nbase.mean()\n",
        _TERMS + "loss = base + penalty\ntrain(loss)\nbase.backward()\n",
        "def evaluate(x):\n    h = net(x)\n    base = F.mse_loss(head(h), x)\n    loss = base + h.abs().mean()\n"
        "    print(loss)\n    return base\n",
        "def losses(x):\n    h = net(x)\n    base, penalty = F.mse_loss(head(h), x), h.abs().mean()\n"
        "    loss = base + penalty\n    return {'loss': loss, 'base': base}\n",
        "def losses(x):\n    h = net(x)\n    base, penalty = F.mse_loss(head(h), x), h.abs().mean()\n"
        "    loss = base + penalty\n    print(loss)\n    return base, penalty\n",
    ],
    ids=["used", "each differentiated", "kept", "handed over", "evaluation", "returned", "both returned"],
)
def test_silent(text, expect):
    expect("ACT405", _HEAD + text)
