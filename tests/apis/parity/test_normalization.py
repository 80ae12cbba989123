"""Batch normalization against TF1: three steps of training with their updates, and inference after them."""

from __future__ import annotations

import types

import numpy as np
import pytest

from actlint.apis.helpers import helpers
from tests.apis.parity.test_layers import _close

STEPS = 3
_random = np.random.RandomState(6)
VECTORS = _random.uniform(-2, 3, (6, 4))
SEQUENCES = _random.uniform(-2, 3, (2, 5, 4))
IMAGES = _random.uniform(-2, 3, (2, 3, 5, 4))
ONE = _random.uniform(-2, 3, (1, 1, 1, 4))
EQUAL = np.tile(_random.uniform(-2, 3, (1, 4)), (5, 1))
ROWS = [
    ("layers.batch_normalization(x, training=on)", VECTORS),
    ("layers.batch_normalization(x, training=on)", SEQUENCES),
    ("layers.batch_normalization(x, training=on, momentum=0.9, epsilon=1e-5, fused=True)", VECTORS),
    ("layers.batch_normalization(inputs=x, axis=-1, momentum=0.6, epsilon=1e-4, training=on, fused=False)", IMAGES),
    ("layers.batch_normalization(x, center=False, training=on)", VECTORS),
    ("layers.batch_normalization(x, scale=False, training=on)", EQUAL),
    ("layers.batch_normalization(x, training=on)", IMAGES),
    ("layers.batch_normalization(x, momentum=0.9, epsilon=1e-5, training=on)", IMAGES),
    ("layers.batch_normalization(x, momentum=0.9, training=on)", ONE),
    ("contrib.layers.batch_norm(x, is_training=on)", VECTORS),
    ("contrib.layers.batch_norm(x, 0.9, scale=True, is_training=on, epsilon=1e-5, updates_collections=None)", VECTORS),
    ("contrib.slim.batch_norm(x, decay=0.8, center=False, is_training=on)", IMAGES),
    ("contrib.layers.batch_norm(x, decay=0.5, is_training=on, activation_fn=tf.nn.relu)", IMAGES),
]


@pytest.fixture
def v1(monkeypatch):
    """tf.layers of TF1, and what TF 1.15's tf.contrib.layers.batch_norm computes, in its variables."""
    import tensorflow as tf
    from tf_keras.src.legacy_tf_layers import normalization

    graph = tf.compat.v1

    def batch_norm(
        inputs, decay=0.999, center=True, scale=False, epsilon=0.001, activation_fn=None, is_training=True,
        updates_collections="update_ops",
    ):  # fmt: skip
        size, axes = inputs.shape[-1:], list(range(len(inputs.shape) - 1))
        with graph.variable_scope("BatchNorm"):
            made = lambda name, value: graph.get_variable(  # noqa: E731
                name, size, inputs.dtype, graph.constant_initializer(value), trainable=not name.startswith("moving")
            )
            beta = made("beta", 0.0) if center else None
            gamma = made("gamma", 1.0) if scale else None
            kept = [made("moving_mean", 0.0), made("moving_variance", 1.0)]
        mean, variance = tf.nn.moments(inputs, axes)
        count = int(np.prod([inputs.shape[axis] for axis in axes]))
        moments = [mean, variance * (count / max(count - 1, 1))]
        used = tf.cond(is_training, lambda: [mean, variance], lambda: [tf.identity(own) for own in kept])
        rate = tf.cond(is_training, lambda: tf.constant(1 - decay, inputs.dtype), lambda: tf.zeros((), inputs.dtype))
        updates = [graph.assign_sub(own, (own - new) * rate) for own, new in zip(kept, moments, strict=True)]
        with tf.control_dependencies([] if updates_collections else updates):
            y = tf.nn.batch_normalization(inputs, *used, beta, gamma, max(epsilon, 1.001e-5))
        for update in updates if updates_collections else ():
            graph.add_to_collection(updates_collections, update)
        return y if activation_fn is None else activation_fn(y)

    contrib = types.SimpleNamespace(batch_norm=batch_norm)
    layers = types.SimpleNamespace(batch_normalization=normalization.batch_normalization)
    monkeypatch.setattr("tensorflow.compat.v1.layers", layers, raising=False)
    monkeypatch.setattr(graph, "contrib", types.SimpleNamespace(layers=contrib, slim=contrib), raising=False)
    return graph


