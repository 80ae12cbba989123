"""Findings of the rules themselves, over the files of a program."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Actlint
from tests.cli.test_check import codes


def test_a_program_over_several_files_is_one_graph_program(actlint: Actlint, tmp_path: Path) -> None:
    net = "import tensorflow as tf\n\n\ndef build():\n    return tf.placeholder(tf.float32, [3])\n"
    (tmp_path / "net.py").write_text(net)
    (tmp_path / "train.py").write_text(
        "import net\nimport tensorflow as tf\n\nx = net.build()\ntf.Session().run(x * 2.0)\n"
    )
    options = ("check", "--select", "ACT001", "--output-format=json")
    assert codes(actlint(*options, ".").out) == ["train.py:ACT001"]
    assert codes(actlint(*options, "net.py").out) == ["net.py:ACT001"]
