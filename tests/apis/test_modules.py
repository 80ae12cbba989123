"""Inner modules of TensorFlow under their public names."""

from __future__ import annotations

import pytest

from actlint.apis.modules import public


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        ("nn.relu", "nn.relu"),
        ("compat.v1.layers.dense", "layers.dense"),
        ("python.framework.ops.reset_default_graph", "reset_default_graph"),
        ("python.framework.ops", ""),
        ("python.ops.nn_ops.relu", "nn.relu"),
        ("python.ops.rnn_cell.BasicRNNCell", "nn.rnn_cell.BasicRNNCell"),
        ("python.platform.gfile.Exists", "gfile.Exists"),
        ("python.ops.resources.shared_resources", "ops.resources.shared_resources"),
    ],
)
def test_public(inner, name):
    assert public(inner) == name
