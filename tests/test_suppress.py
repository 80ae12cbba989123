from __future__ import annotations

from pathlib import Path

import pytest

from actlint.findings import Finding, Position
from actlint.suppress import Suppressions


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
