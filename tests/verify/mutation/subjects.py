"""The programs whose rewrites are damaged: the fixtures, some cases of the migration, and `programs/`."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from actlint.files.source import read
from actlint.migrate import rewrite
from actlint.program import analyze
from tests.fixtures.update import FAMILIES, original
from tests.migrate.update import CASES
from tests.migrate.update import sections as case_sections

PROGRAMS = Path(__file__).parent / "programs"
CASE_NAMES = ("inner_tensor_fed", "one_builder_two_layers", "optimizer_by_name", "shared_builder", "variable_reads")
TARGETS = ("tf2", "torch")


@dataclass(frozen=True)
class Subject:
    """A program and its right rewrite. `plan` ties them together for the proof."""

    name: str
    target: str
    before: str
    after: str
    plan: dict[str, Any]

    @property
    def label(self) -> str:
        """Name and target."""
        return f"{self.name}/{self.target}"


def names() -> list[str]:
    """The programs, the fixtures first."""
    return [*FAMILIES, *sorted(path.stem for path in PROGRAMS.glob("*.txt")), *CASE_NAMES]


@cache
def subject(name: str, target: str) -> Subject:
    """The subject of that name; its rewrite is what the migration makes today."""
    before = _source(name)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.py").resolve()
        program.write_text(before, encoding="utf-8")
        made = rewrite(analyze(program, read), target)
    return Subject(name, target, before, made.files[program], made.spec)


def subjects() -> list[Subject]:
    """Every program in both targets."""
    return [subject(name, target) for name in names() for target in TARGETS]


def _source(name: str) -> str:
    if name in FAMILIES:
        return original(name).read_text(encoding="utf-8")
    if name in CASE_NAMES:
        return case_sections(CASES / f"{name}.txt")["tf1"]
    return (PROGRAMS / f"{name}.txt").read_text(encoding="utf-8")
