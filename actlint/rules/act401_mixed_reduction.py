"""ACT401: a mean and a sum over activations in one loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import name, report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Tensor
    from actlint.program.values import Value

_PENALTIES = frozenset({"penalty", "sparsity", "reg", "regularizer", "regularization", "aux"})
_BASES = frozenset({"base", "loss", "mse", "recon", "reconstruction", "task"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per term that sums activations over batch and width beside a term that is a mean."""
    from actlint.program.eager.losses import summands
    from actlint.program.eager.reductions import is_of_activations, is_setting, reduction
    from actlint.program.eager.values import Tensor

    eager = program.eager
    seen: set[object] = set()
    for tensor in eager.tensors:
        if tensor.op not in ("add", "sub", "div") or len(tensor.inputs) < 2:
            continue
        if tensor.op == "div" and not _is_share(eager, tensor):
            continue
        terms: list[Value] = list(tensor.inputs) if tensor.op == "div" else summands(tensor, is_setting)
        kinds = [(term, *reduction(term)) for term in terms]
        mean = next((core for _, kind, core in kinds if kind == "mean"), None)
        for term, kind, core in kinds:
            if mean is None or kind != "sum" or core is None or core.state == "cut" or not isinstance(term, Tensor):
                continue
            if core.place.node in seen or not is_of_activations(eager, core):
                continue
            seen.add(core.place.node)
            message = (
                f"{name(eager, core)} is a sum over batch and units beside a mean: its weight grows with the batch size"
            )
            help = "take the mean, or sum over the units and average over the batch, and rescale the weight of the term"
            related = [spot(eager, mean.place, f"the mean is here: {text(eager, mean.place)}")]
            yield report(RULE, eager, core.place, message, help, related)


def _is_share(program: EagerProgram, quotient: Tensor) -> bool:
    """Whether a quotient compares two terms of a loss: a penalty by a base."""
    names = [next((b.name for b in program.bindings if b.value is part), "") for part in quotient.inputs]
    return all(words & set(n.lower().split("_")) for words, n in zip((_PENALTIES, _BASES), names, strict=True))


RULE = Rule(
    code="ACT401",
    name="mixed-reduction",
    message="the base loss is a mean, the activation penalty a sum over everything",
    what="Terms of one loss are reduced in different ways: one is a mean, another sums activations over batch and "
    "units.",
    why="The weight between the terms then depends on the batch size and the layer's width: measured, a batch of 256 "
    "instead of 8 makes the penalty count 32 times as much, and a layer of 128 units instead of 16 eight times. A "
    "penalty per sample (`sum(dim=1).mean()`), sums that are divided by a size, sums over weights, and losses that "
    "are sums throughout are not reported.",
    bad="""\
import torch
from torch import nn

encoder, decoder = nn.Linear(4, 8), nn.Linear(8, 4)
x = torch.ones(2, 4)
hidden = torch.relu(encoder(x))
loss = nn.functional.mse_loss(decoder(hidden), x) + 0.01 * hidden.abs().sum()
loss.backward()
""",
    good="""\
import torch
from torch import nn

encoder, decoder = nn.Linear(4, 8), nn.Linear(8, 4)
x = torch.ones(2, 4)
hidden = torch.relu(encoder(x))
loss = nn.functional.mse_loss(decoder(hidden), x) + 0.01 * hidden.abs().sum(dim=1).mean()
loss.backward()
""",
    sources=(
        "https://github.com/ai-safety-foundation/sparse_autoencoder/issues/63",
        "https://github.com/ai-safety-foundation/sparse_autoencoder/pull/28",
        "https://github.com/keras-team/keras/issues/22018",
        "https://github.com/neuralmagic/sparseml/pull/592",
    ),
    fix="none",
    check=check,
    triggers=(b"sum",),
    reads="eager",
)
