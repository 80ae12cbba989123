"""ACT320: a hook that keeps one value of a module that the forward pass calls several times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from libcst import CSTNode, Subscript

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Application, Store
    from actlint.program.eager.values import Hook, Object, Place


def check(program: Program) -> Iterator[Finding]:
    """One finding per hook that overwrites what it kept, on a module with several calls in one forward pass."""
    from actlint.program.eager.losses import options
    from actlint.program.eager.values import Object

    eager = program.eager
    seen: set[object] = set()
    for hook in eager.hooks:
        if hook.kind != "register_forward_hook" or hook.place.node in seen:
            continue
        modules = [m for h in eager.hooks if h.place.node is hook.place.node for m in options(h.receiver)]
        found = [_repeated(eager, module) for module in modules if isinstance(module, Object)]
        calls = found[0] if all(found) and len(found) == len(modules) else []
        store = _overwriting(eager, hook) if calls else None
        if store is None:
            continue
        seen.add(hook.place.node)
        times = f"{len(calls)} times" if len(calls) > 1 else "in a loop"
        called = eager.trees[hook.place.file].text(hook.receiver_node)
        message = f"`{called}` is called {times} in one forward pass: the hook keeps the last call alone"
        help = "make one module for each use and hook the one that is meant, or append what the hook gets to a list"
        related = [spot(eager, store.place, "each call overwrites this")]
        related += [spot(eager, call.place, "called here") for call in calls[:4]]
        yield report(RULE, eager, hook.place, message, help, related)


def _repeated(program: EagerProgram, module: Object) -> list[Application]:
    """The calls of a module in one forward pass, if these are several, each of them made at every pass.

    A module of a list that a loop filled stands for any number of them.
    """
    from actlint.program.eager.objects import descendants

    if any(part is module for other in program.objects if other.grown for part in descendants(other)):
        return []
    passes: dict[object, list[Application]] = {}
    for application in program.applications:
        if application.module is module:
            depth, key = _pass(application.place)
            if depth is not None and application.place.branches <= _branches(program, application.place, depth):
                passes.setdefault(key, []).append(application)
    for calls in passes.values():
        depth, _ = _pass(calls[0].place)
        looped = any(loop.depth > (depth or 0) for call in calls for loop in call.place.loops)
        if len(calls) > 1 or looped:
            return calls
    return []


def _pass(place: Place) -> tuple[int | None, object]:
    """The outermost forward pass around a place: how many frames are outside of it, and what stands for it."""
    from actlint.program.eager.objects import library_base

    for depth, frame in enumerate(place.frames):
        owner = frame.function.owner
        if owner is not None and frame.function.name == "forward" and library_base(owner).startswith("torch.nn."):
            return depth, id(frame)
    return len(place.frames), (place.node, *(id(frame) for frame in place.frames))


def _branches(program: EagerProgram, place: Place, depth: int) -> int:
    """How many branches were open already where a forward pass began."""
    if depth == len(place.frames):
        return place.branches
    node = place.frames[depth].node
    return next((a.place.branches for a in program.applications if a.place.node is node), 0)


def _overwriting(program: EagerProgram, hook: Hook) -> Store | None:
    """Where a hook writes what it is given under a key or name that doesn't change from call to call."""
    import libcst as cst

    found: Store | None = None
    for store in program.stores:
        if store.place.hook is not hook:
            continue
        target = store.place.node
        if not isinstance(target, (cst.Subscript, cst.Attribute, cst.Name)) and not _replaces(target):
            return None
        if not _of_output(store, hook) or _is_read(program, store):
            return None
        if isinstance(target, cst.Subscript) and not _is_fixed(program, target, hook):
            return None
        found = found or store
    return found


def _is_read(program: EagerProgram, store: Store) -> bool:
    """Whether the function that stores reads what it overwrites, to count or to add up."""
    import libcst as cst

    target = store.place.node
    todo: list[CSTNode] = [store.place.frames[-1].function.node]
    while todo:
        node = todo.pop()
        if node is target:
            todo.extend(getattr(node, "args", ()))
            continue
        if isinstance(node, cst.Name) and isinstance(target, cst.Name) and node.value == target.value:
            if node in program.values:
                return True
        if isinstance(node, (cst.Subscript, cst.Attribute)) and node in program.values:
            if any(value is store.target for value in program.values.get(node.value, ())):
                return True
        todo.extend(node.children)
    return False


def _replaces(node: CSTNode) -> bool:
    """Whether a call puts one value in the place of another: `acts.update(h=output)`, `setattr(self, "h", output)`."""
    import libcst as cst

    if not isinstance(node, cst.Call):
        return False
    called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return isinstance(called, cst.Name) and called.value in ("update", "__setitem__", "setattr")


def _is_fixed(program: EagerProgram, target: Subscript, hook: Hook) -> bool:
    """Whether the key of an element is one and the same at each call: no call gives it, the hook changes no part."""
    import libcst as cst

    changed = {b.name for b in program.bindings if b.place.hook is hook}
    changed |= {
        s.place.node.attr.value
        for s in program.stores
        if s.place.hook is hook and isinstance(s.place.node, cst.Attribute)
    }
    todo: list[CSTNode] = list(target.slice)
    while todo:
        node = todo.pop()
        if isinstance(node, cst.Call) or isinstance(node, cst.Name) and node.value in changed:
            return False
        todo.extend(node.children)
    return True


def _of_output(store: Store, hook: Hook) -> bool:
    """Whether a hook stores nothing but what it computes from this call's input and output."""
    from actlint.program.eager.values import Opaque, Tensor, parts

    todo, seen = [store.value], set()
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Opaque):
            return False
        if isinstance(value, Tensor) and value.place.hook is None and value is not hook.output:
            return False
        todo.extend(value.inputs if isinstance(value, Tensor) else parts(value))
    return len(seen) > 0


RULE = Rule(
    code="ACT320",
    name="hook-on-reused-module",
    message="module is called several times in forward(): the hook keeps only the last call",
    what="A forward hook writes the output of its module under one fixed key or name, and one forward pass calls this "
    "module several times.",
    why="A hook runs at every call and the last one wins: what is taken for the first layer's activation is another "
    "layer's, and where the shapes agree nothing tells. Hooks that append, that count their calls, or that sit on a "
    "module with one call are not reported.",
    bad="""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 6)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.second(self.relu(self.first(x))))


net, captured = Net(), {}


def keep(module, inputs, output):
    captured["hidden"] = output


net.relu.register_forward_hook(keep)
net(torch.ones(2, 4))
""",
    good="""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 8), nn.Linear(8, 6)
        self.hidden_relu, self.relu = nn.ReLU(), nn.ReLU()

    def forward(self, x):
        return self.relu(self.second(self.hidden_relu(self.first(x))))


net, captured = Net(), {}


def keep(module, inputs, output):
    captured["hidden"] = output


net.hidden_relu.register_forward_hook(keep)
net(torch.ones(2, 4))
""",
    sources=(
        "https://github.com/openai/CLIP/pull/239",
        "https://github.com/mlfoundations/open_clip/pull/78",
        "https://github.com/jmschrei/tangermeme/pull/54",
        "https://github.com/meta-pytorch/captum/issues/578",
    ),
    fix="none",
    check=check,
    triggers=(b"register_forward_hook",),
    reads="torch",
)
