"""The comparison policy."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
compare = pytest.importorskip("actlint.verify.runners.compare")
evidence = pytest.importorskip("actlint.verify.runners.evidence")


def only_row(rows):
    assert len(rows.rows) == 1
    return rows.rows[0]


@pytest.mark.parametrize(("error", "ok"), [(1e-15, True), (9e-13, True), (2e-12, False), (1e-6, False)])
def test_forward_gate_is_relative_to_the_largest_element(error, ok):
    rows = compare.Rows()
    before = np.array([1000.0, 1.0])
    rows.forward("p.py:1", "fetch", "0", 1, before, before + [0.0, error * 1000.0])
    assert only_row(rows)["ok"] is ok


def test_tolerance_grows_with_training_steps():
    rows = compare.Rows()
    rows.forward("p.py:1", "fetch", "0", 10, np.ones(2), np.ones(2) + 5e-12)
    assert only_row(rows)["ok"]


def test_tiny_values_compare_on_an_absolute_floor():
    rows = compare.Rows()
    rows.forward("p.py:1", "fetch", "0", 1, np.array(1e-17), np.array(3e-17))
    assert only_row(rows)["ok"]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_other_precisions_are_doubts_not_differences(dtype):
    rows = compare.Rows()
    rows.forward("p.py:1", "fetch", "0", 1, np.ones(2), np.ones(2, dtype))
    assert not only_row(rows)["ok"]
    assert np.dtype(dtype).name in rows.doubts[0] and not rows.differences


@pytest.mark.parametrize(
    ("before", "after"),
    [(np.ones(()), np.ones(1)), (np.ones((2, 3)), np.ones((3, 2))), (np.ones(2), np.ones(2, np.int64))],
)
def test_rank_shape_and_kind_must_agree(before, after):
    rows = compare.Rows()
    rows.forward("p.py:1", "fetch", "0", 1, before, after)
    assert not only_row(rows)["ok"] and rows.differences


def test_integers_are_exact():
    rows = compare.Rows()
    rows.forward("p.py:1", "fetch", "0", 1, np.array([1, 2]), np.array([1, 3], np.int32))
    assert not only_row(rows)["ok"]


def test_nan_on_both_sides_is_a_doubt_and_on_one_a_difference():
    rows = compare.Rows()
    rows.forward("p.py:1", "fetch", "0", 1, np.array([np.nan, 1.0]), np.array([np.nan, 1.0]))
    assert rows.doubts and not rows.differences and not rows.rows[0]["ok"]
    rows.forward("p.py:1", "fetch", "0", 1, np.array([np.nan, 1.0]), np.array([1.0, 1.0]))
    assert rows.differences


@pytest.mark.parametrize(
    ("before", "after", "ok"),
    [(None, np.zeros(2), True), (np.zeros(2), None, True), (None, np.ones(2), False), (np.ones(2), None, False)],
)
def test_missing_gradient_equals_zero_alone(before, after, ok):
    rows = compare.Rows()
    rows.gradient("p.py:1", "w", 1, before, after, 1.0)
    assert (not rows.differences) is ok


def test_cancelled_gradient_is_judged_by_the_runs_largest():
    rows = compare.Rows()
    rows.gradient("p.py:1", "b", 1, np.array([1e-18]), np.array([-2e-18]), 1.0)
    assert only_row(rows)["ok"]
    rows.gradient("p.py:1", "b", 1, np.array([1e-9]), np.array([1.01e-9]), 1.0)
    assert not rows.rows[1]["ok"]


@pytest.mark.parametrize(("size", "ok"), [(9e-14, True), (2e-13, False)])
def test_gradient_of_rounding_alone_is_judged_beside_the_largest(size, ok):
    rows = compare.Rows()
    rows.gradient("p.py:1", "bias", 1, np.full(2, size), np.full(2, -size), largest=1.0)
    assert only_row(rows)["ok"] is ok


def test_variable_is_judged_by_its_update():
    start, rows = np.ones(3), compare.Rows()
    after = start + 1e-6
    rows.variable("p.py:1", "w", 1, start, after, after + 1e-14)
    assert not only_row(rows)["ok"] and rows.rows[0]["error"] == pytest.approx(1e-8, rel=0.1)
    rows.variable("p.py:1", "w", 1, start, after, after + 1e-16)
    assert rows.rows[1]["ok"]


def test_frozen_variable():
    rows = compare.Rows()
    rows.variable("p.py:1", "w", 1, np.ones(3), np.ones(3), np.ones(3))
    rows.variable("p.py:1", "w", 1, np.ones(3), np.ones(3), np.ones(3) * (1 + 5e-13))
    assert [row["ok"] for row in rows.rows] == [True, False]


def test_spread_of_random_initialisers():
    draw = np.random.RandomState(0)
    normal, other = draw.normal(0, 0.1, 5000), draw.normal(0, 0.1, 2500)
    cut = normal[np.abs(normal) < 0.2]
    flat = draw.uniform(-0.1, 0.1, 3000) * 3**0.5
    wide = cut * np.std(normal) / np.std(cut)
    for before, after, same in (
        (normal, other, True),
        (normal, other[:40], True),
        (cut, cut[::2], True),
        (flat, flat[:500], True),
        (normal, other * 1.2, False),
        (normal, other + 0.02, False),
        (normal, flat, False),
        (flat, normal, False),
        (wide, other, False),
        (other, wide, False),
        (cut, cut[:400] * 1.1, False),
        (normal, np.zeros(1), False),
        (normal, np.full(4, 0.05), False),
        (normal, other[:3], True),
        (normal, other[:3] + 1.0, False),
    ):
        rows = compare.Rows()
        rows.spread("p.py:1", "w", before, after)
        assert [row["ok"] for row in rows.rows] == [same], (before.size, after.size)


def test_equal_patterns_of_nan_are_a_doubt_others_a_difference():
    nan = np.array([1.0, np.nan])
    for after, doubts, differences in ((nan, 1, 0), (np.ones(2), 0, 1)):
        rows = compare.Rows()
        rows.arrays("p.py:1", "fetch", "0", 1, nan, after, 1e-12)
        assert (len(rows.doubts), len(rows.differences)) == (doubts, differences)


PLAN = {
    "runs": [{"site": "p.py:9", "callable": "step", "trains": True}, {"site": "p.py:11", "callable": "probe"}],
    "probes": [{"id": "t", "name": "penalty", "role": "loss term"}],
}


def recording(losses, gradient, change=1.0, called=4):
    runs = [
        {
            "site": 0,
            "ordinal": place + 1,
            "train": True,
            "losses": [loss],
            "raw": {"0": [np.full(2, gradient)]},
            "applied": {},
            "probes": {"t": [np.ones(1)]},
            "changes": {"t": change},
        }
        for place, loss in enumerate(losses)
    ]
    calls = [[0, True, len(losses)], [0, False, called - len(losses)]]
    return {"runs": runs, "calls": calls, "counts": {"0": len(losses)}, "stopped": False, "seconds": 3.0}


def test_sound_recording_has_no_doubts():
    doubts, gaps = evidence.weigh(recording([3.0, 2.0, 1.0, 0.5], 1.0), PLAN)
    assert doubts == []
    assert gaps == ["p.py:11 not reached"]


@pytest.mark.parametrize(
    ("losses", "gradient", "word"),
    [([3.0, 2.0, 1.0], 0.0, "zero"), ([2.0, 2.0, 2.0], 1.0, "constant"), ([2.0, float("nan")], 1.0, "finite")],
)
def test_degenerate_recordings(losses, gradient, word):
    doubts, _ = evidence.weigh(recording(losses, gradient), PLAN)
    assert word in doubts[0]


def test_untrained_recording():
    empty = {"runs": [], "calls": [], "counts": {}, "stopped": True, "seconds": 5.0}
    assert evidence.weigh(empty, PLAN)[0] == ["no run of the program was reached"]


def test_shortened_loops_and_unnoticed_terms_are_listed():
    _, gaps = evidence.weigh(recording([3.0, 2.0], 1.0, change=1e-14, called=30), PLAN)
    assert "p.py:9 executed 2 of 30 times" in gaps
    assert any("'penalty'" in gap for gap in gaps)
