"""Optimisers against TF1: steps with dense gradients, and with those of lookups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from actlint.apis.catalogue import lookup
from tests.apis.parity.conftest import define

STEPS = 10
_random = np.random.RandomState(3)
START = [_random.normal(size=shape) for shape in ((4, 3), (3,), (7, 4))]
IDS = _random.choice([0, 1, 1, 2, 4, 6], (STEPS, 5)).astype("int32")
IDS[0] = [2, 1, 1, 1, 6]
RATES = [0.125, 0.125, 0.5, 0.0625, 0.0625, 0.25, 0.03125, 0.125, 0.125, 0.5]

SOURCES = [
    "tf.train.GradientDescentOptimizer(0.1)",
    "tf.train.MomentumOptimizer(0.05, 0.9)",
    "tf.train.MomentumOptimizer(learning_rate=0.05, momentum=0.5, use_nesterov=True)",
    "tf.train.AdamOptimizer()",
    "tf.train.AdamOptimizer(1e-2, beta1=0.8)",
    "tf.train.AdamOptimizer(0.01, 0.5, 0.99, epsilon=1e-4)",
    "tf.train.AdamOptimizer(learning_rate=0.01)",
    "tf.train.AdamOptimizer(0.01, beta1=0.5, beta2=0.9)",
    "tf.train.RMSPropOptimizer(0.01)",
    "tf.train.RMSPropOptimizer(0.01, 0.9)",
    "tf.train.RMSPropOptimizer(0.01, decay=0.95, momentum=0.5, epsilon=1e-6)",
    "tf.train.RMSPropOptimizer(learning_rate=0.01, centered=True)",
    "tf.train.AdagradOptimizer(0.1)",
    "tf.train.AdagradOptimizer(0.1, initial_accumulator_value=0.5)",
    "tf.train.AdadeltaOptimizer()",
    "tf.train.AdadeltaOptimizer(1.0, rho=0.9, epsilon=1e-6)",
    "tf.train.FtrlOptimizer(0.1)",
    "tf.train.FtrlOptimizer(0.1, -0.7, 0.2, l1_regularization_strength=0.01, l2_regularization_strength=0.1)",
    "tf.train.FtrlOptimizer(learning_rate=0.1, initial_accumulator_value=0.0)",
    "tf.train.ProximalGradientDescentOptimizer(0.1)",
    "tf.train.ProximalAdagradOptimizer(0.1)",
    "tf.train.AdagradDAOptimizer(0.1, count)",
    "tf.contrib.opt.NadamOptimizer()",
    "tf.contrib.opt.NadamOptimizer(0.01, beta1=0.8, epsilon=1e-4)",
    "tf.contrib.opt.AdaMaxOptimizer()",
    "tf.contrib.opt.AdaMaxOptimizer(0.01, 0.8, 0.99, 1e-4)",
    "tf.contrib.opt.LazyAdamOptimizer()",
    "tf.contrib.opt.LazyAdamOptimizer(learning_rate=0.01, beta2=0.99)",
]
EXACT = [
    "tf.train.GradientDescentOptimizer(0.125)",
    "tf.train.GradientDescentOptimizer(rate)",
    "tf.train.MomentumOptimizer(0.125, 0.75)",
    "tf.train.MomentumOptimizer(0.125, 0.75, use_nesterov=True)",
    "tf.train.MomentumOptimizer(rate, 0.75)",
    "tf.train.MomentumOptimizer(rate, momentum=0.75, use_nesterov=True)",
    "tf.train.AdamOptimizer(0.125, 0.5, 0.75, 0.0009765625)",
    "tf.train.AdamOptimizer(rate, beta1=0.5, beta2=0.75, epsilon=0.0009765625)",
    "tf.train.RMSPropOptimizer(0.125, 0.75, 0.5, 0.0009765625)",
    "tf.train.RMSPropOptimizer(rate, 0.75, momentum=0.5, epsilon=0.0009765625)",
    "tf.train.RMSPropOptimizer(0.125, 0.75, 0.5, 0.0009765625, centered=True)",
    "tf.train.AdagradOptimizer(0.125, 0.25)",
    "tf.train.AdagradOptimizer(rate, initial_accumulator_value=0.25)",
    "tf.train.AdadeltaOptimizer(0.5, 0.75, 0.0009765625)",
    "tf.train.AdadeltaOptimizer(rate, rho=0.75, epsilon=0.0009765625)",
    "tf.train.FtrlOptimizer(0.125, initial_accumulator_value=0.25)",
    "tf.train.FtrlOptimizer(0.125, -0.75, 0.25)",
    "tf.train.FtrlOptimizer(rate, -0.5, 0.25, 0.03125, 0.0625, l2_shrinkage_regularization_strength=0.125)",
    "tf.train.ProximalGradientDescentOptimizer(0.125, 0.03125, 0.0625)",
    "tf.train.ProximalGradientDescentOptimizer(rate, l1_regularization_strength=0.03125)",
    "tf.train.ProximalAdagradOptimizer(0.125, 0.25, 0.03125, 0.0625)",
    "tf.train.ProximalAdagradOptimizer(rate, 0.25, l2_regularization_strength=0.0625)",
    "tf.train.AdagradDAOptimizer(0.125, count, 0.25, 0.03125, 0.0625)",
    "tf.train.AdagradDAOptimizer(rate, count, 0.25, l2_regularization_strength=0.0625)",
    "tf.contrib.opt.NadamOptimizer(0.125, 0.5, 0.75, 0.0009765625)",
    "tf.contrib.opt.AdaMaxOptimizer(rate, 0.5, 0.75, 0.0009765625)",
    "tf.contrib.opt.LazyAdamOptimizer(0.125, 0.5, 0.75, 0.0009765625)",
]
"""With numbers that float32 has exactly: TF1 rounds them to it, whatever the dtype of the weights."""


class Contrib:
    """Today's TensorFlow with the optimisers that tf.contrib had, by their kernels and, for lookups, by hand."""

    def __init__(self, v1: Any) -> None:
        import tensorflow as tf

        class NadamOptimizer(v1.train.AdamOptimizer):
            def _resource_apply_dense(self, grad, var):
                powers = [tf.cast(power, var.dtype) for power in self._get_beta_accumulators()]
                numbers = (self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)
                lr, beta1, beta2, epsilon = (tf.cast(number, var.dtype) for number in numbers)
                names = dict(beta1=beta1, beta2=beta2, epsilon=epsilon, lr=lr, grad=grad, use_nesterov=True)
                slots = {name: self.get_slot(var, name).handle for name in "mv"}
                power = dict(beta1_power=powers[0], beta2_power=powers[1])
                return tf.raw_ops.ResourceApplyAdam(var=var.handle, **slots, **power, **names)

        class AdaMaxOptimizer(v1.train.AdamOptimizer):
            def _resource_apply_dense(self, grad, var):
                power = tf.cast(self._get_beta_accumulators()[0], var.dtype)
                numbers = (self._lr_t, self._beta1_t, self._beta2_t, self._epsilon_t)
                lr, beta1, beta2, epsilon = (tf.cast(number, var.dtype) for number in numbers)
                slots = {name: self.get_slot(var, name).handle for name in "mv"}
                names = dict(beta1_power=power, lr=lr, beta1=beta1, beta2=beta2, epsilon=epsilon, grad=grad)
                return tf.raw_ops.ResourceApplyAdaMax(var=var.handle, **slots, **names)

            def _resource_apply_sparse(self, grad, var, indices):
                return _rows(
                    self, grad, var, indices, lambda v, beta2: tf.maximum(v * beta2, tf.abs(grad)), tf.identity
                )

        class LazyAdamOptimizer(v1.train.AdamOptimizer):
            def _resource_apply_sparse(self, grad, var, indices):
                def square(v, beta2):
                    return v * beta2 + grad * grad * (1 - beta2)

                return _rows(self, grad, var, indices, square, tf.sqrt)

        self.opt = type(
            "opt",
            (),
            dict(NadamOptimizer=NadamOptimizer, AdaMaxOptimizer=AdaMaxOptimizer, LazyAdamOptimizer=LazyAdamOptimizer),
        )


