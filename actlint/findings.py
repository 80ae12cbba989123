"""What a rule reports: a place in a file, a code, a sentence, and a way on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Position:
    """A place in a source file. Rows and columns count from 1; columns are code points, as in ruff.

    Rows of a notebook count through its code cells; with a `cell`, a number from 1, they count within that one."""

    row: int
    column: int
    cell: int | None = None


@dataclass(frozen=True)
class Related:
    """Another place that belongs to a finding, such as the line that made the hidden tensor."""

    path: Path
    position: Position
    message: str


@dataclass(frozen=True)
class Edit:
    """A part of the finding's file that is replaced; `end` is exclusive."""

    start: Position
    end: Position
    text: str


@dataclass(frozen=True)
class Fix:
    """What repairs a finding. A safe one does what the code was surely meant to do."""

    message: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True)
class Finding:
    """One diagnostic. `end` is exclusive.

    Where `related` is the way that a value takes, in order, `step` tells how many of these places come before the
    finding's own."""

    path: Path
    code: str
    name: str
    message: str
    start: Position
    end: Position
    help: str | None = None
    related: tuple[Related, ...] = ()
    step: int | None = None
    fix: Fix | None = None
