"""Docstrings of functions that lose parameters: what they say about these goes too."""

from __future__ import annotations

import re
from collections.abc import Iterable

import libcst as cst

from actlint.migrate.statements import is_docstring

_SECTION = re.compile(r"(args|arguments|parameters|params|inputs?)\s*:?\s*$", re.IGNORECASE)


def documented(node: cst.FunctionDef, names: Iterable[str]) -> cst.FunctionDef:
    """A function whose docstring says nothing about these parameters."""
    body = node.body
    if not isinstance(body, cst.IndentedBlock) or not body.body or not is_docstring(body.body[0]):
        return node
    first = without_parameters(body.body[0], names)
    return node.with_changes(body=body.with_changes(body=[first, *body.body[1:]]))


def without_parameters(node: cst.BaseStatement, names: Iterable[str]) -> cst.BaseStatement:
    """A docstring without the entries of these parameters."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.SimpleString):
        return node
    lines = small.value.value.split("\n")
    for name in names:
        lines = _without(lines, name)
    made = small.value.with_changes(value="\n".join(lines))
    return node.with_changes(body=[small.with_changes(value=made)])  # type: ignore[call-arg]


def _without(lines: list[str], name: str) -> list[str]:
    """The lines of a docstring without those of one parameter's entry: `:param x:`, `x:`, `x (int):`, `x : int`."""
    field = re.compile(rf"\s*[:@](param|type|arg)\s+([\w.\[\] ]+ )?\*?{re.escape(name)}\s*:")
    entry = re.compile(rf"\s*([-*]\s+)?`{{0,2}}{re.escape(name)}`{{0,2}}\s*(\([^)]*\))?\s*(:(\s|$)|-{{1,2}}\s)")
    kept: list[str] = []
    place, section = 0, -1
    while place < len(lines):
        line = lines[place]
        if place and _SECTION.match(line.strip()):
            section = _indent(line)
        elif line.strip() and section >= 0 and _indent(line) < section:
            section = -1
        inside = section >= 0 and entry.match(line) and _indent(line) >= section
        if place == 0 or place == len(lines) - 1 or not (field.match(line) or inside):
            kept.append(line)
            place += 1
            continue
        place = _behind(lines, place)
        _drop_empty_section(kept, lines[place:])
    return kept


def _behind(lines: list[str], place: int) -> int:
    """The place behind an entry and the deeper lines that belong to it."""
    depth = _indent(lines[place])
    place += 1
    while place < len(lines) - 1 and lines[place].strip() and _indent(lines[place]) > depth:
        place += 1
    return place


def _drop_empty_section(kept: list[str], rest: list[str]) -> None:
    """Take away the head of a section that has lost its last entry."""
    head = len(kept) - 1
    while head > 0 and re.fullmatch(r"\s*-+\s*", kept[head]):
        head -= 1
    if head > 0 and _SECTION.match(kept[head].strip()) and (len(rest) < 2 or not rest[0].strip()):
        del kept[head:]
        while rest[0:1] and not rest[0].strip() and kept and not kept[-1].strip() and len(kept) > 1:
            kept.pop()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
