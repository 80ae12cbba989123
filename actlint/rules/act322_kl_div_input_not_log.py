"""ACT322: kl_div is given probabilities where it wants their logarithms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Tensor


def check(program: Program) -> Iterator[Finding]:
    """One finding per divergence whose first argument is what a softmax or sigmoid returned, each time."""
    from actlint.program.eager.losses import given_by
    from actlint.program.eager.values import Tensor

    eager = program.eager
    seen: set[object] = set()
    for loss in eager.tensors:
        if loss.symbol not in ("torch.nn.functional.kl_div", "torch.kl_div", "torch.nn.KLDivLoss"):
            continue
        if loss.place.node in seen:
            continue
        seen.add(loss.place.node)
        values = [value for value in eager.values.get(loss.place.node, []) if isinstance(value, Tensor)]
        found = [given_by(value, ("softmax", "sigmoid")) for value in values]
        first = found[0] if found else None
        if first is not None and None not in found:
            message = f"kl_div takes log-probabilities, and is given what a {first.op} returned"
            help = "pass log_softmax(...) as the first argument"
            before = [spot(eager, first.place, f"the {first.op} is here")]
            yield report(RULE, eager, loss.place, message, help, before, (), _fix(eager, loss, first))


def _fix(program: EagerProgram, loss: Tensor, probabilities: Tensor) -> Fix | None:
    """`softmax` becomes `log_softmax`, where it is called in the loss's first argument."""
    import libcst as cst

    call, inner = loss.place.node, probabilities.place.node
    if not isinstance(call, cst.Call) or not isinstance(inner, cst.Call) or not call.args:
        return None
    first, function = call.args[0], inner.func
    if first.value is not inner or first.star or first.keyword is not None and first.keyword.value != "input":
        return None
    if not isinstance(function, cst.Attribute) or function.attr.value != "softmax":
        return None
    return replace(program, loss.place, "Use log_softmax", [(function.attr, "log_softmax")])


RULE = Rule(
    code="ACT322",
    name="kl-div-input-not-log",
    message="kl_div is given probabilities, not log-probabilities",
    what="The first argument of `F.kl_div` or `nn.KLDivLoss` is what a softmax or sigmoid returned.",
    why="The function takes the logarithm of the first distribution as given. With probabilities the result is "
    "negative, is not zero for two equal distributions, and has its minimum elsewhere: a distillation of hidden "
    "distributions pushes in a wrong direction. `softmax(x).log()` is right, and not reported.",
    bad="""\
import torch
import torch.nn.functional as F
from torch import nn

student, teacher = nn.Linear(4, 3), nn.Linear(4, 3)
x = torch.ones(2, 4)
loss = F.kl_div(F.softmax(student(x), 1), F.softmax(teacher(x).detach(), 1), reduction="batchmean")
loss.backward()
""",
    good="""\
import torch
import torch.nn.functional as F
from torch import nn

student, teacher = nn.Linear(4, 3), nn.Linear(4, 3)
x = torch.ones(2, 4)
loss = F.kl_div(F.log_softmax(student(x), 1), F.softmax(teacher(x).detach(), 1), reduction="batchmean")
loss.backward()
""",
    sources=(
        "https://github.com/microsoft/ProDA/issues/20",
        "https://github.com/microsoft/ProDA/issues/43",
        "https://github.com/pytorch/pytorch/issues/5282",
    ),
    fix="safe",
    check=check,
    triggers=(b"kl_div", b"KLDivLoss"),
    reads="torch",
)
