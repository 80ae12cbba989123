"""Activations, images and losses against TF1."""

from __future__ import annotations

import numpy as np
import pytest

_random = np.random.RandomState(2)
EDGES = np.array([-30.0, -6.0, -1.0, -0.5, 0.0, 0.5, 1.0, 5.0, 6.0, 25.0])
X = _random.uniform(-2, 2, (2, 3, 4))
LOGITS = _random.uniform(-3, 3, (4, 5))
OTHER = _random.uniform(-3, 3, (4, 5))
UNIT = _random.uniform(0.05, 0.95, (4, 5))
BITS = (_random.uniform(size=(4, 5)) > 0.5).astype(float)
ONE_HOT = np.eye(5)[[0, 3, 1, 1]]
UNNORMALISED = ONE_HOT * np.array([[1.0], [0.0], [2.0], [0.5]])
CLASSES = np.array([0, 3, 1, 1])
WEIGHTS = np.array([0.5, 0.0, 2.0, 1.0])
IMAGES = _random.uniform(-2, 2, (2, 7, 6, 3))
KERNELS = {k: _random.uniform(-1, 1, (k, k, 3, 4)) for k in (1, 2, 3, 5)}


@pytest.mark.parametrize("name", ["relu", "relu6", "elu", "selu", "softplus", "softsign", "leaky_relu", "swish"])
def test_activations(name, parity):
    gates = (1e-6, 1e-6) if name == "selu" else None
    slope = "the default slope is a float32 attribute in TF1" if name == "leaky_relu" else ""
    parity(f"tf.nn.{name}(x)", inputs={"x": EDGES}, gates=gates, without64=slope)


@pytest.mark.parametrize(
    "source",
    [
        "tf.nn.softmax(x)",
        "tf.nn.log_softmax(x)",
        "tf.nn.softmax(x, axis=1)",
        "tf.nn.softmax(x, 0)",
        "tf.nn.log_softmax(x, dim=-1)",
        "tf.nn.leaky_relu(x, 0.25)",
        "tf.nn.leaky_relu(x, alpha=0.5)",
        "tf.nn.moments(x, [0, 1])",
        "tf.nn.moments(x, axes=[0], keep_dims=True)",
        "tf.nn.top_k(x, 3)",
        "tf.nn.crelu(x)",
        "tf.nn.crelu(x, axis=1)",
        "tf.nn.zero_fraction(tf.nn.relu(x))",
    ],
)
def test_functions(source, parity):
    parity(source, inputs={"x": X})


def test_relu_layer(parity):
    parity("tf.nn.relu_layer(x, w, b)", inputs={"x": LOGITS, "w": OTHER.T, "b": OTHER[:, 0]})


def test_log_poisson_loss(parity):
    parity("tf.nn.log_poisson_loss(y, x)", inputs={"x": LOGITS, "y": UNIT})


@pytest.mark.parametrize(
    "source",
    [
        "tf.nn.batch_normalization(x, m, v, b, s, 1e-3)",
        "tf.nn.batch_normalization(x, m, v, None, None, 0.1)",
        "tf.nn.batch_normalization(x, m, v, b, None, variance_epsilon=1e-3)",
    ],
)
def test_batch_normalization(source, parity):
    inputs = {"x": LOGITS, "m": OTHER[0], "v": UNIT[0], "b": OTHER[1], "s": UNIT[1]}
    parity(
        source, inputs={name: value for name, value in inputs.items() if name in source.replace("tf.nn.batch_n", "")}
    )


@pytest.mark.parametrize(
    "source",
    [
        "tf.nn.dropout(x, 1.0)",
        "tf.nn.dropout(x, keep_prob=1.)",
        "tf.nn.dropout(x, rate=0.)",
        "tf.layers.dropout(x, 0.5)",
        "tf.layers.dropout(x, rate=0.9, training=False)",
    ],
)
def test_dropout_that_drops_nothing(source, parity, monkeypatch):
    if "layers" in source:
        monkeypatch.setattr("tensorflow.compat.v1.layers", _legacy_layers(), raising=False)
    parity(source, inputs={"x": X})


