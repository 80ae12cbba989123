"""Edits of text files by row and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
