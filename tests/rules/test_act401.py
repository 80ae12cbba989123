"""ACT401 mixed-reduction."""

from __future__ import annotations

import pytest

_HEAD = """\
import tensorflow as tf
import torch
import torch.nn.functional as F
from torch import nn

encoder, decoder = nn.Linear(4, 8), nn.Linear(8, 4)
x = torch.ones(2, 4)
hidden = torch.relu(encoder(x))
recon = decoder(hidden)
"""


@pytest.mark.parametrize(
    "text",
    [
        "criterion = nn.MSELoss()\nlam = 1e-3\nloss = criterion(recon, x)\n"
        "loss = loss + lam * torch.sum(torch.abs(hidden))  # expect: ACT401\nloss.backward()\n",
        "acts = {}\nencoder.register_forward_hook(lambda m, i, o: acts.update(h=o))\nout = decoder(encoder(x))\n"
        "penalty = acts['h'].pow(2).sum() * 0.1  # expect: ACT401\n(F.l1_loss(out, x) + penalty).backward()\n",
        "dense = tf.keras.layers.Dense(8)\nwith tf.GradientTape() as tape:\n    code = dense(tf.ones((2, 4)))\n"
        "    base = tf.reduce_mean(tf.square(code - 1.0))\n"
        "    loss = base + 0.1 * tf.reduce_sum(tf.abs(code))  # expect: ACT401\n"
        "tape.gradient(loss, dense.trainable_variables)\n",
    ],
    ids=["criterion", "hook", "tape"],
)
def test_found(text, expect):
    expect("ACT401", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "loss = F.mse_loss(recon, x) + 0.1 * hidden.abs().sum(dim=1).mean()\n",
        "loss = F.mse_loss(recon, x) + 0.1 * sum(p.pow(2).sum() for p in encoder.parameters())\n",
        "loss = F.mse_loss(recon, x) + 0.1 * encoder.weight.abs().sum()\n",
        "loss = F.mse_loss(recon, x, reduction='sum') + 0.1 * hidden.abs().sum()\n",
        "loss = F.mse_loss(recon, x) + 0.1 * hidden.abs().sum() / x.size(0)\n",
        "rho = hidden.mean(0)\nloss = F.mse_loss(recon, x) + 0.1 * (0.1 * torch.log(0.1 / rho)).sum()\n",
        "loss = ((recon - x) ** 2).sum() + hidden.abs().sum()\n",
        "loss = F.mse_loss(recon, x) + 0.1 * torch.sum(torch.abs(hidden), 1)[0]\n",
    ],
    ids=["per sample", "weights", "weight", "sums", "divided", "averaged before", "by hand", "axis"],
)
def test_silent(text, expect):
    expect("ACT401", _HEAD + text)
