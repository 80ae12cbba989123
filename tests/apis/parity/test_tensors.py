"""Rearranging, making and multiplying tensors against TF1."""

from __future__ import annotations

import numpy as np
import pytest

from actlint.apis.helpers import helpers

_random = np.random.RandomState(1)
X = _random.uniform(-2, 2, (2, 3, 4))
M = _random.uniform(-2, 2, (3, 4))
N = _random.uniform(-2, 2, (3, 4))
W = _random.uniform(-2, 2, (4, 5))
V = _random.uniform(-2, 2, 4)
ROWS = np.array([2, 0, 2], np.int32)
PLACES = np.array([[0, 1], [2, 3], [0, 1]], np.int32)
TABLE = _random.uniform(-2, 2, (5, 3))
IDS = np.array([[1, 4], [1, 0]], np.int32)


@pytest.mark.parametrize(
    "source",
    [
        "tf.reshape(x, [-1, 4])",
        "tf.reshape(x, (4, 6))",
        "tf.reshape(x, [24])",
        "tf.reshape(x, tf.shape(x))",
        "tf.reshape(tensor=x, shape=[2, -1])",
        "tf.transpose(x)",
        "tf.transpose(x, [0, 2, 1])",
        "tf.transpose(x, perm=(2, 0, 1))",
        "tf.expand_dims(x, 1)",
        "tf.expand_dims(x, axis=-1)",
        "tf.expand_dims(x, dim=0)",
        "tf.squeeze(tf.expand_dims(x, 1), [1])",
        "tf.squeeze(tf.expand_dims(x, 0))",
        "tf.squeeze(tf.expand_dims(x, -1), axis=-1)",
        "tf.concat([x, x], 1)",
        "tf.concat([x, x], axis=-1)",
        "tf.concat(values=[x, x, x], axis=0)",
        "tf.concat(axis=2, values=[x, x])",
        "tf.stack([x, x])",
        "tf.stack([x, x], axis=2)",
        "tf.stack((x, x), -1)",
        "tf.unstack(x)",
        "tf.unstack(x, axis=1)",
        "tf.unstack(x, num=4, axis=2)",
        "tf.split(x, 2, 2)",
        "tf.split(x, 3, axis=1)",
        "tf.split(x, [1, 3], 2)",
        "tf.split(value=x, num_or_size_splits=2, axis=0)",
        "tf.tile(x, [1, 2, 1])",
        "tf.slice(x, [0, 1, 0], [2, 2, 3])",
        "tf.slice(x, [0, 1, 2], [-1, 2, -1])",
        "tf.reverse(x, [1])",
        "tf.reverse(x, axis=[0, 2])",
        "tf.pad(x, [[0, 0], [1, 2], [0, 1]])",
        "tf.pad(x, [[1, 0], [0, 2], [0, 0]], constant_values=1.5)",
        "tf.identity(x)",
        "tf.stop_gradient(x)",
        "tf.zeros_like(x)",
        "tf.ones_like(x)",
        "tf.convert_to_tensor(x)",
        "tf.gather(x, [1, 0, 1])",
        "tf.gather(x, 1)",
        "tf.gather(x, [2, 0], axis=1)",
        "tf.gather(x, [3, 3], axis=-1)",
        "tf.tensordot(x, x, 3)",
        "tf.tensordot(x, x, [[1], [1]])",
        "tf.zeros(tf.shape(x), tf.float32)",
        "tf.ones(shape=tf.shape(x), dtype=tf.float32)",
    ],
)
def test_rearranging(source, parity):
    parity(source, inputs={"x": X})


@pytest.mark.parametrize(
    "source", ["tf.transpose(m)", "tf.transpose(v)", "tf.expand_dims(v, 0)", "tf.stack([v, v], 1)"]
)
def test_low_ranks(source, parity):
    parity(source, inputs={"m": M, "v": V})


@pytest.mark.parametrize(
    "source",
    [
        "tf.shape(x)",
        "tf.size(x)",
        "tf.rank(x)",
        "tf.to_float(tf.shape(x))",
        "tf.shape(x, out_type=tf.int64)",
        "tf.stack([tf.size(x), 2])",
        "tf.square(tf.to_float(tf.size(x)))",
    ],
)
def test_shapes(source, parity):
    parity(source, inputs={"x": X}, gradient=False, without64="no floats come out")


