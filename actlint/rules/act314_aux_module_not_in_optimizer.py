"""ACT314: a module of the loss has weights that no optimizer was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Object

_LEFT_ALONE = frozenset({"load_state_dict", "eval", "load_weights", "escaped", "updated"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per module with weights that a loss differentiates and that isn't among what is optimized."""
    from actlint.program.eager.trained import optimized

    eager = program.eager
    trained = optimized(eager)
    if trained is None or not eager.optimizers or eager.exhausted:
        return
    for module, name in _in_losses(eager):
        if id(module) in trained or module.told & _LEFT_ALONE or module.frozen:
            continue
        message = f"`{name}` has weights that the loss trains, but no optimizer is given its parameters"
        help = f"give the optimizer [*model.parameters(), *{name}.parameters()], or freeze `{name}` if that is meant"
        related = [spot(eager, module.place, "the module is made here")]
        yield report(RULE, eager, eager.optimizers[0][0].place, message, help, related)


def _in_losses(program: EagerProgram) -> Iterator[tuple[Object, str]]:
    """The modules with a name of their own that stand between a differentiated loss and learned activations."""
    from actlint.program.eager.objects import has_weights
    from actlint.program.eager.trained import differentiated
    from actlint.program.eager.values import Object, state_of

    used = differentiated(program)
    fed = {id(a.module) for a in program.applications if any(state_of(value) == "attached" for value in a.inputs)}
    held = _held(program)
    seen: set[int] = set()
    for binding in program.bindings:
        module = binding.value
        if not isinstance(module, Object) or id(module) in seen or not module.symbol.startswith("torch.nn."):
            continue
        seen.add(id(module))
        if has_weights(module) and _weights(module) & used and id(module) in fed and id(module) not in held:
            yield module, binding.name


def _weights(module: Object) -> set[int]:
    from actlint.program.eager.objects import descendants, is_weighted
    from actlint.program.eager.values import Object

    return {id(part) for part in descendants(module) if isinstance(part, Object) and is_weighted(part)}


def _held(program: EagerProgram) -> set[int]:
    """The modules that another object holds, whose own optimizer then decides."""
    from actlint.program.eager.objects import descendants

    return {id(part) for owner in program.objects for part in descendants(owner) if part is not owner}


RULE = Rule(
    code="ACT314",
    name="aux-module-not-in-optimizer",
    message="module of the loss has weights that no optimizer is given",
    what="A module with weights of its own, such as the projection of a hint or feature loss, is on the way from the "
    "loss to its inputs, and no optimizer of the program has its parameters, though all that optimizers have is known.",
    why="The module gets gradients and never moves: the loss compares hidden activations through a random projection. "
    "Modules that are frozen, loaded with weights, put in evaluation mode or held by an optimized model are not "
    "reported.",
    bad="""\
import torch
from torch import nn

student, teacher = nn.Linear(4, 8), nn.Linear(4, 16)
projection = nn.Linear(8, 16)
optimizer = torch.optim.SGD(student.parameters(), 0.1)
x = torch.ones(2, 4)
loss = (projection(student(x)) - teacher(x).detach()).pow(2).mean()
loss.backward()
optimizer.step()
""",
    good="""\
import torch
from torch import nn

student, teacher = nn.Linear(4, 8), nn.Linear(4, 16)
projection = nn.Linear(8, 16)
optimizer = torch.optim.SGD([*student.parameters(), *projection.parameters()], 0.1)
x = torch.ones(2, 4)
loss = (projection(student(x)) - teacher(x).detach()).pow(2).mean()
loss.backward()
optimizer.step()
""",
    sources=(
        "https://github.com/CIntellifusion/GeometryForcing/issues/13",
        "https://github.com/roymiles/Simple-Recipe-Distillation/issues/1",
        "https://github.com/huangzongmou/yolov8_Distillation/issues/5",
        "https://github.com/neuralmagic/sparseml/pull/1272",
    ),
    fix="none",
    check=check,
    triggers=(b"optim",),
    reads="torch",
)
