"""`actlint check` on notebooks, with the real rules."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Actlint

IMPORTS = ["%matplotlib inline\n", "import torch\n", "import torch.nn.functional as F\n", "net = torch.nn.Linear(4, 3)"]
LOSS = [
    "%%time\n",
    "x, y = torch.ones(2, 4), torch.tensor([0, 1])\n",
    "loss = F.cross_entropy(F.softmax(net(x), dim=1), y)  # é\n",
    "loss.requires_grad = True",
]


def code(*lines: str) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": 1, "id": "c", "metadata": {}, "outputs": [], "source": list(lines)}


def write(file: Path, *cells: Any, **more: Any) -> str:
    title = {"cell_type": "markdown", "id": "t", "metadata": {}, "source": ["# Title"]}
    content = {"cells": [title, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n")
    return file.read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "train.ipynb"
    write(file, code(*IMPORTS), code("!nvidia-smi"), code(*LOSS), code("%time loss.backward()"))
    return file


def test_places_are_cells_and_lines(actlint: Actlint, file: Path) -> None:
    result = actlint("check", "--output-format", "concise")
    assert (result.code, result.err) == (1, "")
    first, second, *_ = result.out.splitlines()
    assert first.startswith("train.ipynb:cell 4:3:8: ACT312 ")
    assert second.startswith("train.ipynb:cell 4:4:1: ACT308 ")
    assert "\n  cell 4:3:8 ACT312 " in actlint("check", "--output-format", "grouped").out


def test_excerpts_are_of_the_cell(actlint: Actlint, file: Path) -> None:
    out = actlint("check", "--select", "ACT308").out
    assert (
        " --> train.ipynb:cell 4:4:1\n  |\n"
        "2 | x, y = torch.ones(2, 4), torch.tensor([0, 1])\n"
        "3 | loss = F.cross_entropy(F.softmax(net(x), dim=1), y)  # é\n"
        "4 | loss.requires_grad = True\n"
        "  | ^^^^^^^^^^^^^^^^^^\n  |\n"
        " ::: train.ipynb:cell 5:1:7\n  |\n"
        "1 | %time loss.backward()\n"
    ) in out


def test_json_has_the_cell(actlint: Actlint, file: Path) -> None:
    first, _ = json.loads(actlint("check", "--output-format", "json").out)
    assert (first["cell"], first["location"], first["noqa_row"]) == (4, {"column": 8, "row": 3}, 3)
    (edit,) = first["fix"]["edits"]
    assert (edit["location"], edit["end_location"]) == ({"column": 24, "row": 3}, {"column": 48, "row": 3})


def test_services_get_places_of_the_document(actlint: Actlint, file: Path) -> None:
    lines = file.read_text().splitlines()
    row = next(row for row, line in enumerate(lines, 1) if "softmax" in line)
    column = lines[row - 1].index("F.cross") + 1
    (run,) = json.loads(actlint("check", "--output-format", "sarif").out)["runs"]
    (location,) = run["results"][0]["locations"]
    region = location["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (row, column)
    assert location["logicalLocations"] == [{"name": "cell 4", "fullyQualifiedName": "train.ipynb:cell 4:3"}]
    assert not any("fixes" in result for result in run["results"])
    first = actlint("check", "--output-format", "github").out.splitlines()[0]
    assert f",line={row},col={column}," in first and "::train.ipynb:cell 4:3:8: ACT312 " in first
    one, _ = json.loads(actlint("check", "--output-format", "gitlab").out)
    assert one["location"]["positions"]["begin"] == {"line": row, "column": column}
    assert one["description"].endswith("(cell 4, line 3)")
    root = ElementTree.fromstring(actlint("check", "--output-format", "junit").out)
    assert [failure.text[:21] for failure in root.iter("failure")][0] == "cell 4, line 3, col 8"


def test_gitlab_fingerprints_do_not_depend_on_cells(actlint: Actlint, file: Path) -> None:
    def prints() -> list[str]:
        return [one["fingerprint"] for one in json.loads(actlint("check", "--output-format", "gitlab").out)]

    before = prints()
    write(file, code("a = 1"), code(*IMPORTS), code(*LOSS), code("loss.backward()"))
    assert prints() == before


def test_fix_changes_only_the_lines_that_it_repairs(actlint: Actlint, file: Path) -> None:
    before = file.read_text()
    result = actlint("check", "--fix")
    assert (result.code, result.out) == (0, "Found 2 errors (2 fixed, 0 remaining).\n")
    fixed = before.replace("F.softmax(net(x), dim=1)", "net(x)")
    assert file.read_text() == fixed.replace('# \\u00e9\\n",\n    "loss.requires_grad = True"', '# \\u00e9"')


def test_noqa(actlint: Actlint, file: Path) -> None:
    assert actlint("check", "--add-noqa").out == "Added 2 noqa directives.\n"
    assert actlint("check").code == 0
    source = json.loads(file.read_text())["cells"][3]["source"]
    assert source[2:] == [LOSS[2].replace("\n", "  # noqa: ACT312\n"), f"{LOSS[3]}  # noqa: ACT308"]


def test_baseline(actlint: Actlint, file: Path) -> None:
    actlint("check", "--write-baseline", "baseline.json")
    write(file, code("a = 1"), code(*IMPORTS), code(*LOSS), code("loss.backward()"))
    result = actlint("check", "--baseline", "baseline.json")
    assert (result.code, result.err) == (0, "")


def test_standard_input(actlint: Actlint, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    result = actlint("check", "-", "--stdin-filename", "nb/other.ipynb", "--output-format", "concise")
    assert result.out.startswith("nb/other.ipynb:cell 4:3:8: ACT312 ")


def test_graph_code(actlint: Actlint, tmp_path: Path) -> None:
    build = [
        "import tensorflow as tf\n",
        "x = tf.placeholder(tf.float32, [None, 4])\n",
        "w = tf.Variable([[1.0]] * 4)\n",
    ]
    train = ["loss = tf.reduce_mean(tf.square(x @ w))\n", "step = tf.train.AdamOptimizer().minimize(loss)"]
    run = ["with tf.Session() as sess:\n", "    sess.run(step, {x: [[1.0] * 4]})"]
    write(tmp_path / "tf1.ipynb", code("%tensorflow_version 1.x\n", *build), code(*train), code(*run))
    out = actlint("check").out
    assert "tf1.ipynb:cell 4:2:5" in out
    assert "export the notebook" in out and "--to torch" not in out


def test_broken_notebooks(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "json.ipynb").write_text('{"torch"')
    write(tmp_path / "old.ipynb", nbformat=3, metadata={"name": "torch"})
    write(tmp_path / "python.ipynb", code("import torch\n", "x = ("), code("a = 1"), code("b = )"))
    result = actlint("check", "json.ipynb", "old.ipynb", "python.ipynb", "--output-format", "concise")
    assert result.code == 1
    assert result.out.splitlines() == [
        "json.ipynb:1:9: invalid-syntax a notebook must be JSON, and this isn't: Expecting ':' delimiter",
        "old.ipynb:1:1: invalid-syntax a notebook of format 3, which is not read",
        "python.ipynb:cell 2:2:5: invalid-syntax '(' was never closed",
        "Found 3 errors.",
    ]
    assert "jupyter nbconvert" in actlint("check", "old.ipynb").out


def test_other_languages_are_left_out(actlint: Actlint, tmp_path: Path) -> None:
    write(tmp_path / "r.ipynb", code("x <- torch"), metadata={"language_info": {"name": "R"}})
    assert (actlint("check").code, actlint("check").err) == (0, "")
    result = actlint("check", "r.ipynb")
    assert (result.code, result.err) == (0, f"actlint: warning: {tmp_path / 'r.ipynb'}: a notebook in R is left out\n")


def test_words_of_outputs_and_texts_are_no_code(actlint: Actlint, tmp_path: Path) -> None:
    write(tmp_path / "a.ipynb", {"cell_type": "markdown", "metadata": {}, "source": "torch softmax"}, code("x = 1"))
    assert actlint("check").out == "All checks passed!\n"
