"""ACT313: modules in a list or dict that their owner doesn't know of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Store
    from actlint.program.eager.values import Object
    from actlint.program.values import Value

_TORCH = ("torch.nn.", "lightning.")
_HARMLESS = frozenset({"to", "cuda", "cpu", "train", "eval", "float", "double", "half", "apply"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per list or dict attribute of a module that alone holds layers made for it."""
    from actlint.program.eager.objects import registered
    from actlint.program.eager.trained import optimized
    from actlint.program.eager.values import Items, Object, Table

    eager = program.eager
    trained = optimized(eager, lambda module: (module, *registered(module))) or set()
    seen: set[object] = set()
    for store in eager.stores:
        owner, held = store.target, store.value
        if not isinstance(owner, Object) or owner.cls is None or not owner.symbol.startswith(_TORCH):
            continue
        if not isinstance(held, (Items, Table)) or held.emptied or store.place.node in seen or not owner.complete:
            continue
        layers = _layers(owner, held)
        known = {id(part) for part in registered(owner)} | trained
        if not layers or any(id(layer) in known or layer.told - _HARMLESS or layer.frozen for layer in layers):
            continue
        seen.add(store.place.node)
        kind = "dict" if isinstance(held, Table) else held.kind
        message = f"modules in a plain {kind} are not registered: they are not trained, moved or saved with the model"
        help = "use nn.ModuleDict" if isinstance(held, Table) else "use nn.ModuleList"
        yield report(RULE, eager, store.place, message, help, fix=_fix(eager, store, layers[0]))


def _layers(owner: Object, held: Value) -> list[Object]:
    """The modules in a container, if there is nothing else in it, all were made while their owner was set up, and one
    has weights."""
    from actlint.program.eager.objects import has_weights
    from actlint.program.eager.values import Object, parts

    found: list[Object] = []
    todo = list(parts(held))
    while todo:
        part = todo.pop(0)
        if not isinstance(part, Object):
            inner = list(parts(part))
            if not inner:
                return []
            todo.extend(inner)
            continue
        inside = any(f.function.name == "__init__" and f.function.owner is not None for f in part.place.frames)
        if not inside or part.place.index < owner.place.index or not part.symbol.startswith(_TORCH):
            return []
        found.append(part)
    return found if any(has_weights(part) for part in found) else []


def _fix(program: EagerProgram, store: Store, layer: Object) -> Fix | None:
    """Wrap a list that is written where it is assigned."""
    import libcst as cst

    tree = program.trees[store.place.file]
    made = layer.place.node
    if not isinstance(made, cst.Call) or not isinstance(made.func, cst.Attribute) or layer.cls is not None:
        return None
    if not layer.symbol.startswith("torch.nn.") or layer.place.file != store.place.file:
        return None
    todo: list[cst.CSTNode] = [store.place.frames[-1].function.node] if store.place.frames else []
    while todo:
        current = todo.pop()
        if isinstance(current, cst.Assign) and any(t.target is store.place.node for t in current.targets):
            value = current.value
            if not isinstance(value, cst.ListComp) and not (isinstance(value, cst.List) and value.elements):
                return None
            package = tree.text(made.func.value)
            return replace(
                program, store.place, "Wrap it in ModuleList", [(value, f"{package}.ModuleList({tree.text(value)})")]
            )
        todo.extend(current.children)
    return None


RULE = Rule(
    code="ACT313",
    name="modules-in-plain-container",
    message="modules in a list or dict attribute are not registered",
    what="An `nn.Module` keeps layers that it makes in a plain list, tuple or dict, and holds them nowhere else.",
    why="`parameters()`, `to()`, `state_dict()` and hooks on all modules see what is registered: hidden or auxiliary "
    "layers in a plain container are never trained, moved or saved (measured: 2 parameters instead of 8). Lists that "
    "are wrapped later, modules that are handed in from outside, and layers whose parameters the program handles "
    "itself, are not reported.",
    bad="""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = [nn.Linear(4, 4) for _ in range(3)]
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)
""",
    good="""\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.out = nn.Linear(4, 1)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)
""",
    sources=(
        "https://github.com/pytorch/pytorch/issues/666",
        "https://github.com/pytorch/pytorch/issues/715",
        "https://github.com/pytorch/pytorch/issues/38639",
        "https://github.com/asyml/texar-pytorch/issues/72",
    ),
    fix="safe",
    check=check,
    triggers=(b"Module",),
    reads="torch",
)
