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
    from actlint.program.values import Value

_LEFT_ALONE = frozenset({"load_state_dict", "eval", "load_weights", "escaped", "updated"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per module with weights that a loss differentiates and that isn't among what is optimized."""
    from actlint.program.eager.trained import optimized

    eager = program.eager
    trained = optimized(eager)
    if trained is None or not eager.optimizers or eager.exhausted:
        return
    for module, name in _in_losses(eager, trained):
        if id(module) in trained or module.told & _LEFT_ALONE or module.frozen:
            continue
        message = f"`{name}` has weights that the loss trains, but no optimizer is given its parameters"
        help = f"give the optimizer [*model.parameters(), *{name}.parameters()], or freeze `{name}` if that is meant"
        related = [spot(eager, module.place, "the module is made here")]
        yield report(RULE, eager, eager.optimizers[0][0].place, message, help, related)


def _in_losses(program: EagerProgram, trained: set[int]) -> Iterator[tuple[Object, str]]:
    """The modules with a name of their own that stand between a differentiated loss and learned activations; of those
    that another object holds, whose own optimizer may decide, the ones that read what an optimizer trains."""
    from actlint.program.eager.objects import descendants
    from actlint.program.eager.trained import differentiated
    from actlint.program.eager.values import state_of

    used = differentiated(program)
    calls = [a for a in program.applications if any(state_of(value) == "attached" for value in a.inputs)]
    fed = {id(call.module) for call in calls}
    inner = {id(part) for call in calls for part in descendants(call.module) if part is not call.module}
    held = _held(program)
    seen: set[int] = set()
    for module, name in _named(program):
        if id(module) in seen or not module.symbol.startswith("torch.nn."):
            continue
        seen.add(id(module))
        if (_weights(module) - trained) & used and id(module) in fed - inner:
            if id(module) not in held or _reads(program, module, trained):
                yield module, name


def _named(program: EagerProgram) -> Iterator[tuple[Object, str]]:
    """The objects that are bound to names, then those that are kept in attributes."""
    import libcst as cst

    from actlint.program.eager.values import Object

    for binding in program.bindings:
        if isinstance(binding.value, Object):
            yield binding.value, binding.name
    for store in program.stores:
        node = store.place.node
        if isinstance(store.value, Object) and isinstance(store.target, Object) and isinstance(node, cst.Attribute):
            yield store.value, program.trees[store.place.file].text(node)


def _reads(program: EagerProgram, module: Object, trained: set[int]) -> bool:
    """Whether a module is called with what was computed with weights that an optimizer has."""
    from actlint.program.eager.values import ancestors

    inputs = (value for a in program.applications if a.module is module for value in a.inputs)
    return any(id(tensor.via) in trained for value in inputs for tensor in ancestors(value, False))


def _weights(module: Object) -> set[int]:
    """What a module trains: its layers and parameters, without those of parts that are left as they are."""
    from actlint.program.eager.objects import is_weighted
    from actlint.program.eager.values import Object, Tensor, parts

    found: set[int] = set()
    seen: set[int] = set()
    todo: list[Value] = [module]
    while todo:
        current = todo.pop()
        if id(current) in seen or isinstance(current, Object) and (current.told & _LEFT_ALONE or current.frozen):
            continue
        seen.add(id(current))
        if isinstance(current, Object):
            todo.extend((*current.attributes.values(), *current.children))
        if isinstance(current, Object) and is_weighted(current):
            found.add(id(current))
        elif isinstance(current, Tensor) and current.op == "Parameter" and current.state == "attached":
            found.add(id(current))
        todo.extend(parts(current))
    return found


def _held(program: EagerProgram) -> set[int]:
    """The modules that another object holds."""
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