def _rows(optimizer, grad, var, indices, second, root):
    """An update of the rows that were looked up alone."""
    import tensorflow as tf

    powers = [tf.cast(power, var.dtype) for power in optimizer._get_beta_accumulators()]
    numbers = (optimizer._lr_t, optimizer._beta1_t, optimizer._beta2_t, optimizer._epsilon_t)
    lr, beta1, beta2, epsilon = (tf.cast(number, var.dtype) for number in numbers)
    lr = lr / (1 - powers[0]) * (tf.sqrt(1 - powers[1]) if root is tf.sqrt else 1)
    m, v = optimizer.get_slot(var, "m"), optimizer.get_slot(var, "v")
    first, other = tf.gather(m, indices) * beta1 + grad * (1 - beta1), second(tf.gather(v, indices), beta2)
    moved = tf.gather(var, indices) - lr * first / (root(other) + epsilon)
    pairs = ((m, first), (v, other), (var, moved))
    with tf.control_dependencies([moved]):
        return tf.group(*(a.scatter_update(tf.IndexedSlices(b, indices)) for a, b in pairs))


def _loss(x, w, b, tanh, mean, scale):
    return mean((tanh(x @ w + b) - 0.3) ** 2) * scale


def _graph(source: str, start: list[np.ndarray], scale: float, lookups: bool) -> list[np.ndarray]:
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        w, b, x = (v1.Variable(array, use_resource=True) for array in start)
        ids, rate = v1.placeholder("int32", [None]), v1.placeholder(start[0].dtype.name, [])
        count = v1.Variable(0, trainable=False, dtype="int64")
        loss = _loss(v1.gather(x, ids) if lookups else x, w, b, tf.tanh, tf.reduce_mean, scale)
        known = type("tf", (), {"train": v1.train, "contrib": Contrib(v1)})
        step = eval(source, {"tf": known, "rate": rate, "count": count}).minimize(loss, global_step=count)
        session.run(v1.global_variables_initializer())
        for place in range(STEPS):
            session.run(step, {ids: IDS[place], rate: RATES[place]})
        return session.run([w, b, x])


