"""Random values against TF1's: dtype, shape and distribution; the streams are each framework's own."""

from __future__ import annotations

import numpy as np
import pytest

SHAPE = [300, 200]
DRAWS = [
    "tf.random_normal([300, 200])",
    "tf.random_normal(shape)",
    "tf.random_normal([300, 200], stddev=0.01)",
    "tf.random_normal(shape, stddev=0.01)",
    "tf.random_normal([300, 200], 1.0, 0.5)",
    "tf.random_normal(shape=shape, mean=-0.5, stddev=2.0)",
    "tf.random_uniform([300, 200])",
    "tf.random_uniform([300, 200], -1.0, 0.5)",
    "tf.random_uniform(shape, minval=-0.1, maxval=0.1)",
    "tf.random_uniform(shape, maxval=3.0)",
    "tf.random_uniform([300, 200], maxval=10, dtype=tf.int32)",
    "tf.truncated_normal([300, 200])",
    "tf.truncated_normal(shape, stddev=0.1)",
    "tf.truncated_normal([300, 200], mean=1.0, stddev=0.5)",
    "tf.random_normal_initializer()",
    "tf.random_normal_initializer(stddev=0.1)",
    "tf.random_normal_initializer(1.0, 0.5)",
    "tf.random_normal_initializer(mean=1.0, stddev=0.5)",
    "tf.truncated_normal_initializer(stddev=0.1)",
    "tf.random_uniform_initializer(-0.05, 0.05)",
]


@pytest.mark.parametrize("source", DRAWS)
def test_draws(source, written, recording, request):
    """Mean and spread agree, and so do bounds and the values that whole numbers take."""
    import tensorflow as tf
    import torch
    from torch import nn

    tf.random.set_seed(1)
    torch.manual_seed(1)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.set_random_seed(1)
        found = eval(source, {"tf": tf.compat.v1, "shape": SHAPE})
        wanted = session.run(found(SHAPE) if callable(found) else found)
    record = recording.row(request.node.path.stem, "drawn", source, {"shape": SHAPE})
    record.answered({"source": source, "shape": SHAPE}, [np.zeros_like(wanted)], [])
    for target in ("tf2", "torch"):
        made = written(target, source, {}, {"shape": SHAPE})
        value = eval(made.text, {"tf": tf, "torch": torch, "nn": nn, **made.namespace, "shape": SHAPE})
        if "initializer" in source:
            value = value(SHAPE) if target == "tf2" else value(torch.full(SHAPE, 7.0))
        array = np.asarray(value)
        assert (array.shape, array.dtype) == (wanted.shape, wanted.dtype), made.text
        spread = wanted.std()
        assert abs(array.mean() - wanted.mean()) < 0.03 * spread, made.text
        assert abs(array.std() - spread) < 0.02 * spread, made.text
        if "random_normal" not in source:
            np.testing.assert_allclose([array.min(), array.max()], [wanted.min(), wanted.max()], atol=0.02 * spread)
        record.measured(target, "float32", made.text, [None, None])
