"""ACT312: probabilities enter a loss that makes probabilities of them again."""

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

_TWICE = {
    "cross_entropy": "softmax",
    "CrossEntropyLoss": "softmax",
    "binary_cross_entropy_with_logits": "sigmoid",
    "BCEWithLogitsLoss": "sigmoid",
}


def check(program: Program) -> Iterator[Finding]:
    """One finding per loss that is given the output of the function that it applies itself."""
    from actlint.program.eager.losses import given_by
    from actlint.program.eager.values import Tensor

    eager = program.eager
    seen: set[object] = set()
    for loss in eager.tensors:
        if loss.op not in _TWICE or not loss.symbol.startswith("torch.") or loss.place.node in seen:
            continue
        seen.add(loss.place.node)
        here = [value for value in eager.values.get(loss.place.node, []) if isinstance(value, Tensor)]
        found = [given_by(value, (_TWICE[loss.op],)) for value in here]
        if found and all(found):
            what, first = _TWICE[loss.op], found[0]
            assert first is not None
            message = f"{what} output is passed to {loss.op}, which applies {what} again"
            help = f"pass the logits, from before the {what}"
            before = [spot(eager, first.place, f"the {what} is here")]
            yield report(RULE, eager, loss.place, message, help, before, (), _fix(eager, loss, first))


def _fix(program: EagerProgram, loss: Tensor, probabilities: Tensor) -> Fix | None:
    """Leave the softmax out, where it is written as the loss's argument."""
    import libcst as cst

    call, inner = loss.place.node, probabilities.place.node
    if not isinstance(call, cst.Call) or not isinstance(inner, cst.Call):
        return None
    given = next((a for a in call.args if a.keyword is None or a.keyword.value == "input"), None)
    if given is None or given.value is not inner or given.star:
        return None
    if probabilities.symbol.startswith("method."):
        logits = inner.func.value if isinstance(inner.func, cst.Attribute) else None
    else:
        first = inner.args[0] if inner.args else None
        named = first is not None and first.keyword is not None and first.keyword.value != "input"
        logits = first.value if first is not None and not first.star and not named else None
    tree = program.trees[loss.place.file]
    if logits is None or "#" in tree.text(inner):
        return None
    return replace(program, loss.place, f"Pass {tree.text(logits)}", [(inner, tree.text(logits))])


RULE = Rule(
    code="ACT312",
    name="softmax-before-cross-entropy",
    message="softmax or sigmoid output passed to a loss that applies it again",
    what="`cross_entropy` or `CrossEntropyLoss` is given what a softmax returned, or "
    "`binary_cross_entropy_with_logits` what a sigmoid returned, in the same expression, through a name, or as the "
    "last layer of the model.",
    why="These losses take logits. Of probabilities they can't get below a floor (0.55 for three classes, 1.46 for "
    "ten), and the gradients shrink, so that the base loss is weak beside every penalty on activations. Softmax "
    "outputs that are only predicted or measured with, and log_softmax, which a second one doesn't change, are not "
    "reported.",
    bad="""\
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Linear(4, 3)
probabilities = F.softmax(net(torch.ones(2, 4)), dim=1)
loss = F.cross_entropy(probabilities, torch.tensor([0, 1]))
loss.backward()
""",
    good="""\
import torch
import torch.nn.functional as F
from torch import nn

net = nn.Linear(4, 3)
logits = net(torch.ones(2, 4))
loss = F.cross_entropy(logits, torch.tensor([0, 1]))
loss.backward()
print(F.softmax(logits, dim=1))
""",
    sources=(
        "https://github.com/Lightning-Universe/lightning-bolts/issues/654",
        "https://github.com/ariecattan/SciCo/issues/2",
        "https://github.com/jindongwang/Deep-learning-activity-recognition/issues/10",
        "https://github.com/Safe-DS/Library/issues/581",
    ),
    fix="safe",
    check=check,
    triggers=(b"cross_entropy", b"CrossEntropyLoss", b"BCEWithLogitsLoss"),
    reads="torch",
)
