"""The comparison of what two programs feed."""

from __future__ import annotations

import numpy as np
import pytest

from actlint.verify.runners import compare
from actlint.verify.runners.standing import Feeds


@pytest.mark.parametrize(
    ("tolerance", "change", "ok"),
    [(compare.FEED, 1e-5, False), (compare.COMPILED.forward, 1e-5, True), (compare.COMPILED.forward, 1e-2, False)],
)
def test_feeds_that_runs_computed_in_float32_may_differ_as_these_do(tolerance: float, change: float, ok: bool) -> None:
    rows = compare.Rows(compare.COMPILED)
    feeds = Feeds(rows, np.asarray, lambda text: None, tolerance)
    feeds.compare("train.py:3", "advantage", 2, np.ones(3), np.ones(3) + change, False)
    assert [row["ok"] for row in rows.rows] == [ok]


def test_feeds_after_draws_of_the_rewrites_own_are_not_compared() -> None:
    rows = compare.Rows(compare.COMPILED)
    feeds = Feeds(rows, np.asarray, lambda text: None)
    feeds.drawn = True
    assert not feeds.compare("train.py:3", "action", 2, np.ones(3), np.zeros(3), False)
    assert rows.rows == []
