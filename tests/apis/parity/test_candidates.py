"""Losses of sampled classes, and the samplers, against TF1."""

from __future__ import annotations

import numpy as np
import pytest

from actlint.apis.helpers import helpers
from actlint.verify.runners import noise

_random = np.random.RandomState(11)
LOSS = {
    "w": _random.uniform(-1, 1, (7, 3)),
    "b": _random.uniform(-1, 1, 7),
    "x": _random.uniform(-1, 1, (4, 3)),
    "c": np.array([[1], [4], [0], [4]]),
    "s": np.array([4, 2, 0, 4, 6], np.int64),
    "e": _random.uniform(0.1, 1, (4, 1)),
    "t": _random.uniform(0.1, 1, 5),
}
TWO = {**LOSS, "c": np.array([[1, 4], [4, 2], [0, 5], [3, 3]]), "e": _random.uniform(0.1, 1, (4, 2))}


@pytest.mark.parametrize("name", ["nce_loss", "sampled_softmax_loss"])
@pytest.mark.parametrize("hits", ["", ", remove_accidental_hits=True", ", remove_accidental_hits=False"])
@pytest.mark.parametrize("true", [1, 2])
def test_losses_of_given_candidates(name, hits, true, parity):
    given = f"num_true={true}, sampled_values=[s, tf.stop_gradient(e), tf.stop_gradient(t)]{hits}"
    unwidened = "its weights of accidental hits are float32 in TF1" if _removes(name, hits) else ""
    parity(f"tf.nn.{name}(w, b, c, x, 5, 7, {given})", inputs=LOSS if true == 1 else TWO, without64=unwidened)


def _removes(name: str, hits: str) -> bool:
    return hits.endswith("True") or not hits and name.startswith("sampled")


@pytest.mark.parametrize("name", ["nce_loss", "sampled_softmax_loss"])
def test_loss_of_named_arguments(name, parity):
    source = (
        f"tf.nn.{name}(weights=w, biases=b, labels=c, inputs=x, num_sampled=5, num_classes=7,"
        " sampled_values=[s, tf.stop_gradient(e), tf.stop_gradient(t)], partition_strategy='div',"
        " remove_accidental_hits=False)"
    )
    parity(source, inputs={**LOSS, "c": LOSS["c"].astype(np.int32)})


@pytest.mark.parametrize("name", ["log_uniform", "uniform"])
@pytest.mark.parametrize("unique", [True, False])
def test_draws_and_expectations(name, unique):
    """torch's helper, and the proof's sampler, draw and expect what TensorFlow's kernel does."""
    tf, torch = pytest.importorskip("tensorflow"), pytest.importorskip("torch")
    sampler, own = getattr(tf.random, f"{name}_candidate_sampler"), _helper(torch, f"{name}_candidate_sampler")
    true, by_log, rounds = np.array([[0], [3], [9]]), name == "log_uniform", 300
    kernel = [sampler(tf.constant(true, tf.int64), 1, 4, unique, 10, seed=k) for k in range(rounds)]
    torch.manual_seed(1)
    ported = [own(torch.tensor(true), 1, 4, unique, 10) for _ in range(rounds)]
    random = np.random.RandomState(3)
    proved = [noise.candidates(random.random_sample, 10, 4, unique, by_log) for _ in range(rounds)]
    proved = [(drawn, noise.expected_counts(true, 10, 4, tries, by_log)) for drawn, tries in proved]
    frequencies, expectations = _means(kernel)
    for other in (ported, proved):
        found, expected = _means(other)
        assert np.abs(found - frequencies).max() < 0.15
        assert np.abs(expected - expectations).max() < (0.05 if unique else 1e-5)
        assert not unique or all(len(set(np.asarray(row[0]).tolist())) == 4 for row in other)


def _means(rows):
    """How often each class was drawn, and was expected to be, in a round."""
    drawn = np.bincount(np.concatenate([np.asarray(row[0]) for row in rows]), minlength=10) / len(rows)
    return drawn, np.mean([np.asarray(row[1]) for row in rows], axis=0)


def _helper(torch, name):
    """A helper of the PyTorch target."""
    table, namespace = helpers("torch"), {"torch": torch}
    for each in ("candidates", name):
        exec("\n".join([*table[each].imports, table[each].source]), namespace)
    return namespace[name]
