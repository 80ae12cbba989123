"""Options of `actlint check` with which an old repository or another tool takes it up."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Actlint

BAD = "import tensorflow as tf\nx = tf.placeholder()\nsession.run(x)\n"

pytestmark = pytest.mark.usefixtures("rules")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(BAD)
    return file


def test_baseline(actlint: Actlint, bad: Path) -> None:
    written = actlint("check", "--write-baseline", "baseline.json")
    assert (written.code, written.out, written.err) == (0, "", "actlint: wrote 2 findings to baseline.json\n")
    assert actlint("check", "--baseline", "baseline.json").out == "All checks passed!\n"
    bad.write_text("# moved\n" + BAD + "z = tf.placeholder()\n")
    result = actlint("check", "--baseline", "baseline.json", "--output-format", "concise")
    assert result.code == 1
    assert result.out.splitlines()[0].startswith("train.py:5:")
    assert result.out.endswith("Found 1 error.\n")


def test_what_is_gone_from_the_baseline_is_told(actlint: Actlint, bad: Path) -> None:
    actlint("check", "--write-baseline", "baseline.json")
    bad.write_text(BAD.replace("session.run(x)\n", ""))
    result = actlint("check", "--baseline", "baseline.json")
    assert result.code == 0
    assert result.err == (
        "actlint: warning: baseline.json: train.py: ACT101 is gone: session.run(x)\n"
        "actlint: warning: write the baseline anew with --write-baseline\n"
    )


def test_files_that_are_not_checked_are_not_gone(actlint: Actlint, bad: Path, tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("import tensorflow as tf\n")
    actlint("check", "--write-baseline", "baseline.json")
    assert actlint("check", "--baseline", "baseline.json", "other.py").err == ""


@pytest.mark.parametrize(("content", "said"), [(None, "No such file or directory"), ("{", "this is no baseline")])
def test_a_baseline_that_cannot_be_read(
    actlint: Actlint, bad: Path, tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "baseline.json").write_text(content)
    result = actlint("check", "--baseline", "baseline.json")
    assert result.code == 2
    assert said in result.err and "--write-baseline" in result.err


def test_statistics(actlint: Actlint, bad: Path) -> None:
    bad.write_text(BAD + "y = tf.placeholder()\n")
    result = actlint("check", "--statistics")
    assert result.code == 1
    assert result.out == "2  ACT001      placeholder-found\n1  ACT101  [*] session-found\nFound 3 errors.\n"
    rows = json.loads(actlint("check", "--statistics", "--output-format", "json").out)
    assert rows[0] == {"code": "ACT001", "name": "placeholder-found", "count": 2, "fixable": False}


def test_exit_zero(actlint: Actlint, bad: Path) -> None:
    result = actlint("check", "--exit-zero")
    assert result.code == 0
    assert "Found 2 errors." in result.out
    bad.write_text(BAD + "crash\n")
    assert actlint("check", "--exit-zero").code == 2


def test_show_files(actlint: Actlint, bad: Path, tmp_path: Path) -> None:
    (tmp_path / "left_out.py").write_text("")
    result = actlint("check", "--show-files", "--exclude", "left_out.py")
    assert (result.code, result.out.split()) == (0, [str(bad)])


def test_standard_input(actlint: Actlint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.actlint]\nignore = ['ACT101']\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    result = actlint("check", "-", "--stdin-filename", "src/train.py", "--output-format", "concise")
    assert result.code == 1
    assert result.out.splitlines() == ["src/train.py:2:8: ACT001 `placeholder` is here", "Found 1 error."]
    assert not (tmp_path / "src").exists()


@pytest.mark.parametrize("options", [["--fix"], ["other.py"]])
def test_standard_input_stands_alone(actlint: Actlint, options: list[str]) -> None:
    result = actlint("check", "-", *options)
    assert result.code == 2
    assert "standard input" in result.err


def test_add_noqa(actlint: Actlint, bad: Path) -> None:
    result = actlint("check", "--add-noqa")
    assert (result.code, result.out) == (0, "Added 2 noqa directives.\n")
    assert bad.read_text() == (
        "import tensorflow as tf\nx = tf.placeholder()  # noqa: ACT001\nsession.run(x)  # noqa: ACT101\n"
    )
    assert actlint("check").code == 0
    assert actlint("check", "--add-noqa").out == "Added 0 noqa directives.\n"
