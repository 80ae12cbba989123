from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.source import Undecodable, decode, read

FILE = Path("a.py")


@pytest.mark.parametrize(
    ("raw", "encoding", "newline", "bom"),
    [
        (b"x = 1\n", "utf-8", "\n", False),
        (b"x = 1\r\ny = 2\r\n", "utf-8", "\r\n", False),
        (b"x = 1\ry = 2\r", "utf-8", "\r", False),
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "utf-8", "\n", True),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "iso8859-1", "\n", False),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", "cp1252", "\n", False),
        (b"", "utf-8", "\n", False),
    ],
)
def test_text_goes_back_to_the_same_bytes(raw: bytes, encoding: str, newline: str, bom: bool) -> None:
    source = decode(FILE, raw)
    assert (source.encoding, source.newline, source.bom) == (encoding, newline, bom)
    assert source.encode(source.text) == raw


def test_new_text_takes_the_files_newlines() -> None:
    source = decode(FILE, b"\xef\xbb\xbfx = 1\r\n")
    assert source.encode("x = 2\ny = 3\r\n") == b"\xef\xbb\xbfx = 2\r\ny = 3\r\n"


def test_mixed_newlines_are_left_alone() -> None:
    source = decode(FILE, b"x = 1\r\ny = 2\nz = 3\n")
    assert source.newline == "\n"
    assert source.encode(source.text) == source.raw


def test_cookie_counts_only_in_the_first_two_lines_before_code() -> None:
    assert decode(FILE, b"x = 1\n# coding: latin-1\n").encoding == "utf-8"
    assert decode(FILE, b"\n\n# coding: latin-1\n").encoding == "utf-8"


@pytest.mark.parametrize(
    ("raw", "row", "column", "why"),
    [
        (b"x = 1\ny = '\xc3\xa9\xe9'\n", 2, 7, "byte 0xe9 is not valid UTF-8"),
        (b"x = 1\r\n\r\n\xff\n", 3, 1, "byte 0xff"),
        (b"# coding: klingon\n", 1, 11, "unknown encoding `klingon`"),
        (b"# coding: rot13\n", 1, 11, "unknown encoding `rot13`"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, 11, "byte order mark"),
        ("x = 1\n".encode("utf-16"), 1, 1, "UTF-16"),
    ],
)
def test_place_and_reason_of_bytes_that_are_not_text(raw: bytes, row: int, column: int, why: str) -> None:
    with pytest.raises(Undecodable, match=why) as raised:
        decode(FILE, raw)
    assert (raised.value.path, raised.value.row, raised.value.column) == (FILE, row, column)


def test_read(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"x = 1\n")
    assert read(file).raw == b"x = 1\n"
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "b.py")
