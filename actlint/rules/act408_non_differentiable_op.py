"""ACT408: a loss term behind an operation that has no derivative."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import name, report, text, way

if TYPE_CHECKING:
    from actlint.program import Program


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss term, or penalty, whose only gradient ended in a comparison or a rounding."""
    from actlint.program.eager.losses import cut_terms, penalties
    from actlint.program.eager.reductions import scaled
    from actlint.program.eager.values import Tensor

    eager = program.eager
    seen: set[object] = set()
    for term in (*cut_terms(eager), *penalties(eager)):
        core = scaled(term.term)
        if not isinstance(core, Tensor) or not term.cuts or any(cut.cut != "round" for cut in term.cuts):
            continue
        if core.place.node in seen:
            continue
        seen.add(core.place.node)
        cut = text(eager, term.cuts[0].place)
        message = f"{name(eager, core)} has no derivative: it goes through {cut}, and trains nothing"
        help = (
            "use a smooth function in its place, such as a sigmoid with a temperature, or a straight-through estimator"
        )
        yield report(RULE, eager, core.place, message, help, *way(eager, term))


RULE = Rule(
    code="ACT408",
    name="non-differentiable-op",
    message="comparison, argmax, round, sign or a cast to integers between activation and loss",
    what="A loss term, or what is called a penalty, is computed from activations through a comparison, `argmax`, "
    "`round`, `sign`, `count_nonzero` or a cast to integers, and nothing else in the term has a gradient.",
    why="Such operations are flat: the derivative is zero or none, and a penalty on how many units are active trains "
    "nothing. Masks that attached values are multiplied with, labels, measures that no loss reads, and "
    "straight-through estimators are not reported.",
    bad="""\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)
hidden = torch.sigmoid(net(torch.ones(2, 4)))
active = (hidden > 0.5).float().mean()
loss = head(hidden).pow(2).mean() + 0.1 * active
loss.backward()
""",
    good="""\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)
hidden = torch.sigmoid(net(torch.ones(2, 4)))
active = torch.sigmoid(10 * (hidden - 0.5)).mean()
loss = head(hidden).pow(2).mean() + 0.1 * active
loss.backward()
print((hidden > 0.5).float().mean())
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/58614",
        "https://github.com/tensorflow/tensorflow/issues/47033",
        "https://github.com/pierluigiferrari/ssd_keras/issues/379",
    ),
    fix="none",
    check=check,
    triggers=(b"loss", b"backward", b"penalty", b"GradientTape"),
    reads="eager",
)
