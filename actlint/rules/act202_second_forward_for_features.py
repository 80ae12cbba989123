"""ACT202: a loss that runs a network a second time for its hidden features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Application
    from actlint.program.eager.values import Place
    from actlint.program.values import Value


@dataclass(frozen=True)
class _Pass:
    """A call, in a step, under which a layer ran: what tells it from others, and the layers that ran in it."""

    place: Place
    layers: frozenset[int]
    application: Application


def check(program: Program) -> Iterator[Finding]:
    """One finding per call that repeats a part of another one on the same input, where one loss reads both."""
    eager = program.eager
    seen: set[object] = set()
    losses = [sink.value for sink in eager.sinks]
    losses += [b.value for b in eager.bindings if b.place.tapes and "loss" in b.name.lower().split("_")]
    for first, second in (*_repeated_layers(eager), *_repeated_models(eager)):
        if second.place.node in seen or not any(_reads_both(loss, first, second) for loss in losses):
            continue
        seen.add(second.place.node)
        message = (
            f"{text(eager, second.place)} runs layers again that {text(eager, first.place)} runs on the same input"
        )
        help = (
            "take features and prediction from one forward pass: another dropout mask, batch statistics "
            "moved twice and the double cost go away"
        )
        yield report(RULE, eager, second.place, message, help, [spot(eager, first.place, "the other pass is here")])


def _repeated_layers(program: EagerProgram) -> Iterator[tuple[_Pass, _Pass]]:
    """Pairs of calls in one function under which the same layer runs on the same value, the repeating one last."""
    from actlint.program.eager.objects import is_weighted

    runs: dict[int, list[Application]] = {}
    for application in program.applications:
        looked_up = application.module.symbol.rpartition(".")[2].startswith("Embedding")
        if not application.place.no_grad and application.inputs and is_weighted(application.module) and not looked_up:
            runs.setdefault(id(application.module), []).append(application)
    for found in runs.values():
        for position, one in enumerate(found):
            for other in found[position + 1 :]:
                if not _is_same(one.inputs[0], other.inputs[0]):
                    continue
                first, second = _passes(runs, one, other)
                if first.place.node is not second.place.node and first.layers >= second.layers:
                    yield first, second
                elif first.place.node is not second.place.node and first.layers < second.layers:
                    yield second, first


def _passes(runs: dict[int, list[Application]], one: Application, other: Application) -> tuple[_Pass, _Pass]:
    """The calls that lead to two runs of a layer, in the function where their ways part."""
    a, b = one.place.frames, other.place.frames
    depth = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x is not y), min(len(a), len(b)))

    def led(application: Application) -> _Pass:
        from dataclasses import replace

        frames = application.place.frames
        deeper = frames[depth] if len(frames) > depth else None
        node = deeper.node if deeper is not None else application.place.node
        file = deeper.file if deeper is not None else application.place.file
        beside = (a for found in runs.values() for a in found if _is_under(a.place, frames, depth, node))
        place = replace(application.place, node=node, file=file, frames=frames[:depth])
        return _Pass(place, frozenset(id(a.module) for a in beside), application)

    return led(one), led(other)


def _is_under(place: Place, frames: tuple[object, ...], depth: int, node: CSTNode) -> bool:
    """Whether a place was reached by a certain call in a certain function."""
    if len(place.frames) < depth or any(x is not y for x, y in zip(place.frames[:depth], frames, strict=False)):
        return False
    if len(frames) > depth:
        return len(place.frames) > depth and place.frames[depth] is frames[depth]
    return len(place.frames) == depth and place.node is node


def _repeated_models(program: EagerProgram) -> Iterator[tuple[_Pass, _Pass]]:
    """The same for models that are made of symbolic tensors, whose layers aren't run one by one."""
    from actlint.apis import eager as apis
    from actlint.program.eager.objects import is_weighted, layers

    runs = [
        _Pass(a.place, frozenset(id(layer) for layer in layers(a.module)), a)
        for a in program.applications
        if a.module.symbol in apis.MODELS and a.module.cls is None and a.inputs and not _is_symbolic(a.inputs[0])
    ]
    weighted = {id(layer) for run in runs for layer in layers(run.application.module) if is_weighted(layer)}
    for one in runs:
        for other in runs:
            if one.application.module is other.application.module or not _is_same(
                one.application.inputs[0], other.application.inputs[0]
            ):
                continue
            derived = id(one.application.module) in other.layers
            if derived or other.layers & weighted and other.layers & weighted < one.layers & weighted:
                yield one, other


