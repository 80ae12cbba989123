"""ACT309: a forward hook returns a value that it didn't mean to put in the output's place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Place
    from actlint.program.eager.values import Hook
    from actlint.program.values import Value

_RETURNING = frozenset({"setdefault", "pop"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per forward hook that returns what it keeps in a container."""
    eager = program.eager
    seen: set[object] = set()
    for hook in eager.hooks:
        if hook.kind != "register_forward_hook":
            continue
        for place, related in (*_of_lambda(hook), *_of_function(eager, hook)):
            if place.node not in seen:
                seen.add(place.node)
                message = "this hook returns a value: it takes the place of the layer's output"
                help = "keep the value in a statement, and return nothing"
                yield report(RULE, eager, place, message, help, [spot(eager, p, m) for p, m in related])


def _of_lambda(hook: Hook) -> Iterator[tuple[Place, list[tuple[Place, str]]]]:
    """A lambda whose body is a method of a container that returns what it keeps."""
    import libcst as cst

    node: CSTNode | None = getattr(hook.function, "node", None)
    body = node.body if isinstance(node, cst.Lambda) else None
    if isinstance(body, cst.Call) and isinstance(body.func, cst.Attribute) and body.func.attr.value in _RETURNING:
        yield hook.place, []


def _of_function(program: EagerProgram, hook: Hook) -> Iterator[tuple[Place, list[tuple[Place, str]]]]:
    """A function that stores a value without a gradient and returns that value."""
    from actlint.program.eager.values import Tensor

    function = getattr(hook.function, "function", hook.function)
    for returned in program.returns:
        value = returned.value
        if returned.function is not function or not isinstance(value, Tensor) or value.state != "cut":
            continue
        stored = (s for s in program.stores if s.place.hook is not None and _copied(s.value) is _copied(value))
        if store := next(stored, None):
            yield returned.place, [(store.place, "kept here"), (hook.place, "hooked here")]


def _copied(value: Value) -> Value:
    """What a value is a copy of, with or without its gradient."""
    from actlint.program.eager.losses import peeled
    from actlint.program.eager.values import Tensor

    value = peeled(value)
    while isinstance(value, Tensor) and value.op in ("detach", "data", "numpy") and value.inputs:
        value = peeled(value.inputs[0])
    return value


RULE = Rule(
    code="ACT309",
    name="hook-returns-value",
    message="forward hook returns a value: it replaces the layer's output",
    what="A forward hook is a lambda that ends in `setdefault` or `pop`, or a function that returns the detached "
    "activation which it keeps.",
    why="What a forward hook returns, unless it is None, takes the place of the module's output. `setdefault` returns "
    "the first batch's activation for ever, and a detached output cuts the layers before it from the loss (measured: "
    "the output doesn't depend on the input any more, the first layer has no gradient). Hooks that return something "
    "computed from the output, to change it, are not reported.",
    bad="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
captured = {}
net[1].register_forward_hook(lambda module, inputs, output: captured.setdefault("hidden", output))
net(torch.ones(2, 4)).mean().backward()
""",
    good="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
captured = {}
net[1].register_forward_hook(lambda module, inputs, output: captured.update(hidden=output))
net(torch.ones(2, 4)).mean().backward()
""",
    sources=(
        "https://github.com/pytorch/pytorch/issues/74024",
        "https://github.com/pytorch/pytorch/pull/74414",
        "https://github.com/pytorch/pytorch/pull/22285",
    ),
    fix="none",
    check=check,
    triggers=(b"register_forward_hook",),
    reads="torch",
)
