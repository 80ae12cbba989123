from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from actlint.findings import Finding, Position, Related
from actlint.report.findings import show

TEXT = """\
import tensorflow as tf

def loss(hidden):
\tbase = 1
    penalty = 0.1 * tf.reduce_sum(tf.abs(hidden))
    return base + penalty


print(loss)
"""


def finding(path: Path, start: tuple[int, int], end: tuple[int, int], **more: object) -> Finding:
    return Finding(
        path, "ACT102", "hidden-tensor-in-loss", "`hidden` is read", Position(*start), Position(*end), **more
    )


def shown(findings: list[Finding], output_format: str, text: str = TEXT) -> str:
    stream = io.StringIO()
    show(findings, output_format, stream, lambda path: text)
    return stream.getvalue()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "train.py"


def test_full(file: Path) -> None:
    related = (
        Related(file, Position(3, 10), "made here"),
        Related(file.parent / "model.py", Position(1, 8), "imported"),
    )
    one = finding(file, (5, 21), (5, 50), help="Keep the penalty in the graph", related=related)
    assert shown([one], "full") == (
        """\
ACT102 hidden-tensor-in-loss: `hidden` is read
 --> train.py:5:21
  |
3 | def loss(hidden):
4 |     base = 1
5 |     penalty = 0.1 * tf.reduce_sum(tf.abs(hidden))
  |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
6 |     return base + penalty
  |
 ::: train.py:3:10
  |
3 | def loss(hidden):
  |          - made here
  |
 ::: model.py:1:8
  |
1 | import tensorflow as tf
  |        - imported
  |
  = help: Keep the penalty in the graph

Found 1 error.
"""
    )


def test_full_of_several_lines(file: Path) -> None:
    assert shown([finding(file, (3, 1), (6, 26))], "full").splitlines()[2:-2] == [
        "  |",
        "1 |   import tensorflow as tf",
        "2 |",
        "3 | / def loss(hidden):",
        "4 | |     base = 1",
        "5 | |     penalty = 0.1 * tf.reduce_sum(tf.abs(hidden))",
        "6 | |     return base + penalty",
        "  | |_________________________^",
        "  |",
    ]


def test_long_span_is_shortened(file: Path) -> None:
    text = "".join(f"line{n}\n" for n in range(1, 31))
    lines = shown([finding(file, (5, 1), (25, 7))], "full", text).splitlines()
    assert len(lines) < 20
    assert " 5 | / line5" in lines and "25 | | line25" in lines
    assert any(line.startswith("...") for line in lines)


@pytest.mark.parametrize(
    ("source", "start", "end", "excerpt"),
    [
        ("\tx = f(y)\n", (1, 6), (1, 10), ["1 |     x = f(y)", "  |         ^^^^"]),
        ("s = '日本'; bad\n", (1, 11), (1, 14), ["1 | s = '日本'; bad", "  |             ^^^"]),
        ("a\x1b[31mb = 1\n", (1, 1), (1, 2), ["1 | a\N{REPLACEMENT CHARACTER}[31mb = 1", "  | ^"]),
        ("x = (\n", (1, 6), (1, 7), ["1 | x = (", "  |      ^"]),
        ("x = 1\n", (1, 3), (1, 3), ["1 | x = 1", "  |   ^"]),
        ("x = 1\ny = 2\n", (1, 1), (2, 1), ["1 | x = 1", "  | ^^^^^", "2 | y = 2"]),
    ],
)
def test_marks_stand_under_the_span(
    file: Path, source: str, start: tuple[int, int], end: tuple[int, int], excerpt: list[str]
) -> None:
    assert shown([finding(file, start, end)], "full", source).splitlines()[3 : 3 + len(excerpt)] == excerpt


def test_file_without_text_has_no_excerpt(file: Path) -> None:
    assert shown([finding(file, (5, 1), (5, 2))], "full", "").splitlines()[:3] == [
        "ACT102 hidden-tensor-in-loss: `hidden` is read",
        " --> train.py:5:1",
        "",
    ]


def test_concise(file: Path) -> None:
    elsewhere = Path("/elsewhere/b.py")
    assert shown([finding(file, (5, 21), (5, 50)), finding(elsewhere, (1, 1), (1, 2))], "concise") == (
        "train.py:5:21: ACT102 `hidden` is read\n/elsewhere/b.py:1:1: ACT102 `hidden` is read\nFound 2 errors.\n"
    )


@pytest.mark.parametrize(
    ("output_format", "said"), [("full", "All checks passed!\n"), ("concise", "All checks passed!\n"), ("json", "[]\n")]
)
def test_nothing_found(output_format: str, said: str) -> None:
    assert shown([], output_format) == said


def test_json_has_the_keys_of_ruff(file: Path) -> None:
    syntax = Finding(file, "invalid-syntax", "invalid-syntax", "bad", Position(1, 2), Position(1, 3))
    first, second = json.loads(shown([finding(file, (5, 21), (5, 50)), syntax], "json"))
    assert first == {
        "cell": None,
        "code": "ACT102",
        "end_location": {"column": 50, "row": 5},
        "filename": str(file),
        "fix": None,
        "location": {"column": 21, "row": 5},
        "message": "`hidden` is read",
        "name": "hidden-tensor-in-loss",
        "noqa_row": 5,
        "url": None,
    }
    assert (second["code"], second["name"], second["noqa_row"]) == ("invalid-syntax", "invalid-syntax", None)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal_that_wants_them(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    found = [finding(file, (5, 21), (5, 50))]
    coloured = Terminal()
    show(found, "full", coloured, lambda path: TEXT)
    assert "\x1b[" in coloured.getvalue()
    assert "penalty = 0.1 * tf.reduce_sum(tf.abs(hidden))" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Terminal()
    show(found, "full", plain, lambda path: TEXT)
    assert plain.getvalue() == shown(found, "full")


def test_characters_that_the_stream_cannot_hold() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii")
    one = Finding(Path("/x/a.py"), "ACT102", "n", "`é`", Position(1, 1), Position(1, 2))
    show([one], "concise", stream, lambda path: "")
    stream.flush()
    assert buffer.getvalue().startswith(b"/x/a.py:1:1: ACT102 `?`")
