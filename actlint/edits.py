"""Edits of text files and notebooks by row and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from actlint.files.notebook import Cell, Notebook
from actlint.files.source import Source
from actlint.findings import Edit, Position

_NEWLINE = re.compile("\r\n|\r|\n")


def overlaps(edit: Edit, others: Iterable[Edit]) -> bool:
    """Whether an edit touches what another one replaces, or says a second time what stands at one place."""
    return any(edit.start < other.end and other.start < edit.end or edit.start == other.start for other in others)


def apply(text: str, edits: Sequence[Edit]) -> str:
    """A text with edits, none of which overlaps another one, applied."""
    starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def offset(position: Position) -> int:
        return starts[position.row - 1] + position.column - 1 if position.row <= len(starts) else len(text)

    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: offset(edit.start)] + edit.text + text[offset(edit.end) :]
    return text


def edited(source: Source, edits: Sequence[Edit]) -> bytes:
    """A file with edits, none of which overlaps another one, applied. A notebook's edits are within one cell each."""
    if not isinstance(source, Notebook):
        return source.encode(apply(source.text, edits))
    by_cell: dict[Cell, list[Edit]] = {}
    for edit in edits:
        cell = source.cell_at(edit.start.row)
        by_cell.setdefault(cell, []).append(replace(edit, start=_within(cell, edit.start), end=_within(cell, edit.end)))
    return source.rewritten({cell.number: _edited_cell(cell, own) for cell, own in by_cell.items()})


def is_applicable(source: Source, edit: Edit) -> bool:
    """Whether a file can have an edit: one of a notebook stays within a cell."""
    if not isinstance(source, Notebook):
        return True
    cell = source.cell_at(edit.start.row)
    return edit.end.row < cell.first + cell.rows or edit.end == Position(cell.first + cell.rows, 1)


def _edited_cell(cell: Cell, edits: Sequence[Edit]) -> str:
    """The last line of a cell goes without a newline, also where it wasn't the last one."""
    text = apply(cell.text, edits)
    return text if cell.text.endswith("\n") else text.removesuffix("\n").removesuffix("\r")


def _within(cell: Cell, position: Position) -> Position:
    return replace(position, row=position.row - cell.first + 1)
