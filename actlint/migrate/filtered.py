"""Comprehensions over a collection of variables that choose among them by TF1's names: the chosen ones are listed."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.source import walk
from actlint.program.binding import BoundCall
from actlint.program.expressions import truthiness
from actlint.program.model import Program
from actlint.program.values import Sequence, Variable

COLLECTIONS = ("trainable_variables", "global_variables", "all_variables", "get_collection")


def chosen(program: Program, clause: cst.CompFor) -> list[Variable] | None:
    """The variables that the conditions of a clause leave; None where it isn't such a clause, or they aren't known."""
    binding = program.bindings.get(clause.iter)
    if not isinstance(binding, BoundCall) or binding.entry.name not in COLLECTIONS or not _asks_names(clause):
        return None
    found: list[list[Variable]] = []
    for evaluation in program.facts.get(clause.iter, []):
        held = evaluation.value
        if not isinstance(held, Sequence) or held.partial:
            return None
        left: list[Variable] = []
        for turn, item in enumerate(held.items):
            place = evaluation.calls, (*evaluation.turns, (clause, turn))
            answers = {
                truthiness(e.value) for c in clause.ifs for e in program.facts.get(c.test, []) if _place(e) == place
            }
            if not isinstance(item, Variable) or not answers or None in answers:
                return None
            left += [item] if False not in answers else []
        found.append(left)
    same = bool(found) and all(left == found[0] for left in found)
    return found[0] if same else None


def _place(evaluation):  # noqa: ANN001, ANN202
    return evaluation.calls, evaluation.turns


def _asks_names(clause: cst.CompFor) -> bool:
    """Whether the conditions read the name of what the clause goes through."""
    target = clause.target
    return isinstance(target, cst.Name) and any(
        isinstance(part, cst.Attribute)
        and part.attr.value == "name"
        and isinstance(part.value, cst.Name)
        and part.value.value == target.value
        for condition in clause.ifs
        for part in walk(condition.test)
    )
