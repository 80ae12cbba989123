"""ACT322 kl-div-input-not-log."""

from __future__ import annotations

import pytest

from actlint.edits import apply

_HEAD = """\
import torch
from torch import nn
from torch.nn import functional as F

student, teacher = nn.Linear(4, 3), nn.Linear(4, 3)
x = torch.ones(2, 4)
s, t = student(x), teacher(x).detach()
"""


@pytest.mark.parametrize(
    "text",
    [
        "p = nn.Softmax(dim=-1)(s / 2)\nF.kl_div(p, t.softmax(-1)).backward()  # expect: ACT322\n",
        "class Distill(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.kl = nn.KLDivLoss(reduction='batchmean')\n\n    def forward(self, a, b):\n"
        "        return self.kl(input=torch.sigmoid(a), target=torch.sigmoid(b))  # expect: ACT322\n\n\n"
        "Distill()(s, t).backward()\n",
    ],
    ids=["name", "module"],
)
def test_found(text, expect):
    expect("ACT322", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "F.kl_div(F.softmax(s, 1).log(), F.softmax(t, 1)).backward()\n",
        "F.kl_div(torch.log(F.softmax(s, 1) + 1e-8), F.softmax(t, 1)).backward()\n",
        "F.kl_div(s.log_softmax(1), t.log_softmax(1), log_target=True).backward()\n",
        "F.kl_div(F.logsigmoid(s), torch.sigmoid(t)).backward()\n",
        "def kl(p, q):\n    return F.kl_div(p, q)\n\n\nkl(s.softmax(1), t)\nkl(s.log_softmax(1), t).backward()\n",
        "from elsewhere import log\nF.kl_div(log(s.softmax(1)), t.softmax(1)).backward()\n",
    ],
    ids="log torch.log target logsigmoid helper unknown".split(),
)
def test_silent(text, expect):
    expect("ACT322", _HEAD + text)


@pytest.mark.parametrize("call", ["F.softmax(s, 1)", "torch.softmax(s, dim=1)", "(s / 1).softmax(1)"])
def test_fix(call, check):
    torch = pytest.importorskip("torch")
    text = f"{_HEAD}t = s\nloss = F.kl_div({call}, t.softmax(1), reduction='batchmean')  # kept\n"
    (finding,) = check("ACT322", text)
    after = apply(text, finding.fix.edits)
    assert after == text.replace(call, call.replace("softmax", "log_softmax"))
    values = []
    for program in (text, after):
        torch.manual_seed(0)
        names: dict = {}
        exec(compile(program, "program.py", "exec"), names)
        values.append(names["loss"].item())
    assert values[0] < -0.1
    assert values[1] == pytest.approx(0.0, abs=1e-6)
