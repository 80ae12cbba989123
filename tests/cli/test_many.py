"""Checking in several processes: what is found is the same, in the same order, whatever happens to them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from actlint.cli import many
from actlint.cli.checking import Checker
from actlint.config import Config
from actlint.rules.registry import all_rules
from tests.cli.conftest import Actlint

_LOSSES = """\
import torch.nn.functional as F

from shared import net

total = 0.0
for x, y in batches:
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    total += loss
"""
_SHARED = "from torch import nn\n\nnet = nn.Linear(4, 3)\n"
_BROKEN = "import torch\n\nloss = if\n"
_COMMAND = ("check", "--select", "ACT3", "--output-format", "json", ".")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "shared.py").write_text(_SHARED)
    for number in range(8):
        (tmp_path / f"train{number}.py").write_text(_LOSSES)
    (tmp_path / "broken.py").write_text(_BROKEN)
    return tmp_path


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "WORTH", 2)
    monkeypatch.setattr(many, "_processors", lambda: 2)


@pytest.fixture
def alone(actlint: Actlint, tree: Path) -> str:
    """What one process prints."""
    return actlint(*_COMMAND).out


def test_findings_are_those_of_one_process(actlint, alone, processes):
    found = [(Path(item["filename"]).name, item["code"]) for item in json.loads(alone)]
    assert found == [("broken.py", "invalid-syntax"), *((f"train{n}.py", "ACT310") for n in range(8))]
    result = actlint(*_COMMAND)
    assert (result.out, result.err, result.code) == (alone, "", 1)


def test_other_processes_do_the_work(actlint, tree, processes, monkeypatch):
    parent, examine = os.getpid(), Checker.examine

    def elsewhere(self: Checker, file: Path, raw: bytes) -> None:
        assert os.getpid() != parent
        examine(self, file, raw)

    monkeypatch.setattr(Checker, "examine", elsewhere)
    assert len(json.loads(actlint(*_COMMAND).out)) == 9


def test_a_process_that_dies(actlint, alone, processes, monkeypatch):
    parent, examine = os.getpid(), Checker.examine

    def dying(self: Checker, file: Path, raw: bytes) -> None:
        if os.getpid() != parent and file.name == "train4.py":
            os._exit(9)
        examine(self, file, raw)

    monkeypatch.setattr(Checker, "examine", dying)
    result = actlint(*_COMMAND)
    assert (result.out, result.err, result.code) == (alone, "", 1)


def test_processes_that_cannot_be_started(actlint, alone, processes, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError("no semaphores here")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", refuse)
    assert actlint(*_COMMAND).out == alone


def test_what_fails_is_said_in_the_order_of_the_files(actlint, tree, processes, monkeypatch):
    def failing(self: Checker, source: object) -> list[object]:
        raise KeyError("boom")

    monkeypatch.setattr(Checker, "_run_rules", failing)
    result = actlint(*_COMMAND)
    names = [Path(line.split(": ")[2]).name for line in result.err.splitlines()]
    assert result.code == 2
    assert names == ["broken.py", *(f"train{n}.py" for n in range(8))]


def test_a_small_tree_stays_in_one_process(actlint, tree, monkeypatch):
    monkeypatch.setattr(many, "_processors", lambda: 8)
    monkeypatch.setattr(many, "_in_processes", lambda *_: pytest.fail("not worth it"))
    assert len(json.loads(actlint(*_COMMAND).out)) == 9


def test_files_that_other_processes_followed(tree, processes):
    files = sorted(tree.glob("train*.py"))
    checker = many.check_all(all_rules(), Config(tree), files, ())
    assert len(checker.findings()) == 8
    assert set(checker.read_files()) == {*files, tree / "shared.py"}
