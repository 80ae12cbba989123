"""Losses of sequences against TF1: genuine TF1 alone has them, so what they compute is spelled out here."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

_random = np.random.RandomState(9)
SEQUENCES = {
    "x": _random.uniform(-2, 2, (3, 4, 5)),
    "c": _random.randint(0, 5, (3, 4)),
    "w": np.array([[1, 1, 0.5, 0], [1, 0, 2, 1], [0, 0, 0, 0]]),
}
STEPS = {
    "x": _random.uniform(-2, 2, (3, 5)),
    "y": _random.uniform(-2, 2, (3, 5)),
    "c": np.array([4, 0, 1]),
    "d": np.array([2, 2, 3], np.int32),
    "v": np.array([1, 0.5, 0]),
    "w": np.array([0.5, 0, 0]),
}


@pytest.fixture(autouse=True)
def contrib(monkeypatch):
    """What TF 1.15's functions compute."""
    import tensorflow as tf

    def sequence_loss(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
        each = weights * tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets, logits=logits)
        axes = [a for a, on in ((0, average_across_batch), (1, average_across_timesteps)) if on]
        norm = tf.reduce_sum(weights, axes)
        return tf.compat.v1.div_no_nan(tf.reduce_sum(each, axes), norm) if axes else each

    def by_example(logits, targets, weights, average_across_timesteps=True):
        each = [
            w * tf.nn.sparse_softmax_cross_entropy_with_logits(labels=c, logits=x)
            for x, c, w in zip(logits, targets, weights, strict=True)
        ]
        return tf.add_n(each) / (tf.add_n(weights) + 1e-12) if average_across_timesteps else tf.add_n(each)

    def legacy(logits, targets, weights, average_across_timesteps=True, average_across_batch=True):
        total = tf.reduce_sum(by_example(logits, targets, weights, average_across_timesteps))
        return total / 3 if average_across_batch else total

    seq2seq = SimpleNamespace(sequence_loss=sequence_loss)
    legacy_seq2seq = SimpleNamespace(sequence_loss=legacy, sequence_loss_by_example=by_example)
    made = SimpleNamespace(seq2seq=seq2seq, legacy_seq2seq=legacy_seq2seq)
    monkeypatch.setattr("tensorflow.compat.v1.contrib", made, raising=False)


@pytest.mark.parametrize(
    "flags",
    [
        "",
        ", average_across_timesteps=False",
        ", average_across_batch=False",
        ", average_across_timesteps=False, average_across_batch=False",
    ],
)
def test_sequence_loss(flags, parity):
    parity(f"tf.contrib.seq2seq.sequence_loss(x, c, w{flags})", inputs=SEQUENCES)


@pytest.mark.parametrize("flags", ["", ", average_across_timesteps=False"])
@pytest.mark.parametrize("name", ["sequence_loss", "sequence_loss_by_example"])
def test_legacy_losses(name, flags, parity):
    parity(f"tf.contrib.legacy_seq2seq.{name}([x, y], [c, d], [v, w]{flags})", inputs=STEPS)


def test_legacy_loss_that_is_summed(parity):
    source = "tf.contrib.legacy_seq2seq.sequence_loss([x], [c], [v], average_across_batch=False)"
    parity(source, inputs={name: STEPS[name] for name in "xcv"})
