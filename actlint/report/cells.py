"""Findings in notebooks: their places as cells and lines, and where these are in the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from actlint.files.notebook import Cell, Notebook
from actlint.findings import Edit, Finding, Fix, Position

Notebooks = Callable[[Path], Notebook | None]
"""The notebook that a file is, None for other files."""


def no_notebook(path: Path) -> None:
    """Where there are no notebooks."""


def in_cells(finding: Finding, notebooks: Notebooks) -> Finding:
    """A finding whose places in notebooks name their cells."""
    found = notebooks(finding.path)
    related = tuple(
        replace(one, position=_local(book.cell_at(one.position.row), one.position)) if book and book.cells else one
        for one in finding.related
        for book in (notebooks(one.path),)
    )
    if found is None or not found.cells:
        return replace(finding, related=related)
    cell = found.cell_at(finding.start.row)
    start, end = _local(cell, finding.start), _local(cell, finding.end)
    fix = _fix(finding.fix, found) if finding.fix else None
    return replace(finding, start=start, end=end, related=related, fix=fix)


def in_document(path: Path, position: Position, notebooks: Notebooks) -> Position:
    """The place in the file itself: for a notebook where in its JSON."""
    found = notebooks(path)
    if found is None or position.cell is None:
        return position
    return Position(*found.in_document(position.cell, position.row, position.column))


def _fix(fix: Fix, notebook: Notebook) -> Fix:
    def edit(one: Edit) -> Edit:
        cell = notebook.cell_at(one.start.row)
        return replace(one, start=_local(cell, one.start), end=_local(cell, one.end))

    return replace(fix, edits=tuple(map(edit, fix.edits)))


def _local(cell: Cell, position: Position) -> Position:
    return Position(position.row - cell.first + 1, position.column, cell.number)
