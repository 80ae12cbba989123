"""How much of some files the catalogue of symbols covers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, TextIO

from actlint.report.terminal import draw, line


@dataclass
class Coverage:
    """The unknown symbols of files: `unknown` counts the files of each, `uses` its uses. `skipped` says why."""

    files: int = 0
    covered: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    uses: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    open: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The files that aren't covered whole, with their unknown symbols."""

    def add(self, file: str, unknown: Counter[str]) -> None:
        """Count a file, by its unknown symbols."""
        self.files += 1
        self.covered += not unknown
        self.unknown.update(unknown.keys())
        self.uses.update(unknown)
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
        "symbols": [
            {"name": f"tf.{name}", "files": found.unknown[name], "uses": found.uses[name]} for name in found.ranked()
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
    share = f" ({100 * found.covered / found.files:.0f} %)" if found.files else ""
    noun = "file uses" if found.files == 1 else "files use"
    draw([*lines, line(f"{found.files} {noun} TensorFlow; of {found.covered}{share} every symbol is known.")], stream)
