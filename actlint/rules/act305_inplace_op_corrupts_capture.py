"""ACT305: what a hook captured is overwritten by the operation behind the layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report, spot

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Store
    from actlint.program.eager.values import Hook, Object, Place, Tensor

_INPLACE = frozenset({"ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "SiLU", "Mish", "Hardtanh", "Threshold"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per store of a hook that keeps an output which is overwritten in the same forward pass."""
    from actlint.program.eager.values import Object

    eager = program.eager
    seen: set[object] = set()
    for store in eager.stores:
        hook = store.place.hook
        if hook is None or hook.output is None or not isinstance(hook.receiver, Object):
            continue
        if store.place.node in seen or not _same_memory(store.value, hook.output):
            continue
        place = _overwritten(eager, hook)
        if place is not None:
            seen.add(store.place.node)
            message = "captured output is overwritten by the in-place operation behind the layer"
            help = "keep output.clone(), which has the gradient too, or make the operation behind it not in-place"
            related = [spot(eager, place, "overwritten here"), spot(eager, hook.place, "hooked here")]
            yield report(RULE, eager, store.place, message, help, related, fix=_fix(eager, store, hook.output))


def _same_memory(value: object, output: Tensor) -> bool:
    """Whether a value is the output itself or a detached view of it."""
    from actlint.program.eager.values import Tensor

    while isinstance(value, Tensor) and value.op in ("detach", "data") and value.inputs:
        value = value.inputs[0]
    return value is output


def _overwritten(program: EagerProgram, hook: Hook) -> Place | None:
    """Where the output of a hooked layer is overwritten: by the next module of a Sequential, or in a forward pass."""
    from actlint.program.eager.values import Object

    assert isinstance(hook.receiver, Object)
    for parent in program.objects:
        for child, following in zip(parent.children, parent.children[1:], strict=False):
            if child is hook.receiver and isinstance(following, Object) and _is_inplace(following):
                return following.place if parent.symbol == "torch.nn.Sequential" else None
    for event in program.inplace:
        if event.tensor.via is hook.receiver and event.tensor.op == hook.receiver.symbol.rpartition(".")[2]:
            return event.place
    return None


def _is_inplace(module: Object) -> bool:
    """Whether a module overwrites its input."""
    from actlint.program.eager.values import constant

    last = module.symbol.rpartition(".")[2]
    given = module.arguments.keywords.get("inplace")
    if given is None and last in ("ReLU", "ReLU6", "SELU", "SiLU", "Mish"):
        given = module.arguments.get(0)
    return module.symbol.startswith("torch.nn.") and last in _INPLACE and constant(given) is True


def _fix(program: EagerProgram, store: Store, output: Tensor) -> Fix | None:
    """Keep a copy, where the output is stored under its own name."""
    import libcst as cst

    assert store.place.hook is not None
    function = getattr(store.place.hook.function, "function", store.place.hook.function)
    todo: list[CSTNode] = [getattr(function, "node", store.place.node)]
    while todo:
        current = todo.pop()
        value: CSTNode | None = None
        if isinstance(current, cst.Assign) and any(t.target is store.place.node for t in current.targets):
            value = current.value
        elif current is store.place.node and isinstance(current, cst.Call) and current.args:
            value = current.args[-1].value
        if isinstance(value, cst.Name) and all(found is output for found in program.values.get(value, [])):
            return replace(program, store.place, f"Keep {value.value}.clone()", [(value, f"{value.value}.clone()")])
        todo.extend(current.children)
    return None


RULE = Rule(
    code="ACT305",
    name="inplace-op-corrupts-capture",
    message="captured output of a layer is overwritten by the in-place operation behind it",
    what="A forward hook keeps the output of a layer as it is, and the next operation works in place on the same "
    "memory: `nn.ReLU(inplace=True)` behind it in a `Sequential`, `relu_()` or `+=` in `forward()`.",
    why="When the loss reads the capture, it holds what the in-place operation left: behind a ReLU the pre-activation "
    "has no negative numbers any more, and no error says so. A hook on the in-place module itself captures what is "
    "meant, and a capture that is cloned is safe; neither is reported.",
    bad="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))
captured = {}


def keep(module, inputs, output):
    captured["before"] = output


net[0].register_forward_hook(keep)
loss = net(torch.ones(2, 4)).mean() + captured["before"].pow(2).mean()
loss.backward()
""",
    good="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 1))
captured = {}


def keep(module, inputs, output):
    captured["before"] = output.clone()


net[0].register_forward_hook(keep)
loss = net(torch.ones(2, 4)).mean() + captured["before"].pow(2).mean()
loss.backward()
""",
    sources=(
        "https://github.com/meta-pytorch/captum/issues/156",
        "https://github.com/ViCCo-Group/thingsvision/issues/44",
        "https://github.com/pytorch/pytorch/issues/95617",
        "https://github.com/pytorch/pytorch/issues/61519",
    ),
    fix="safe",
    check=check,
    triggers=(b"register_forward_hook",),
    reads="torch",
)
