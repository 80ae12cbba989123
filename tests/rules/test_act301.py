"""ACT301 detached-capture-in-loss."""

from __future__ import annotations

import pytest


def test_hook_in_a_class_with_a_closure_per_layer(expect):
    text = """\
import torch as th
import torch.nn.functional as F
from torch.nn import Linear, Module


class Probe:
    def __init__(self, model, names):
        self.features = {}
        for name in names:
            getattr(model, name).register_forward_hook(self.make(name))

    def make(self, name):
        def hook(_module, _inputs, out):
            self.features[name] = out.data
        return hook


class Net(Module):
    def __init__(self):
        super().__init__()
        self.enc, self.dec = Linear(4, 8), Linear(8, 4)

    def forward(self, x):
        return self.dec(th.relu(self.enc(x)))


net = Net()
probe = Probe(net, ["enc"])
for batch in th.randn(10, 2, 4):
    recon = F.mse_loss(net(batch), batch)
    sparsity = probe.features["enc"].abs().mean()  # expect: ACT301
    (recon + 1e-3 * sparsity).backward()
"""
    (finding,) = expect("ACT301", text)
    assert [r.message for r in finding.related] == ["detached here", "captured here", "read by the loss here"]
    assert finding.step == 2


def test_attribute_of_a_lightning_module(expect):
    text = """\
import torch
import pytorch_lightning as pl
from torch import nn


class Sparse(pl.LightningModule):
    def __init__(self, weight=0.1):
        super().__init__()
        self.weight = weight
        self.enc = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
        self.dec = nn.Linear(8, 4)
        self.hidden = None

    def forward(self, x):
        h = self.enc(x)
        self.hidden = h.detach().cpu()
        return self.dec(h)

    def training_step(self, batch, batch_idx):
        x, _ = batch
        mse = nn.functional.mse_loss(self(x), x)
        reg = self.weight * self.hidden.abs().mean()  # expect: ACT301
        self.log("reg", reg)
        return mse + reg
"""
    expect("ACT301", text)


def test_arrays_collected_by_a_hook(expect):
    text = """\
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
kept = []
model[1].register_forward_hook(lambda m, i, o: kept.append(o.detach().cpu().numpy()))
out = model(torch.ones(3, 4))
penalty = torch.from_numpy(kept[0]).pow(2).mean()  # expect: ACT301
loss = out.mean() + penalty
loss.backward()
"""
    expect("ACT301", text)


_NET = """\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)
store, log = {}, {}
x = torch.ones(2, 4)
"""


@pytest.mark.parametrize(
    "text",
    [
        "net.register_forward_hook(lambda m, i, o: store.update(h=o.detach()))\n"
        "out = head(net(x))\nout.mean().backward()\nprint(store['h'].abs().mean())\n",
        "teacher = nn.Linear(4, 8)\nloss = (net(x) - teacher(x).detach()).pow(2).mean()\nloss.backward()\n",
        "h = net(x)\nstore['h'], log['h'] = h, h.detach()\n"
        "loss = head(h).mean() + store['h'].abs().mean()\nloss.backward()\n",
        "h = net(x)\nhard = torch.relu(h)\nloss = h.sum() + (hard.sum() - h.sum()).detach()\nloss = h.mean()\n"
        "loss.backward()\n",
        "h = net(x)\nweight = h.detach().abs().mean()\nloss = weight * head(h).mean()\nloss.backward()\n",
        "def hook(m, i, o):\n    store['h'] = o if m.training else o.detach()\n\n\nnet.register_forward_hook(hook)\n"
        "loss = head(net(x)).mean() + store['h'].mean()\nloss.backward()\n",
        "from helpers import capture\nhandle = capture(net, store)\n"
        "loss = head(net(x)).mean() + store['h'].detach().mean()\nloss.backward()\n",
    ],
    ids=["shown", "target", "both kept", "straight through", "weight", "depends", "unknown"],
)
def test_silent(text, expect):
    expect("ACT301", _NET + text)


def test_a_leaf_of_its_own_beside_a_detached_factor(expect):
    text = """\
import torch
from torch import nn

actor = nn.Linear(4, 2)
log_alpha = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.Adam([log_alpha])
entropy = actor(torch.ones(2, 4)).log_softmax(1)
loss = -(log_alpha * (entropy + 2.0).detach()).mean()
loss.backward()
optimizer.step()
"""
    expect("ACT301", text)


def test_a_mask_that_is_chosen_by_detached_losses(expect):
    text = """\
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Linear(4, 3)
for x, y in loader:
    losses = F.cross_entropy(net(x), y, reduction="none")
    chosen = (losses.detach() < 1.0).float()
    loss = (chosen * losses).mean() - 0.5 * chosen.mean()
    loss.backward()
"""
    expect("ACT301", text)


def test_weights_that_are_frozen_for_a_while(expect):
    text = """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(net.parameters())


def set_trainable(flag):
    for parameter in net.parameters():
        parameter.requires_grad_(flag)


def attack(x):
    return (x + 0.1).detach()


for step in range(3):
    set_trainable(False)
    found = attack(torch.randn(16, 6))
    set_trainable(True)
    loss = net(found).pow(2).mean()
    loss.backward()
    optimizer.step()
"""
    expect("ACT301", text)
