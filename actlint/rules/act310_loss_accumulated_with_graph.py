"""ACT310: a running total of losses that keeps every step's graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report, spot

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Store
    from actlint.program.eager.values import Items, Tensor
    from actlint.program.values import Value


def check(program: Program) -> Iterator[Finding]:
    """One finding per `total += loss` of a loss that the same loop differentiates, or that nothing does, where nothing
    differentiates the total or might do so."""
    import libcst as cst

    from actlint.program.eager.losses import options
    from actlint.program.eager.values import state_of

    eager = program.eager
    stored = [store.value for store in eager.stores]
    seen: set[object] = set()
    for total in eager.tensors:
        node = total.place.node
        if not isinstance(node, cst.AugAssign) or total.op != "add" or len(total.inputs) != 2 or node in seen:
            continue
        added = options(total.inputs[1])
        sinks = [s for s in eager.sinks if s.kind == "backward" and s.place.loops[-1:] == total.place.loops[-1:]]
        sink = next((s for s in sinks if s.place.loops and any(v is o for v in added for o in options(s.value))), None)
        if total.place.no_grad or not total.place.loops or _is_differentiated(eager, total):
            continue
        if sink is None and (state_of(total.inputs[1]) != "attached" or _is_handed_on(eager, total, stored)):
            continue
        seen.add(node)
        tree = eager.trees[total.place.file]
        term = tree.text(node.value)
        message = f"`{tree.text(node.target)} += {term}` keeps the graph of every step"
        help = f"add the number: {term}.item(), or {term}.detach()"
        fix = replace(eager, total.place, "Add it detached", [(node.value, f"{term}.detach()")])
        related = [] if sink is None else [spot(eager, sink.place, "differentiated here")]
        named = isinstance(node.value, (cst.Name, cst.Attribute))
        yield report(RULE, eager, total.place, message, help, related, fix=fix if named else None)
    yield from _listed(eager)


def _listed(program: EagerProgram) -> Iterator[Finding]:
    """One finding per `losses.append(loss)` to a list that outlives the turn of a loop, and that only reports read."""
    import libcst as cst

    from actlint.program.eager.losses import options
    from actlint.program.eager.values import Items

    seen: set[object] = set()
    for store in program.stores:
        call, items = store.place.node, store.target
        if not isinstance(items, Items) or items.emptied or call in seen or not _outlives(items, store):
            continue
        if not isinstance(call, cst.Call) or len(call.args) != 1 or store.place.no_grad or not _is_loss(store):
            continue
        own = {id(s) for s in program.sinks if any(v is store.value for v in options(s.value))}
        others = (s.value for s in program.sinks if id(s) not in own)
        given = (s.value for s in program.stores if s.target is not items)
        if _reads(program, store.value, others) or _is_handed_on(program, store.value, given):  # type: ignore[arg-type]
            continue
        seen.add(call)
        tree = program.trees[store.place.file]
        term = tree.text(call.args[0].value)
        message = f"`{tree.text(call)}` keeps the graph of every step"
        help = f"append the number: {term}.item(), or {term}.detach()"
        named = isinstance(call.args[0].value, (cst.Name, cst.Attribute))
        fix = replace(program, store.place, "Append it detached", [(call.args[0].value, f"{term}.detach()")])
        related = [spot(program, items.place, "the list is made here")]
        yield report(RULE, program, store.place, message, help, related, fix=fix if named else None)


def _outlives(items: Items, store: Store) -> bool:
    """Whether a list is older than the innermost loop that something is put into it in."""
    return bool(store.place.loops) and store.place.loops[-1] not in items.place.loops and store.place.hook is None


def _is_loss(store: Store) -> bool:
    """Whether what is stored is a loss, with its graph."""
    from actlint.apis.eager import is_loss
    from actlint.program.eager.losses import summands
    from actlint.program.eager.reductions import scaled
    from actlint.program.eager.values import Tensor, state_of

    terms = [scaled(term) for term in summands(store.value)] if state_of(store.value) == "attached" else []
    return any(isinstance(term, Tensor) and is_loss(term.symbol) for term in terms)


def _is_differentiated(program: EagerProgram, total: Tensor) -> bool:
    """Whether a loss reads the total, at any of its evaluations."""
    return _reads(program, total, (sink.value for sink in program.sinks))


def _is_handed_on(program: EagerProgram, total: Tensor, kept: Iterable[Value]) -> bool:
    """Whether other code gets the total: it is returned, stored, or given to a function that nobody knows."""
    from actlint.program.eager.values import Opaque

    unknown = (value for values in program.values.values() for value in values if isinstance(value, Opaque))
    return _reads(program, total, chain(unknown, kept, (returned.value for returned in program.returns)))


def _reads(program: EagerProgram, total: Tensor, values: Iterable[Value]) -> bool:
    from actlint.program.eager.values import ancestors

    same = {id(tensor) for tensor in program.tensors if tensor.place.node is total.place.node}
    return any(id(tensor) in same for value in values for tensor in ancestors(value))


RULE = Rule(
    code="ACT310",
    name="loss-accumulated-with-graph",
    message="total += loss keeps the autograd graph of every step",
    what="A loop adds losses themselves, not their numbers, to a running total, or a list, that no loss "
    "reads: it calls `backward()` on each loss, or nothing differentiates them at all.",
    why="The total refers to every step's loss, and with it to the graph of every step (measured: 164 nodes held, 0 "
    "with `.item()`): memory grows for as long as the total lives. Sums over time steps that are differentiated after "
    "the loop are not reported.",
    bad="""\
import torch
from torch import nn

net = nn.Linear(4, 1)
total = 0.0
for x in torch.ones(10, 2, 4):
    loss = net(x).pow(2).mean()
    loss.backward()
    total += loss
print(total / 10)
""",
    good="""\
import torch
from torch import nn

net = nn.Linear(4, 1)
total = 0.0
for x in torch.ones(10, 2, 4):
    loss = net(x).pow(2).mean()
    loss.backward()
    total += loss.item()
print(total / 10)
""",
    sources=(
        "https://github.com/pytorch/pytorch/issues/1840",
        "https://github.com/pytorch/pytorch/pull/5251",
        "https://github.com/pytorch/pytorch/issues/64586",
        "https://github.com/boschresearch/Continuous-Recurrent-Units/pull/4",
    ),
    fix="safe",
    check=check,
    triggers=(b"+=", b".append("),
    reads="torch",
)
