"""ACT900 through the command line, with the real rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actlint.rules.act900_unused_noqa import RULE
from tests.cli.conftest import Actlint

BAD = """\
import torch
import torch.nn.functional as F

net = torch.nn.Linear(4, 3)
loss = F.cross_entropy(net(torch.ones(2, 4)).softmax(1), torch.tensor([0, 1]))  # noqa: ACT312
loss.backward()  # noqa: ACT312, E501
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(BAD)
    return file


def codes(actlint: Actlint, *options: str) -> list[str]:
    found = json.loads(actlint("check", "--output-format", "json", *options).out)
    return [f"{one['location']['row']}:{one['code']}" for one in found]


def test_examples(actlint: Actlint, tmp_path: Path) -> None:
    for name, text in (("bad.py", RULE.bad), ("good.py", RULE.good)):
        (tmp_path / name).write_text(text)
    assert codes(actlint, "--select", "ALL", "bad.py") == ["3:ACT900"]
    assert codes(actlint, "--select", "ALL", "good.py") == []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], []),
        (["--ignore", "ACT0"], []),
        (["--extend-select", "ACT900"], ["6:ACT900"]),
        (["--select", "ALL"], ["6:ACT900"]),
        (["--select", "ALL", "--ignore", "ACT9"], []),
        (["--select", "ACT900"], []),
        (["--select", "ACT900,ACT308"], []),
        (["--select", "ACT9,ACT3"], ["6:ACT900"]),
    ],
)
def test_it_is_found_where_it_is_selected(actlint: Actlint, file: Path, options: list[str], found: list[str]) -> None:
    assert codes(actlint, *options) == found


def test_project_selects_it(actlint: Actlint, file: Path) -> None:
    (file.parent / "pyproject.toml").write_text("[tool.actlint]\nextend-select = ['ACT900']\n")
    assert codes(actlint) == ["6:ACT900"]
    (file.parent / "pyproject.toml").write_text(
        "[tool.actlint]\nselect = ['ALL']\n[tool.actlint.per-file-ignores]\n'train.py' = ['ACT9']\n"
    )
    assert codes(actlint) == []


def test_it_is_said_what_is_wrong(actlint: Actlint, file: Path) -> None:
    file.write_text("x = 1  # noqa: ACT312, ACT999\n")
    out = actlint("check", "--select", "ALL").out
    assert "ACT900 unused-noqa: this comment silences nothing: no ACT312 is found here, ACT999 is no rule\n" in out


def test_fix_leaves_what_silences(actlint: Actlint, file: Path) -> None:
    result = actlint("check", "--select", "ALL", "--fix")
    assert (result.code, result.out) == (0, "Found 1 error (1 fixed, 0 remaining).\n")
    assert file.read_text() == BAD.replace("ACT312, E501", "E501")


def test_it_can_be_silenced_but_not_by_add_noqa(actlint: Actlint, file: Path) -> None:
    assert actlint("check", "--select", "ALL", "--add-noqa").out == "Added 0 noqa directives.\n"
    file.write_text(BAD.replace("E501", "ACT900"))
    assert codes(actlint, "--select", "ALL") == []


def test_files_that_could_not_be_analysed_are_not_judged(actlint: Actlint, file: Path) -> None:
    file.write_text(BAD + "x = (\n")
    assert codes(actlint, "--select", "ALL") == ["7:invalid-syntax"]


def test_nothing_is_judged_where_a_file_could_not_be_analysed(
    actlint: Actlint, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("boom")

    (file.parent / "other.py").write_text("x = 1  # noqa: ACT312\n")
    assert codes(actlint, "--select", "ALL", "other.py") == ["1:ACT900"]
    monkeypatch.setattr("actlint.program.analyze", fail)
    result = actlint("check", "--select", "ALL", "--output-format", "json")
    assert (result.code, json.loads(result.out)) == (2, [])


def test_files_without_frameworks_are_judged_but_not_parsed(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1  # noqa: ACT312\n")
    (tmp_path / "old.py").write_text("print 'x'  # noqa: ACT312\nx = (\n")
    assert codes(actlint, "--select", "ALL") == ["1:ACT900"]


def test_modules_that_are_checked_with_their_program(actlint: Actlint, file: Path) -> None:
    """What is found in a module alone through the program that imports it counts as silenced."""
    file.write_text("import torch\nfrom model import Net\n\nnet = Net()\nnet(torch.ones(2, 4)).mean().backward()\n")
    (file.parent / "model.py").write_text(
        "import torch\nimport torch.nn.functional as F\n\n\nclass Net(torch.nn.Module):\n"
        "    def forward(self, x):\n        return F.dropout(x, 0.5)  # noqa: ACT317\n"
    )
    assert codes(actlint, "--select", "ALL") == []


def test_notebooks(actlint: Actlint, tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": ["x = 1  # noqa: ACT312\n"]}]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    assert actlint("check", "--select", "ALL", "--fix").code == 0
    assert json.loads((tmp_path / "a.ipynb").read_text())["cells"][0]["source"] == ["x = 1\n"]
