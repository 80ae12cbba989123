"""tf.contrib.layers and slim against TF1: genuine TF1 alone has them, so what they do is spelled out here."""

from __future__ import annotations

import types

import numpy as np
import pytest

from tests.apis.parity.test_layers import IMAGES, SEQUENCES, VECTORS, compare_layer

LAYERS = [
    ("contrib.layers.fully_connected(x, 4)", VECTORS),
    ("contrib.slim.fully_connected(x, 3, scope='fc')", SEQUENCES),
    ("contrib.layers.fully_connected(inputs=x, num_outputs=3, activation_fn=None)", VECTORS),
    ("contrib.layers.fully_connected(x, 4, activation_fn=tf.nn.tanh, biases_initializer=None)", VECTORS),
    ("contrib.layers.linear(x, 4)", VECTORS),
    ("contrib.layers.conv2d(x, 4, 3)", IMAGES),
    ("contrib.slim.conv2d(x, 4, [3, 2], stride=2, scope='c')", IMAGES),
    ("contrib.slim.conv2d(x, 2, 2, 2, 'VALID', activation_fn=None)", IMAGES),
    ("contrib.layers.conv2d(x, 4, 3, rate=2, biases_initializer=None)", IMAGES),
    ("contrib.layers.conv2d_transpose(x, 4, 3, 2)", IMAGES),
    ("contrib.slim.conv2d_transpose(x, 2, [4, 5], stride=2, padding='VALID', activation_fn=None)", IMAGES),
]


@pytest.fixture
def contrib(monkeypatch):
    """What TF 1.15's functions compute, in their variables."""
    import tensorflow as tf

    v1 = tf.compat.v1

    def finished(y, size, activation, biases):
        if biases is not None:
            y = y + v1.get_variable("biases", [size], y.dtype, v1.random_normal_initializer())
        return y if activation is None else activation(y)

    def fully_connected(inputs, num_outputs, activation_fn=tf.nn.relu, biases_initializer=0, scope=None):
        with v1.variable_scope(scope, "fully_connected"):
            kernel = v1.get_variable("weights", [inputs.shape[-1], num_outputs], inputs.dtype)
            return finished(tf.tensordot(inputs, kernel, 1), num_outputs, activation_fn, biases_initializer)

    def conv2d(
        inputs, num_outputs, kernel_size, stride=1, padding="SAME", rate=1, activation_fn=tf.nn.relu,
        biases_initializer=0, scope=None,
    ):  # fmt: skip
        window = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
        with v1.variable_scope(scope, "Conv"):
            kernel = v1.get_variable("weights", [*window, inputs.shape[-1], num_outputs], inputs.dtype)
            y = v1.nn.convolution(inputs, kernel, padding, [stride] * 2, [rate] * 2)
            return finished(y, num_outputs, activation_fn, biases_initializer)

    def conv2d_transpose(inputs, num_outputs, kernel_size, stride=1, padding="SAME", activation_fn=tf.nn.relu):
        window = [kernel_size] * 2 if isinstance(kernel_size, int) else kernel_size
        more = [max(side - stride, 0) if padding == "VALID" else 0 for side in window]
        size = [side * stride + extra for side, extra in zip(inputs.shape[1:3], more, strict=True)]
        with v1.variable_scope("Conv2d_transpose"):
            kernel = v1.get_variable("weights", [*window, num_outputs, inputs.shape[-1]], inputs.dtype)
            shape = [inputs.shape[0], *size, num_outputs]
            y = v1.nn.conv2d_transpose(inputs, kernel, shape, [1, stride, stride, 1], padding)
            return finished(y, num_outputs, activation_fn, 0)

    def linear(inputs, num_outputs):
        return fully_connected(inputs, num_outputs, activation_fn=None)

    layers = types.SimpleNamespace(fully_connected=fully_connected, conv2d=conv2d, linear=linear)
    layers.conv2d_transpose = conv2d_transpose
    monkeypatch.setattr(
        "tensorflow.compat.v1.contrib", types.SimpleNamespace(layers=layers, slim=layers), raising=False
    )
    return v1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("source", "x"), LAYERS)
def test_layers(source, x, dtype, contrib, written, recording, request):
    record = recording.row(request.node.path.stem, "layer", f"tf.{source}", {"x": x})
    compare_layer(record, contrib, f"tf.{source}", x.astype(dtype), written)


def test_flatten(contrib, parity):
    contrib.contrib.layers.flatten = lambda inputs: contrib.reshape(inputs, [inputs.shape[0], -1])
    parity("tf.contrib.layers.flatten(x)", inputs={"x": IMAGES})


def test_pools_have_a_stride_of_two(text):
    assert text("tf2", "tf.contrib.slim.max_pool2d(x, 3)", x=(2, 7, 6, 3)) == (
        'tf.nn.max_pool2d(x, 3, 2, padding="VALID")'
    )
    assert text("torch", "tf.contrib.layers.avg_pool2d(x, [2, 2], 1, 'SAME')", x=(2, 7, 6, 3)) == (
        'avg_pool2d(x, (2, 2), (1, 1), padding="SAME")'
    )


def test_dropout_is_on_unless_told(text):
    assert text("tf2", "tf.contrib.layers.dropout(x)", x=(2, 3)) == "tf.nn.dropout(x, rate=0.5)"
    assert text("torch", "tf.contrib.slim.dropout(x, 0.8)", x=(2, 3)) == "F.dropout(x, 1 - 0.8)"
    assert text("torch", "tf.contrib.slim.dropout(x, 0.8, is_training=False)", x=(2, 3)) == "x"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("l2_regularizer(0.5)", "lambda weights: 0.5 * torch.sum(torch.square(weights)) / 2"),
        ("l1_regularizer(scale=0.5)", "lambda weights: 0.5 * torch.sum(torch.abs(weights))"),
        ("l1_l2_regularizer(scale_l1=0.0)", "lambda weights: 1.0 * torch.sum(torch.square(weights)) / 2"),
        ("l2_regularizer(0.0)", "lambda weights: None"),
    ],
)
def test_regularizers(source, written, text):
    assert text("torch", f"tf.contrib.layers.{source}") == written
    tf2 = eval(text("tf2", f"tf.contrib.slim.{source}"), {"tf": pytest.importorskip("tensorflow")})
    kernel = np.array([[1.0, -2.0]], np.float32)
    expected = {"l2_regularizer(0.5)": 1.25, "l1_regularizer(scale=0.5)": 1.5, "l1_l2_regularizer(scale_l1=0.0)": 2.5}
    assert tf2(kernel) is None if source not in expected else float(tf2(kernel)) == expected[source]


@pytest.mark.parametrize(
    "source",
    [
        "tf.contrib.layers.fully_connected(x, 4, normalizer_fn=tf.nn.relu)",
        "tf.contrib.layers.fully_connected(x, 4, outputs_collections='outputs')",
        "tf.contrib.layers.fully_connected(x, 4, trainable=False)",
    ],
)
@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_refusals(source, target, text, refusal):
    with pytest.raises(refusal):
        text(target, source, x=(2, 3))
