"""ACT313 modules-in-plain-container."""

from __future__ import annotations

import pytest

from actlint.edits import apply


def program(init: str, rest: str = "", imports: str = "") -> str:
    body = "".join(f"        {line}\n" for line in init.splitlines())
    return (
        f"import torch\nfrom torch import nn\n{imports}\n\n"
        "class Head(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(8, 2)\n\n"
        "    def forward(self, x):\n        return self.fc(x)\n\n\n"
        f"class Net(nn.Module):\n    def __init__(self, layers=None):\n        super().__init__()\n{body}\n"
        "    def forward(self, x):\n        return x\n\n\nnet = Net()\n" + rest
    )


@pytest.mark.parametrize(
    "init",
    [
        "self.heads = [Head(), Head()]  # expect: ACT313",
        "self.blocks = {}  # expect: ACT313\nfor key in ('a', 'b'):\n    self.blocks[key] = nn.Conv2d(3, 8, 3)",
        "self.blocks = []  # expect: ACT313\nfor i in range(3):\n    self.blocks.append(nn.Linear(4, 4))",
        "blocks = [nn.Linear(4, 4)]\nblocks += [nn.Linear(4, 8)]\nself.blocks = blocks  # expect: ACT313",
    ],
    ids=["own class", "dict", "append", "name"],
)
def test_found(init, expect):
    expect("ACT313", program(init))


@pytest.mark.parametrize(
    ("init", "rest"),
    [
        ("self.blocks = [nn.Linear(4, 4) for _ in range(3)]\nself.all = nn.ModuleList(self.blocks)", ""),
        ("self.blocks = [nn.Linear(4, 4), nn.ReLU()]\nself.all = nn.Sequential(*self.blocks)", ""),
        (
            "self.blocks = []\nfor i in range(3):\n    b = nn.Linear(4, 4)\n    self.add_module(f'b{i}', b)\n"
            "    self.blocks.append(b)",
            "",
        ),
        (
            "self.blocks = []\nfor i in range(3):\n    setattr(self, f'b{i}', nn.Linear(4, 4))\n"
            "    self.blocks.append(getattr(self, f'b{i}'))",
            "",
        ),
        ("self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)\nself.blocks = [self.a, self.b]", ""),
        ("self.teacher = [layers]", ""),
        ("self.blocks = [nn.ReLU(), nn.Tanh()]", ""),
        ("self.sizes = [1, 2]\nself.names = {'a': 'b'}", ""),
        (
            "self.blocks = [nn.Linear(4, 4)]",
            "optimizer = torch.optim.SGD([p for b in net.blocks for p in b.parameters()], 0.1)\n",
        ),
        ("self.blocks = [nn.Linear(4, 4)]\nfor b in self.blocks:\n    b.requires_grad_(False)", ""),
        (
            "self.blocks = []\nfor i in range(3):\n    self.blocks.append(nn.Linear(4, 4))\n"
            "self.blocks = nn.ModuleList(self.blocks)",
            "",
        ),
        (
            "self.a = [nn.Linear(2, 2) for _ in range(len(layers))]\nself.b = [nn.Linear(2, 2) for _ in layers]\n"
            "self.all = nn.ModuleList(self.a + self.b)",
            "",
        ),
        (
            "self.pairs = [(nn.Linear(2, 2), nn.ReLU()) for _ in layers]\n"
            "self.all = nn.ModuleList([m for pair in self.pairs for m in pair])",
            "",
        ),
        ("self.blocks = [nn.Linear(4, 4)]\nself.register(self.blocks)", ""),
    ],
    ids=(
        "ModuleList Sequential add_module setattr attributes given weightless data by-hand frozen rebound added pairs "
        "escaped"
    ).split(),
)
def test_silent(init, rest, expect):
    expect("ACT313", program(init, rest))


def test_silent_where_the_base_is_unknown(expect):
    text = program("self.blocks = [nn.Linear(4, 4)]", imports="from elsewhere import Base\n")
    expect("ACT313", text.replace("class Net(nn.Module)", "class Net(Base)"))


def test_silent_where_parameters_are_written_by_hand(expect):
    method = "    def parameters(self):\n        for b in self.blocks:\n            yield from b.parameters()\n\n"
    text = program("self.blocks = [nn.Linear(4, 4)]")
    last = text.rindex("    def forward")
    expect("ACT313", text[:last] + method + text[last:])


def test_fix(check):
    pytest.importorskip("torch")
    line = "self.blocks = [nn.Linear(4, 4), nn.ReLU()]  # kept"
    text = program(line, "count = len(list(net.parameters()))\n")
    (finding,) = check("ACT313", text)
    after = apply(text, finding.fix.edits)
    assert after == text.replace(line, "self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.ReLU()])  # kept")
    counts = []
    for source in (text, after):
        names: dict = {}
        exec(compile(source, "program.py", "exec"), names)
        counts.append(names["count"])
    assert counts == [0, 2]
