from __future__ import annotations

from pathlib import Path

import pytest

from actlint.config import Config, ConfigError, load


def write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text)


def test_every_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
        [tool.actlint]
        select = ["ACT1"]
        ignore = ["ACT102"]
        extend-select = ["ACT001"]
        exclude = ["gen"]
        target = "torch"
        python = ".venv/bin/python"
        memory = 2.5
        [tool.actlint.per-file-ignores]
        "tests/*" = ["ACT1"]
        """,
    )
    assert load(["."], tmp_path) == Config(
        root=tmp_path,
        select=("ACT1",),
        ignore=("ACT102",),
        extend_select=("ACT001",),
        exclude=("gen",),
        per_file_ignores={"tests/*": ("ACT1",)},
        target="torch",
        python=".venv/bin/python",
        memory=2.5,
    )


def test_nearest_table_above_the_paths_counts(tmp_path: Path) -> None:
    write(tmp_path, "[tool.actlint]\ntarget = 'torch'\n")
    write(tmp_path / "a", "[tool.actlint]\n")
    write(tmp_path / "a" / "b", "[project]\nname = 'actlint-user'\n")
    (tmp_path / "a" / "b" / "c.py").write_text("")
    assert load(["a/b/c.py"], tmp_path).root == tmp_path / "a"
    assert load(["a/b/c.py", "d"], tmp_path).root == tmp_path
    assert load([], tmp_path / "a" / "b").target == "tf2"


def test_without_a_table_everything_is_default(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    assert load([tmp_path / "a.py"]) == Config(tmp_path)
    assert Config(tmp_path).select is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.actlint]\nselekt = []\n", "unknown key `selekt`"),
        ("[tool.actlint]\nselect = 'ALL'\n", "`select` must be a list of strings"),
        ("[tool.actlint]\nignore = [1]\n", "`ignore` must be a list of strings"),
        ("[tool.actlint]\ntarget = 'jax'\n", '`target` must be "tf2" or "torch"'),
        ("[tool.actlint]\npython = 3\n", "`python` must be a string"),
        ("[tool.actlint]\nmemory = 0\n", "`memory` must be a number of GiB above 0"),
        ("[tool.actlint]\nper-file-ignores = {a = 'ACT1'}\n", "`per-file-ignores` must be a table of lists"),
        ("[tool]\nactlint = 1\n", "must be a table"),
        ("[tool.actlint\n", "pyproject.toml"),
    ],
)
def test_errors_are_one_sentence_with_the_file(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as raised:
        load(["."], tmp_path)
    assert message in str(raised.value)
    assert str(tmp_path / "pyproject.toml") in str(raised.value)
