"""ACT318: a network that nothing trains runs with gradients beside one that is trained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Edit, Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Application, Sink
    from actlint.program.eager.values import Object, Place


def check(program: Program) -> Iterator[Finding]:
    """One finding per call of such a network with data, whose result a differentiated loss reads."""
    from actlint.program.eager.trained import optimized

    eager = program.eager
    trained = optimized(eager)
    if not trained or not eager.optimizers or eager.exhausted:
        return
    by_hand = any(sink.kind == "grad" for sink in eager.sinks) or any(t.op == "grad" for t in eager.tensors)
    seen: set[object] = set()
    for application, sink in _beside(eager, trained, by_hand):
        place = _own_place(eager, application, trained)
        if place is None or place.node in seen:
            continue
        seen.add(place.node)
        message = f"{text(eager, place)} runs with gradients, but no optimizer has the weights of this network"
        help = "run it under torch.no_grad(), and call eval() on it once unless its training mode is meant"
        related = [
            spot(eager, application.module.place, "the network is made here"),
            spot(eager, sink.place, "differentiated here"),
        ]
        yield report(RULE, eager, place, message, help, related, fix=_fix(eager, place))


def _beside(program: EagerProgram, trained: set[int], by_hand: bool) -> Iterator[tuple[Application, Sink]]:
    """Outermost calls of networks that nothing trains, each with a loss that reads it beside one that is trained."""
    from actlint.program.eager.objects import descendants
    from actlint.program.eager.values import Either, ancestors, state_of, tensors_in

    found = [a for a in program.applications if not a.place.no_grad and _is_set_aside(program, a.module, trained)]
    if by_hand:
        found = [a for a in found if not any("updated" in getattr(p, "told", ()) for p in descendants(a.module))]
    shared = {id(value) for other in program.applications if id(other.module) in trained for value in other.inputs}
    passed = {id(a.module) for a in found if any(state_of(value) == "attached" for value in a.inputs)}
    found = [a for a in found if id(a.module) not in passed and _is_data(a, shared)]
    held = {id(part) for a in found for part in descendants(a.module) if part is not a.module}
    frozen = {id(part) for owner in program.objects if owner.frozen for part in descendants(owner)}
    losses = [(sink, list(ancestors(sink.value, through_cuts=False))) for sink in program.sinks if sink.kind in _LOSSES]
    for application in found:
        if id(application.module) in held | frozen:
            continue
        given = {id(t) for t in tensors_in(application.result) if state_of(t) == "attached"}
        parts = {id(part) for part in descendants(application.module)}
        given |= {id(hook.output) for hook in program.hooks if id(hook.receiver) in parts and hook.output is not None}
        for sink, tensors in losses:
            rest = [t for t in tensors if id(t.via) in trained and not t.cut]
            read = {id(before) for before in ancestors(Either(tuple(rest)))}
            if rest and given & {id(t) for t in tensors} and not given & read:
                yield application, sink
                break


_LOSSES = ("backward", "return")


def _is_set_aside(program: EagerProgram, module: Object, trained: set[int]) -> bool:
    """Whether a module has weights, and everything is known of them: nobody else was given it, no optimizer has it."""
    from actlint.program.eager.objects import descendants, has_weights

    if not module.symbol.startswith(("torch.nn.", "lightning.")) or not has_weights(module):
        return False
    parts = descendants(module)
    return not any(
        id(part) in trained or getattr(part, "frozen", False) or "escaped" in getattr(part, "told", ())
        for part in parts
    )


def _is_data(application: Application, shared: set[int]) -> bool:
    """Whether a network is given data: what is known to be, or the very value that a trained network is given too."""
    from actlint.program.eager.values import state_of

    if not application.inputs or application.arguments.open:
        return False
    states = [state_of(value) for value in application.inputs]
    return "attached" not in states and (
        all(state in ("plain", "cut") for state in states) or id(application.inputs[0]) in shared
    )


def _own_place(program: EagerProgram, application: Application, trained: set[int]) -> Place | None:
    """The call of the network, or of the helper in which trained networks are called at the same place."""
    from dataclasses import replace

    shared = {a.place.node for a in program.applications if id(a.module) in trained}
    place = application.place
    while place.node in shared:
        if not place.frames:
            return None
        frame = place.frames[-1]
        place = replace(place, node=frame.node, file=frame.file, frames=place.frames[:-1])
    return place


def _fix(program: EagerProgram, place: Place) -> Fix | None:
    """Detach what the call gives, where that is one tensor."""
    import libcst as cst

    from actlint.program.eager.values import Tensor

    values = program.values.get(place.node, [])
    if not isinstance(place.node, cst.Call) or not values or not all(isinstance(v, Tensor) for v in values):
        return None
    _, end = program.trees[place.file].position(place.node)
    return Fix("Detach the result", (Edit(end, end, ".detach()"),), safe=False)


RULE = Rule(
    code="ACT318",
    name="teacher-not-frozen",
    message="teacher or feature network is run with gradients",
    what="A loss reads what a network gave for data, beside what a trained network gave; no optimizer has the first "
    "one's weights, and it is neither frozen nor run under `torch.no_grad()`, nor is its output detached.",
    why="Each step records the network's activations and computes gradients of its weights that nobody uses, which "
    "add up from step to step. In training mode its batch normalization drifts and its dropout makes the "
    "targets random. Networks that are differentiated with respect to their input, as in a perceptual "
    "loss on generated images, and those of which not everything is known, are not reported. The fix "
    "detaches the output; a block under `torch.no_grad()` saves the memory too, and eval() remains to be decided.",
    bad="""\
import torch
from torch import nn

teacher, student = nn.Linear(4, 8), nn.Linear(4, 8)
optimizer = torch.optim.SGD(student.parameters(), 0.1)
x = torch.ones(2, 4)
loss = (student(x) - teacher(x)).pow(2).mean()
loss.backward()
optimizer.step()
""",
    good="""\
import torch
from torch import nn

teacher, student = nn.Linear(4, 8).eval(), nn.Linear(4, 8)
optimizer = torch.optim.SGD(student.parameters(), 0.1)
x = torch.ones(2, 4)
with torch.no_grad():
    target = teacher(x)
loss = (student(x) - target).pow(2).mean()
loss.backward()
optimizer.step()
""",
    sources=(
        "https://github.com/open-mmlab/mmrazor/pull/100",
        "https://github.com/lightly-ai/lightly-train/pull/434",
        "https://github.com/haitongli/knowledge-distillation-pytorch/issues/25",
    ),
    fix="unsafe",
    check=check,
    triggers=(b"optim",),
    reads="torch",
)
