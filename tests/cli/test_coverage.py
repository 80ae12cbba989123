from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Actlint

KNOWN = "import tensorflow as tf\nx = tf.placeholder(tf.float32)\n"
UNKNOWN = "import tensorflow as tf\nfrom tensorflow.nosuch import one\none.a(tf.nosuch.b, one.a)\n"


@pytest.fixture(autouse=True)
def tree(tmp_path: Path) -> None:
    (tmp_path / "known.py").write_text(KNOWN)
    (tmp_path / "unknown.py").write_text(UNKNOWN)
    (tmp_path / "other.py").write_text("import tensorflow as tf\ntf.nosuch.b()\n")
    (tmp_path / "plain.py").write_text("import numpy\n")
    (tmp_path / "mention.py").write_text("# like tensorflow\n")


def test_text(actlint: Actlint) -> None:
    result = actlint("coverage", ".")
    assert result.code == 0
    assert result.out.splitlines() == [
        "files   uses  symbol that the catalogue doesn't know",
        "    2      2  tf.nosuch.b",
        "    1      2  tf.nosuch.one.a",
        "",
        "3 files use TensorFlow; of 1 (33 %) every symbol is known.",
    ]


def test_refused(actlint: Actlint, tmp_path: Path) -> None:
    text = "import tensorflow as tf\ntf.data.Dataset.range(3)\ntf.estimator.ModeKeys.TRAIN\ntf.svd(x)\n"
    (tmp_path / "refused.py").write_text(text)
    lines = actlint("coverage", "refused.py").out.splitlines()
    assert lines[0] == "files  symbol that fix refuses, and why"
    assert lines[1].startswith("    1  tf.data.Dataset.range reads data within the graph")
    assert [line.split()[1] for line in lines[2:4]] == ["tf.estimator.ModeKeys.TRAIN", "tf.svd"]
    known = "1 file uses TensorFlow; of 1 (100 %) every symbol is known"
    assert lines[-1] == f"{known}, and fix refuses symbols of 1."
    found = json.loads(actlint("coverage", "--output-format", "json", "refused.py").out)
    assert [each["name"] for each in found["refused"]] == [line.split()[1] for line in lines[1:4]]


def test_all_known(actlint: Actlint) -> None:
    assert actlint("coverage", "known.py").out == "1 file uses TensorFlow; of 1 (100 %) every symbol is known.\n"
    assert actlint("coverage", "plain.py").out == "0 files use TensorFlow; of 0 every symbol is known.\n"


def test_json(actlint: Actlint, tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("import tensorflow\nprint 1\n")
    result = actlint("coverage", "--output-format", "json", "--exclude", "other.py")
    found = json.loads(result.out)
    assert (found["version"], found["files"], found["covered"]) == (1, 2, 1)
    assert found["symbols"][0] == {"name": "tf.nosuch.one.a", "files": 1, "uses": 2}
    assert [Path(file).name for file in found["open"]] == ["unknown.py"]
    assert [Path(file).name for file in found["skipped"]] == ["old.py"]
    assert "Python 2" in result.err


def test_missing_path(actlint: Actlint) -> None:
    result = actlint("coverage", "nosuch")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("actlint: error: ")


def test_no_framework_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from actlint.cli.app import run; run(['coverage', '.']);"
        " assert not {'tensorflow', 'torch', 'numpy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
