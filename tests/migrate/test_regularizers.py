"""Regularizers of tf.contrib.layers, written out as what they compute."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.migrate.regularizers import spelled_out
from actlint.program import analyze
from actlint.syntax.tree import Tree

HEAD = "import tensorflow as tf\nfrom tensorflow.contrib.layers import l1_l2_regularizer as both\n"


def written(folder: Path, text: str) -> str:
    """The file after its regularizers are written out; "" where none is."""
    path = folder / "program.py"
    path.write_text(HEAD + text, encoding="utf-8")
    trees: dict[Path, Tree] = spelled_out(analyze(path, read))
    return trees[path.resolve()].module.code.removeprefix(HEAD) if trees else ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("r = tf.contrib.layers.l2_regularizer(0.1)\n", "r = (lambda weights: 0.1 * tf.nn.l2_loss(weights))\n"),
        ("c = 2.0\nr = both(c, 0.0)\n", "c = 2.0\nr = (lambda weights: c * tf.reduce_sum(tf.abs(weights)))\n"),
        ("r = tf.contrib.slim.l2_regularizer(scale=0.0)\n", "r = (lambda weights: None)\n"),
        ("r = tf.contrib.layers.l2_regularizer(0.1 * 2)\n", ""),
        ("weights = 0.1\nr = tf.contrib.layers.l2_regularizer(weights)\n", ""),
        ("f = lambda c: tf.contrib.layers.l2_regularizer(c)\nf(0.1)\nf(0.0)\n", ""),
    ],
)
def test_written_out(before: str, after: str, tmp_path: Path) -> None:
    assert written(tmp_path, before) == after


def test_the_file_s_own_name_of_tensorflow(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text("import tensorflow as t\nr = t.contrib.layers.l1_regularizer(t.rate)\n")
    (tree,) = spelled_out(analyze(path, read)).values()
    assert tree.module.code.endswith("r = (lambda weights: t.rate * t.reduce_sum(t.abs(weights)))\n")
