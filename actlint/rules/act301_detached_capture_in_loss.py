"""ACT301: a loss term of activations that were detached when they were captured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import name, report, way

if TYPE_CHECKING:
    from actlint.program import Program


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss term whose gradient ended in a `detach`, or in a capture as NumPy."""
    from actlint.program.eager.losses import cut_terms, library

    eager = program.eager
    for term in cut_terms(eager):
        if library(term.term) != "torch" or not term.cuts:
            continue
        first = term.cuts[0]
        captured = eager.stored(first) is not None
        if first.cut == "detach" or first.cut == "host" and captured and first.op in ("numpy", "tolist"):
            what = "was captured without its gradient" if captured else "is detached"
            message = f"{name(eager, term.term)} {what}: this loss term trains nothing"
            help = "keep the tensor itself for the loss; detach only what is logged, shown or used as a target"
            yield report(RULE, eager, term.term.place, message, help, *way(eager, term))


RULE = Rule(
    code="ACT301",
    name="detached-capture-in-loss",
    message="activation captured with detach(), .data or .numpy() enters the loss",
    what="A loss has a term that is computed from detached activations alone: a forward hook, an attribute or a "
    "container keeps `output.detach()`, `output.data` or an array, and the loss reads that.",
    why="The term is a constant for autograd. The total still trains through its other terms, so that neither an "
    "error nor a flat curve shows that the penalty does nothing: with PyTorch 2.13 the gradient of the hidden layer "
    "is bit for bit that without the term. Targets are detached rightly, and terms that have an attached operand "
    "too, such as the distance of a student to a detached teacher, are not reported; neither are hooks whose values "
    "reach no loss.",
    bad="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
captured = {}


def keep(module, inputs, output):
    captured["hidden"] = output.detach()


net[1].register_forward_hook(keep)
out = net(torch.ones(2, 4))
loss = (out - 1).pow(2).mean() + 0.1 * captured["hidden"].abs().mean()
loss.backward()
""",
    good="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
captured = {}


def keep(module, inputs, output):
    captured["hidden"] = output


net[1].register_forward_hook(keep)
out = net(torch.ones(2, 4))
loss = (out - 1).pow(2).mean() + 0.1 * captured["hidden"].abs().mean()
loss.backward()
""",
    sources=(
        "https://github.com/myscience/open-genie/issues/6",
        "https://github.com/yuval-reshef/StreamVC/issues/3",
        "https://github.com/Syencil/mobile-yolov5-pruning-distillation/issues/83",
        "https://github.com/jantic/DeOldify/issues/116",
    ),
    fix="none",
    check=check,
    triggers=(b"backward", b"loss", b"training_step"),
    reads="torch",
)
