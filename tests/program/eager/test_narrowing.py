"""What `isinstance` leaves of several alternatives."""

from __future__ import annotations

import pytest

_HEAD = """\
from torch import nn


class Block(nn.Module):
    pass


class Wide(Block):
    pass


for module in [nn.ReLU(), nn.Linear(1, 1), Block(), Wide()]:
    if CONDITION:
        module.register_forward_hook(lambda m, i, o: None)
"""


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("isinstance(module, nn.ReLU)", ["nn.ReLU()"]),
        ("isinstance(module, (nn.ReLU, nn.Linear))", ["nn.ReLU()", "nn.Linear(1, 1)"]),
        ("isinstance(module, Block)", ["Block()", "Wide()"]),
        ("isinstance(module, Wide) and enabled", ["Wide()"]),
        ("isinstance(module, nn.Module)", ["nn.ReLU()", "nn.Linear(1, 1)", "Block()", "Wide()"]),
        ("isinstance(module, unknown)", ["nn.ReLU()", "nn.Linear(1, 1)", "Block()", "Wide()"]),
        ("enabled", ["nn.ReLU()", "nn.Linear(1, 1)", "Block()", "Wide()"]),
    ],
)
def test_narrowing(condition, left, eager):
    program = eager(_HEAD.replace("CONDITION", condition))
    tree = program.trees[program.entry]
    assert [tree.text(hook.receiver.place.node) for hook in program.hooks] == left