def _keras(made, start: list[np.ndarray], scale: float, lookups: bool, summed: bool) -> list[np.ndarray]:
    import tensorflow as tf

    variables = [tf.Variable(array) for array in start]
    w, b, x = variables
    count = tf.Variable(0, dtype="int64")
    namespace = {"tf": tf, **made.namespace, "count": count}
    define(namespace, "tf2", ["dense"])
    optimizer = eval(made.text, {**namespace, "parameters": variables})
    for place in range(STEPS):
        with tf.GradientTape() as tape:
            loss = _loss(tf.gather(x, IDS[place]) if lookups else x, w, b, tf.tanh, tf.reduce_mean, scale)
        if "learning_rate=0.0," in made.text or "learning_rate=0.0)" in made.text:
            optimizer.learning_rate.assign(RATES[place])
        pairs = zip(tape.gradient(loss, variables), variables, strict=True)
        optimizer.apply_gradients(namespace["dense"](pairs) if summed else pairs)
        count.assign_add(1)
    return [v.numpy() for v in variables]


def _torch(made, start: list[np.ndarray], scale: float, lookups: bool, rows: bool) -> list[np.ndarray]:
    import torch
    from torch import nn

    parameters = [nn.Parameter(torch.tensor(array)) for array in start]
    w, b, x = parameters
    count = torch.tensor(0)
    namespace = {"torch": torch, "nn": nn, **made.namespace, "count": count}
    optimizer = eval(made.text, {**namespace, "parameters": parameters})
    for place in range(STEPS):
        optimizer.zero_grad()
        found = nn.functional.embedding(torch.tensor(IDS[place]), x, sparse=rows) if lookups else x
        _loss(found, w, b, torch.tanh, torch.mean, scale).backward()
        for group in optimizer.param_groups if "lr=0.0," in made.text or "lr=0.0)" in made.text else ():
            group["lr"] = RATES[place]
        optimizer.step()
        count += 1
    return [p.detach().numpy() for p in parameters]


def _check(written, record, source: str, dtype: str, scale: float, lookups: bool) -> None:
    start = [array.astype(dtype) for array in START]
    wanted = _graph(source, start, scale, lookups)
    given = {"source": source, "start": start, "scale": scale, "lookups": lookups, "ids": IDS, "rates": np.array(RATES)}
    record.answered(given, wanted, [])
    entry = lookup(source.partition("(")[0].removeprefix("tf."))
    tensors = {"rate": np.zeros((), dtype), "count": np.zeros((), "int64")}
    options = {"rows": "True"} if lookups and entry.lookups == "rows" else {}
    for target in ("tf2", "torch"):
        made = written(target, source, tensors, {}, **options)
        if target == "tf2":
            found = _keras(made, start, scale, lookups, summed=lookups and entry.lookups == "summed")
        else:
            found = _torch(made, start, scale, lookups, rows=bool(options))
        errors = []
        for array, reached, before in zip(found, wanted, start, strict=True):
            moved = np.abs(reached - before).max()
            error = np.abs(array - reached).max() / max(np.abs(reached).max(), 1e-30)
            power = 5e-5 if "lr_power" in made.text or "rate_power" in made.text else 1e-5
            assert error <= {"float32": power, "float64": 1e-12}[dtype], f"{made.text}: {error}"
            if dtype == "float32":
                assert np.abs(array - reached).max() <= 5e-4 * moved + 2e-7, made.text
            errors.append(float(error))
        record.measured(target, dtype, made.text, [max(errors), None])


