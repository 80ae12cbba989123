from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from actlint.verify.mapfile import Map, parse
from tests.cli.conftest import Actlint, contents

GRAPH = "import tensorflow as tf\nx = tf.placeholder(tf.float32)\nprint(tf.Session().run(x))\n"
MAP = Map({"w:0": {"path": "w", "layout": "same"}})


@pytest.fixture
def proofs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The programs that were proved; every port is proved."""
    (tmp_path / "old.py").write_text(GRAPH)
    (tmp_path / "new.py").write_text("import torch\n")
    seen: list[Path] = []

    def prove(before: Path, after: Path, map_file: Path | None, **_: object) -> SimpleNamespace:
        seen.append(before)
        proof = SimpleNamespace(verdict="proved", reasons=[], comparisons=[], not_exercised=[])
        return SimpleNamespace(left_out=[], target="torch", proof=proof, map=MAP, candidates={})

    monkeypatch.setattr("actlint.verify.byhand.verify_port", prove)
    return seen


def test_map_is_written_and_named(actlint: Actlint, proofs: list[Path], tmp_path: Path) -> None:
    for _ in range(2):
        result = actlint("verify", "old.py", "new.py", "--write-map", "port.toml")
        assert (result.code, parse((tmp_path / "port.toml").read_text())) == (0, MAP)
        assert result.err.endswith("wrote map: port.toml\n")


@pytest.mark.parametrize("name", ["old.py", "new.py", "notes.txt", "pyproject.toml"])
def test_map_never_replaces_another_file(actlint: Actlint, proofs: list[Path], tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("# mine\n")
    (tmp_path / "pyproject.toml").write_text("")
    before = contents(tmp_path)
    result = actlint("verify", "old.py", "new.py", "--write-map", name)
    assert (result.code, result.out, proofs) == (2, "", [])
    assert f"{name} exists and is no map" in result.err
    assert contents(tmp_path) == {**before, **{k: v for k, v in contents(tmp_path).items() if ".actlint/" in k}}


def test_map_that_was_given_may_be_replaced(actlint: Actlint, proofs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "port.toml").write_text("# empty yet\n")
    assert actlint("verify", "old.py", "new.py", "--map", "port.toml", "--write-map", "port.toml").code == 0
    assert parse((tmp_path / "port.toml").read_text()) == MAP


def test_verdict_is_told_though_the_map_cannot_be_written(
    actlint: Actlint, proofs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(contents: object) -> None:
        raise PermissionError(13, os.strerror(13), str(tmp_path / "port.toml"))

    monkeypatch.setattr("actlint.cli.port.write_all", refuse)
    result = actlint("verify", "old.py", "new.py", "--write-map", "port.toml")
    assert result.code == 2
    assert "1 program: 1 proved" in result.out
    assert "the map could not be written: " in result.err


def test_notebooks_are_not_run(actlint: Actlint, proofs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "old.ipynb").write_text("{}")
    result = actlint("verify", "old.ipynb", "new.py")
    assert (result.code, proofs) == (2, [])
    assert result.err == "actlint: error: old.ipynb: notebooks aren't run; export it as a Python file first\n"