def _is_symbolic(value: Value) -> bool:
    from actlint.program.eager.values import tensors_in

    return any(tensor.symbolic for tensor in tensors_in(value))


_FORMS = frozenset(
    """view reshape squeeze unsqueeze flatten transpose permute contiguous float to cuda expand_dims dropout cast
    type""".split()
)


def _is_same(one: Value, other: Value, depth: int = 6) -> bool:
    """Whether two values are one and the same, but for operations that change the form; of what a loop passes on, the
    value that it begins with."""
    from actlint.program.eager.losses import options
    from actlint.program.eager.values import Either, Tensor

    if one is other:
        return True
    if isinstance(one, Either) or isinstance(other, Either):
        return options(one)[0] is options(other)[0]
    if not isinstance(one, Tensor) or not isinstance(other, Tensor) or not depth:
        return False
    if one.symbol != other.symbol or one.op not in _FORMS or not one.inputs or not other.inputs:
        return False
    return _is_same(one.inputs[0], other.inputs[0], depth - 1)


def _reads_both(loss: Value, first: _Pass, second: _Pass) -> bool:
    """Whether a loss reads what both passes gave, and not to compare two views of one input."""
    from actlint.program.eager.losses import summands
    from actlint.program.eager.values import Tensor

    terms = summands(loss)
    ones = [term for term in terms if _reaches(term, first)]
    others = [term for term in terms if _reaches(term, second)]
    if not ones or not others or first.layers != second.layers:
        return bool(ones and others)
    symbols = {term.symbol for term in ones if isinstance(term, Tensor)}
    alike = any(isinstance(term, Tensor) and term.symbol in symbols for term in others)
    return not alike and not any(term is other for term in ones for other in others)


def _reaches(term: Value, found: _Pass) -> bool:
    from actlint.program.eager.values import ancestors, tensors_in

    given = {id(tensor) for tensor in tensors_in(found.application.result)}
    return any(id(tensor) in given for tensor in ancestors(term, through_cuts=False, through_calls=False))


RULE = Rule(
    code="ACT202",
    name="second-forward-for-features",
    message="the loss runs the network again to get hidden features",
    what="In one step a model is called, and then a part of it, or a second model of the same layers, on "
    "the same input; one loss reads both results.",
    why="The activation that is penalised isn't the one behind the prediction: dropout draws another mask, batch "
    "normalization moves its statistics twice (measured with Keras 3.15: 1.5 in place of 1.0), and the forward pass "
    "costs twice. Two views of one input that a loss compares, different inputs, gradient penalties, other "
    "networks and passes without gradients are not reported.",
    bad="""\
import torch
from torch import nn

features = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5))
model = nn.Sequential(features, nn.Linear(8, 1))
x = torch.ones(2, 4)
prediction = model(x)
hidden = features(x)
loss = prediction.pow(2).mean() + 0.1 * hidden.abs().mean()
loss.backward()
""",
    good="""\
import torch
from torch import nn

features = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5))
head = nn.Linear(8, 1)
x = torch.ones(2, 4)
hidden = features(x)
prediction = head(hidden)
loss = prediction.pow(2).mean() + 0.1 * hidden.abs().mean()
loss.backward()
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/41200",
        "https://github.com/tensorflow/tensorflow/issues/52383",
        "https://github.com/Lightning-AI/pytorch-lightning/issues/19517",
    ),
    fix="none",
    check=check,
    triggers=(b"loss",),
    reads="eager",
)
