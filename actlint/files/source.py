"""Decoding and encoding of Python source, byte for byte reversible."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

_BOM = codecs.BOM_UTF8
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_NEWLINE = re.compile("\r\n|\r|\n")
_NEWLINE_BYTES = re.compile(b"\r\n|\r|\n")


class Undecodable(Exception):
    """A file whose bytes can't be read as text; `row` and `column` say where, counted from 1."""

    def __init__(self, path: Path, row: int, column: int, why: str, help: str | None = None) -> None:
        super().__init__(f"{path}:{row}:{column}: {why}")
        self.path, self.row, self.column, self.why, self.help = path, row, column, why, help


@dataclass(frozen=True)
class Source:
    """A decoded file. `text` is what follows the byte order mark, with its newlines as they are in the file."""

    path: Path
    text: str
    raw: bytes
    encoding: str
    newline: str
    bom: bool

    def encode(self, text: str) -> bytes:
        """Bytes for a new text of this file: same encoding and byte order mark, and the same newlines where the file
        has only one kind. Raises UnicodeEncodeError where the file's encoding can't hold the text."""
        if set(_NEWLINE.findall(self.text)) == {self.newline}:
            text = _NEWLINE.sub(self.newline, text)
        return (_BOM if self.bom else b"") + text.encode(self.encoding)

    def said(self, row: int) -> str:
        """What a sentence calls a row of `text`."""
        return f"line {row}"


def read(path: Path) -> Source:
    """Read and decode a file. Raises OSError, and what `decode` does."""
    return decode(path, path.read_bytes())


def decode(path: Path, raw: bytes) -> Source:
    """Decode a Python file as PEP 263 says: byte order mark, encoding cookie, else UTF-8; of a notebook, its code.

    Raises Undecodable, and OtherLanguage for a notebook that isn't Python."""
    if path.suffix == ".ipynb":
        from actlint.files.notebook import decode_notebook

        return decode_notebook(path, raw)
    bom = raw.startswith(_BOM)
    body = raw[len(_BOM) :] if bom else raw
    encoding = _declared(path, body, bom)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _bad_byte(path, body, error, encoding) from None
    return Source(path, text, raw, encoding, _main_newline(text), bom)


def _declared(path: Path, body: bytes, bom: bool) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Undecodable(path, 1, 1, "the file is UTF-16, which Python doesn't read; save it as UTF-8")
    for row, line in enumerate(_NEWLINE_BYTES.split(body, maxsplit=2)[:2], 1):
        if match := _COOKIE.match(line):
            return _codec(path, row, match, bom)
        if not _BLANK.match(line):
            break
    return "utf-8"


def _codec(path: Path, row: int, cookie: re.Match[bytes], bom: bool) -> str:
    name = cookie.group(1).decode("ascii", "replace")
    column = cookie.start(1) + 1
    try:
        "".encode(name)
        found = codecs.lookup(name).name
    except LookupError:
        raise Undecodable(path, row, column, f"unknown encoding `{name}`") from None
    if bom and found != "utf-8":
        raise Undecodable(path, row, column, f"the file starts with a UTF-8 byte order mark but declares `{name}`")
    return found


def _bad_byte(path: Path, body: bytes, error: UnicodeDecodeError, encoding: str) -> Undecodable:
    before = body[: error.start].decode(encoding, "replace")
    lines = _NEWLINE.split(before)
    why = f"byte 0x{body[error.start]:02x} is not valid {encoding.upper()}"
    return Undecodable(path, len(lines), len(lines[-1]) + 1, why)


def _main_newline(text: str) -> str:
    windows = text.count("\r\n")
    unix = text.count("\n") - windows
    mac = text.count("\r") - windows
    return max(("\n", unix), ("\r\n", windows), ("\r", mac), key=lambda pair: pair[1])[0]
