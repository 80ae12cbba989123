from __future__ import annotations

from pathlib import Path

import pytest

from actlint.edits import apply
from actlint.findings import Finding, Position
from actlint.suppress import Suppressions, comments


def finding(row: int, last: int | None = None) -> Finding:
    return Finding(Path("a.py"), "ACT101", "some-rule", "message", Position(row, 1), Position(last or row, 2))


@pytest.mark.parametrize(
    ("comment", "covered"),
    [
        ("# noqa", True),
        ("# NOQA", True),
        ("#noqa", True),
        ("# noqa: ACT101", True),
        ("# noqa:ACT101", True),
        ("# noqa: act101", True),
        ("# noqa: E501, ACT101", True),
        ("# noqa: E501 ACT101 because", True),
        ("# type: ignore  # noqa: ACT101", True),
        ("# noqa: E501", False),
        ("# noqa: ACT10", False),
        ("# noqa: ACT1011", False),
        ("# noqa: see below", False),
        ("# noqaish", False),
        ("# a comment", False),
        ("# actlint: ignore", True),
        ("# actlint:ignore[ACT101]", True),
        ("# actlint: ignore[E501, act101]  because", True),
        ("# noqa: E501  # actlint: ignore[ACT101]", True),
        ("# actlint: ignore[ACT102]  # noqa: ACT101", True),
        ("# actlint: ignore[ACT102]", False),
        ("# actlint: ignore[ACT101] [see below]", True),
        ("# actlint: ignore[]", False),
        ("# actlint: ignore[ACT101", False),
        ("# actlint: ignored", False),
    ],
)
def test_comments(comment: str, covered: bool) -> None:
    assert Suppressions(f"x = 1  {comment}\n").cover(finding(1)) is covered


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_first_and_last_line_count_and_no_other(newline: str) -> None:
    text = newline.join(["f(", "    a,  # noqa", ")", "g()"])
    assert not Suppressions(text).cover(finding(1, 3))
    assert Suppressions(text).cover(finding(2))
    assert Suppressions(text).cover(finding(1, 2))
    assert not Suppressions(text).cover(finding(4))


@pytest.mark.parametrize(
    ("text", "place", "wanted"),
    [
        ("x = 1\ny = 2\n", (1, 1), "x = 1  # noqa: ACT102\ny = 2\n"),
        ("x = 1\r\ny = 2\r\n", (2, 2), "x = 1\r\ny = 2  # noqa: ACT102\r\n"),
        ("x = 1  # why\n", (1, 1), "x = 1  # why  # noqa: ACT102\n"),
        ("x = 1  # noqa: E501\n", (1, 1), "x = 1  # noqa: ACT102, E501\n"),
        ('x = """a\nb"""\n', (1, 2), 'x = """a\nb"""  # noqa: ACT102\n'),
        ("x = 1 + \\\n    2\n", (1, 2), "x = 1 + \\\n    2  # noqa: ACT102\n"),
        ("x = f(\n    1,\n)\n", (1, 3), "x = f(  # noqa: ACT102\n    1,\n)\n"),
        ('x = """a\nb\nc"""\n', (1, 2), 'x = """a\nb\nc"""\n'),
    ],
)
def test_comments_stand_where_they_silence(text: str, place: tuple[int, int], wanted: str) -> None:
    start, end = place
    one = Finding(Path("a.py"), "ACT102", "name", "message", Position(start, 1), Position(end, 2))
    silenced = apply(text, comments(text, [one]))
    assert silenced == wanted
    assert Suppressions(silenced).cover(one) == (silenced != text)


def test_findings_of_one_line_share_a_comment() -> None:
    findings = [Finding(Path("a.py"), code, "n", "m", Position(1, 1), Position(1, 2)) for code in ("ACT2", "ACT1")]
    assert apply("x = 1\n", comments("x = 1\n", findings)) == "x = 1  # noqa: ACT1, ACT2\n"


def judged(code: str) -> str | None:
    return {"ACT101": "no ACT101", "ACT9": "no rule"}.get(code)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("x = 1  # noqa: ACT101", "x = 1"),
        ("x = 1  # noqa: act101  ", "x = 1"),
        ("x = 1  # noqa: ACT101, ACT9", "x = 1"),
        ("x = 1  # noqa: E501, ACT101", "x = 1  # noqa: E501"),
        ("x = 1  #noqa:ACT101 ACT102", "x = 1  #noqa:ACT102"),
        ("x = 1  # noqa: ACT101 because of y", "x = 1  # because of y"),
        ("x = 1  # noqa: ACT101 - because", "x = 1  # because"),
        ("x = 1  # noqa: ACT101  # type: ignore", "x = 1  # type: ignore"),
        ("x = 1  # type: ignore # noqa: ACT101", "x = 1  # type: ignore"),
        ("# noqa: ACT101", None),
        ("x = 1  # actlint: ignore[ACT101]", "x = 1"),
        ("x = 1  # actlint: ignore[ACT101, ACT102] why", "x = 1  # actlint: ignore[ACT102] why"),
        ("x = 1  # actlint: ignore[ACT101] why", "x = 1  # why"),
        ("x = 1  # actlint: ignore[ACT101]  # noqa: E501", "x = 1  # noqa: E501"),
    ],
)
def test_what_silences_nothing_is_removed(line: str, wanted: str | None) -> None:
    text = f"a = 1\n{line}\nb = 2\n"
    (found,) = Suppressions(text).unused(Path("a.py"), "ACT900", "unused-noqa", judged)
    assert (found.code, found.start.row, found.end.row) == ("ACT900", 2, 2)
    assert found.fix is not None and found.fix.safe
    assert apply(text, found.fix.edits) == ("a = 1\nb = 2\n" if wanted is None else f"a = 1\n{wanted}\nb = 2\n")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa\n",
        "x = 1  # noqa: E501\n",
        "x = 1  # noqa: ACT102\n",
        "x = 1  # noqa: see ACT101\n",
        'x = "# noqa: ACT101"\n',
        '"""\n# noqa: ACT101\n"""\n',
        "x = (  # noqa: ACT101\n",
    ],
)
def test_what_is_not_judged(text: str) -> None:
    assert not list(Suppressions(text).unused(Path("a.py"), "ACT900", "unused-noqa", judged))


def test_what_has_silenced_a_finding_is_used() -> None:
    text = "f(  # noqa: ACT101\n    a,\n)  # noqa: act101, ACT9\ng()  # noqa: ACT101\n"
    comments = Suppressions(text)
    assert comments.cover(finding(1, 3))
    unused = list(comments.unused(Path("a.py"), "ACT900", "unused-noqa", judged))
    assert [one.message.partition(": ")[2] for one in unused] == ["no rule", "no ACT101"]
