from __future__ import annotations

import json
from pathlib import Path

import pytest

from actlint.edits import apply, edited, is_applicable, overlaps
from actlint.files.source import Source, decode
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


def notebook(*cells: list[str]) -> Source:
    content = {"cells": [{"cell_type": "code", "source": cell} for cell in cells], "nbformat": 4}
    return decode(Path("a.ipynb"), json.dumps(content).encode())


def cells(document: bytes) -> list[list[str]]:
    return [cell["source"] for cell in json.loads(document)["cells"]]


def test_edits_of_a_notebook_are_made_in_its_cells() -> None:
    source = notebook(["%magic\n", "a = 1\n"], ["b = 2\n", "c = 3"], ["d = 4"])
    edits = [edit(2, 5, 6, "x"), edit(4, 1, 1, "", last=5), edit(5, 6, 6, "  # e")]
    assert all(is_applicable(source, one) for one in edits)
    assert cells(edited(source, edits)) == [["%magic\n", "a = x\n"], ["b = 2"], ["d = 4  # e"]]


def test_an_edit_is_within_one_cell() -> None:
    source = notebook(["a = 1\n", "b = 2\n"], ["c = 3"])
    assert is_applicable(source, edit(1, 1, 1, "", last=3))
    assert not is_applicable(source, edit(2, 1, 2, "", last=3))
    assert not is_applicable(source, edit(1, 1, 1, "", last=4))
