"""ACT310 loss-accumulated-with-graph."""

from __future__ import annotations

import pytest

from actlint.edits import apply

_HEAD = """\
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Linear(4, 3)
optimizer = torch.optim.SGD(net.parameters(), 0.1)
batches = [(torch.ones(2, 4), torch.tensor([0, 1]))] * 5
"""


@pytest.mark.parametrize(
    "text",
    [
        "def train(model, loader, opt):\n    running = 0.0\n    for x, y in loader:\n        opt.zero_grad()\n"
        "        loss = F.cross_entropy(model(x), y)\n        loss.backward()\n        opt.step()\n"
        "        running += loss  # expect: ACT310\n    return running / len(loader)\n\n\n"
        "print(train(net, batches, optimizer))\n",
        "class Trainer:\n    def __init__(self):\n        self.total = torch.zeros(())\n\n    def fit(self, scaler):\n"
        "        for x, y in batches:\n            loss = net(x).pow(2).mean() + F.cross_entropy(net(x), y)\n"
        "            self.total += loss  # expect: ACT310\n            scaler.scale(loss).backward()\n\n\n"
        "Trainer().fit(torch.amp.GradScaler())\n",
        "total = 0.0\nfor x, y in batches:\n    total += F.cross_entropy(net(x), y)  # expect: ACT310\n"
        "print(total / 5)\n",
    ],
    ids=["function", "class", "nothing differentiates"],
)
def test_found(text, expect):
    expect("ACT310", _HEAD + text)


_LOOP = "total = 0.0\nfor x, y in batches:\n    loss = F.cross_entropy(net(x), y)\n"


@pytest.mark.parametrize(
    "text",
    [
        _LOOP + "    total += loss\ntotal.backward()\n",
        _LOOP + "    total += loss\n(total / 5).backward()\n",
        _LOOP + "    loss.backward()\n    total += loss.item()\n",
        _LOOP + "    loss.backward()\n    total += loss.detach()\n",
        _LOOP + "    loss.backward()\n    loss = loss.data\n    total += loss\n",
        _LOOP + "    loss.backward()\n    with torch.no_grad():\n        total += loss\n",
        _LOOP + "    loss.backward(retain_graph=True)\n    total += loss\ntotal.backward()\n",
        "for x, y in batches:\n    loss = F.cross_entropy(net(x), y)\n    loss += 0.1 * net(x).abs().mean()\n"
        "    loss.backward()\n",
        "for x, y in batches:\n    loss = 0\n    aux = net(x).abs().mean()\n    aux.backward(retain_graph=True)\n"
        "    loss += aux\n    loss += F.cross_entropy(net(x), y)\n    loss.backward()\n",
        _LOOP + "    total += loss\nfrom elsewhere import step\nstep(total)\n",
        "def penalty(x, n):\n    total = 0.0\n    for _ in range(n):\n        x = net(x)\n"
        "        total += x.abs().mean()\n    return total\n\n\npenalty(batches[0][0], 3)\n",
    ],
    ids="steps mean item detach data no_grad retained terms both handed-on returned".split(),
)
def test_silent(text, expect):
    expect("ACT310", _HEAD + text)


def test_fix(check):
    pytest.importorskip("torch")
    text = f"{_HEAD}{_LOOP}    loss.backward()\n    total += loss  # kept\nheld = total.requires_grad\n"
    (finding,) = check("ACT310", text)
    after = apply(text, finding.fix.edits)
    assert after == text.replace("total += loss ", "total += loss.detach() ")
    held = []
    for program in (text, after):
        names: dict = {}
        exec(compile(program, "program.py", "exec"), names)
        held.append(names["held"])
    assert held == [True, False]


_LISTED = "losses = []\nfor x, y in batches:\n    loss = F.cross_entropy(net(x), y)\n"


@pytest.mark.parametrize(
    "text",
    [
        _LISTED + "    losses.append(loss)  # expect: ACT310\nprint(sum(losses) / len(losses))\n",
        _LISTED + "    loss.backward()\n    losses.append(loss)  # expect: ACT310\nprint(sum(losses))\n",
    ],
    ids=["nothing differentiates", "differentiated before"],
)
def test_found_in_a_list(text, expect):
    expect("ACT310", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        _LISTED + "    losses.append(loss)\nsum(losses).backward()\n",
        _LISTED + "    losses.append(loss)\ntorch.stack(losses).mean().backward()\n",
        _LISTED + "    losses.append(loss.item())\nprint(sum(losses))\n",
        _LISTED + "    losses.append(loss)\nfrom elsewhere import step\nstep(losses)\n",
        _LISTED + "    losses.append(loss)\n    print(losses.pop())\n",
        "for x, y in batches:\n    losses = []\n    losses.append(F.cross_entropy(net(x), y))\n    print(losses)\n",
        "with torch.no_grad():\n    losses = []\n    for x, y in batches:\n"
        "        losses.append(F.cross_entropy(net(x), y))\n",
        "outputs = []\nfor x, y in batches:\n    outputs.append(net(x))\nprint(outputs)\n",
    ],
    ids="sum stack item handed-on taken fresh no_grad outputs".split(),
)
def test_silent_about_a_list(text, expect):
    expect("ACT310", _HEAD + text)


def test_fix_of_a_list(check):
    pytest.importorskip("torch")
    text = f"{_HEAD}{_LISTED}    losses.append(loss)  # kept\nheld = losses[0].requires_grad\n"
    (finding,) = check("ACT310", text)
    after = apply(text, finding.fix.edits)
    assert after == text.replace("append(loss) ", "append(loss.detach()) ")
    held = []
    for program in (text, after):
        names: dict = {}
        exec(compile(program, "program.py", "exec"), names)
        held.append(names["held"])
    assert held == [True, False]
