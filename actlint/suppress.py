"""`# noqa`, `# noqa: CODE, CODE`, `# actlint: ignore` and `# actlint: ignore[CODE, CODE]` comments."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from actlint.findings import Edit, Finding, Fix, Position

_NOQA = re.compile(r"#\s*noqa\b(?P<list>\s*:\s*(?P<codes>[A-Z]+[0-9]+(?:[\s,]+[A-Z]+[0-9]+)*)?)?", re.IGNORECASE)
_IGNORE = re.compile(r"#\s*actlint:\s*ignore\b(?:(?P<list>\[(?P<codes>[^\]]*)\])|(?!\s*\[))", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)


def may_silence(raw: bytes) -> bool:
    """Whether a file may have a comment that names codes of actlint, told from its bytes."""
    lower = raw.lower()
    return b"act" in lower and (b"noqa" in lower or b"actlint:" in lower)


class Suppressions:
    """The comments of one file that silence findings, and which of their codes have done so."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._matches: dict[int, list[re.Match[str]]] = {}
        self._used: set[tuple[int, str]] = set()
        lower = text.lower()
        forms = [form for word, form in (("noqa", _NOQA), ("actlint:", _IGNORE)) if word in lower]
        if not forms:
            return
        for row, line in enumerate(re.split("\r\n|\r|\n", text), 1):
            if "#" in line and (matches := [match for form in forms if (match := form.search(line))]):
                self._matches[row] = matches

    def cover(self, finding: Finding) -> bool:
        """Whether a comment on the finding's first or last line silences it."""
        rows = [row for row in {finding.start.row, finding.end.row} if self._silences(row, finding.code)]
        self._used.update((row, finding.code) for row in rows)
        return bool(rows)

    def _silences(self, row: int, code: str) -> bool:
        listed = map(_codes, self._matches.get(row, ()))
        return any(codes is None or code in codes for codes in listed)

    def unused(self, path: Path, code: str, name: str, wrong: Callable[[str], str | None]) -> Iterator[Finding]:
        """Findings, with this code and name, of codes that have silenced nothing, and of which `wrong` says what is
        wrong with that: None where nothing is."""
        starts = _comment_starts(self._text) if self._matches else {}
        for row, match in ((row, match) for row, matches in self._matches.items() for match in matches):
            if match.start() < starts.get(row, len(match.string)):
                continue
            listed = list(dict.fromkeys(_CODE.findall(match["codes"] or "")))
            reasons = {one: wrong(one.upper()) for one in listed if (row, one.upper()) not in self._used}
            useless = {one: why for one, why in reasons.items() if why is not None}
            if useless:
                message = f"this comment silences nothing: {', '.join(useless.values())}"
                start, end = Position(row, match.start() + 1), Position(row, match.end() + 1)
                fix = Fix(
                    "Remove what silences nothing", (_without(row, match, [c for c in listed if c not in useless]),)
                )
                yield Finding(path, code, name, message, start, end, "remove it, so that it hides nothing", fix=fix)


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


def _without(row: int, match: re.Match[str], left: Sequence[str]) -> Edit:
    """The edit that leaves these codes in a comment: where none is left, what else it says, if anything."""
    line, start, end = match.string, match.start(), match.end()
    if left:
        return Edit(Position(row, match.start("codes") + 1), Position(row, match.end("codes") + 1), ", ".join(left))
    rest = line[end:].lstrip(" \t:,;-")
    if rest:
        return Edit(Position(row, start + 1), Position(row, len(line) - len(rest) + 1), "" if rest[0] == "#" else "# ")
    before = line[:start].rstrip()
    if not before:
        return Edit(Position(row, 1), Position(row + 1, 1), "")
    return Edit(Position(row, len(before) + 1), Position(row, len(line) + 1), "")


def _ends(text: str) -> set[int]:
    """The rows whose end isn't within a string or behind a backslash."""
    return {token.start[0] for token in _tokens(text) if token.type in (tokenize.NEWLINE, tokenize.NL)}


def _comment_starts(text: str) -> dict[int, int]:
    """The column, from 0, of each row's comment; none in a file that isn't Python."""
    try:
        return {token.start[0]: token.start[1] for token in _tokens(text) if token.type == tokenize.COMMENT}
    except (tokenize.TokenError, SyntaxError):
        return {}


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(re.sub("\r\n|\r", "\n", text)).readline)


def _comment(row: int, line: str, codes: set[str]) -> Edit:
    match = _NOQA.search(line)
    if match is None:
        start, text = len(line.rstrip()), f"  # noqa: {', '.join(sorted(codes))}"
        return Edit(Position(row, start + 1), Position(row, len(line) + 1), text)
    known = _codes(match) or frozenset()
    text = f"# noqa: {', '.join(sorted(codes | known))}"
    return Edit(Position(row, match.start() + 1), Position(row, match.end() + 1), text)
