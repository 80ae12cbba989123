"""ACT304 forward-call-bypasses-hooks."""

from __future__ import annotations

import pytest

from actlint.edits import apply

_HEAD = """\
import torch
from torch import nn

kept = {}


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        return self.fc(x)


def keep(module, inputs, output):
    kept["h"] = output


enc = Encoder()
x = torch.ones(1, 4)
"""


@pytest.mark.parametrize(
    "text",
    [
        "enc.register_forward_hook(keep)\nenc.forward(x)  # expect: ACT304\n",
        "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.enc = enc\n"
        "        self.enc.fc.register_forward_hook(lambda m, i, o: kept.update(h=o))\n\n    def forward(self, x):\n"
        "        return self.enc.fc.forward(x) + kept['h'].mean()  # expect: ACT304\n\n\n"
        "Model()(x).mean().backward()\n",
    ],
    ids=["own class", "attribute"],
)
def test_found(text, expect):
    expect("ACT304", _HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        "enc.forward(x)\n",
        "enc.fc.register_forward_hook(keep)\nenc.forward(x)\n",
        "handle = enc.register_forward_hook(keep)\nenc(x)\nhandle.remove()\nenc.forward(x)\n",
        "class Wide(Encoder):\n    def forward(self, x):\n        return super().forward(x) * 2\n\n\n"
        "wide = Wide()\nwide.register_forward_hook(keep)\nwide(x)\n",
        "other = Encoder()\nother.register_forward_hook(keep)\nenc.forward(x)\n",
    ],
    ids=["no hook", "inside", "removed", "super", "other"],
)
def test_silent(text, expect):
    expect("ACT304", _HEAD + text)


def test_fix(check):
    torch = pytest.importorskip("torch")
    text = f"{_HEAD}enc.register_forward_hook(keep)\nh = enc.forward(x)  # once\nseen = 'h' in kept\n"
    (finding,) = check("ACT304", text)
    after = apply(text, finding.fix.edits)
    assert after == text.replace("enc.forward(x)", "enc(x)")
    seen = []
    for program in (text, after):
        names: dict = {"torch": torch}
        exec(compile(program, "program.py", "exec"), names)
        seen.append(names["seen"])
    assert seen == [False, True]
