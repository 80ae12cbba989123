"""What calls take from an `arg_scope`."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.program import Program, analyze

HEAD = """import tensorflow as tf
from tensorflow.contrib import slim
from tensorflow.contrib.framework import arg_scope

x = tf.placeholder(tf.float32, [None, 8, 8, 3])
"""


def program(folder: Path, text: str) -> Program:
    path = folder / "program.py"
    path.write_text(HEAD + text, encoding="utf-8")
    return analyze(path, read)


@pytest.mark.parametrize(
    ("text", "padding", "size"),
    [
        ("with slim.arg_scope([slim.conv2d], padding='VALID'):\n    y = slim.conv2d(x, 2, 3)\n", "VALID", 6),
        ("with slim.arg_scope([slim.conv2d], padding='VALID'):\n    y = slim.conv2d(x, 2, 3, 1, 'SAME')\n", "SAME", 8),
        ("with arg_scope((slim.convolution2d,), padding='VALID'):\n    y = slim.conv2d(x, 2, 3)\n", "VALID", 6),
        ("with slim.arg_scope([slim.conv2d], padding='VALID'):\n    pass\ny = slim.conv2d(x, 2, 3)\n", None, 8),
        (
            "with slim.arg_scope([slim.conv2d], padding='VALID') as s:\n    pass\n"
            "with slim.arg_scope([slim.conv2d], stride=2), slim.arg_scope(s):\n    y = slim.conv2d(x, 2, 3)\n",
            "VALID",
            6,
        ),
        ("with slim.arg_scope([slim.max_pool2d], padding='VALID'):\n    y = slim.conv2d(x, 2, 3)\n", None, 8),
    ],
)
def test_a_call_takes_what_it_does_not_pass(text: str, padding: str | None, size: int, tmp_path: Path) -> None:
    (layer,) = program(tmp_path, text).layers
    assert layer.call.const("padding") == padding
    shape = layer.call.entry.shape(layer.call)
    assert shape[1].value == size


def test_other_functions_have_no_scope(tmp_path: Path) -> None:
    found = program(tmp_path, "with slim.arg_scope([tf.layers.conv2d], padding='same'):\n    pass\n")
    assert [symbol.symbol for symbol in found.unsupported] == ["contrib.slim.arg_scope"]
