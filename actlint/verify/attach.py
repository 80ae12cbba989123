"""Whether a plan's names still mean in a polished rewrite what they meant in the one that was written."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from actlint.verify.modules import parsed
from actlint.verify.proof import Proof, reason
from actlint.verify.runners.instrument import Names, functions

Key = tuple[str, str]


class Attached:
    """A plan for today's rewrite, sentences on what can't be compared any more, and the names that aren't found."""

    def __init__(self, plan: dict[str, Any], notes: list[str], missing: list[dict[str, Any]]) -> None:
        self.plan, self.notes, self.missing = plan, notes, missing


def attach(
    plan: Mapping[str, Any],
    first: Mapping[str, Any],
    then: bytes,
    now: bytes,
    entry: str,
    others: Iterable[Path],
    map_file: str,
) -> Attached:
    """Carry a plan over from the entry file's content `then` to its content `now`. `first` is the plan that was
    made for `then`, before a person changed its map.

    Parameters that were renamed are followed by their position. Probes whose variable is assigned otherwise are
    dropped, with a note. A run's function that is neither in `now` nor in the `others` is missing; reasons name
    `map_file`.
    """
    made = copy.deepcopy(dict(plan))
    try:
        old, new = ast.parse(then), ast.parse(now)
    except (SyntaxError, ValueError):
        return Attached(made, [], [])
    elsewhere = [tree for tree in map(parsed, others) if tree is not None]
    trees = [new, *elsewhere]
    missing = _follow_runs(made, first, old, trees, entry, map_file)
    notes = _follow_probes(made, _assignments([old]), _assignments(trees))
    return Attached(made, notes, missing)


def without_names(proof: Proof, map_file: str) -> Proof:
    """A proof in which weights weren't found is no evidence of a difference: only their names are left to report."""
    lost = [dict(own, help=_renamed(map_file)) for own in proof.reasons if own["code"] == "PRF304"]
    if lost:
        proof.verdict, proof.reasons = "inconclusive", lost
    return proof


def _renamed(map_file: str) -> str:
    return f"if it was renamed, write its new place into {map_file}, under [weights]"


def _follow_runs(
    plan: dict[str, Any], first: Mapping[str, Any], old: ast.Module, trees: list[ast.Module], entry: str, map_file: str
) -> list[dict[str, Any]]:
    before: dict[str, list[str]] = functions(old)
    known: dict[str, list[str]] = {}
    for tree in trees:
        known = {**functions(tree), **known}
    missing: dict[str, dict[str, Any]] = {}
    for run, own in zip(plan["runs"], first["runs"], strict=True):
        name = run["callable"]
        if not name:
            continue
        if name not in known:
            text = f"the rewrite has no function {name}, which stands for the run {run['site']}"
            help = (
                f'if it was renamed, write the new name into {map_file}: [[site]] before = "{run["site"]}", after = ...'
            )
            missing.setdefault(f"{name} {run['site']}", reason("PRF304", text, file=entry, help=help))
            continue
        now = known[name]
        renamed = dict(zip(before.get(own["callable"], now), now, strict=False))
        run["parameters"] = {
            parameter if parameter in now else renamed.get(parameter, parameter): source
            for parameter, source in run["parameters"].items()
        }
        for parameter in run["parameters"]:
            if parameter not in now:
                text = f"{name} has no parameter {parameter}, which takes what the run {run['site']} feeds"
                help = f"if it was renamed, write the new name into {map_file}, `parameters` of this site"
                missing.setdefault(f"{name}({parameter})", reason("PRF304", text, file=entry, help=help))
    return list(missing.values())


def _follow_probes(plan: dict[str, Any], then: Mapping[Key, int], now: Mapping[Key, int]) -> list[str]:
    notes: list[str] = []
    for probe in plan["probes"]:
        after = probe.get("after")
        if not after:
            continue
        key = after["function"], after["variable"]
        if not now.get(key):
            notes.append(f"{probe['role']} '{probe['name']}': {_where(after)} is no longer assigned")
        elif then.get(key) and then[key] != now[key]:
            notes.append(f"{probe['role']} '{probe['name']}': {_where(after)} is assigned in other places than before")
        else:
            continue
        probe["after"] = None
    return notes


def _where(after: Mapping[str, Any]) -> str:
    return f"`{after['variable']}`" + (f" in {after['function']}" if after["function"] else "")


class _Counting(Names):
    """Counts assignments as the instrumentation does."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[Key, int] = {}

    def _nth(self, name: str) -> int:
        nth: int = super()._nth(name)
        self.found[".".join(self.path), name] = nth + 1
        return nth


def _assignments(trees: Iterable[ast.Module]) -> dict[Key, int]:
    """How often each function of the entry file, or of another one that it has moved to, assigns each name."""
    found: dict[Key, int] = {}
    for tree in trees:
        counting = _Counting()
        counting.visit(copy.deepcopy(tree))
        found = {**counting.found, **found}
    return found
