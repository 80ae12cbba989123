"""ACT302: a module hook that every step registers again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report

if TYPE_CHECKING:
    from libcst import BaseExpression, CSTNode

    from actlint.program import Program
    from actlint.program.eager.values import Hook, Loop
    from actlint.program.values import Frame

_STEPS = frozenset({"forward", "training_step", "validation_step", "compute_loss", "train_step"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per registration on one and the same module that is repeated and never taken back."""
    eager = program.eager
    seen: set[object] = set()
    for hook in eager.hooks:
        if hook.place.node in seen or hook.kept or hook.place.branches:
            continue
        loop = _repeats(hook)
        inside = _step(hook)
        if loop is None and inside is None:
            continue
        if any(loop is None or loop in loops for loops in hook.removed_in):
            continue
        seen.add(hook.place.node)
        when = "turn of the loop" if loop is not None else f"call of `{inside}`"
        message = f"hook is registered again at every {when} and never removed: they pile up"
        help = "register it once, before the loop, or keep the handle and call remove() in the same turn"
        yield report(RULE, eager, hook.place, message, help)


def _step(hook: Hook) -> str | None:
    """The forward pass or training step that registers a hook on a module that outlives it."""
    frames = hook.place.frames
    if not frames or frames[-1].function.name not in _STEPS:
        return None
    return frames[-1].function.name if _root(hook.receiver_node) == "self" and hook.receiver_node else None


def _repeats(hook: Hook) -> Loop | None:
    """The innermost loop that doesn't change what the hook is registered on."""
    for loop in reversed(hook.place.loops):
        names = {_root(hook.receiver_node), *_names(hook.place.node)}
        if all(_stays(hook, name, loop) for name in names):
            return loop
    return None


def _stays(hook: Hook, name: str | None, loop: Loop) -> bool:
    """Whether a name where the hook is registered means the same at every turn of a loop."""
    for depth in range(len(hook.place.frames), loop.depth, -1):
        name, changed = _outside(hook.place.frames[depth - 1], name)
        if changed:
            return False
    return name is not None and name not in _assigned(loop.node)


def _names(call: CSTNode) -> Iterator[str]:
    """The names that tell which function is registered; those that it reads itself don't."""
    import libcst as cst

    todo: list[CSTNode] = [argument.value for argument in call.args[:1]] if isinstance(call, cst.Call) else []
    while todo:
        current = todo.pop()
        if isinstance(current, cst.Name):
            yield current.value
        elif isinstance(current, cst.Attribute):
            todo.append(current.value)
        elif not isinstance(current, cst.Lambda):
            todo.extend(current.children)


def _outside(frame: Frame, name: str | None) -> tuple[str | None, bool]:
    """What a function's name is called where the function was called, and whether it is a new value each time."""
    import libcst as cst

    if name is None:
        return None, True
    parameters = [p.name.value for p in frame.function.node.params.params]
    if name in parameters:
        position = parameters.index(name)
        if not isinstance(frame.node, cst.Call):
            return None, True
        if frame.function.owner is not None and position == 0:
            owner = frame.node.func
            return (_root(owner.value) if isinstance(owner, cst.Attribute) else None), False
        position -= frame.function.owner is not None
        for index, argument in enumerate(frame.node.args):
            if (argument.keyword is None and index == position) or (
                argument.keyword is not None and argument.keyword.value == name
            ):
                return _root(argument.value), _root(argument.value) is None
        return None, True
    return name, name in _assigned(frame.function.node)


def _root(node: BaseExpression) -> str | None:
    """The name that an expression of attributes and constant indices begins with."""
    import libcst as cst

    while isinstance(node, (cst.Attribute, cst.Subscript)):
        if isinstance(node, cst.Subscript) and not all(
            isinstance(part.slice, cst.Index)
            and isinstance(part.slice.value, (cst.Integer, cst.SimpleString))
            or isinstance(part.slice, cst.Index)
            and isinstance(part.slice.value, cst.UnaryOperation)
            for part in node.slice
        ):
            return None
        node = node.value
    return node.value if isinstance(node, cst.Name) else None


def _assigned(node: CSTNode) -> set[str]:
    """The names that a loop or a function binds."""
    import libcst as cst

    found: set[str] = set()
    todo: list[CSTNode] = [node]
    while todo:
        current = todo.pop()
        targets: list[CSTNode] = []
        if isinstance(current, cst.Assign):
            targets = [target.target for target in current.targets]
        elif isinstance(current, (cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor, cst.NamedExpr)):
            targets = [current.target]
        elif isinstance(current, cst.AsName):
            targets = [current.name]
        while targets:
            target = targets.pop()
            if isinstance(target, cst.Name):
                found.add(target.value)
            elif isinstance(target, (cst.Tuple, cst.List)):
                targets.extend(element.value for element in target.elements)
        todo.extend(current.children)
    return found


RULE = Rule(
    code="ACT302",
    name="hook-registered-in-loop",
    message="module hook registered in a loop and never removed",
    what="`register_forward_hook`, or a hook of another kind, is called on one and the same module in every turn of "
    "a loop, or in `forward()` or `training_step()` on a module of `self`, and the handle isn't removed in that turn.",
    why="A registration adds a hook and replaces none. In step k the module runs k hooks (55 calls in ten steps, "
    "measured with PyTorch 2.13), their closures keep every step's activations, and penalties that hooks add up "
    "count several times. Loops over modules that hook each of them once, registrations under a condition, and "
    "handles that are removed in the same turn, used with `with` or kept for later are not reported.",
    bad="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
captured = {}
for step in range(10):
    net[1].register_forward_hook(lambda module, inputs, output: captured.update(hidden=output))
    loss = net(torch.ones(2, 4)).mean() + captured["hidden"].abs().mean()
    loss.backward()
""",
    good="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
captured = {}
handle = net[1].register_forward_hook(lambda module, inputs, output: captured.update(hidden=output))
for step in range(10):
    loss = net(torch.ones(2, 4)).mean() + captured["hidden"].abs().mean()
    loss.backward()
handle.remove()
""",
    sources=(
        "https://github.com/KamitaniLab/bdpy/pull/91",
        "https://github.com/fffasttime/MRFI/pull/5",
        "https://github.com/NeuroBench/neurobench/issues/184",
        "https://github.com/frgfm/torch-scan/pull/24",
    ),
    fix="none",
    check=check,
    triggers=(b"register_forward_", b"register_full_backward_hook", b"register_backward_hook"),
    reads="torch",
)
