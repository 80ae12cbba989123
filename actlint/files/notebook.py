"""Jupyter notebooks: their code cells as one Python source, and the way back into the document."""

from __future__ import annotations

import codecs
import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from actlint.files.jsontext import Span, elements, members, start_of, units
from actlint.files.magics import is_python, masked
from actlint.files.source import Source, Undecodable

SUFFIX = ".ipynb"
_FORMAT = 4
_CONVERT = "`jupyter nbconvert --to notebook --inplace FILE` brings it up to date"
_NEWLINE = re.compile("\r\n|\r|\n")
_LINE_END = re.compile("(?<=\n)|(?<=\r)(?!\n)")
_SURROGATE = re.compile("[\ud800-\udfff]")


class OtherLanguage(Exception):
    """A notebook whose kernel doesn't speak Python. The text is a sentence."""

    def __init__(self, path: Path, language: str) -> None:
        super().__init__(f"{path}: a notebook in {language} is left out")


@dataclass(frozen=True)
class Cell:
    """A code cell. `number` is its place among all cells, `first` the row of the source that it starts on, both from
    1; `span` is where its text stands in the document."""

    number: int
    first: int
    text: str
    span: Span

    @property
    def rows(self) -> int:
        """How many lines it has."""
        lines = _NEWLINE.split(self.text)
        return len(lines) - (len(lines) > 1 and not lines[-1])


@dataclass(frozen=True)
class Notebook(Source):
    """A notebook. `text` has its code cells one below the other, without IPython's syntax; `document` is the JSON."""

    document: str
    cells: tuple[Cell, ...]

    def cell_at(self, row: int) -> Cell:
        """The cell that a row of the source belongs to."""
        index = bisect_right([cell.first for cell in self.cells], row) - 1
        return self.cells[max(index, 0)]

    def cell(self, number: int) -> Cell:
        """The code cell of this number."""
        return next(cell for cell in self.cells if cell.number == number)

    def alone(self, cell: Cell) -> Notebook:
        """The notebook with one cell alone, on the rows where it is."""
        lines = _LINE_END.split(self.text)[cell.first - 1 :][: cell.rows]
        return replace(self, text="\n" * (cell.first - 1) + "".join(lines))

    def said(self, row: int) -> str:
        cell = self.cell_at(row)
        return f"line {row - cell.first + 1} of cell {cell.number}"

    def in_document(self, number: int, row: int, column: int) -> tuple[int, int]:
        """Row and column of the document at which a place in a cell is written."""
        cell = self.cell(number)
        starts = [0, *(match.end() for match in _NEWLINE.finditer(cell.text))]
        left = starts[min(row, len(starts)) - 1] + column - 1
        strings = self._strings(cell)
        places = [place for span in strings for _, place in units(self.document, span)]
        return self._row_and_column(places[left] if left < len(places) else strings[-1][1] - 1)

    def rewritten(self, texts: Mapping[int, str]) -> bytes:
        """The document with new texts of cells, by number; everything else of it stays as it is written."""
        pieces, done = [], 0
        for cell in self.cells:
            if cell.number in texts and texts[cell.number] != cell.text:
                pieces += (self.document[done : cell.span[0]], self._written(cell, texts[cell.number]))
                done = cell.span[1]
        document = "".join(pieces) + self.document[done:]
        return (codecs.BOM_UTF8 if self.bom else b"") + document.encode(self.encoding)

    def _strings(self, cell: Cell) -> list[Span]:
        start, end = cell.span
        return list(elements(self.document, start)) if self.document[start] == "[" else [(start, end)]

    def _written(self, cell: Cell, text: str) -> str:
        """The JSON of a cell's new text: its lines that stay are written as they were, the others in the same style."""
        strings = self._strings(cell)
        escapes = _escapes(self.document, strings)
        if self.document[cell.span[0]] != "[":
            return _quoted(text, escapes, self.document)
        return _array(self.document, cell.span, strings, text, escapes)

    def _row_and_column(self, offset: int) -> tuple[int, int]:
        before = _NEWLINE.split(self.document[:offset])
        return len(before), len(before[-1]) + 1


