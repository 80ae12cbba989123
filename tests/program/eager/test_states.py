"""Which values carry a gradient."""

from __future__ import annotations

import pytest

from actlint.program.eager.values import Tensor, cuts, state_of

_HEAD = """\
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from elsewhere import build, unknown

net = nn.Linear(4, 8)
x = torch.ones(2, 4)
h = net(x)
store = {}
"""


@pytest.mark.parametrize(
    ("expression", "state"),
    [
        ("h", "attached"),
        ("x", "plain"),
        ("unknown", "maybe"),
        ("unknown(x)", "maybe"),
        ("F.relu(h).mean() + 1", "attached"),
        ("h.detach().abs()", "cut"),
        ("h.data", "cut"),
        ("h.cpu().detach().numpy()", "cut"),
        ("float(h.mean())", "cut"),
        ("np.abs(x)", "plain"),
        ("torch.tensor([h.mean(), 1.0])", "cut"),
        ("torch.as_tensor(h)", "attached"),
        ("torch.stack([h, h.detach()])", "attached"),
        ("(h > 0).float()", "cut"),
        ("h.argmax(1)", "cut"),
        ("(h.detach() > 0).float()", "plain"),
        ("h.detach().argmax(1)", "plain"),
        ("torch.zeros_like(h)", "plain"),
        ("h.shape[0]", "plain"),
        ("h.detach() * unknown", "maybe"),
        ("h.detach().to(torch.float32)", "cut"),
        ("unknown(x).detach()", "plain"),
        ("[h.detach(), x][0]", "cut"),
        ("{'a': h, 'b': x}['b']", "plain"),
        ("h if unknown else x", "attached"),
        ("nn.Parameter(torch.zeros(3))", "attached"),
        ("net.weight.abs().sum()", "attached"),
        ("(lambda v: v.detach())(h)", "cut"),
        ("nn.ReLU()(x)", "plain"),
        ("nn.Sequential(nn.ReLU(), nn.Linear(4, 1))(x)", "attached"),
        ("build(net)(x)", "maybe"),
        ("torch.zeros(1, requires_grad=True).exp()", "attached"),
        ("torch.zeros(1, requires_grad=unknown).exp()", "maybe"),
        ("torch.zeros(1, requires_grad=False).exp()", "plain"),
        ("torch.zeros(1).requires_grad_().exp()", "attached"),
        ("h.detach().requires_grad_().exp()", "attached"),
        ("torch.tensor([h.mean().item()], requires_grad=True)", "cut"),
    ],
)
def test_expressions(expression, state, eager):
    program = eager(f"{_HEAD}value = {expression}\n")
    assert state_of(program.scopes[program.entry].names["value"]) == state


@pytest.mark.parametrize(
    ("block", "state"),
    [
        ("with torch.no_grad():\n    value = net(x)\n", "cut"),
        ("@torch.no_grad()\ndef f(v):\n    return net(v)\n\n\nvalue = f(x)\n", "cut"),
        ("with torch.no_grad():\n    with torch.enable_grad():\n        value = net(x)\n", "attached"),
        ("value = 0.0\nfor _ in range(3):\n    value = value + h.mean()\n", "attached"),
        ("value = h\nif unknown:\n    value = h.detach()\n", "attached"),
        ("value = None\nfor _ in range(3):\n    value = h.detach()\n", "cut"),
        ("net.requires_grad_(False)\nvalue = net(x)\n", "plain"),
        ("for p in net.parameters():\n    p.requires_grad = False\nvalue = net(x)\n", "plain"),
        ("def f(v, cut=True):\n    return (v.detach(), v)\n\n\n_, value = f(h)\n", "attached"),
        ("values = []\nfor _ in range(3):\n    values.append(h.detach())\nvalue = sum(values)\n", "cut"),
        ("def f(n):\n    return h if n == 0 else f(n - 1)\n\n\nvalue = f(3)\n", "attached"),
    ],
)
def test_statements(block, state, eager):
    program = eager(_HEAD + block)
    assert state_of(program.scopes[program.entry].names["value"]) == state


@pytest.mark.parametrize(
    ("hook", "state"),
    [
        ("def hook(m, i, o):\n    store['h'] = o\n", "attached"),
        ("def hook(m, i, o):\n    store['h'] = o.detach()\n", "cut"),
        ("hook = lambda m, i, o: store.update(h=o.data)\n", "cut"),
        ("def keep(key):\n    return lambda m, i, o: store.__setitem__(key, o)\n\n\nhook = keep('h')\n", "attached"),
        (
            "def keep(key):\n    def inner(m, i, o):\n        store[key] = o\n    return inner\n\n\nhook = keep('h')\n",
            "attached",
        ),
        (
            "from functools import partial\n\n\ndef f(k, m, i, o):\n    store[k] = o.detach()\n\n\n"
            "hook = partial(f, 'h')\n",
            "cut",
        ),
    ],
)
def test_hooks(hook, state, eager):
    program = eager(f"{_HEAD}{hook}\nnet.register_forward_hook(hook)\nvalue = store['h']\n")
    assert state_of(program.scopes[program.entry].names["value"]) == state


