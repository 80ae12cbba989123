"""Random draws that depend on their place in the program alone: executed run, kind, ordinal."""

from __future__ import annotations

import zlib

import numpy as np

KINDS = ("normal", "uniform", "truncated", "integer", "shuffle")


class Noise:
    """Keyed draws while a run is active; outside a run, one stream with a fixed seed."""

    def __init__(self):
        self.run = None
        self.counts = {}
        self.shapes = {}
        self.free = np.random.RandomState(20160901)

    def start(self, run, shapes=None):
        """Begin the executed run number `run`; `shapes` are the other side's ``(kind, ordinal) -> shape``."""
        self.run, self.counts, self.shapes = run, {}, dict(shapes or {})

    def stop(self):
        """End the run; answers ``(kind, ordinal) -> shape`` of what was drawn."""
        self.run = None
        return self.shapes

    def next(self, kind, shape, low=0, high=2):
        """The next draw of a kind, in call order; with channels last where the other side has them there."""
        ordinal = self.counts.get(kind, 0)
        self.counts[kind] = ordinal + 1
        shape = tuple(int(d) for d in shape)
        other = self.shapes.get((kind, ordinal))
        if (
            other is not None
            and other != shape
            and len(shape) > 2
            and (other[0],) + (other[-1],) + other[1:-1] == shape
        ):
            return np.moveaxis(self.draw(kind, ordinal, other, low, high), -1, 1)
        return self.draw(kind, ordinal, shape, low, high)

    def draw(self, kind, ordinal, shape, low=0, high=2):
        """Draw number `ordinal` of a kind, as float64 (int64 for ``integer`` and ``shuffle``)."""
        if self.run is None:
            return draw(self.free, kind, shape, low, high)
        self.shapes.setdefault((kind, ordinal), tuple(int(d) for d in shape))
        seed = zlib.crc32(f"{self.run} {kind} {ordinal}".encode("ascii"))
        return draw(np.random.RandomState(seed), kind, shape, low, high)


def stream(number):
    """The generator of a source of draws outside of runs, such as an initialiser; each source has its own."""
    return np.random.RandomState(zlib.crc32(f"source {number}".encode("ascii")))


def draw(random, kind, shape, low=0, high=2):
    """Standard draws: N(0, 1), U[0, 1), N(0, 1) cut at two, integers in [low, high), a permutation of shape[0]."""
    shape = tuple(int(d) for d in shape)
    if kind == "normal":
        return np.asarray(random.standard_normal(shape))
    if kind == "uniform":
        return np.asarray(random.random_sample(shape))
    if kind == "integer":
        return np.asarray(random.randint(low, high, size=shape, dtype=np.int64))
    if kind == "shuffle":
        return np.asarray(random.permutation(shape[0]), dtype=np.int64)
    values = np.asarray(random.standard_normal(shape))
    while True:
        outside = np.abs(values) > 2
        if not outside.any():
            return values
        values = np.where(outside, random.standard_normal(shape), values)