@pytest.mark.parametrize("scale", [1.0, 1e-6])
@pytest.mark.parametrize("source", SOURCES + EXACT)
def test_dense(source, scale, written, recording, request):
    """Ten steps, also with a tiny gradient, which shows where an epsilon or an accumulator differs."""
    record = recording.row(request.node.path.stem, "optimizer", source, {"scale": scale})
    exact = source in EXACT and "Proximal" not in source  # whose kernels mix dtypes
    exact &= scale == 1.0 or "-0.75" not in source  # whose powers cancel out but for the rounding of the last digit
    for dtype in ("float32", "float64") if exact else ("float32",):
        _check(written, record, source, dtype, scale, False)


@pytest.mark.parametrize("source", [s for s in SOURCES + EXACT if "Nadam" not in s])
def test_lookups(source, written, recording, request):
    """Ten steps with rows that are looked up several times, now and then, and never."""
    marked = f"{source}  # with lookups"
    record = recording.row(request.node.path.stem, "optimizer", marked, {"lookups": 1})
    exact = source in EXACT and "Proximal" not in source
    for dtype in ("float32", "float64") if exact else ("float32",):
        _check(written, record, source, dtype, 1.0, True)


def test_lookups_with_nadam_are_refused(written, refusal):
    for target in ("tf2", "torch"):
        with pytest.raises(refusal):
            written(target, "tf.contrib.opt.NadamOptimizer()", {}, {}, rows="True")


def test_a_learning_rate_of_the_graph_is_set_in_the_step(text):
    assert "learning_rate=0.0" in text("tf2", "tf.train.AdamOptimizer(rate)", rate=())
    assert "lr=0.0" in text("torch", "tf.train.AdamOptimizer(rate)", rate=())


def test_a_tensor_as_another_hyper_parameter_is_refused(text, refusal):
    for target in ("tf2", "torch"):
        with pytest.raises(refusal):
            text(target, "tf.train.AdamOptimizer(0.1, beta1=rate)", rate=())


@pytest.mark.parametrize("limit", ["0.02", "0.1", "50.0"])
def test_average_norms(limit, parity):
    x = _random.normal(size=(4, 3))
    parity(f"tf.clip_by_average_norm(x, {limit})", inputs={"x": x}, without64="TensorFlow 1 divides by a float32")


GRADIENTS = [_random.normal(size=(4, 3)), None, _random.normal(size=5), np.zeros((2, 2))]


@pytest.mark.parametrize("clip", [0.5, 100.0])
@pytest.mark.parametrize("norm", [None, 7.0, np.inf])
def test_gradients_are_clipped_together(clip, norm):
    """Also with a norm that the caller computed, with one that isn't finite, and with gradients that aren't there."""
    import tensorflow as tf
    import torch

    namespace: dict[str, Any] = {"torch": torch}
    define(namespace, "torch", ["clip_by_global_norm", "clip_by_global_norm_of_rows"])
    known = [None if g is None else tf.constant(g) for g in GRADIENTS]
    wanted, size = tf.clip_by_global_norm(known, clip, None if norm is None else tf.constant(norm, "float64"))
    for name in ("clip_by_global_norm", "clip_by_global_norm_of_rows"):
        given = [None if g is None else torch.tensor(g) for g in GRADIENTS]
        found, own = namespace[name](given, clip, None if norm is None else torch.tensor(norm, dtype=torch.float64))
        np.testing.assert_allclose(float(own), float(size), rtol=1e-14)
        for a, b in zip(found, wanted, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-14, equal_nan=True)


def test_a_norm_counts_a_row_as_often_as_it_was_looked_up():
    import tensorflow as tf
    import torch

    namespace: dict[str, Any] = {"torch": torch}
    define(namespace, "torch", ["clip_by_global_norm_of_rows", "clip_rows", "clip_by_norm"])
    values, ids = _random.normal(size=(4, 3)), [1, 0, 1, 1]
    slices, rows = tf.IndexedSlices(values, ids, (5, 3)), torch.sparse_coo_tensor([ids], torch.tensor(values), (5, 3))
    (wanted,), size = tf.clip_by_global_norm([slices], 0.5)
    (found,), own = namespace["clip_by_global_norm_of_rows"]([rows], 0.5)
    np.testing.assert_allclose(float(own), float(size), rtol=1e-14)
    np.testing.assert_allclose(found.to_dense(), tf.convert_to_tensor(wanted), rtol=1e-14)
    for stock, own in (
        (lambda x: tf.clip_by_norm(x, 0.5), lambda x: namespace["clip_by_norm"](x, 0.5)),
        (lambda x: tf.clip_by_value(x, -0.1, 0.2), lambda x: torch.clamp(x, -0.1, 0.2)),
    ):
        found = namespace["clip_rows"](rows, own).to_dense()
        np.testing.assert_allclose(found, tf.convert_to_tensor(stock(slices)), rtol=1e-14)
