"""Where the parts of a JSON document stand in its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\r\n]*")
_UNIT = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\"\\]", re.DOTALL
)
_DECODER = json.JSONDecoder()

Span = tuple[int, int]


def start_of(text: str) -> int:
    """Where a document's value starts."""
    return _skip(text, 0)


def members(text: str, start: int) -> dict[str, Span]:
    """The values of the object that starts here, of a document that is known to be valid."""
    found: dict[str, Span] = {}
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        first = _skip(text, _skip(text, position) + 1)
        found[key] = first, _DECODER.raw_decode(text, first)[1]
        position = _next(text, found[key][1])
    return found


def elements(text: str, start: int) -> Iterator[Span]:
    """The values of the array that starts here, of a document that is known to be valid."""
    position = _skip(text, start + 1)
    while text[position] != "]":
        end = _DECODER.raw_decode(text, position)[1]
        yield position, end
        position = _next(text, end)


def units(text: str, span: Span) -> Iterator[tuple[str, int]]:
    """The characters of a string: how each is written, and where."""
    position = span[0] + 1
    while position < span[1] - 1 and (unit := _UNIT.match(text, position)):
        yield unit[0], position
        position = unit.end()


def _next(text: str, position: int) -> int:
    """The next item, or the closing bracket."""
    position = _skip(text, position)
    return _skip(text, position + 1) if text[position] == "," else position


def _skip(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position
