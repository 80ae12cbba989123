"""Indices, masks and groups against TF1."""

from __future__ import annotations

import re

import numpy as np
import pytest

_random = np.random.RandomState(6)
X = _random.uniform(-2, 2, (4, 3))
CUBE = _random.uniform(-2, 2, (2, 3, 4))
V = _random.uniform(-2, 2, 5)
IDS = np.array([0, 0, 2, 3], np.int32)
MIXED = np.array([2, 0, 2, -1], np.int32)
PLACES = np.array([[1], [3], [1], [0]], np.int32)
PAIRS = np.array([[0, 1], [2, 2], [0, 1], [1, 0]], np.int32)
MASK = np.array([True, False, True, True])
GRID = _random.uniform(size=(4, 3)) > 0.5
LENGTHS = np.array([2, 0, 3], np.int32)
NUMBERS = np.array([3, 1, 3, 2, 1, 7], np.int32)
OTHERS = np.array([1, 2, 9], np.int32)
DIVISORS = np.array([2, -1, -2, 3, 2, -4], np.int32)
ORDER = np.array([2, 0, 3, 1], np.int32)
INPUTS = {
    "x": X, "c": CUBE, "v": V, "i": IDS, "j": MIXED, "p": PLACES, "q": PAIRS, "m": MASK, "g": GRID, "l": LENGTHS,
    "n": NUMBERS, "o": OTHERS, "s": ORDER, "u": V[:4], "k": DIVISORS,
}  # fmt: skip


def _used(source):
    """The inputs whose names occur in a call."""
    words = re.findall(r"(?<![\w.'])\w+(?![\w.(=])", source)
    return {name: array for name, array in INPUTS.items() if name in words}


@pytest.mark.parametrize(
    "source",
    [
        "tf.scatter_nd(p, x, [5, 3])",
        "tf.scatter_nd(indices=q, updates=u, shape=[3, 4])",
        "tf.boolean_mask(x, m)",
        "tf.boolean_mask(x, g)",
        "tf.boolean_mask(tensor=x, mask=m, axis=0)",
        "tf.dynamic_partition(x, i, 4)",
        "tf.dynamic_partition(u, i, num_partitions=4)",
        "tf.segment_sum(x, i)",
        "tf.segment_mean(x, i)",
        "tf.unsorted_segment_sum(x, j, 4)",
        "tf.unsorted_segment_sum(u, j, num_segments=3)",
        "tf.unsorted_segment_mean(x, j, 4)",
        "tf.broadcast_to(v, [3, 5])",
        "tf.sort(x)",
        "tf.sort(c, axis=1, direction='DESCENDING')",
        "tf.cumprod(x)",
        "tf.cumprod(c, axis=2)",
        "tf.where(g, x, tf.negative(x))",
    ],
)
def test_with_gradients(source, parity):
    parity(source, inputs=_used(source))


@pytest.mark.parametrize(
    "source",
    [
        "tf.setdiff1d(n, o)",
        "tf.setdiff1d(n, y=o, index_dtype=tf.int64)",
        "tf.unique(n)",
        "tf.unique(n, tf.int64)",
        "tf.sequence_mask(l)",
        "tf.sequence_mask(l, 4)",
        "tf.sequence_mask(l, maxlen=5, dtype=tf.float32)",
        "tf.invert_permutation(s)",
        "tf.arg_max(x, 1)",
        "tf.arg_min(c, dimension=0)",
        "tf.count_nonzero(m)",
        "tf.count_nonzero(g, axis=1)",
        "tf.count_nonzero(l, dtype=tf.int32)",
        "tf.where(g)",
        "tf.where(m)",
        "tf.truncatediv(n, k)",
        "tf.truncatemod(tf.negative(n), k)",
    ],
)
def test_integers(source, parity):
    parity(source, inputs=_used(source), gradient=False, without64="no floats")


@pytest.mark.parametrize(
    "source",
    [
        "tf.cumprod(x, exclusive=True)",
        "tf.boolean_mask(x, x > 0, axis=1)",
        "tf.sort(x, direction=d)",
    ],
)
def test_refusals(source, text, refusal):
    source = source.replace("x > 0", "tf.greater(x, 0.)")
    with pytest.raises(refusal):
        text("torch", source, x=(4, 3), d=())
