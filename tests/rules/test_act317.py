"""ACT317 dropout-ignores-eval."""

from __future__ import annotations

import pytest

from actlint.edits import apply


def program(forward: str, name: str = "Net") -> str:
    body = "".join(f"        {line}\n" for line in forward.splitlines())
    return (
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
        f"class {name}(nn.Module):\n    def __init__(self, p=0.5):\n        super().__init__()\n"
        f"        self.p, self.drop = p, nn.Dropout(p)\n\n    def forward(self, x):\n{body}\n\nnet = {name}()\n"
        "net.eval()\n"
        "same = torch.equal(net(torch.ones(1, 100)), net(torch.ones(1, 100)))\n"
    )


@pytest.mark.parametrize(
    "forward",
    [
        "return F.dropout2d(x.view(1, 1, 10, 10), p=self.p)  # expect: ACT317",
        "x = nn.Dropout(0.5)(x)  # expect: ACT317\nreturn x",
        "h = torch.relu(x)\nreturn nn.functional.dropout(h)  # expect: ACT317",
    ],
    ids=["attribute", "made", "default"],
)
def test_found(forward, expect):
    expect("ACT317", program(forward))


@pytest.mark.parametrize(
    "forward",
    [
        "return F.dropout(x, 0.5, training=self.training)",
        "return F.dropout(x, 0.5, self.training)",
        "return F.dropout(x, 0.5, training=True)",
        "if self.training:\n    x = F.dropout(x, 0.5)\nreturn x",
        "return F.dropout(x, self.p if self.training else 0.0)",
        "return F.dropout(x, self.p * self.training)",
        "return F.dropout(x, 0.0)",
        "return self.drop(x)",
        "return x if not self.training else F.dropout(x, 0.5)",
        "options = {'training': self.training}\nreturn F.dropout(x, 0.5, **options)",
        "if not self.training:\n    return x\nreturn F.dropout(x, 0.5)",
    ],
    ids="keyword position meant guarded rate product zero module conditional stars left".split(),
)
def test_silent(forward, expect):
    expect("ACT317", program(forward))


def test_silent_for_monte_carlo_and_functions(expect):
    expect("ACT317", program("return F.dropout(x, 0.5)", name="MCDropoutNet"))
    expect("ACT317", "import torch.nn.functional as F\n\n\ndef augment(x):\n    return F.dropout(x, 0.1)\n")


def test_fix(check):
    pytest.importorskip("torch")
    text = program("return F.dropout(x, 0.5)  # kept")
    (finding,) = check("ACT317", text)
    assert not finding.fix.safe
    after = apply(text, finding.fix.edits)
    assert after == text.replace("F.dropout(x, 0.5)", "F.dropout(x, 0.5, training=self.training)")
    same = []
    for source in (text, after):
        names: dict = {}
        exec(compile(source, "program.py", "exec"), names)
        same.append(names["same"])
    assert same == [False, True]
