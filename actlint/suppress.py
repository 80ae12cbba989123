"""`# noqa` and `# noqa: CODE, CODE` comments."""

from __future__ import annotations

import re

from actlint.findings import Finding

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
