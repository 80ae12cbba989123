"""The documentation's page on what the proof notices, made from outcomes and the reviewed list of survivors."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

PAGE = Path(__file__).resolve().parents[3] / "actlint" / "docs" / "mutation.md"
SURVIVORS = Path(__file__).with_name("survivors.toml")

INTRODUCTION = """\
# The proof, tested by mutation

Right rewrites were damaged mechanically, one wrong edit at a time, at every place where a kind of edit applies, and
each damaged rewrite was put through the proof. The rewrites are those of programs in `fixtures/` and `tests/`.
`tests/verify/mutation/` holds the edits and makes this page; don't edit it by hand.
"""


@dataclass(frozen=True)
class Survivor:
    """An argument about mutants that are proved: they are `equivalent`, or the proof can't see them (`unseen`)."""

    mutants: tuple[str, ...]
    kind: str
    argument: str

    def covers(self, key: str) -> bool:
        """Whether the argument is about that mutant."""
        return any(fnmatchcase(key, pattern) for pattern in self.mutants)


def survivors() -> list[Survivor]:
    """The reviewed arguments."""
    entries = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivor"]
    return [Survivor(tuple(entry["mutants"]), entry["kind"], entry["argument"]) for entry in entries]


def render(outcomes: Sequence[Any]) -> str:
    """The page's text."""
    tally: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        row = tally.setdefault(outcome.mutator, Counter())
        row["sites"] += 1
        row[outcome.verdict] += 1
        row["crash"] += outcome.crash
    total: Counter[str] = sum(tally.values(), Counter())
    left = [outcome for outcome in outcomes if outcome.verdict not in ("differs", "inconclusive")]
    arguments = survivors()
    equivalent = [o for o in left if any(a.kind == "equivalent" and a.covers(o.key) for a in arguments)]
    parts = [
        INTRODUCTION,
        _summary(len(outcomes), len(equivalent), len(left), total),
        _table(["subject", "edits"], sorted(Counter(outcome.subject for outcome in outcomes).items())),
        "`crash`: of those that differ, the ones that can't be run any more.\n",
        _table(
            ["edit", "sites", "differs", "crash", "inconclusive", "survived"],
            [[name, *_numbers(row)] for name, row in [*tally.items(), ("all", total)]],
        ),
        "## Survivors\n",
        *_sections(left, arguments),
    ]
    return "\n".join(parts)


def _summary(edits: int, equivalent: int, survived: int, total: Mapping[str, int]) -> str:
    wrong = edits - equivalent
    share = 100 * total["differs"] / max(wrong, 1)
    return (
        f"Of {edits} edits, {equivalent} leave the program as it was (argued below). Of the {wrong} others,\n"
        f"{total['differs']} come out as `differs` ({share:.1f} %), {total['inconclusive']} as `inconclusive`,\n"
        f"and {survived - equivalent} are proved although they are wrong.\n"
    )


def _numbers(row: Mapping[str, int]) -> list[int]:
    survived = row["sites"] - row["differs"] - row["inconclusive"]
    return [row["sites"], row["differs"], row["crash"], row["inconclusive"], survived]


def _sections(left: Sequence[Any], arguments: Iterable[Survivor]) -> Iterable[str]:
    for argument in arguments:
        own = [outcome for outcome in left if argument.covers(outcome.key)]
        if own:
            yield f"{argument.kind.capitalize()}: {argument.argument}\n"
            yield "\n".join(f"- `{o.key}`: `{_short(o.old)}` became `{_short(o.new)}`" for o in own) + "\n"
    rest = [outcome for outcome in left if not any(argument.covers(outcome.key) for argument in arguments)]
    if rest:
        yield "Not argued yet:\n"
        yield "\n".join(f"- `{o.key}`: `{_short(o.old)}` became `{_short(o.new)}`" for o in rest) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:97] + "..."


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]) + "\n"


def recorded() -> tuple[dict[str, int], dict[str, int]]:
    """The numbers of edits by subject and by mutator that the page tells."""
    text = PAGE.read_text(encoding="utf-8")
    subjects = {name: int(count) for name, count in re.findall(r"^\| (\w+/\w+) \| (\d+) \|$", text, re.MULTILINE)}
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| \d+ \| \d+ \| \d+ \| \d+ \|$", text, re.MULTILINE)
    return subjects, {name: int(count) for name, count in rows if name != "all"}
