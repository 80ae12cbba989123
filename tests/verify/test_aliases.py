"""Returned arrays that a later run changes are noticed; what the program itself changes between runs isn't."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from actlint.verify.runners.aliases import Handed  # noqa: E402


def test_change_within_a_run_is_noticed() -> None:
    handed = Handed(np.array)
    weight = np.zeros(3)
    handed.keep(0, [weight, 4.0, weight.copy()])
    seen = handed.look()
    assert handed.changed(seen) == []
    weight += 1
    assert handed.changed(seen) == [(0, 0)]


def test_change_between_runs_is_the_programs_own() -> None:
    handed = Handed(np.array)
    weight = np.zeros(3)
    handed.keep(0, [weight])
    weight += 1
    assert handed.changed(handed.look()) == []


def test_whatever_is_not_a_number_stays_equal() -> None:
    handed = Handed(np.array)
    handed.keep(0, [np.array([np.nan, 1.0]), np.array(["a"]), np.array([True])])
    assert handed.changed(handed.look()) == []