def _graph(v1, source, x):
    """Output in training and, after the steps, in inference; the variables' first values, the moving averages after
    the steps; gradients, and what flowed back."""
    with v1.Graph().as_default(), v1.Session() as session:
        inputs, on = v1.placeholder(x.dtype.name, x.shape), v1.placeholder("bool", [])
        y = eval(source, {"tf": v1, "x": inputs, "on": on})
        variables, updates = v1.global_variables(), v1.get_collection("update_ops")
        session.run(v1.global_variables_initializer())
        chosen = np.random.RandomState(4)
        weights = [chosen.uniform(0.5, 1.5, variable.shape.as_list()) for variable in variables]
        for variable, value in zip(variables, weights, strict=True):
            variable.load(value, session)
        cotangent = np.random.RandomState(9).uniform(-1, 1, x.shape)
        slopes = v1.gradients(v1.reduce_sum(y * cotangent), [inputs, *variables[:-2]])
        for _ in range(STEPS):
            value, slope, _ = session.run([y, slopes, updates], {inputs: x, on: True})
        return [value, session.run(y, {inputs: x, on: False}), *session.run(variables[-2:])], slope, weights, cotangent


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("source", "x"), ROWS)
def test_training_and_inference(source, x, dtype, v1, written, recording, request):
    fused = x.ndim == 4 and "fused=False" not in source and "contrib" not in source
    if fused and dtype == "float64":
        pytest.skip("TF1's fused kernel has no float64")
    source, given = f"tf.{source}", x.astype(dtype)
    record = recording.row(request.node.path.stem, "normalization", source, {"x": x})
    values, slopes, weights, cotangent = _graph(v1, source, given)
    if dtype == ("float32" if fused or "contrib" in source else "float64"):
        record.answered({"source": source, "x": given, "weights": weights, "cotangent": cotangent}, values, slopes)
    # graphs of tf.layers make a float32 of the moving averages' rate, except where the proof widens them
    kept = 3e-8 if "layers.batch_n" in source and "contrib" not in source else 1e-12
    gates = (3e-6, 2e-5) if dtype == "float32" else (kept, 1e-11)
    for target, run in (("tf2", _tf2), ("torch", _torch)):
        made = written(target, source, {"x": given, "on": np.array(True)}, {})
        found, back = run(made, given, weights, cotangent)
        errors = [_close(a, b, gates[0], made.text) for a, b in zip(found, values, strict=True)]
        slips = [_slip(a, b, slopes, gates[1], made.text) for a, b in zip(back, slopes, strict=True)]
        record.measured(target, dtype, made.text, [max(errors), max(slips)])


def _slip(found, wanted, all_, gate, what):
    """The error of a gradient, relative to the largest of all."""
    scale = max(np.abs(slope).max() for slope in all_)
    error = float(np.abs(found - wanted).max() / scale)
    assert error <= gate, f"gradient of {what}: {error}"
    return error


def _tf2(made, x, weights, cotangent):
    import keras
    import tensorflow as tf

    keras.config.set_floatx(x.dtype.name)
    keras.config.set_dtype_policy(x.dtype.name)
    try:
        layer = eval(made.text, {"tf": tf, **made.namespace})
        layer.build(x.shape)
        held = [getattr(layer, weight.tf2) for weight in made.weights]
        for variable, array in zip(held, weights, strict=True):
            variable.assign(array)
        text = made.call.entry.application(made.call, "layer", "x")
        namespace = {"tf": tf, "layer": layer, **made.namespace}
        exec(helpers("tf2")["batch_norm"].source, namespace)
        apply = lambda x, on: eval(text, {**namespace, "x": x, "on": on})  # noqa: E731
        for _ in range(STEPS):
            with tf.GradientTape() as tape:
                inputs = tf.constant(x)
                tape.watch(inputs)
                y = apply(inputs, tf.constant(True))
                total = tf.reduce_sum(y * cotangent.astype(x.dtype))
            slopes = tape.gradient(total, [inputs, *(v.value for v in held[:-2])])
        values = [y, apply(tf.constant(x), tf.constant(False)), *(v.value for v in held[-2:])]
        return [value.numpy() for value in values], [slope.numpy() for slope in slopes]
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


def _torch(made, x, weights, cotangent):
    import torch
    from torch import nn

    torch.set_default_dtype(getattr(torch, x.dtype.name))
    try:
        scope = {"torch": torch, "nn": nn, "F": nn.functional}
        layer = eval(made.text, {**scope, **made.namespace})
        held = [getattr(layer, weight.torch[0]) for weight in made.weights]
        with torch.no_grad():
            for parameter, array in zip(held, weights, strict=True):
                parameter.copy_(torch.tensor(array))
        text = made.call.entry.application(made.call, "layer", "x").replace("tf.nn.relu", "F.relu")
        namespace = {**scope, "layer": layer, **made.namespace}
        for _ in range(STEPS):
            layer.zero_grad()
            inputs = torch.tensor(x, requires_grad=True)
            y = eval(text, {**namespace, "x": inputs, "on": torch.tensor(True)})
            torch.sum(y * torch.tensor(cotangent.astype(x.dtype))).backward()
        after = eval(text, {**namespace, "x": inputs, "on": torch.tensor(False)})
        values = [y, after, *held[-2:]]
        return [v.detach().numpy() for v in values], [t.grad.numpy() for t in (inputs, *held[:-2])]
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_flags_of_python(target, rewrite):
    from tests.apis.conftest import tensor

    for source, wanted in (
        ("tf.layers.batch_normalization(x)", "layer(x, training=False)"),
        ("tf.layers.batch_normalization(x, training=True)", "layer(x, training=True)"),
        ("tf.contrib.layers.batch_norm(x)", "layer(x, training=True)"),
    ):
        renderer = rewrite(target, x=tensor("x", (2, 3)))
        renderer.expression(source)
        call = renderer.calls[-1]
        assert call.entry.application(call, "layer", "x") == wanted


@pytest.mark.parametrize(
    "options", ["renorm=True", "axis=1", "virtual_batch_size=2", "trainable=False", "moving_mean_initializer=start"]
)
@pytest.mark.parametrize("target", ["tf2", "torch"])
def test_refusals(options, target, text, refusal):
    with pytest.raises(refusal):
        text(target, f"tf.layers.batch_normalization(x, {options})", x=(2, 3, 4), start=1.0)
