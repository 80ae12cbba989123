"""ACT408 non-differentiable-op."""

from __future__ import annotations

import pytest

_TORCH = """\
import torch
import torch.nn.functional as F
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 3)
x, y = torch.ones(2, 4), torch.tensor([0, 1])
h = torch.relu(net(x))
base = F.cross_entropy(head(h), y)
"""
_TF = """\
import tensorflow as tf

layer, head = tf.keras.layers.Dense(8), tf.keras.layers.Dense(1)
x = tf.ones([2, 4])
"""


@pytest.mark.parametrize(
    "text",
    [
        _TORCH + "l0 = torch.count_nonzero(h)  # expect: ACT408\n(base + 0.1 * l0).backward()\n",
        _TORCH + "def active(v):\n    return torch.sign(v).sum(1).mean()  # expect: ACT408\n\n\n"
        "loss = base + active(h)\nloss.backward()\n",
        _TORCH + "used = (h > 0).float()\nsparsity_penalty = used.mean()  # expect: ACT408\n",
        _TF + "with tf.GradientTape() as tape:\n    h = layer(x)\n"
        "    used = tf.cast(tf.greater(h, 0.0), tf.float32)\n"
        "    loss = tf.reduce_mean(head(h)) + tf.reduce_mean(used)  # expect: ACT408\n"
        "g = tape.gradient(loss, layer.trainable_variables)\n",
    ],
    ids=["count", "sign in a function", "penalty", "tape"],
)
def test_found(text, expect):
    expect("ACT408", text)


@pytest.mark.parametrize(
    "text",
    [
        "loss = base + ((h > 0).float() * h).mean()\nloss.backward()\n",
        "loss = base + h.mean()\nloss.backward()\nl0 = (h > 0).float().mean()\nprint(l0)\n",
        "loss = base + (torch.round(h) - h).detach().mean() + h.mean()\nloss.backward()\n",
        "hard = (h > 0.5).float()\nloss = base + (hard - h.detach() + h).mean()\nloss.backward()\n",
        "acc = (head(h).argmax(1) == y).float().mean()\nbase.backward()\nprint(acc)\n",
        "with torch.no_grad():\n    penalty = (h > 0).float().mean()\nbase.backward()\n",
        "penalty = (h > 0).float().mean().item()\nbase.backward()\n",
        "loss = base + (x > 0).float().mean()\nloss.backward()\n",
        "chosen = h[torch.argmax(h, 1)]\n(base + chosen.mean()).backward()\n",
    ],
    ids="mask measure rounded straight-through accuracy no_grad number data chosen".split(),
)
def test_silent(text, expect):
    expect("ACT408", _TORCH + text)
