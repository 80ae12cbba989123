"""What a project requires of a package, in whichever file it says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from actlint.files.project import project_root

_LISTS = ("requirements*.txt", "requirements/*.txt", "environment*.yml", "environment*.yaml")
_CODE = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
_CLAUSE = re.compile(r"(===|==|>=|<=|~=|!=|\^|<|>|=)\s*([0-9]+(?:\.[0-9]+)*)")

Version = tuple[int, ...]
Clauses = tuple[tuple[str, Version], ...]


def requirements(start: Path, package: str) -> list[Clauses]:
    """The clauses (`>=`, (3, 5)) of each requirement of a package in the project around a folder."""
    name = package.replace("-", "[-_]")
    listed = re.compile(rf"^\s*(?:-\s+)?[\"']?{name}(?![\w-])(?:\[[^\]]*\])?([^#;\n]*)", re.MULTILINE | re.IGNORECASE)
    quoted = re.compile(
        rf"^\s*{name}\s*=\s*[\"'{{]([^\n]*)|[\"']{name}(?![\w-])(?:\[[^\]]*\])?([^\"';\n]*)[\"';]",
        re.MULTILINE | re.IGNORECASE,
    )
    found: list[Clauses] = []
    for text, code in _texts(start):
        for match in (quoted if code else listed).finditer(text):
            rest = next((group for group in match.groups() if group is not None), "")
            found.append(tuple((op, version(number)) for op, number in _CLAUSE.findall(rest)))
    return found


def _texts(start: Path) -> Iterator[tuple[str, bool]]:
    """The files that say what a project requires, and whether they are code or lists."""
    root = project_root(start)
    folders = [start, *start.parents]
    for folder in folders[: folders.index(root) + 1]:
        for patterns, code in ((_LISTS, False), (_CODE, True)):
            for pattern in patterns:
                for path in sorted(folder.glob(pattern)):
                    try:
                        yield path.read_text(encoding="utf-8", errors="replace"), code
                    except OSError:
                        continue


def version(text: str) -> Version:
    """`3.14` as (3, 14)."""
    return tuple(int(part) for part in text.split("."))


def admits(clauses: Clauses, candidate: Version) -> bool:
    """Whether a version fulfils all clauses of a requirement."""
    return all(_fulfils(op, bound, candidate) for op, bound in clauses)


def _fulfils(op: str, bound: Version, candidate: Version) -> bool:
    short = candidate[: len(bound)] + (0,) * (len(bound) - len(candidate))
    if op in ("==", "===", "="):
        return short == bound
    if op == "!=":
        return short != bound
    if op in ("~=", "^"):
        fixed = bound[:1] if op == "^" else bound[:-1]
        return candidate[: len(fixed)] == fixed and candidate >= bound
    if op in ("<", "<="):
        return candidate < bound or op == "<=" and short == bound
    return candidate > bound and (op == ">=" or short != bound) or op == ">=" and short == bound