def _legacy_layers():
    from tf_keras.src.legacy_tf_layers import core, pooling

    return type(
        "layers",
        (),
        {
            "dropout": staticmethod(core.dropout),
            "flatten": staticmethod(core.flatten),
            "max_pooling2d": staticmethod(pooling.max_pooling2d),
            "average_pooling2d": staticmethod(pooling.average_pooling2d),
        },
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_convolution(size, stride, padding, parity):
    source = f"tf.nn.conv2d(x, w, [1, {stride}, {stride}, 1], '{padding}')"
    parity(source, inputs={"x": IMAGES, "w": KERNELS[size]})


def test_convolution_with_uneven_strides(parity):
    parity("tf.nn.conv2d(x, w, strides=[1, 2, 1, 1], padding='SAME')", inputs={"x": IMAGES, "w": KERNELS[3]})


@pytest.mark.parametrize("name", ["max_pool", "avg_pool"])
@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_pooling(name, size, stride, padding, parity):
    window, steps = f"[1, {size}, {size}, 1]", f"[1, {stride}, {stride}, 1]"
    parity(f"tf.nn.{name}(x, ksize={window}, strides={steps}, padding='{padding}')", inputs={"x": IMAGES})


@pytest.mark.parametrize(
    "source",
    [
        "tf.layers.flatten(x)",
        "tf.layers.max_pooling2d(x, 2, 2)",
        "tf.layers.max_pooling2d(x, [3, 3], 2, padding='same')",
        "tf.layers.average_pooling2d(inputs=x, pool_size=[2, 2], strides=2)",
        "tf.layers.average_pooling2d(x, (3, 2), (2, 1), 'same')",
    ],
)
def test_layers_without_weights(source, parity, monkeypatch):
    monkeypatch.setattr("tensorflow.compat.v1.layers", _legacy_layers(), raising=False)
    parity(source, inputs={"x": IMAGES})


@pytest.mark.parametrize("labels", [ONE_HOT, UNNORMALISED, UNIT])
@pytest.mark.parametrize("version", ["", "_v2"])
def test_softmax_cross_entropy(labels, version, parity):
    source = f"tf.nn.softmax_cross_entropy_with_logits{version}(labels=y, logits=x)"
    parity(source, inputs={"x": LOGITS, "y": labels})


@pytest.mark.parametrize(
    "source",
    [
        "tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x)",
        "tf.nn.weighted_cross_entropy_with_logits(targets=y, logits=x, pos_weight=3.0)",
        "tf.nn.weighted_cross_entropy_with_logits(y, x, 0.5)",
        "tf.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=x)",
    ],
)
def test_cross_entropies(source, parity):
    logits = LOGITS.copy()
    logits[0, :2] = 0.0
    inputs = {"x": logits, "y": BITS, "c": CLASSES.astype(np.int32)}
    parity(
        source,
        inputs={
            name: value for name, value in inputs.items() if f"={name}" in source or f"({name}" in source or name == "x"
        },
    )


def test_sparse_cross_entropy_of_sequences(parity):
    labels = np.array([[0, 3, 1], [2, 2, 0]])
    parity("tf.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=x)", inputs={"x": X, "c": labels})


@pytest.mark.parametrize("k", [1, 2, 3])
def test_in_top_k(k, parity):
    predictions = np.array([[1.0, 3.0, 3.0, 0.0], [2.0, 2.0, 2.0, 5.0]])
    parity(
        f"tf.nn.in_top_k(x, y, {k})",
        inputs={"x": predictions, "y": np.array([2, 0], np.int32)},
        without64="float32 only",
    )


@pytest.fixture
def unrounded(monkeypatch):
    """tf.losses casts to float32 inside, whatever goes in; here it doesn't."""
    import types

    import tensorflow as tf
    from tensorflow.python.ops.losses import losses_impl

    def widen(dtype):
        monkeypatch.setattr(losses_impl, "dtypes", types.SimpleNamespace(float32=getattr(tf, dtype)))

    return widen


ELEMENTWISE = [
    "tf.losses.mean_squared_error(y, x{})",
    "tf.losses.absolute_difference(labels=y, predictions=x{})",
    "tf.losses.huber_loss(y, x{})",
    "tf.losses.huber_loss(y, x, delta=0.5{})",
    "tf.losses.hinge_loss(b, x{})",
    "tf.losses.log_loss(b, u{})",
    "tf.losses.sigmoid_cross_entropy(b, x{})",
    "tf.losses.sigmoid_cross_entropy(b, logits=x, label_smoothing=0.2{})",
]
PER_ROW = [
    "tf.losses.softmax_cross_entropy(h, x{})",
    "tf.losses.softmax_cross_entropy(onehot_labels=h, logits=x, label_smoothing=0.1{})",
    "tf.losses.sparse_softmax_cross_entropy(c, x{})",
]
REDUCTIONS = [
    "",
    ", reduction=tf.losses.Reduction.NONE",
    ", reduction=tf.losses.Reduction.SUM",
    ", reduction=tf.losses.Reduction.SUM_OVER_BATCH_SIZE",
]
INPUTS = {"y": OTHER, "x": LOGITS, "b": BITS, "u": UNIT, "h": ONE_HOT, "c": CLASSES}


def _check(source, weights, parity, unrounded):
    names = [name for name in INPUTS if f"={name}" in source or f"({name}" in source or f" {name}" in source]
    inputs = {name: INPUTS[name] for name in names} | ({"w": weights} if weights is not None else {})
    first_number = "huber" in source  # TF1 multiplies by a Python number first, which makes it float32
    for dtype in ("float32",) if first_number else ("float32", "float64"):
        unrounded(dtype)
        parity(source, inputs=inputs, dtypes=(dtype,))


@pytest.mark.parametrize("source", ELEMENTWISE + PER_ROW)
@pytest.mark.parametrize("more", ["", ", weights=0.75", REDUCTIONS[1]])
def test_losses(source, more, parity, unrounded):
    _check(source.format(more), None, parity, unrounded)


@pytest.mark.parametrize("source", [ELEMENTWISE[0], PER_ROW[0]])
@pytest.mark.parametrize("more", [", weights=1.0", *REDUCTIONS[2:], ", weights=0.25" + REDUCTIONS[2]])
def test_reductions_of_losses(source, more, parity, unrounded):
    _check(source.format(more), None, parity, unrounded)


@pytest.mark.parametrize("source", ELEMENTWISE)
def test_weights_of_rows_of_a_matrix(source, parity, unrounded):
    _check(source.format(", weights=w"), WEIGHTS[:, None], parity, unrounded)


@pytest.mark.parametrize("reduction", REDUCTIONS[1:])
def test_reductions_of_weighted_losses(reduction, parity, unrounded):
    _check(ELEMENTWISE[4].format(", weights=w" + reduction), WEIGHTS[:, None], parity, unrounded)


@pytest.mark.parametrize("source", PER_ROW)
@pytest.mark.parametrize("weights", [WEIGHTS, np.zeros(4), np.ones(4)])
def test_weights_of_rows(source, weights, parity, unrounded):
    _check(source.format(", weights=w"), weights, parity, unrounded)


def test_weights_of_elements(parity, unrounded):
    _check("tf.losses.mean_squared_error(y, x, w)", BITS, parity, unrounded)


def test_integer_labels(parity, unrounded):
    parity("tf.losses.mean_squared_error(c, v)", inputs={"c": CLASSES, "v": LOGITS[:, 0]}, without64="casts to float32")


@pytest.mark.parametrize(
    "source",
    [
        "tf.losses.cosine_distance(y, x, axis=1)",
        "tf.losses.cosine_distance(y, x, dim=1, weights=w)",
        "tf.losses.compute_weighted_loss(x)",
        "tf.losses.compute_weighted_loss(x, w)",
    ],
)
def test_other_losses(source, parity, unrounded):
    _check(
        source,
        WEIGHTS[:, None] if "w" in source.split("(")[1] and "w)" in source or "=w" in source else None,
        parity,
        unrounded,
    )
