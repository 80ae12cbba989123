"""ACT307: a loss term that went through a Python number or a new tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report, text, way

if TYPE_CHECKING:
    from libcst import BaseExpression, CSTNode

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.losses import CutTerm
    from actlint.program.eager.values import Tensor
    from actlint.program.values import Value


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss term that is made of numbers, and per loss that is a new leaf."""
    from actlint.program.eager.losses import cut_terms, library

    eager = program.eager
    help = "compute with the tensors themselves: torch.stack(terms).sum() instead of torch.tensor([t.item() ...])"
    seen: set[object] = set()
    for term in cut_terms(eager):
        if library(term.term) != "torch" or not term.cuts or term.cuts[0].cut not in ("host", "rewrap"):
            continue
        if eager.stored(term.cuts[0]) is not None and term.cuts[0].op in ("numpy", "tolist"):
            continue
        seen.add(term.term.place.node)
        message = f"loss term is a constant for autograd: it goes through {text(eager, term.cuts[0].place)}"
        yield report(RULE, eager, term.term.place, message, help, *way(eager, term), _fix(eager, term))
    for leaf in _new_leaves(eager):
        if leaf.place.node not in seen:
            seen.add(leaf.place.node)
            message = f"{text(eager, leaf.place)} is a new leaf: backward() reaches none of what it was computed from"
            yield report(RULE, eager, leaf.place, message, help)


def _new_leaves(program: EagerProgram) -> Iterator[Tensor]:
    """What `torch.tensor(value, requires_grad=True)` makes in a loss of something that was computed."""
    from actlint.program.eager.losses import options
    from actlint.program.eager.values import Opaque, Tensor, ancestors, constant, state_of

    for sink in program.sinks:
        if sink.kind != "backward":
            continue
        whole = options(sink.value)
        for value in ancestors(sink.value, through_cuts=False):
            if value.symbol not in ("torch.tensor", "torch.FloatTensor", "torch.Tensor", "torch.as_tensor"):
                continue
            if constant(value.arguments.keywords.get("requires_grad")) is not True:
                continue
            given = value.arguments.get(0, "data")
            unknown = isinstance(given, Opaque) or isinstance(given, Tensor) and bool(given.inputs)
            if state_of(given) in ("attached", "cut") or unknown and any(value is part for part in whole):
                yield value


def _fix(program: EagerProgram, term: CutTerm) -> Fix | None:
    """Stack the tensors, where a list of them or of their numbers is written as the new tensor's only argument."""
    import libcst as cst

    from actlint.program.eager.values import ancestors

    made = [t for t in ancestors(term.term) if t.symbol == "torch.tensor" and t.place.file == term.term.place.file]
    nodes = {t.place.node for t in made}
    call = made[0].place.node if len(nodes) == 1 else None
    if not isinstance(call, cst.Call) or len(call.args) != 1 or not isinstance(call.func, cst.Attribute):
        return None
    given = call.args[0].value
    if isinstance(given, cst.ListComp):
        elements = [given.elt]
    elif isinstance(given, cst.List) and given.elements:
        elements = [item.value for item in given.elements]
    else:
        return None
    tree = program.trees[term.term.place.file]
    changes: list[tuple[CSTNode, str]] = [(call.func.attr, "stack")]
    for element in elements:
        tensor = _of_item(element)
        if not program.agreed(tensor, ("attached",)) or any(_is_host(v) for v in program.values[tensor]):
            return None
        if tensor is not element:
            changes.append((element, tree.text(tensor)))
    return (
        None if "#" in tree.text(call) else replace(program, term.term.place, "Stack the tensors themselves", changes)
    )


def _of_item(element: BaseExpression) -> BaseExpression:
    """What `.item()` is called on, else the element itself."""
    import libcst as cst

    if isinstance(element, cst.Call) and not element.args and isinstance(element.func, cst.Attribute):
        return element.func.value if element.func.attr.value == "item" else element
    return element


def _is_host(value: Value) -> bool:
    """Whether a value is a number or an array of NumPy's, which can't be stacked."""
    from actlint.program.eager.values import Tensor

    return not isinstance(value, Tensor) or value.host


RULE = Rule(
    code="ACT307",
    name="rewrapped-loss-term",
    message="loss term goes through .item(), float() or torch.tensor(...)",
    what="A term of a loss, or the loss itself, is turned into a Python number or copied into a new tensor before it "
    "is differentiated: `torch.tensor([p.item() for p in penalties]).sum()`, "
    "`torch.tensor(loss, requires_grad=True)`.",
    why="A number has no gradient and a new tensor begins a new graph: `backward()` succeeds, and the layers behind "
    "the term get nothing from it. With `requires_grad=True` on the copy even a loss of which no part trains runs "
    "without an error. Numbers that are only logged, and weights computed from a loss on purpose (the term has "
    "another operand with a gradient), are not reported.",
    bad="""\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)
hidden = torch.relu(net(torch.ones(2, 4)))
penalties = [hidden.abs().mean(), hidden.pow(2).mean()]
loss = head(hidden).mean() + torch.tensor([p.item() for p in penalties]).sum()
loss.backward()
""",
    good="""\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)
hidden = torch.relu(net(torch.ones(2, 4)))
penalties = [hidden.abs().mean(), hidden.pow(2).mean()]
loss = head(hidden).mean() + torch.stack(penalties).sum()
loss.backward()
print(sum(p.item() for p in penalties))
""",
    sources=(
        "https://github.com/guopengf/FL-MRCM/issues/10",
        "https://github.com/somuchtome/SimAC/issues/3",
        "https://github.com/tensorflow/tensorflow/issues/30190",
    ),
    fix="safe",
    check=check,
    triggers=(b"backward", b"loss", b"training_step"),
    reads="torch",
)
