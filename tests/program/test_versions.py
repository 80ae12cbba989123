"""Which versions of Keras a program may run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.program.versions import EARLY, KERAS_2, LATE, keras_versions

_ALL = {KERAS_2, EARLY, LATE}


@pytest.mark.parametrize(
    ("text", "required", "versions"),
    [
        ("import keras\n", "", _ALL),
        ("import tf_keras as keras\n", "", {KERAS_2}),
        ("import tensorflow as tf\nimport tf_keras\n", "", {KERAS_2}),
        ("import numpy as np, keras\nimport tf_keras\n", "", _ALL),
        ('os.environ["TF_USE_LEGACY_KERAS"] = "1"\nimport keras\n', "", {KERAS_2}),
        ("import keras\n", "keras>=3\n", {EARLY, LATE}),
        ("import keras\n", "keras>=3.14\n", {LATE}),
        ("import keras\n", "keras==3.6.0\n", {EARLY}),
        ("import keras\n", "keras<3.14\n", {KERAS_2, EARLY}),
        ("import tensorflow as tf\n", "tensorflow==2.15.1\n", {KERAS_2}),
        ("import tensorflow as tf\n", "tensorflow-cpu>=2.17\n", {EARLY, LATE}),
        ("import tensorflow as tf\n", "tensorflow>=2.8\n", _ALL),
    ],
)
def test_versions(text: str, required: str, versions: set[str], tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(required)
    assert keras_versions(tmp_path / "train.py", [text]) == versions
