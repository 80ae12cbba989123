"""Small TF1 programs, one pattern each, and what genuine TensorFlow 1.15.5 prints (`tests/fixtures/record.py`)."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.programs import environment, same_output

PATTERNS = Path(__file__).resolve().parent / "patterns"
NAMES = sorted(path.stem for path in PATTERNS.glob("*.py"))
# one import of TensorFlow for all of them: each runs in a fork
GRAPH_MODE = """\
import os, runpy, sys
import tensorflow.compat.v1 as tf
tf.disable_v2_behavior()
sys.modules["tensorflow"] = tf
out, programs = sys.argv[1], sys.argv[2:]
for program in programs:
    if os.fork() == 0:
        sys.stdout = open(os.path.join(out, os.path.basename(program)), "w")
        sys.argv = [program]
        runpy.run_path(program, run_name="__main__")
        sys.stdout.close()
        os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each pattern prints under compat.v1."""
    folder = tmp_path_factory.mktemp("patterns")
    command = [sys.executable, "-c", GRAPH_MODE, str(folder), *(str(PATTERNS / f"{name}.py") for name in NAMES)]
    subprocess.run(command, env=environment(TF_USE_LEGACY_KERAS="1"), cwd=folder, timeout=300, check=True)
    return {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in NAMES}


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")
@pytest.mark.parametrize("name", NAMES)
def test_prints_what_tensorflow_1_15_printed(printed: dict[str, str], name: str) -> None:
    assert same_output(printed[name], (PATTERNS / f"{name}.txt").read_text(encoding="utf-8")) == ""


def test_every_pattern_has_a_record() -> None:
    assert NAMES and NAMES == sorted(path.stem for path in PATTERNS.glob("*.txt"))
