from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from actlint.cli import watching
from tests.cli.conftest import ROOT, Actlint


class Edits:
    """Stands for `time.sleep`: makes one edit at each look, and presses Ctrl-C after the last."""

    def __init__(self, *edits: Callable[[], object]) -> None:
        self.left = list(edits)

    def __call__(self, seconds: float) -> None:
        if seconds:
            if not self.left:
                raise KeyboardInterrupt
            self.left.pop(0)()


def nothing() -> None:
    """No edit."""


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, list[str]]]:
    """Watches `*.py` of a folder while edits are made; answers the exit code and what each run saw."""

    def watch(
        *edits: Callable[[], object],
        read: tuple[Path, ...] = (),
        run: Callable[[], object] = nothing,
        writes: bool = False,
    ) -> tuple[int, list[str]]:
        seen: list[str] = []

        def once() -> tuple[Path, ...]:
            seen.append(" ".join(f"{file.stem}={file.read_text()}" for file in sorted(tmp_path.glob("*.py"))))
            run()
            return read

        monkeypatch.setattr(time, "sleep", Edits(*edits))
        return watching.watch(once, lambda: tmp_path.glob("*.py"), writes=writes, pause=1), seen

    return watch


def test_files_that_change_come_and_go(watched, tmp_path: Path) -> None:
    a, b = tmp_path / "a.py", tmp_path / "b.py"
    a.write_text("1")
    edits = (nothing, lambda: a.write_text("22"), nothing, lambda: b.write_text("3"), a.unlink)
    assert watched(*edits) == (130, ["a=1", "a=22", "a=22 b=3", "b=3"])


def test_the_same_size_at_another_time_is_a_change(watched, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    assert watched(lambda: os.utime(tmp_path / "a.py", ns=(1, 1)))[1] == ["a=1", "a=1"]


def test_files_that_were_read_elsewhere(watched, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("1")
    assert len(watched(nothing, lambda: other.write_text("22"), nothing, read=(other,))[1]) == 2


@pytest.mark.parametrize(("writes", "runs"), [(True, 1), (False, 2)])
def test_edits_during_a_run_are_changes_where_it_writes_nothing_itself(
    watched, tmp_path: Path, writes: bool, runs: int
) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    edits = iter([lambda: file.write_text("fixed")])
    assert len(watched(nothing, nothing, run=lambda: next(edits, nothing)(), writes=writes)[1]) == runs


def test_modules_that_were_not_there_are_looked_for_again(watched, tmp_path: Path) -> None:
    from actlint.program.imports import local_file

    found: list[Path | None] = []
    watched((tmp_path / "model.py").touch, run=lambda: found.append(local_file(tmp_path / "a.py", "model")))
    assert found == [None, tmp_path / "model.py"]


def test_a_later_run_that_fails_is_told(watched, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> None:
        if (tmp_path / "bad.py").exists():
            raise click.ClickException("bad settings")

    edits = ((tmp_path / "bad.py").touch, (tmp_path / "bad.py").unlink)
    assert watched(*edits, run=run) == (130, ["", "bad=", ""])
    assert "actlint: error: bad settings\n" in capsys.readouterr().err


def test_a_first_run_that_fails_is_an_error(watched) -> None:
    def run() -> None:
        raise click.ClickException("bad settings")

    with pytest.raises(click.ClickException):
        watched(run=run)


@pytest.mark.parametrize("options", [["-"], ["--add-noqa"], ["--write-baseline", "b.json"], ["--show-files"]])
def test_what_cannot_be_watched(actlint: Actlint, options: list[str]) -> None:
    result = actlint("check", "--watch", *options)
    assert result.code == 2
    assert "have no meaning beside it" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts are other ones there")
def test_for_real(tmp_path: Path) -> None:
    train = tmp_path / "train.py"
    train.write_text("import torch\n")
    command = [sys.executable, "-m", "actlint", "check", "--watch", "--output-format", "concise", "train.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "All checks passed!\n"
            train.write_text("import torch\nx = (\n")
            assert process.stdout.readline().startswith("train.py:2:5: invalid-syntax ")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 130
        finally:
            process.kill()
