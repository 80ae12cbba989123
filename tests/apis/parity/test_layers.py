"""Layers and initialisers against TF1."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pytest

_random = np.random.RandomState(3)
VECTORS = _random.uniform(-2, 2, (5, 6))
SEQUENCES = _random.uniform(-2, 2, (2, 3, 6))
IMAGES = _random.uniform(-2, 2, (2, 7, 6, 3))


@pytest.fixture
def legacy(monkeypatch):
    """tf.layers and the initialisers of TF1, for graph code."""
    import tensorflow as tf
    from tf_keras.src.legacy_tf_layers import convolutional, core

    functions = (core.dense, convolutional.conv2d, convolutional.conv2d_transpose)
    layers = type("layers", (), {function.__name__: staticmethod(function) for function in functions})
    monkeypatch.setattr("tensorflow.compat.v1.layers", layers, raising=False)
    return tf.compat.v1


def _graph(v1, source, x, hosts):
    """Output, weights in order of creation, and the gradients of a weighted sum of the output. The weights are the
    same every time, but for those that the source itself gives a value."""
    with v1.Graph().as_default(), v1.Session() as session:
        inputs = v1.placeholder(x.dtype.name, x.shape)
        y = eval(source, {"tf": v1, "np": np, "x": inputs, **hosts})
        variables = v1.global_variables()
        session.run(v1.global_variables_initializer())
        chosen = np.random.RandomState(4)
        for place, variable in enumerate(variables):
            if "constant_initializer" not in source or place != ("bias_" in source):
                variable.load(chosen.uniform(-1, 1, variable.shape.as_list()), session)
        value = session.run(y, {inputs: x})
        weights = np.random.RandomState(9).uniform(-1, 1, value.shape)
        slopes = v1.gradients(v1.reduce_sum(y * weights), [inputs, *variables])
        return value, session.run(variables), session.run(slopes, {inputs: x}), weights


def _follow(root, path):
    return functools.reduce(
        lambda found, part: found[int(part)] if part.isdigit() else getattr(found, part), path.split("."), root
    )


def _to_torch(array, layout):
    return {"same": array, "T": array.T, "HWIO": array.transpose(3, 2, 0, 1) if array.ndim == 4 else array}[layout]


def _close(found, wanted, gate, what):
    """Assert and answer an error relative to the largest entry."""
    assert found.shape == wanted.shape, what
    error = float(np.abs(found - wanted).max() / max(np.abs(wanted).max(), 1e-30))
    assert error <= gate, f"{what}: {error}"
    return error


DENSE = [
    "tf.layers.dense(x, 4)",
    "tf.layers.dense(x, units=4, activation=tf.nn.relu)",
    "tf.layers.dense(x, 3, tf.nn.tanh)",
    "tf.layers.dense(inputs=x, units=2, use_bias=False, name='logits')",
    "tf.layers.dense(x, n, activation=tf.nn.softplus)",
    "tf.layers.dense(x, n, use_bias=True)",
    "tf.layers.dense(x, n, activation=tf.nn.tanh, use_bias=True)",
    "tf.layers.dense(x, 4, activation=tf.nn.selu, kernel_initializer=tf.constant_initializer(k))",
    "tf.layers.dense(x, 4, tf.sigmoid, bias_initializer=tf.constant_initializer(0.25))",
    "tf.layers.dense(x, 4, activation=tf.nn.leaky_relu, bias_initializer=tf.ones_initializer())",
    "tf.layers.dense(x, 4, kernel_initializer=tf.constant_initializer(k.ravel()), activation=None)",
]
CONV = [
    "tf.layers.conv2d(x, 4, 3)",
    "tf.layers.conv2d(x, 4, [3, 3], padding='same', activation=tf.nn.relu)",
    "tf.layers.conv2d(x, filters=5, kernel_size=(2, 3), strides=2, padding='SAME')",
    "tf.layers.conv2d(x, 4, 5, (2, 1), 'same', use_bias=False)",
    "tf.layers.conv2d(x, 4, 5, activation=tf.nn.relu)",
    "tf.layers.conv2d(x, 4, [3, 3], activation=tf.nn.relu)",
    "tf.layers.conv2d_transpose(x, 4, 3)",
    "tf.layers.conv2d_transpose(x, 4, 4, strides=2)",
    "tf.layers.conv2d_transpose(x, 2, [5, 4], strides=2, padding='same', activation=tf.nn.relu)",
    "tf.layers.conv2d_transpose(x, filters=2, kernel_size=2, strides=(3, 2), use_bias=True)",
    "tf.layers.conv2d_transpose(x, 2, (2, 3), strides=3, padding='SAME', use_bias=False)",
    "tf.layers.conv2d(x, 4, 3, dilation_rate=2, padding='same')",
    "tf.layers.conv2d(x, 2, 2, 2, 'valid', activation=tf.nn.elu, kernel_initializer=tf.constant_initializer(c))",
]
HOSTS = {"n": 3, "k": _random.uniform(-1, 1, (6, 4)), "c": _random.uniform(-1, 1, (2, 2, 3, 2))}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("source", "x"),
    [
        *((source, VECTORS) for source in DENSE),
        (DENSE[1], SEQUENCES),
        *((source, IMAGES) for source in CONV),
    ],
)
def test_layers(source, x, dtype, legacy, written, recording, request):
    record = recording.row(request.node.path.stem, "layer", source, {"x": x})
    loose = "leaky" in source and dtype == "float64"
    compare_layer(record, legacy, source, x.astype(dtype), written, 1e-7 if loose else None)


def compare_layer(record, v1, source, x, written, gate=None):
    """Assert that both rewrites of a layer compute what the graph does, which is what TensorFlow 1.15.5 does."""
    value, weights, slopes, cotangent = _graph(v1, source, x, HOSTS)
    if x.dtype == np.float64:
        given = {"source": source, "x": x, "hosts": HOSTS, "weights": weights, "cotangent": cotangent}
        record.answered(given, [value], slopes)
    forward, back = (gate, gate) if gate else (3e-6, 5e-6) if x.dtype == np.float32 else (1e-12, 1e-12)
    for target, run in (("tf2", _tf2_layer), ("torch", _torch_layer)):
        text, errors = run(written, source, x, weights, value, slopes, cotangent, forward, back)
        record.measured(target, x.dtype.name, text, errors)


def _tf2_layer(written, source, x, weights, value, slopes, cotangent, gate, back):
    import keras
    import tensorflow as tf

    keras.config.set_floatx(x.dtype.name)
    keras.config.set_dtype_policy(x.dtype.name)
    try:
        made = written("tf2", source, {"x": x}, HOSTS)
        layer = eval(made.text, {"tf": tf, "np": np, **made.namespace, **HOSTS})
        layer.build(x.shape)
        found = [operator.attrgetter(weight.tf2)(layer) for weight in made.weights]
        if "constant_initializer" in source:
            _close(found["bias_" in source].numpy(), weights["bias_" in source], 1e-7, "initial value in TF2")
        for variable, array in zip(found, weights, strict=True):
            variable.assign(array)
        inputs = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            y = layer(inputs)
            total = tf.reduce_sum(y * cotangent.astype(x.dtype))
        gradients = tape.gradient(total, [inputs, *(v.value for v in found)])
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
    assert [w.shape and tuple(d.value for d in w.shape) for w in made.weights] == [w.shape for w in weights]
    errors = [
        _close(slope.numpy(), wanted, back, f"gradient of {made.text}")
        for slope, wanted in zip(gradients, slopes, strict=True)
    ]
    return made.text, [_close(y.numpy(), value, gate, made.text), max(errors)]


def _torch_layer(written, source, x, weights, value, slopes, cotangent, gate, back):
    import torch
    from torch import nn

    torch.set_default_dtype(getattr(torch, x.dtype.name))
    try:
        made = written("torch", source, {"x": x}, HOSTS)
        layer = eval(made.text, {"torch": torch, "nn": nn, "F": nn.functional, "np": np, **made.namespace, **HOSTS})
        found = [(_follow(layer, weight.torch[0]), weight.torch[1]) for weight in made.weights]
        if "constant_initializer" in source:
            parameter, layout = found["bias_" in source]
            _close(
                parameter.detach().numpy(),
                _to_torch(weights["bias_" in source], layout),
                1e-7,
                "initial value in torch",
            )
        with torch.no_grad():
            for (parameter, layout), array in zip(found, weights, strict=True):
                parameter.copy_(torch.tensor(_to_torch(array, layout)))
        inputs = torch.tensor(x, requires_grad=True)
        y = layer(inputs)
        torch.sum(y * torch.tensor(cotangent.astype(x.dtype))).backward()
    finally:
        torch.set_default_dtype(torch.float32)
    errors = [_close(inputs.grad.numpy(), slopes[0], back, made.text)]
    for (parameter, layout), wanted in zip(found, slopes[1:], strict=True):
        errors.append(_close(parameter.grad.numpy(), _to_torch(wanted, layout), back, f"gradient of {made.text}"))
    return made.text, [_close(y.detach().numpy(), value, gate, made.text), max(errors)]


INITIALIZERS = [
    "tf.random_normal_initializer()",
    "tf.random_normal_initializer(stddev=0.1)",
    "tf.random_normal_initializer(1.0, 0.5)",
    "tf.truncated_normal_initializer(stddev=0.1)",
    "tf.truncated_normal_initializer(mean=1.0, stddev=0.5)",
    "tf.truncated_normal_initializer()",
    "tf.random_uniform_initializer()",
    "tf.random_uniform_initializer(-0.05, 0.05)",
    "tf.random_uniform_initializer(maxval=0.5)",
    "tf.zeros_initializer()",
    "tf.ones_initializer()",
    "tf.constant_initializer(0.3)",
    "tf.constant_initializer()",
    "tf.glorot_uniform_initializer()",
    "tf.glorot_normal_initializer()",
    "tf.variance_scaling_initializer()",
    "tf.variance_scaling_initializer(2.0, mode='fan_out', distribution='uniform')",
    "tf.variance_scaling_initializer(scale=2.0, mode='fan_avg', distribution='untruncated_normal')",
]


@pytest.mark.parametrize("shape", [(300, 200), (5, 5, 30, 40)])
@pytest.mark.parametrize("source", INITIALIZERS)
def test_initializers(source, shape, written):
    """The distributions agree in mean, spread and bounds."""
    import tensorflow as tf
    import torch
    from torch import nn

    tf.random.set_seed(1)
    torch.manual_seed(1)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.set_random_seed(1)
        wanted = session.run(eval(source, {"tf": tf.compat.v1})(shape))
    made = written("tf2", source, {}, {})
    found = [np.asarray(eval(made.text, {"tf": tf})(shape))]
    made = written("torch", source, {}, {})
    filled = torch.full(shape, 7.0)
    eval(made.text, {"torch": torch, "nn": nn, **made.namespace})(filled)
    found.append(filled.numpy())
    for array in found:
        scale = max(wanted.std(), 1e-6)
        assert abs(array.mean() - wanted.mean()) < 0.03 * scale
        assert abs(array.std() / scale - wanted.std() / scale) < 0.02
        bounded = "normal_" not in source and "untruncated" not in source or "truncated_normal_" in source
        if bounded:
            np.testing.assert_allclose([array.min(), array.max()], [wanted.min(), wanted.max()], atol=0.02 * scale)
