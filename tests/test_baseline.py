from __future__ import annotations

from pathlib import Path

import pytest

from actlint.baseline import BadBaseline, read, unknown, write
from actlint.findings import Finding, Position

TEXT = "import tensorflow as tf\n\nx = tf.placeholder()\ny = tf.placeholder()\nx = tf.placeholder()\n"


def finding(path: Path, row: int, code: str = "ACT001") -> Finding:
    return Finding(path, code, "name", "message", Position(row, 1), Position(row, 5))


def test_what_is_known_is_known_where_it_moves(tmp_path: Path) -> None:
    file, baseline = tmp_path / "src" / "a.py", tmp_path / "baseline.json"
    write(baseline, [finding(file, 3), finding(file, 4)], lambda path: TEXT)
    moved = "# a comment\n" + TEXT.replace("    ", " ")
    found = [finding(file, 4), finding(file, 5), finding(file, 6)]
    new, gone = unknown(found, read(baseline), tmp_path, lambda path: moved)
    assert [one.start.row for one in new] == [6]
    assert not gone


def test_what_is_gone_is_told(tmp_path: Path) -> None:
    file, baseline = tmp_path / "a.py", tmp_path / "baseline.json"
    write(baseline, [finding(file, 3), finding(file, 5), finding(file, 4, "ACT101")], lambda path: TEXT)
    new, gone = unknown([finding(file, 3)], read(baseline), tmp_path, lambda path: TEXT)
    assert not new
    assert gone == {("a.py", "ACT001", "x = tf.placeholder()"): 1, ("a.py", "ACT101", "y = tf.placeholder()"): 1}


@pytest.mark.parametrize("content", ["", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{}]}'])
def test_another_file_is_no_baseline(tmp_path: Path, content: str) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content)
    with pytest.raises(BadBaseline, match="--write-baseline"):
        read(file)
