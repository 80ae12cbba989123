"""Formulas of sizes: equal sums of products are equal, and other operations are told apart by their operands."""

from __future__ import annotations

from actlint.apis.formula import combined, option
from actlint.apis.shape import Dim, added, divided, multiplied

N, M = option("n"), option("m")


def test_order_and_spelling_are_nothing() -> None:
    left = combined("add", (5, N), (3, M))
    assert left == combined("add", (3, M), (5, N))
    assert combined("multiply", (8, left), (2, None)) == combined("add", (8, left), (8, left))
    assert combined("multiply", (5, N), (3, M)) != left


def test_difference_without_options_is_a_number() -> None:
    assert combined("subtract", (5, N), (5, N)) is None
    assert combined("add", (2, None), (3, None)) is None


def test_options_of_one_default_differ() -> None:
    assert combined("subtract", (5, N), (5, M)) is not None
    assert combined("max", (5, N), (3, None)) != combined("max", (5, M), (3, None))


def test_quotients_without_rest_are_found() -> None:
    area = combined("multiply", (5, N), (3, M))
    assert combined("floordiv", (15, area), (3, M)) == N
    assert combined("floordiv", (5, N), (2, None)) not in (None, N)


def test_formulas_of_a_long_loop_stay_short() -> None:
    one, other = N, N
    for _ in range(100):
        one, other = combined("max", (5, one), (5, one)), combined("max", (5, other), (6, None))
    assert len(str(one)) < 200
    assert one != other


def test_dimensions_carry_formulas() -> None:
    n, m = Dim(5, formula=N), Dim(3, formula=M)
    assert added((n, m)).value == 8
    assert added((n, m)).formula == combined("add", (5, N), (3, M))
    assert divided(multiplied((n, Dim(4))), Dim(4)).formula == N
    assert added((n, Dim())).value is None
