"""When a program has shown what it will."""

from __future__ import annotations

import pytest

program = pytest.importorskip("actlint.verify.runners.program")


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    now = {"wall": 100.0, "processor": 0.0}
    monkeypatch.setattr(program.time, "time", lambda: now["wall"])
    monkeypatch.setattr(program.time, "process_time", lambda: now["processor"])
    return now


def test_the_budget_is_of_wall_clock_time(time: dict[str, float]) -> None:
    clock = program.Clock(60.0)
    time["wall"] += 59.0
    assert not clock.over()
    time["wall"] += 2.0
    assert clock.over()
    assert clock.spent() == 61.0


def test_a_row_of_counted_runs_ends_early(time: dict[str, float]) -> None:
    clock = program.Clock(60.0)
    clock.tick(executed=False)
    time["processor"] += program.QUIET - 1
    clock.tick(executed=False)
    assert not clock.over()
    time["processor"] += 2
    assert clock.over()


def test_work_before_and_between_executed_runs_is_not_quiet(time: dict[str, float]) -> None:
    clock = program.Clock(60.0)
    time["processor"] += program.QUIET + 1
    assert not clock.over()
    clock.tick(executed=False)
    clock.tick(executed=True)
    time["processor"] += program.QUIET + 1
    assert not clock.over()
