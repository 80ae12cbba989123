from __future__ import annotations

import json
from pathlib import Path

from actlint.files.notebook import Notebook, decode_notebook
from actlint.findings import Edit, Finding, Fix, Position, Related
from actlint.report.cells import in_cells, in_document

FILE = Path("a.ipynb")
CELLS = [{"cell_type": "code", "source": ["a = 1\n", "b = 2"]}, {"cell_type": "code", "source": ["c = 3"]}]
BOOK = decode_notebook(FILE, json.dumps({"cells": CELLS, "nbformat": 4}, indent=1).encode())


def books(path: Path) -> Notebook | None:
    return BOOK if path == FILE else None


def test_every_place_of_a_finding() -> None:
    related = (Related(FILE, Position(1, 1), "here"), Related(Path("b.py"), Position(7, 1), "there"))
    fix = Fix("fix", (Edit(Position(2, 1), Position(3, 1), ""),))
    one = Finding(FILE, "ACT1", "n", "m", Position(2, 1), Position(2, 6), related=related, fix=fix)
    found = in_cells(one, books)
    assert (found.start, found.end) == (Position(2, 1, 1), Position(2, 6, 1))
    assert [other.position for other in found.related] == [Position(1, 1, 1), Position(7, 1)]
    assert found.fix == Fix("fix", (Edit(Position(2, 1, 1), Position(3, 1, 1), ""),))
    later = Finding(FILE, "ACT1", "n", "m", Position(3, 5), Position(3, 6))
    assert in_cells(later, books).start == Position(1, 5, 2)


def test_other_files_stay() -> None:
    one = Finding(Path("b.py"), "ACT1", "n", "m", Position(2, 1), Position(2, 6))
    assert in_cells(one, books) == one
    assert in_document(one.path, one.start, books) == one.start


def test_the_document_has_its_own_lines() -> None:
    place = in_document(FILE, Position(1, 5, 2), books)
    assert BOOK.document.splitlines()[place.row - 1][place.column - 1 :] == '3"'
