"""ACT317: dropout that goes on in evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Edit, Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import report

if TYPE_CHECKING:
    from libcst import Call

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Place

_FUNCTIONS = frozenset(f"torch.nn.functional.{n}" for n in ("dropout", "dropout1d", "dropout2d", "dropout3d"))
_CLASSES = frozenset(f"torch.nn.{n}" for n in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"))
_MEANT = ("mc", "monte", "bayes", "uncertain", "prenet", "sample")


def check(program: Program) -> Iterator[Finding]:
    """One finding per dropout in a module's forward pass that isn't told whether the module trains."""
    import libcst as cst

    eager = program.eager
    seen: set[object] = set()
    for tensor in eager.tensors:
        call = tensor.place.node
        if tensor.symbol not in _FUNCTIONS or call in seen or not isinstance(call, cst.Call):
            continue
        given = tensor.arguments
        if given.get(2, "training") is not None or given.open or not _unconditional(tensor.place, given.get(1, "p")):
            continue
        seen.add(call)
        message = "this dropout ignores eval(): it is told nothing of the module's mode"
        help = "pass training=self.training, or make an nn.Dropout in __init__"
        yield report(RULE, eager, tensor.place, message, help, fix=_fix(eager, tensor.place, call))
    for application in eager.applications:
        module, call = application.module, application.place.node
        if module.symbol not in _CLASSES or call in seen or not isinstance(call, cst.Call):
            continue
        if call.func is module.place.node and _unconditional(module.place, module.arguments.get(0, "p")):
            seen.add(call)
            message = "this dropout is made anew in the forward pass: it ignores eval()"
            yield report(RULE, eager, application.place, message, "make the nn.Dropout once, in __init__")


def _unconditional(place: Place, rate: object) -> bool:
    """Whether a place in a module's forward pass is always reached, with a rate that doesn't follow the mode."""
    from actlint.program.eager.objects import library_base
    from actlint.program.eager.values import Tensor
    from actlint.program.values import Const

    function = place.frames[-1].function if place.frames else None
    if function is None or function.owner is None or place.branches or _left_before(place):
        return False
    if not library_base(function.owner).startswith(("torch.nn.", "lightning.")):
        return False
    words = f"{function.owner.name} {function.name}".lower()
    fixed = rate is None or isinstance(rate, Const) and bool(rate.value) or isinstance(rate, Tensor) and not rate.inputs
    return fixed and not any(word in words for word in _MEANT)


def _left_before(place: Place) -> bool:
    """Whether a condition may leave the function before it gets to a place."""
    import libcst as cst

    for statement in getattr(place.frames[-1].function.node.body, "body", ()):
        todo = [statement]
        while todo:
            node = todo.pop()
            if node is place.node:
                return False
            if isinstance(node, cst.Return) and isinstance(statement, cst.If):
                return True
            todo.extend(reversed(node.children))
    return False


def _fix(program: EagerProgram, place: Place, call: Call) -> Fix | None:
    """Tell the function of the mode, where `self` is at hand."""
    parameters = place.frames[-1].function.node.params.params
    tree = program.trees[place.file]
    if not parameters or parameters[0].name.value != "self" or not tree.text(call).endswith(")"):
        return None
    _, end = tree.position(call.args[-1].value)
    return Fix("Pass training=self.training", (Edit(end, end, ", training=self.training"),), safe=False)


RULE = Rule(
    code="ACT317",
    name="dropout-ignores-eval",
    message="dropout that ignores eval()",
    what="A method of an `nn.Module` calls `F.dropout` without `training=`, or makes an `nn.Dropout` and calls it in "
    "the same expression.",
    why="`F.dropout` drops by default, and a module made in the forward pass is always in training mode: captured "
    "activations, teacher's targets and validation losses are random, after `eval()` too. An explicit `training=`, a "
    "dropout under a condition, and modules named for Monte Carlo dropout are not reported.",
    bad="""\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        return F.dropout(torch.relu(self.fc(x)), 0.5)
""",
    good="""\
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        return F.dropout(torch.relu(self.fc(x)), 0.5, training=self.training)
""",
    sources=(
        "https://github.com/pytorch/pytorch/issues/26338",
        "https://github.com/pytorch/pytorch/issues/11999",
        "https://github.com/delip/PyTorchNLPBook/issues/28",
        "https://github.com/yangze0930/NTS-Net/issues/14",
    ),
    fix="unsafe",
    check=check,
    triggers=(b"ropout",),
    reads="torch",
)
