"""ACT306: a loss term of a trained module's output that was computed under no_grad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import name, report, spot

if TYPE_CHECKING:
    from actlint.program import Program

_SET_ASIDE = frozenset({"eval", "load_state_dict"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss term that has its only gradient from a module run under `no_grad`, which is trained."""
    from actlint.program.eager.losses import cut_terms
    from actlint.program.eager.trained import differentiated, optimized
    from actlint.program.eager.values import Object, ancestors

    eager = program.eager
    chosen = optimized(eager)
    for term in cut_terms(eager):
        if not term.cuts or any(cut.cut != "no_grad" for cut in term.cuts):
            continue
        modules = [tensor.via for cut in term.cuts for tensor in ancestors(cut) if isinstance(tensor.via, Object)]
        trained = differentiated(eager) | (chosen or set())
        alone = not eager.optimizers and not any(m.frozen or m.told & _SET_ASIDE for m in modules)
        if modules and (alone or any(id(module) in trained for module in modules)):
            cut = term.cuts[0]
            message = f"{name(eager, cut)} is computed under no_grad: the loss term that reads it trains nothing"
            help = "compute it outside of the no_grad block, or leave the term out"
            after = [
                spot(eager, term.term.place, "the loss term is here"),
                spot(eager, term.sink.place, "read by the loss here"),
            ]
            yield report(RULE, eager, cut.place, message, help, (), after)


RULE = Rule(
    code="ACT306",
    name="loss-under-no-grad",
    message="value computed under no_grad or inference_mode is used in a differentiated loss",
    what="A term of a loss is computed from nothing but the output that a module gave under `torch.no_grad()`, in a "
    "block or a decorated function, and that module is one that the program trains.",
    why="Under `no_grad` nothing is recorded: the term is a constant, and the module is trained by the other terms "
    "alone. Teachers, targets and averaged networks, which no optimizer has, and terms with another operand that has "
    "a gradient are not reported.",
    bad="""\
import torch
from torch import nn

student, head = nn.Linear(4, 8), nn.Linear(8, 1)
optimizer = torch.optim.SGD([*student.parameters(), *head.parameters()], 0.1)
x = torch.ones(2, 4)
with torch.no_grad():
    hidden = student(x)
loss = head(student(x)).pow(2).mean() + hidden.abs().mean()
loss.backward()
optimizer.step()
""",
    good="""\
import torch
from torch import nn

student, head = nn.Linear(4, 8), nn.Linear(8, 1)
optimizer = torch.optim.SGD([*student.parameters(), *head.parameters()], 0.1)
x = torch.ones(2, 4)
hidden = student(x)
loss = head(hidden).pow(2).mean() + hidden.abs().mean()
loss.backward()
optimizer.step()
""",
    sources=(
        "https://github.com/replicate/cog/issues/1681",
        "https://github.com/facebookresearch/dinov2/issues/472",
        "https://github.com/Lightning-AI/pytorch-lightning/issues/19517",
    ),
    fix="none",
    check=check,
    triggers=(b"no_grad", b"inference_mode"),
    reads="torch",
)