def decode_notebook(path: Path, raw: bytes) -> Notebook:
    """Read a notebook of Python. Raises Undecodable, and OtherLanguage."""
    bom = raw.startswith(codecs.BOM_UTF8)
    try:
        document = raw.decode("utf-8-sig")
        content = json.loads(document)
    except UnicodeDecodeError as error:
        raise Undecodable(path, 1, 1, f"byte 0x{error.object[error.start]:02x} is not valid UTF-8") from None
    except json.JSONDecodeError as error:
        why = f"a notebook must be JSON, and this isn't: {error.msg}"
        raise Undecodable(path, error.lineno, error.colno, why) from None
    except (RecursionError, ValueError) as error:
        why = "too deeply nested to be read" if isinstance(error, RecursionError) else str(error)
        raise Undecodable(path, 1, 1, why) from None
    _check(path, content)
    cells = tuple(_code_cells(document))
    text = "".join(_closed(masked(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", cell.text))) for cell in cells)
    return Notebook(path, text, text.encode(), "utf-8", "\n", bom, document, cells)


def _check(path: Path, content: Any) -> None:
    """Raises Undecodable where a document is no notebook of the current format, OtherLanguage where it isn't Python."""
    if not isinstance(content, dict) or "nbformat" not in content:
        raise Undecodable(path, 1, 1, "JSON, but no notebook: `nbformat` is missing")
    if content["nbformat"] != _FORMAT:
        why = f"a notebook of format {content['nbformat']}, which is not read"
        raise Undecodable(path, 1, 1, why, _CONVERT)
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise Undecodable(path, 1, 1, "a damaged notebook: `cells` is not a list of cells with a source")
    language = _language(content.get("metadata"))
    if language.lower() not in ("python", "ipython", ""):
        raise OtherLanguage(path, language)


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict):
        return False
    source = cell.get("source")
    lines = isinstance(source, list) and all(isinstance(line, str) for line in source)
    return cell.get("cell_type") != "code" or lines or isinstance(source, str)


def _language(metadata: Any) -> str:
    for table, key in (("language_info", "name"), ("kernelspec", "language")):
        found = metadata.get(table) if isinstance(metadata, dict) else None
        name = found.get(key) if isinstance(found, dict) else None
        if isinstance(name, str) and name:
            return name
    return ""


def _code_cells(document: str) -> Iterator[Cell]:
    """The code cells that are Python and not empty."""
    first = 1
    top = members(document, start_of(document))
    for number, (start, _) in enumerate(elements(document, top["cells"][0]), 1):
        parts = members(document, start)
        if "source" not in parts or document[slice(*parts.get("cell_type", (0, 0)))] != '"code"':
            continue
        source = json.loads(document[slice(*parts["source"])])
        text = source if isinstance(source, str) else "".join(source)
        if text.strip() and is_python(text):
            cell = Cell(number, first, text, parts["source"])
            yield cell
            first += cell.rows


def _closed(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _array(document: str, span: Span, strings: list[Span], text: str, escapes: Mapping[str, str]) -> str:
    """A list of lines as JSON. Lines that stay keep how they are written, and the space before them."""
    from difflib import SequenceMatcher

    lines = re.findall("[^\n]*\n|[^\n]+", text)
    old = [json.loads(document[slice(*string)]) for string in strings]
    ends = [span[0] + 1, *(end for _, end in strings)]
    spaces = [document[end:start].replace(",", "") for end, (start, _) in zip(ends, strings, strict=False)]
    closing = document[ends[-1] : span[1]]
    inner = spaces[1] if len(spaces) > 1 else spaces[0] if spaces else ""
    written: list[tuple[str, str]] = []
    for kind, low, high, new_low, new_high in SequenceMatcher(None, old, lines, autojunk=False).get_opcodes():
        if kind == "equal":
            written += ((spaces[n], document[slice(*strings[n])]) for n in range(low, high))
            continue
        for offset, line in enumerate(lines[new_low:new_high]):
            space = spaces[low + offset] if low + offset < high else inner
            written.append((space, _quoted(line, escapes, document)))
    if not written:
        return "[]"
    first = (spaces[0] if spaces else "") + written[0][1]
    return "[" + ",".join([first, *(space + string for space, string in written[1:])]) + closing


def _escapes(document: str, strings: list[Span]) -> dict[str, str]:
    """The characters that a cell escapes although it needn't."""
    escaped = {unit for string in strings for unit, _ in units(document, string) if unit[0] == "\\"}
    return {json.loads(f'"{unit}"'): unit for unit in escaped}


def _quoted(text: str, escapes: Mapping[str, str], document: str) -> str:
    """A string as JSON, in the style of the document."""
    ascii_only = document.isascii()
    written = (escapes.get(c) or json.dumps(c, ensure_ascii=ascii_only)[1:-1] for c in text)
    return f'"{"".join(written)}"'
