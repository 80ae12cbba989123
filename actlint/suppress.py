"""`# noqa` and `# noqa: CODE, CODE` comments."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence

from actlint.findings import Edit, Finding, Position

_NOQA = re.compile(r"#\s*noqa\b(?P<list>\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)?)?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+")


class Suppressions:
    """The `noqa` comments of one file."""

    def __init__(self, text: str) -> None:
        self._lines: dict[int, frozenset[str] | None] = {}
        if "noqa" not in text.lower():
            return
        for row, line in enumerate(re.split("\r\n|\r|\n", text), 1):
            if match := _NOQA.search(line):
                self._lines[row] = _codes(match)

    def cover(self, finding: Finding) -> bool:
        """Whether a comment on the finding's first or last line silences it."""
        return any(self._silences(row, finding.code) for row in {finding.start.row, finding.end.row})

    def _silences(self, row: int, code: str) -> bool:
        if row not in self._lines:
            return False
        codes = self._lines[row]
        return codes is None or code in codes


def _codes(match: re.Match[str]) -> frozenset[str] | None:
    """None means every code."""
    if match["list"] is None:
        return None
    return frozenset(_CODE.findall((match["codes"] or "").upper()))


def comments(text: str, findings: Sequence[Finding]) -> list[Edit]:
    """The edits that silence findings of a file, one for each line: `# noqa: CODE` at the end of a finding's first or
    last line, or the code in the comment that is there. A finding has none where no comment can stand."""
    ends = _ends(text)
    codes: dict[int, set[str]] = {}
    for finding in findings:
        row = next((row for row in (finding.start.row, finding.end.row) if row in ends), None)
        if row is not None:
            codes.setdefault(row, set()).add(finding.code)
    lines = re.split("\r\n|\r|\n", text)
    return [_comment(row, lines[row - 1], found) for row, found in sorted(codes.items())]


def _ends(text: str) -> set[int]:
    """The rows whose end isn't within a string or behind a backslash."""
    readline = io.StringIO(re.sub("\r\n|\r", "\n", text)).readline
    return {t.start[0] for t in tokenize.generate_tokens(readline) if t.type in (tokenize.NEWLINE, tokenize.NL)}


def _comment(row: int, line: str, codes: set[str]) -> Edit:
    match = _NOQA.search(line)
    if match is None:
        start, text = len(line.rstrip()), f"  # noqa: {', '.join(sorted(codes))}"
        return Edit(Position(row, start + 1), Position(row, len(line) + 1), text)
    known = _codes(match) or frozenset()
    text = f"# noqa: {', '.join(sorted(codes | known))}"
    return Edit(Position(row, match.start() + 1), Position(row, match.end() + 1), text)
