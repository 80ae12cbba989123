"""Migration: from a TF1 program to its TensorFlow 2 or PyTorch form, with the plan that a proof attaches to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actlint.migrate.refusals import Reason, Refused, reason
from actlint.syntax.walk import forget

if TYPE_CHECKING:
    from actlint.program import Program

__all__ = ["Reason", "Refused", "Rewrite", "rewrite"]


@dataclass
class Rewrite:
    """What a migration would write: changed files, new files, the proof's plan, and remarks for the user."""

    files: dict[Path, str] = field(default_factory=dict)
    new_files: dict[Path, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def rewrite(program: Program, target: str, hidden: str = "hook") -> Rewrite:
    """Rewrite a program to "tf2" or "torch"; `hidden` is "hook" or "return" (torch only).

    Raises Refused, with every reason that was found, when the program can't be carried over faithfully. A program
    without TF1 graph code
    gives an empty rewrite.
    """
    if not program.is_graph_program:
        return Rewrite()
    try:
        return _first(program, target, hidden)
    finally:
        forget()


def _first(program: Program, target: str, hidden: str) -> Rewrite:
    """The rewrite of the first form of a program that can be carried over."""
    tried: list[Refused] = []
    for form, notes, shared in _forms(program):
        try:
            made = _rewritten(form, target, hidden, shared)
        except Refused as refused:
            tried.append(refused)
            continue
        made.notes += notes
        return made
    raise min(tried[1:] + tried[:1], key=lambda one: len(one.reasons))


def _forms(program: Program) -> Iterator[tuple[Program, list[str], bool]]:
    """The program as it is, then other forms; remarks on each, and whether functions around weights are written out."""
    from actlint.migrate.arms import reached
    from actlint.migrate.copied import around

    yield program, [], False
    others = [(program, []), *((other.program, other.notes) for other in reached(program))]
    for form, notes in others:
        if form is not program:
            yield form, notes, False
        if any(around(form)):
            yield form, notes, True


def _rewritten(program: Program, target: str, hidden: str, shared: bool = False) -> Rewrite:
    from actlint.migrate.checks import undefined_names
    from actlint.migrate.emit import Emitter
    from actlint.migrate.flow import Flow
    from actlint.migrate.keys import Keys
    from actlint.migrate.names import Names
    from actlint.migrate.plan import plan
    from actlint.migrate.regions import Regions
    from actlint.migrate.straighten import straighten
    from actlint.migrate.targets import make_target
    from actlint.migrate.twins import separated
    from actlint.migrate.units import Building
    from actlint.migrate.wrapping import wrapped

    unknown = [
        reason(
            "REF101",
            use.file,
            program.trees[use.file].position(use.node)[0].row,
            f"tf.{use.symbol} {use.why}",
        )
        for use in program.unsupported
    ]
    if unknown:
        raise Refused(list(dict.fromkeys(unknown)))
    program = separated(straighten(program, shared))
    building = Building(program)
    names = Names(building.modules)
    for unit in building.units:
        for name in building.training_names(unit):
            (unit.home.names if unit.home.is_class else names).release(name)
    flow = Flow(building, Keys(building, names))
    regions = Regions(flow, names)
    emitter = Emitter(building, flow, regions, names, make_target(target, hidden))
    modules = emitter.modules()
    files: dict[Path, str] = {}
    for file, module in modules.items():
        before = program.trees[file].source.text
        lost = undefined_names(module.code) - undefined_names(before)
        if lost:
            raise Refused(
                [
                    reason(
                        "REF103",
                        file,
                        building.first_line(name, file),
                        f"{name} would be lost: the code that makes it can't be told apart from the graph",
                    )
                    for name in sorted(lost)
                ]
            )
        if module.code != before:
            files[file] = wrapped(module.code, before)
    if not files:
        raise Refused([reason("REF103", program.entry, 0, "nothing of the program could be rewritten")])
    return Rewrite(files, dict(emitter.new_files), plan(emitter), list(emitter.notes))
