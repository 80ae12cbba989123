from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actlint.files.notebook import Notebook, OtherLanguage
from actlint.files.source import Undecodable, decode

FILE = Path("a.ipynb")


def code(source: Any) -> dict[str, Any]:
    return {"cell_type": "code", "id": "c1", "metadata": {}, "outputs": [{"text": "x"}], "source": source}


def notebook(*cells: Any, indent: int | None = 1, ascii_only: bool = True, **more: Any) -> str:
    content = {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}
    return json.dumps(content, indent=indent, ensure_ascii=ascii_only)


def read(text: str) -> Notebook:
    source = decode(FILE, text.encode())
    assert isinstance(source, Notebook)
    return source


def test_code_cells_are_one_source() -> None:
    text = {"cell_type": "markdown", "metadata": {}, "source": "# not code"}
    found = read(notebook(text, code(["a = 1\n", "%magic"]), code(""), code("%%bash\nls"), code("b = 2\n")))
    assert found.text == "a = 1\nʘ#agic\nb = 2\n"
    assert [(cell.number, cell.first, cell.rows) for cell in found.cells] == [(2, 1, 2), (5, 3, 1)]
    assert [found.cell_at(row).number for row in (1, 2, 3, 4)] == [2, 2, 5, 5]
    assert found.said(3) == "line 1 of cell 5"
    assert found.alone(found.cells[1]).text == "\n\nb = 2\n"


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("source", [["a = 'é'\n", 'b = "🎉"\n', "c = 3"], "a = 'é'\nb = \"🎉\"\nc = 3", ["a = 'é'"]])
def test_only_changed_lines_are_written_anew(indent: int | None, ascii_only: bool, source: Any) -> None:
    text = notebook(code(source), code(["kept"]), indent=indent, ascii_only=ascii_only) + "\n"
    found = read(text)
    old = "".join(source)
    assert found.rewritten({}) == found.rewritten({1: old}) == text.encode()
    changed = found.rewritten({1: old.replace("'é'", "'ü'")}).decode()
    wanted = text.replace("'é'", "'ü'").replace("'\\u00e9'", "'\\u00fc'")
    assert changed == wanted != text


def test_lines_that_come_and_go() -> None:
    found = read(notebook(code(["a\n", "b\n", "c"])))
    before = found.document

    def after(text: str) -> str:
        document = found.rewritten({1: text}).decode()
        assert "".join(json.loads(document)["cells"][0]["source"]) == text
        return document

    assert after("a\nc") == before.replace('    "b\\n",\n', "")
    assert after("a\nb") == before.replace('    "b\\n",\n    "c"', '    "b"')
    assert after("a\nx\ny\nb\nc") == before.replace('    "b\\n"', '    "x\\n",\n    "y\\n",\n    "b\\n"')
    assert after("x\na\nb\nc") == before.replace('    "a\\n"', '    "x\\n",\n    "a\\n"')
    assert json.loads(after(""))["cells"][0]["source"] == []


def test_escapes_of_a_cell_are_kept() -> None:
    text = notebook(code(["a < b\n", "x"])).replace("<", "\\u003c")
    assert read(text).rewritten({1: "a < c\nx"}).decode() == text.replace("\\u003c b", "\\u003c c")


def test_order_marks_spaces_and_lone_surrogates_are_kept() -> None:
    text = '\ufeff{"nbformat" :4,"cells": [ {"source": ["a" , "\\ud83d" ], "cell_type":"code"}]}\r\n'
    found = read(text)
    assert found.text == "a\N{REPLACEMENT CHARACTER}\n"
    assert found.rewritten({}) == text.encode()
    assert json.loads(found.rewritten({1: "b\n\ud83d"}).decode("utf-8-sig"))["cells"][0]["source"] == ["b\n", "\ud83d"]


@pytest.mark.parametrize("source", [["a = 1\n", 'b = "é" + c\n'], 'a = 1\nb = "é" + c\n'])
def test_places_in_the_document(source: Any) -> None:
    found = read(notebook(code(source), ascii_only=True))
    row, column = found.in_document(1, 2, 11)
    line = found.document.split("\n")[row - 1]
    assert line[column - 1 :].startswith("c\\n")
    row, column = found.in_document(1, 3, 1)
    assert found.document.split("\n")[row - 1][column - 1] == '"'


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", (1, 1), "must be JSON"),
        ('{\n"a": <<<', (2, 6), "must be JSON"),
        ("[" * 100_000, (1, 1), "too deeply nested"),
        ("[]", (1, 1), "`nbformat` is missing"),
        ('{"nbformat": 3, "worksheets": []}', (1, 1), "format 3"),
        ('{"nbformat": 4}', (1, 1), "`cells`"),
        (f'{{"nbformat": {"4" * 5000}}}', (1, 1), "digits"),
        ('{"nbformat": 4, "cells": [1]}', (1, 1), "`cells`"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', (1, 1), "`cells`"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}', (1, 1), "`cells`"),
    ],
)
def test_what_is_no_notebook(text: str, place: tuple[int, int], why: str) -> None:
    with pytest.raises(Undecodable, match=why) as caught:
        read(text)
    assert (caught.value.row, caught.value.column) == place


def test_newlines_of_neighbours_stay_two() -> None:
    found = read(notebook(code("a\r"), code("\nb")))
    assert (found.text, [cell.first for cell in found.cells]) == ("a\r\n\nb\n", [1, 2])


def test_cells_of_no_kind_are_no_code() -> None:
    assert read('{"nbformat": 4, "cells": [{"source": "x"}, {"cell_type": "new"}, {}]}').text == ""


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(Undecodable, match="0xff"):
        decode(FILE, b'{"\xff": 1}')


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"language_info": {"name": "R"}}, "R"),
        ({"kernelspec": {"language": "julia"}}, "julia"),
        ({"language_info": {"name": "python"}}, None),
        ({"kernelspec": {"name": "python3"}}, None),
        ({"kernelspec": 3}, None),
    ],
)
def test_other_languages(metadata: Any, language: str | None) -> None:
    text = notebook(code("x"), metadata=metadata)
    if language is None:
        assert read(text).text == "x\n"
        return
    with pytest.raises(OtherLanguage, match=language):
        read(text)
