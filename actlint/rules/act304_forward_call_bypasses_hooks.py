"""ACT304: `module.forward(x)` on a module that has hooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program


def check(program: Program) -> Iterator[Finding]:
    """One finding per direct call of `forward` on a module with a hook that isn't removed."""
    import libcst as cst

    from actlint.program.eager.losses import options

    eager = program.eager
    seen: set[object] = set()
    for module, place in eager.direct:
        hooks = [h for h in eager.hooks if any(part is module for part in options(h.receiver))]
        hook = next((h for h in hooks if all(removal.index > place.index for removal in h.removals)), None)
        call = place.node
        if hook is None or call in seen or not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
            continue
        if not isinstance(call.func.value, (cst.Name, cst.Attribute, cst.Subscript)):
            continue
        if isinstance(call.func.value, cst.Name) and call.func.value.value in ("self", "cls"):
            continue
        seen.add(call)
        tree = eager.trees[place.file]
        called = tree.text(call.func.value)
        message = f"{text(eager, place)} bypasses the hooks of the module: what they capture is missing or stale"
        help = f"call the module itself: {called}(...)"
        related = [spot(eager, hook.place, "hooked here")]
        fix = replace(eager, place, f"Call {called}", [(call.func, called)])
        yield report(RULE, eager, place, message, help, related, fix=fix)


RULE = Rule(
    code="ACT304",
    name="forward-call-bypasses-hooks",
    message="module.forward(x) bypasses the module's hooks",
    what="`forward` is called by name on a module that a hook was registered on.",
    why="Hooks run when the module itself is called. With `module.forward(x)` nothing is captured, and what the loss "
    "reads is the activation of an earlier call. Calls of `super().forward`, and modules without hooks, are not "
    "reported.",
    bad="""\
import torch
from torch import nn

layer = nn.Linear(4, 8)
captured = {}


def keep(module, inputs, output):
    captured["hidden"] = output


layer.register_forward_hook(keep)
hidden = layer.forward(torch.ones(1, 4))
""",
    good="""\
import torch
from torch import nn

layer = nn.Linear(4, 8)
captured = {}


def keep(module, inputs, output):
    captured["hidden"] = output


layer.register_forward_hook(keep)
hidden = layer(torch.ones(1, 4))
""",
    sources=(
        "https://github.com/numenta/nupic.torch/pull/51",
        "https://github.com/mlfoundations/open_flamingo/issues/91",
        "https://github.com/EleutherAI/lm-evaluation-harness/issues/2175",
    ),
    fix="safe",
    check=check,
    triggers=(b"_hook(",),
    reads="torch",
)
