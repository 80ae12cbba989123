"""What findings of the rules for eager code say: places, the way that a value took, names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actlint.findings import Edit, Finding, Fix, Related
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program.eager import EagerProgram
    from actlint.program.eager.losses import CutTerm
    from actlint.program.eager.values import Place, Tensor

_CUTS = {
    "detach": "detached here",
    "host": "becomes a number without a gradient here",
    "rewrap": "becomes a new tensor without a gradient here",
    "no_grad": "computed without gradients here",
    "round": "has no derivative here",
}


def report(
    rule: Rule,
    program: EagerProgram,
    place: Place,
    message: str,
    help: str,
    before: Iterable[Related] = (),
    after: Iterable[Related] | None = None,
    fix: Fix | None = None,
) -> Finding:
    """A finding of a rule at the expression of a place, with other places that belong to it.

    With `after` they are the way of a value: where it was before it came to the finding's place, and where after."""
    start, end = program.trees[place.file].position(place.node)

    def others(related: Iterable[Related]) -> tuple[Related, ...]:
        return tuple(dict.fromkeys(r for r in related if (r.path, r.position) != (place.file, start)))

    first, last = others(before), others(after or ())
    step = None if after is None else len(first)
    return Finding(place.file, rule.code, rule.name, message, start, end, help, first + last, step, fix)


def replace(program: EagerProgram, place: Place, message: str, changes: Iterable[tuple[CSTNode, str]]) -> Fix:
    """A safe fix that writes other text where nodes of a place's file stand."""
    tree = program.trees[place.file]
    return Fix(message, tuple(Edit(*tree.position(node), text) for node, text in changes))


def spot(program: EagerProgram, place: Place, message: str) -> Related:
    """A place that belongs to a finding."""
    return Related(place.file, program.trees[place.file].position(place.node)[0], message)


def way(program: EagerProgram, term: CutTerm) -> tuple[list[Related], list[Related]]:
    """The way that a cut value took: where it was cut and kept before it came into its term, and where the loss is."""
    before: list[Related] = []
    for cut in term.cuts[:2]:
        before.append(spot(program, cut.place, _CUTS[cut.cut]))
        store = program.stored(cut)
        if store is not None:
            before.append(spot(program, store.place, "captured here"))
    return before, [spot(program, term.sink.place, "read by the loss here")]


def text(program: EagerProgram, place: Place) -> str:
    """The source of an expression, on one line and not too long."""
    found = " ".join(program.trees[place.file].text(place.node).split())
    return f"`{found if len(found) <= 40 else found[:37] + '...'}`"


def name(program: EagerProgram, tensor: Tensor) -> str:
    """What a tensor is bound to, else how it is written."""
    bound = next((b.name for b in program.bindings if b.value is tensor), "")
    return f"`{bound}`" if bound else text(program, tensor.place)
