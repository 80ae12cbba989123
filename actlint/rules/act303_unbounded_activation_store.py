"""ACT303: a hook appends activations to a list that nobody empties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Sink
    from actlint.program.eager.values import Hook


def check(program: Program) -> Iterator[Finding]:
    """One finding per place in a hook that appends an attached activation to a list which only grows."""
    from actlint.program.eager.values import Items, state_of

    eager = program.eager
    seen: set[object] = set()
    for store in eager.stores:
        hook, items = store.place.hook, store.target
        if hook is None or not isinstance(items, Items) or items.emptied or items.place.hook is not None:
            continue
        if store.place.node in seen or state_of(store.value) != "attached" or hook.escaped:
            continue
        if not _trained(eager, hook):
            continue
        seen.add(store.place.node)
        bound = next((b.name for b in eager.bindings if b.value is items), "")
        message = (
            f"hook appends every step's activation to {f'`{bound}`' if bound else 'a list'}, which is never cleared"
        )
        help = "clear the list at the start of each step, or keep the current step's activation under a key"
        related = [spot(eager, items.place, "the list is made here"), spot(eager, hook.place, "hooked here")]
        yield report(RULE, eager, store.place, message, help, related)


def _trained(program: EagerProgram, hook: Hook) -> bool:
    """Whether a loop differentiates losses while the hook is registered."""
    return any(
        sink.kind == "backward" and sink.place.index > hook.place.index and _outlives(hook, sink)
        for sink in program.sinks
    )


def _outlives(hook: Hook, sink: Sink) -> bool:
    """Whether a hook stays from turn to turn of a loop around a loss."""
    loops = [loop for loop in sink.place.loops if loop not in hook.place.loops]
    return bool(loops) and not any(
        loops[-1] in removal.loops or removal.index < sink.place.index for removal in hook.removals
    )


RULE = Rule(
    code="ACT303",
    name="unbounded-activation-store",
    message="hook appends activations to a list that is never cleared",
    what="A forward hook appends its module's output, with its graph, to a list of the program, the program trains in "
    "a loop, and nothing takes elements out again: no `clear()`, `pop()`, `del`, no fresh list in its stead.",
    why="Every step's activations stay in memory with the graph behind them, until there is none left; a penalty that "
    "sums the list counts the activations of old batches again, and in the second step `backward()` fails in the "
    "graph of the first. Values that are detached, as collectors for an evaluation do, and hooks that are removed, "
    "are not reported.",
    bad="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
activations = []
net[1].register_forward_hook(lambda module, inputs, output: activations.append(output))
for step in range(10):
    loss = net(torch.ones(2, 4)).mean()
    loss.backward()
""",
    good="""\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
activations = []
net[1].register_forward_hook(lambda module, inputs, output: activations.append(output))
for step in range(10):
    activations.clear()
    loss = net(torch.ones(2, 4)).mean() + activations[0].abs().mean()
    loss.backward()
""",
    sources=(
        "https://github.com/meta-pytorch/opacus/issues/176",
        "https://github.com/KamitaniLab/bdpy/issues/72",
        "https://github.com/pytorch/pytorch/issues/1840",
    ),
    fix="none",
    check=check,
    triggers=(b"register_forward_hook",),
    reads="torch",
)
