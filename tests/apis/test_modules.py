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
        ("python.ops.embedding_ops.embedding_lookup", "nn.embedding_lookup"),
        ("python.training.momentum.MomentumOptimizer", "train.MomentumOptimizer"),
        ("python.layers.core.dense", "layers.dense"),
        ("python.ops.nn_ops", "nn"),
        ("array_ops.transpose", "transpose"),
        ("nn_ops.bias_add", "nn.bias_add"),
        ("contrib.layers.python.layers.batch_norm", "contrib.layers.batch_norm"),
        ("contrib.layers.python.layers.layers.batch_norm", "contrib.layers.batch_norm"),
        ("contrib.layers.python.layers", "contrib.layers"),
        ("contrib.rnn.python.ops.core_rnn_cell.BasicLSTMCell", "contrib.rnn.BasicLSTMCell"),
        ("contrib.slim.python.slim.nets.vgg", "contrib.slim.python.slim.nets.vgg"),
        ("python.ops.resources.shared_resources", "ops.resources.shared_resources"),
    ],
)
def test_public(inner, name):
    assert public(inner) == name