@pytest.mark.parametrize(
    "source",
    [
        "tf.gather(m, r)",
        "tf.gather(m, indices=r, axis=0)",
        "tf.gather_nd(m, p)",
        "tf.nn.embedding_lookup(t, i)",
        "tf.nn.embedding_lookup(params=t, ids=r)",
        "tf.nn.embedding_lookup(t, [3, 3, 0])",
    ],
)
def test_looking_up(source, parity):
    inputs = {"m": M, "r": ROWS, "p": PLACES, "t": TABLE, "i": IDS}
    parity(source, inputs={name: value for name, value in inputs.items() if name in "mrpti"})


@pytest.mark.parametrize(
    "source",
    [
        "tf.zeros([2, 3])",
        "tf.ones([4])",
        "tf.zeros([2], tf.int32)",
        "tf.ones((2, 2), dtype=tf.bool)",
        "tf.zeros([])",
        "tf.fill([2, 3], 1.5)",
        "tf.fill([3], 7)",
        "tf.range(5)",
        "tf.range(2, 9, 3)",
        "tf.range(0., 1., 0.25)",
        "tf.range(5, dtype=tf.float32)",
        "tf.range(4, delta=2)",
        "tf.linspace(0., 1., 5)",
        "tf.eye(3)",
        "tf.eye(2, 3)",
        "tf.constant(1.5)",
        "tf.constant([1, 2, 3])",
        "tf.constant([[1., 2.]])",
        "tf.constant(0.1, shape=[2, 3])",
        "tf.constant([1., 2., 3., 4.], shape=[2, 2])",
        "tf.constant(3, tf.float32)",
        "tf.constant(3, dtype=tf.int64)",
        "tf.constant(7, shape=[2])",
        "tf.convert_to_tensor([1, 2])",
        "tf.convert_to_tensor(np.ones(2), dtype=tf.float32)",
        "tf.constant(np.arange(4))",
        "tf.one_hot([0, 2, -1, 5], 3)",
        "tf.one_hot([[0, 1], [1, 1]], depth=2)",
        "tf.one_hot([0, 1], 2, on_value=0.9, off_value=0.05)",
        "tf.one_hot([0, 1], 2, dtype=tf.int32)",
        "tf.one_hot([1, 0], 3, axis=-1)",
        "tf.constant(True)",
        "tf.sqrt(2.0)",
        "tf.reduce_mean([1.0, 2.0, 4.0])",
    ],
)
def test_making(source, parity):
    parity(source, gates=(2e-7, 0), without64="nothing goes in")


def test_unique_with_counts_goes_by_first_appearance():
    torch = pytest.importorskip("torch")
    namespace = {"torch": torch}
    exec(helpers("torch")["unique_with_counts"].source, namespace)
    for values in ([3, 1, 3, 2, 1, 7], [5, 5], []):
        found = namespace["unique_with_counts"](torch.tensor(values, dtype=torch.int32))
        distinct = list(dict.fromkeys(values))
        assert [part.tolist() for part in found] == [
            distinct,
            [distinct.index(value) for value in values],
            [values.count(value) for value in distinct],
        ]
        assert {part.dtype for part in found} == {torch.int32}


def test_one_hot_of_a_tensor(parity):
    parity("tf.one_hot(r, 4)", inputs={"r": ROWS}, without64="no floats go in")


@pytest.mark.parametrize(
    "source",
    [
        "tf.matmul(m, w)",
        "tf.matmul(m, n, transpose_b=True)",
        "tf.matmul(m, n, transpose_a=True)",
        "tf.matmul(a=m, b=w)",
        "tf.matmul(m, n, False, True)",
        "tf.matmul(w, m, transpose_a=True, transpose_b=True)",
        "tf.matmul(m, c)",
        "tf.nn.xw_plus_b(m, w, b)",
        "tf.nn.bias_add(m, v)",
        "tf.nn.bias_add(tf.matmul(m, w), b)",
        "tf.nn.l2_loss(m)",
        "tf.nn.l2_normalize(m, 1)",
        "tf.nn.l2_normalize(m, dim=0)",
        "tf.nn.l2_normalize(m, [0, 1], epsilon=1e-6)",
        "tf.nn.l2_normalize(m)",
    ],
)
def test_products(source, parity):
    parity(source, inputs={"m": M, "n": N, "w": W, "v": V, "b": W[0]}, hosts={"c": W})


def test_batches_of_matrices(parity):
    parity("tf.matmul(x, x, transpose_b=True)", inputs={"x": X})


def test_normalising_tiny_vectors(parity):
    parity("tf.nn.l2_normalize(x, 1)", inputs={"x": np.array([[1e-7, -2e-7], [0.0, 0.0], [3.0, 4.0]])})
