"""Random draws that depend on their place in the program alone: executed run, kind, ordinal."""

from __future__ import annotations

import zlib

import numpy as np

KINDS = ("normal", "uniform", "truncated", "integer", "shuffle", "gamma", "poisson", "categorical")
COMMON_RANGE = 2**31 - 1


class Noise:
    """Keyed draws, of which those of runs are numbered.

    Attributes:
        unkeyed: what has drawn in runs though it can't be keyed, as sentences.
    """

    def __init__(self):
        self.run = None
        self.counts = {}
        self.expected = {}
        self.unkeyed = []
        self.watched = []

    def start(self, run, drawn=()):
        """Begin the executed run number `run`; `drawn` is what the original drew, as `GraphNoise.stop` answers it."""
        self.run, self.counts = run, {}
        self.expected = {(kind, ordinal): (tuple(shape), key) for kind, ordinal, shape, key in drawn}
        for watch in self.watched:
            watch[2] = watch[1]()

    def stop(self):
        """End the run."""
        for name, state, earlier in self.watched:
            if state() != earlier:
                self.missed(name)
        self.run = None

    def watch(self, name, state):
        """Notice when a generator's state, as `state()` answers it, changes in a run: draws by another way."""
        self.watched.append([name, state, None])

    def missed(self, what):
        """A draw of the current run that isn't keyed."""
        if self.run is not None and what not in self.unkeyed:
            self.unkeyed.append(what)

    def next(self, kind, shape, *parameters):
        """The next draw of a kind, in call order; with channels last where the other side has them there."""
        ordinal = self.counts.get(kind, 0)
        self.counts[kind] = ordinal + 1
        shape = tuple(int(d) for d in shape)
        other, key = self.expected.get((kind, ordinal), (shape, f"extra {ordinal}"))
        if not parameters and other != shape and _is_channels_first(shape, other):
            return np.moveaxis(self.draw(kind, key, other), -1, 1)
        return self.draw(kind, key, shape, *parameters)

    def draw(self, kind, key, shape, *parameters):
        """A draw as float64 (int64 where whole numbers are drawn), by key."""
        seed = zlib.crc32(f"{self.run} {kind} {key}".encode("ascii"))
        return draw(np.random.RandomState(seed), kind, shape, *parameters)


def _is_channels_first(shape, other):
    return len(shape) > 2 and len(other) == len(shape) and (other[0],) + (other[-1],) + other[1:-1] == shape


def draw(random, kind, shape, *parameters):
    """Draw from a generator.

    Args:
        random: a `RandomState`.
        kind: N(0, 1), U[0, 1), N(0, 1) cut at two, whole numbers, a permutation of shape[0], gamma, Poisson or
            categorical variables.
        shape: the result's shape.
        parameters: low and high for ``integer``, the shape parameter for ``gamma``, the rate for ``poisson``, rows of
            probabilities for ``categorical``, of which ``shape[1]`` classes each are drawn.
    """
    shape = tuple(int(d) for d in shape)
    if kind == "normal":
        return np.asarray(random.standard_normal(shape))
    if kind == "uniform":
        return np.asarray(random.random_sample(shape))
    if kind == "integer":
        return _integers(random, shape, *parameters)
    if kind == "shuffle":
        return np.asarray(random.permutation(shape[0]), dtype=np.int64)
    if kind == "gamma":
        return np.asarray(random.standard_gamma(np.broadcast_to(np.asarray(parameters[0], np.float64), shape)))
    if kind == "poisson":
        rate = np.broadcast_to(np.asarray(parameters[0], np.float64), shape)
        return np.asarray(random.poisson(rate), dtype=np.int64)
    if kind == "categorical":
        return _classes(random, shape, *parameters)
    values = np.asarray(random.standard_normal(shape))
    while True:
        outside = np.abs(values) > 2
        if not outside.any():
            return values
        values = np.where(outside, random.standard_normal(shape), values)


def _integers(random, shape, low, high):
    """Drawn from one range and reduced, so that a remainder of a wider draw equals a draw within its bounds."""
    low, high = np.asarray(low, np.int64), np.asarray(high, np.int64)
    span = high - low
    most = COMMON_RANGE if np.max(span) <= COMMON_RANGE else 2**62
    return np.asarray(low + random.randint(0, most, size=shape, dtype=np.int64) % span)


def _classes(random, shape, probabilities):
    bounds = np.cumsum(np.asarray(probabilities, np.float64), axis=-1)
    places = random.random_sample(shape)[..., None] * bounds[..., None, -1:]
    return np.minimum((places >= bounds[..., None, :]).sum(-1), bounds.shape[-1] - 1).astype(np.int64)


def candidates(draw, classes, count, unique, by_log):
    """Sampled classes and how many draws they took, from `draw(shape)` of uniform numbers, `count` at a time.

    Args:
        draw: makes the next uniform draws of a shape.
        classes: how many classes there are.
        count: how many are sampled.
        unique: whether each is sampled once at most.
        by_log: whether the logarithm of a class, rather than the class, is distributed evenly.
    """
    found, seen, tries = [], set(), 0
    while len(found) < count:
        for number in draw((count,)):
            chosen = (int(np.exp(number * np.log1p(classes))) - 1 if by_log else int(number * classes)) % classes
            tries += 1
            if not (unique and chosen in seen):
                found.append(chosen)
                seen.add(chosen)
            if len(found) == count:
                break
    return np.array(found, np.int64), tries


def expected_counts(chosen, classes, count, tries, by_log):
    """How often each of some classes is expected among `count` candidates that were found in `tries` draws."""
    chosen = np.asarray(chosen, np.float64)
    chance = np.log1p(1 / (chosen + 1)) / np.log1p(classes) if by_log else np.full(chosen.shape, 1 / classes)
    return chance * count if tries == count else -np.expm1(tries * np.log1p(-chance))