def test_cuts_are_where_the_gradient_ended(eager):
    program = eager(f"{_HEAD}d = h.detach()\nvalue = (d.abs() + d.item()).mean()\n")
    found = cuts(program.scopes[program.entry].names["value"])
    assert [tensor.cut for tensor in found] == ["detach"]


def test_values_come_from_local_modules(eager):
    program = eager(
        "import torch\nfrom torch import nn\nfrom parts import Encoder, shrink\n\n"
        "value = shrink(Encoder()(torch.ones(1, 4)))\n",
        {
            "parts.py": "from torch import nn\n\n\nclass Encoder(nn.Module):\n    def __init__(self):\n"
            "        super().__init__()\n        self.fc = nn.Linear(4, 2)\n\n    def forward(self, x):\n"
            "        return self.fc(x)\n\n\ndef shrink(v):\n    return v.detach() / 2\n"
        },
    )
    value = program.scopes[program.entry].names["value"]
    assert isinstance(value, Tensor) and value.state == "cut"
    assert [file.name for file in program.files] == ["program.py", "parts.py"]


def test_uncalled_methods_are_interpreted_once_with_their_object(eager):
    text = """\
from torch import nn


class Model(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.fc = nn.Linear(4, width)

    def forward(self, x):
        self.h = self.fc(x)
        return self.h

    def get_loss(self, x):
        return self(x).mean() + self.h.abs().mean()
"""
    program = eager(text)
    (sink,) = program.sinks
    assert (sink.kind, state_of(sink.value)) == ("return", "attached")


def test_a_program_that_is_too_large_is_left(eager, monkeypatch):
    monkeypatch.setattr("actlint.program.eager.interpreter.MAX_STEPS", 50)
    program = eager("import torch\n" + "x = torch.ones(1)\n" * 60 + "x.sum().backward()\n")
    assert program.exhausted and not program.sinks


@pytest.mark.parametrize(
    ("decorator", "state"),
    [
        ("torch.library.custom_op('own::op', mutates_args=())", "maybe"),
        ("torch.compiler.wrap_numpy", "maybe"),
        ("unknown", "maybe"),
        ("torch.jit.script", "cut"),
        ("torch.autocast('cuda')", "cut"),
        ("torch.no_grad()", "cut"),
    ],
)
def test_a_decorator_may_put_another_function_in_the_place(decorator, state, eager):
    text = f"""\
@{decorator}
def host(v):
    return torch.from_numpy(np.sin(v.detach().cpu().numpy()))


value = host(h)
"""
    program = eager(_HEAD + text)
    assert state_of(program.scopes[program.entry].names["value"]) == state


def test_a_generator_gives_values_that_nobody_knows(eager):
    text = """\
def batches():
    while True:
        yield h.detach()
    return h.detach()


value = batches()
"""
    program = eager(_HEAD + text)
    assert state_of(program.scopes[program.entry].names["value"]) == "maybe"


@pytest.mark.parametrize(
    ("copied", "shared"),
    [("copy.deepcopy(model)", False), ("copy.copy(model)", True)],
)
def test_copies(copied, shared, eager):
    program = eager(f"{_HEAD}import copy\nmodel = nn.Sequential(nn.Linear(4, 8), nn.ReLU())\nother = {copied}\n")
    names = program.scopes[program.entry].names
    assert names["other"] is not names["model"]
    assert (names["other"].children[0] is names["model"].children[0]) == shared
    assert names["other"].children[0].symbol == "torch.nn.Linear"


@pytest.mark.parametrize("path", ["0", "1.fc", "1.fc.none"])
def test_submodules(path, eager):
    text = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = nn.Linear(1, 1)\n\n\n"
        f"model = nn.Sequential(nn.ReLU(), Net())\nfound = model.get_submodule({path!r})\n"
    )
    found = eager(f"{_HEAD}{text}").scopes
    symbol = getattr(next(iter(found.values())).names["found"], "symbol", None)
    assert symbol == {"0": "torch.nn.ReLU", "1.fc": "torch.nn.Linear"}.get(path)


def test_subclass_of_sequential(eager):
    text = (
        "class Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(nn.Linear(4, 8), nn.ReLU())\n\n\n"
        "model = Net()\nparts = list(model.children())\nvalue = model(x)\n"
    )
    names = next(iter(eager(_HEAD + text).scopes.values())).names
    assert [part.symbol for part in names["parts"].items] == ["torch.nn.Linear", "torch.nn.ReLU"]
    assert (names["value"].op, names["value"].state) == ("relu", "attached")
