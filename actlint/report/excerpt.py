"""A few lines of source with a span marked under them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from actlint.findings import Position
from actlint.report.terminal import Line, line

CONTEXT = 2
LONGEST = 8
_GUTTER = "bold blue"
_MARK = "bold red"


class Excerpt:
    """One file's lines, ready to be shown in part. All excerpts of a finding have one gutter width."""

    def __init__(self, text: str) -> None:
        self._lines = re.split("\r\n|\r|\n", text)

    def width(self, end: Position) -> int:
        """Digits that the gutter needs for a span that ends here."""
        return len(str(min(end.row + CONTEXT, len(self._lines))))

    def lines(
        self, start: Position, end: Position, width: int, label: str = "", mark: str = "^", context: int = CONTEXT
    ) -> Iterator[Line]:
        """The span's lines with their neighbours, closed by an empty gutter. Nothing for a file without that row."""
        last = end.row - 1 if end.row > start.row and end.column == 1 else end.row
        if not 1 <= start.row <= last <= len(self._lines):
            return
        yield gutter("", width)
        first_shown, last_shown = self._shown(start.row, last, context)
        if last == start.row:
            stop = end.column if end.row == start.row else len(self._lines[last - 1]) + 1
            for row in range(first_shown, last_shown + 1):
                yield self._numbered(row, width)
                if row == start.row:
                    yield self._underline(row, start.column, stop, width, mark, label)
        else:
            yield from self._bracketed(start, last, end, (first_shown, last_shown), width, label)
        yield gutter("", width)

    def _shown(self, first: int, last: int, context: int) -> tuple[int, int]:
        low, high = max(1, first - context), min(len(self._lines), last + context)
        while low < first and not self._lines[low - 1].strip():
            low += 1
        while high > last and not self._lines[high - 1].strip():
            high -= 1
        return low, high

    def _numbered(self, row: int, width: int, edge: str = "") -> Line:
        return gutter(str(row), width, (edge, _MARK), visible(self._lines[row - 1]))

    def _underline(self, row: int, start: int, stop: int, width: int, mark: str, label: str) -> Line:
        text = self._lines[row - 1]
        before = columns(visible(text[: start - 1]))
        marks = max(columns(visible(text[: stop - 1])) - before, 1)
        return gutter("", width, " " * before, (mark * marks + (f" {label}" if label else ""), _MARK))

    def _bracketed(
        self, start: Position, last: int, end: Position, shown: tuple[int, int], width: int, label: str
    ) -> Iterator[Line]:
        elided = range(start.row + LONGEST // 2, last - LONGEST // 2 + 2) if last - start.row >= LONGEST else range(0)
        for row in range(shown[0], shown[1] + 1):
            if row in elided:
                if row == elided.start:
                    yield line(("..." + " " * max(width - 1, 0) + "| ", _MARK))
                continue
            edge = "/ " if row == start.row else "| " if start.row < row <= last else "  "
            yield self._numbered(row, width, edge)
            if row == last:
                stop = end.column if end.row == last else len(self._lines[last - 1]) + 1
                reach = columns(visible(self._lines[last - 1][: max(stop - 2, 0)]))
                yield gutter("", width, ("|" + "_" * (reach + 1) + "^" + (f" {label}" if label else ""), _MARK))


def gutter(number: str, width: int, *pieces: str | tuple[str, str]) -> Line:
    """A line with a row number (or none) before it."""
    return line((f"{number:>{width}} |", _GUTTER), *((" ", *pieces) if any(pieces) else ()))


def visible(text: str) -> str:
    """The text with tabs as four spaces and control characters made harmless."""
    text = text.replace("\t", "    ")
    return "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) == "Cc" else c for c in text)


def columns(text: str) -> int:
    """How many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)
