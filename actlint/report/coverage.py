"""How much of some files the catalogue of symbols covers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TextIO

from actlint.report.terminal import draw, line


@dataclass
class Coverage:
    """The unknown symbols of files: `unknown` counts the files of each, `uses` its uses. `refused` counts the files of
    known symbols that aren't carried over, and `reasons` says why; `skipped` says why for files."""

    files: int = 0
    covered: int = 0
    barred: int = 0
    """Files with symbols that are refused."""
    unknown: Counter[str] = field(default_factory=Counter)
    uses: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    open: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The files that aren't covered whole, with their unknown symbols."""

    def add(self, file: str, unknown: Counter[str], refused: dict[str, str]) -> None:
        """Count a file, by its unknown symbols, and by those that are refused with their reasons."""
        self.files += 1
        self.covered += not unknown
        self.barred += bool(refused)
        self.unknown.update(unknown.keys())
        self.uses.update(unknown)
        self.refused.update(refused.keys())
        self.reasons.update(refused)
        if unknown:
            self.open[file] = tuple(sorted(unknown))

    def ranked(self) -> list[str]:
        """The unknown symbols, those of the most files first."""
        return sorted(self.unknown, key=lambda name: (-self.unknown[name], -self.uses[name], name))


def as_json(found: Coverage) -> dict[str, Any]:
    """The report for programs."""
    return {
        "version": 1,
        "files": found.files,
        "covered": found.covered,
        "barred": found.barred,
        "symbols": [
            {"name": f"tf.{name}", "files": found.unknown[name], "uses": found.uses[name]} for name in found.ranked()
        ],
        "refused": [
            {"name": f"tf.{name}", "files": count, "reason": found.reasons[name]}
            for name, count in sorted(found.refused.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "open": {file: [f"tf.{name}" for name in names] for file, names in sorted(found.open.items())},
        "skipped": found.skipped,
    }


def show(found: Coverage, stream: TextIO) -> None:
    """The report for people."""
    lines = [
        line(f"{found.unknown[name]:>5} {found.uses[name]:>6}  ", (f"tf.{name}", "bold")) for name in found.ranked()
    ]
    if lines:
        lines = [line(("files   uses  symbol that the catalogue doesn't know", "dim")), *lines, line("")]
    known = [
        line(f"{count:>5}  ", (f"tf.{name}", "bold"), f" {found.reasons[name]}")
        for name, count in sorted(found.refused.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    if known:
        lines += [line(("files  symbol that fix refuses, and why", "dim")), *known, line("")]
    share = f" ({100 * found.covered / found.files:.0f} %)" if found.files else ""
    noun = "file uses" if found.files == 1 else "files use"
    total = f"{found.files} {noun} TensorFlow; of {found.covered}{share} every symbol is known"
    barred = f", and fix refuses symbols of {found.barred}" if found.barred else ""
    draw([*lines, line(f"{total}{barred}.")], stream)
