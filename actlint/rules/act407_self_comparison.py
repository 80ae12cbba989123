"""ACT407: a matching loss compares a value with itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager.values import Tensor
    from actlint.program.values import Value

_MATCHING = frozenset(
    """kl_div mse_loss l1_loss smooth_l1_loss huber_loss KLDivLoss MSELoss L1Loss SmoothL1Loss HuberLoss
    MeanSquaredError MeanAbsoluteError KLDivergence Huber mean_squared_error mean_absolute_error kl_divergence
    huber""".split()
)
_SAME = frozenset(
    """softmax log_softmax log detach data numpy contiguous float double half to cuda cpu clone type type_as
    identity stop_gradient cast""".split()
)


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss of which both arguments are made of one and the same value, each time it is computed."""
    from actlint.program.eager.values import Tensor

    eager = program.eager
    seen: set[object] = set()
    for loss in eager.tensors:
        if loss.op not in _MATCHING or not loss.symbol.startswith(("torch.", "keras.losses.")):
            continue
        if loss.place.node in seen:
            continue
        seen.add(loss.place.node)
        found = [_compared(v) if isinstance(v, Tensor) else None for v in eager.values.get(loss.place.node, [])]
        first = found[0] if found else None
        if first is not None and None not in found:
            message = (
                f"both arguments of this loss come from {text(eager, first.place)}: it compares a value with itself"
            )
            help = "compare the output of the student with that of the teacher"
            yield report(RULE, eager, loss.place, message, help, [spot(eager, first.place, "both come from here")])


def _compared(loss: Tensor) -> Tensor | None:
    """What both arguments are made of, if that is one value that was learned."""
    if len(loss.arguments.all) < 2:
        return None
    left, right = loss.arguments.get(0, "input"), loss.arguments.get(1, "target")
    one, other = _origin(left), _origin(right)
    return one if one is not None and one is other and one.state != "plain" else None


def _origin(value: Value | None) -> Tensor | None:
    """A value before it was made a distribution, detached."""
    from actlint.program.eager.reductions import is_setting
    from actlint.program.eager.values import Tensor

    while isinstance(value, Tensor) and value.inputs:
        if value.op not in _SAME and not (value.op == "div" and is_setting(value.inputs[1])):
            break
        value = value.inputs[0]
    return value if isinstance(value, Tensor) else None


RULE = Rule(
    code="ACT407",
    name="self-comparison",
    message="both arguments of the matching loss come from the same call",
    what="`kl_div`, `mse_loss` or another loss that compares two values is given the same one twice, as such or "
    "through softmax, log_softmax and `detach()`.",
    why="The term is zero whatever the weights are: a distillation that compares the teacher with itself trains no "
    "student (measured: 0.000 where the right pair gives 0.112). Results of two calls of one model, and entropies "
    "written with cross_entropy, are not reported.",
    bad="""\
import torch
import torch.nn.functional as F
from torch import nn

student, teacher = nn.Linear(4, 3), nn.Linear(4, 3)
x = torch.ones(2, 4)
out, target = student(x), teacher(x).detach()
distance = F.kl_div(F.log_softmax(target, 1), F.softmax(target, 1), reduction="batchmean")
(out.pow(2).mean() + distance).backward()
""",
    good="""\
import torch
import torch.nn.functional as F
from torch import nn

student, teacher = nn.Linear(4, 3), nn.Linear(4, 3)
x = torch.ones(2, 4)
out, target = student(x), teacher(x).detach()
distance = F.kl_div(F.log_softmax(out, 1), F.softmax(target, 1), reduction="batchmean")
(out.pow(2).mean() + distance).backward()
""",
    sources=("https://github.com/labmlai/annotated_deep_learning_paper_implementations/issues/66",),
    fix="none",
    check=check,
    triggers=(b"kl_div", b"KLDiv", b"mse_loss", b"MSELoss", b"l1_loss", b"L1Loss", b"uber")
    + (b"MeanSquared", b"MeanAbsolute", b"mean_squared", b"mean_absolute"),
    reads="eager",
)
