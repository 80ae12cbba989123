"""The baseline file: findings that an old repository knows of and doesn't report as yet.

A finding is known by its file, its rule and the text of its lines, so that code which moves stays known; several of the
same kind are counted.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from actlint.files.write import write_all
from actlint.findings import Finding

VERSION = 1
Key = tuple[str, str, str]


class BadBaseline(Exception):
    """A file that isn't a baseline. The text says what is wrong with it."""


def key(finding: Finding, root: Path, text: Callable[[Path], str]) -> Key:
    """What a finding is known by: its file from the baseline's folder, its code, its lines without their spaces."""
    lines = re.split("\r\n|\r|\n", text(finding.path))[finding.start.row - 1 : finding.end.row]
    path = Path(os.path.relpath(finding.path, root)).as_posix()
    return path, finding.code, " ".join(" ".join(lines).split())


def write(file: Path, findings: Sequence[Finding], text: Callable[[Path], str]) -> None:
    """Write a baseline of all these findings. Raises OSError."""
    counts = Counter(key(finding, file.resolve().parent, text) for finding in findings)
    rows = [{"file": f, "code": c, "lines": lines, "count": n} for (f, c, lines), n in sorted(counts.items())]
    content = json.dumps({"version": VERSION, "findings": rows}, indent=2, ensure_ascii=False) + "\n"
    write_all({file: content.encode()})


def read(file: Path) -> Counter[Key]:
    """The findings that a baseline knows. Raises BadBaseline, or OSError where it can't be read."""
    try:
        document = json.loads(file.read_bytes())
        if document["version"] != VERSION:
            raise BadBaseline(f"{file}: version {document['version']} isn't known; write it anew with --write-baseline")
        return Counter({(row["file"], row["code"], row["lines"]): int(row["count"]) for row in document["findings"]})
    except (ValueError, KeyError, TypeError) as error:
        raise BadBaseline(f"{file}: this is no baseline ({error}); write one with --write-baseline") from None


def unknown(
    findings: Sequence[Finding], known: Counter[Key], root: Path, text: Callable[[Path], str]
) -> tuple[list[Finding], Counter[Key]]:
    """The findings that a baseline doesn't know, and what it knows that isn't found any more."""
    left = Counter(known)
    new = []
    for finding in findings:
        one = key(finding, root, text)
        if left[one] > 0:
            left[one] -= 1
        else:
            new.append(finding)
    return new, +left
