from __future__ import annotations

import pytest

from actlint.edits import apply, overlaps
from actlint.findings import Edit, Position


def edit(row: int, start: int, end: int, text: str, last: int | None = None) -> Edit:
    return Edit(Position(row, start), Position(last or row, end), text)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_edits_on_any_line(newline: str) -> None:
    text = newline.join(["é = f(a, b)", "\x0cb", "c"])
    edits = [edit(1, 5, 6, "g"), edit(1, 7, 8, "x"), edit(3, 1, 1, "", last=4)]
    assert apply(text, edits) == newline.join(["é = g(x, b)", "\x0cb", ""])


def test_a_line_is_deleted() -> None:
    assert apply("a\nb\nc\n", [edit(2, 1, 1, "", last=3)]) == "a\nc\n"


@pytest.mark.parametrize(
    ("other", "expected"), [(edit(1, 5, 9, ""), True), (edit(1, 4, 5, ""), False), (edit(1, 5, 5, "x"), True)]
)
def test_overlaps(other: Edit, expected: bool) -> None:
    assert overlaps(edit(1, 5, 7, ""), [other]) is expected
    assert overlaps(other, [edit(1, 5, 7, "")]) is expected
