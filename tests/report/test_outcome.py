from __future__ import annotations

from pathlib import Path

from actlint.report.outcome import Outcome, as_json, lines
from actlint.verify import Comparison


def report(outcome: Outcome) -> list[str]:
    return ["".join(text for text, _ in row) for row in lines([outcome])]


def rows() -> list[Comparison]:
    return [
        Comparison("train.py:3", "feed", "x", 1, "float64", 0.0, 1e-6, True),
        Comparison("train.py:3", "fetch", "0", 11, "float64", 3e-13, 1e-12, True),
        Comparison("train.py:9", "fetch", "0", 11, "float32", 2e-7, 1e-3, True),
        Comparison("end", "variable", "w:0", 11, "float64", 1e-16, 1e-12, True),
    ]


def test_scope_says_what_was_looked_at_and_what_was_not() -> None:
    gaps = ["train.py:3 executed 11 of 30 times", "train.py:55: branch not taken", "train.py:55: branch not taken"]
    said = report(Outcome([Path("train.py")], "tf2", "proved", comparisons=rows(), not_exercised=gaps))
    assert (
        "  exercised: 2 runs (train.py:3, train.py:9), 11 training steps on the program's own values; "
        "1 comparison in float32 and 3 comparisons in float64"
    ) in said
    at = said.index("  not exercised:")
    assert said[at + 1 : at + 4] == [
        "    - train.py:3 executed 11 of 30 times",
        "    - train.py:55: branch not taken",
        "  proved: the rewrite computes the same as the original",
    ]


def test_synthetic_values_are_called_so() -> None:
    gaps = ["values of 'x' (train.py:12) are synthetic: N(0,1), shape (8, 784)"]
    said = report(Outcome([Path("train.py")], "tf2", "proved", comparisons=rows(), not_exercised=gaps))
    assert any("on synthetic values" in row for row in said)


def test_without_a_proof_there_is_no_scope() -> None:
    said = report(Outcome([Path("train.py")], "tf2", "refused"))
    assert not any("exercised" in row for row in said)


def test_json_has_no_infinity() -> None:
    bad = Comparison("train.py:3", "fetch", "0", 1, "float64", float("inf"), 1e-12, False)
    (program,) = as_json([Outcome([Path("train.py")], "tf2", "differs", comparisons=[bad])])["programs"]
    assert program["comparisons"][0]["error"] is None
