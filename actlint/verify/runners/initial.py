"""Compares the distributions from which weights are initialised, over draws enough to tell them apart."""

from __future__ import annotations

import os
import time

import numpy as np

from . import compare, passes, record

ENOUGH = 2048
MOST_PASSES = 7
FIRST = "decisive-natural-initial"
"""Name of the initial values that the rewrite has drawn in its natural pass."""


def save(job, name, values):
    """Keep drawn initial values, by the weight's index."""
    arrays = record.Arrays()
    record.save(job["results"], name, {index: arrays.add(value) for index, value in values.items()}, arrays)


def weigh(job, action):
    """Draw the rewrite's initial values until there are enough, compare them, and write ``decisive-initial.json``.

    The original's draws come with its recording; the rewrite's take one pass each, up to the first run.
    """
    if not os.path.exists(passes.outcome(job, passes.NATURAL, "json")):
        return
    before = record.load(job["results"], "before")
    samples = [record.load(job["results"], FIRST)]
    for number in range(MOST_PASSES):
        sizes = [sum(np.size(sample[index]) for sample in samples if index in sample) for index in samples[0]]
        if not sizes or min(sizes) >= ENOUGH or time.time() > job["extras_end"]:
            break
        name = f"{passes.DRAWN}-{number}"
        passes.execute(dict(job, **{"pass": name, "seed": job["seed"] + number + 1}), action)
        if not os.path.exists(passes.outcome(job, name, "json")):
            break
        samples.append(record.load(job["results"], passes.label(job["mode"], name)))
    rows = compare.Rows()
    for index in samples[0]:
        weight = job["plan"]["weights"][int(index)]["name"]
        own = _distinct([sample[index] for sample in samples if index in sample])
        rows.spread("start", weight, before["draws"][index], own)
    result = {"rows": rows.rows, "differences": [], "doubts": [], "broken": [], "unkeyed": [], "not_exercised": []}
    record.save(job["results"], "decisive-initial", result, record.Arrays())


def _distinct(draws):
    """All draws as one array; a value that a fixed seed repeats counts once."""
    kept = []
    for draw in draws:
        if not any(np.array_equal(draw, known) for known in kept):
            kept.append(draw)
    return np.concatenate([np.ravel(draw) for draw in kept])
