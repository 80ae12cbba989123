"""Compares the distributions from which weights are initialised, over draws enough to tell them apart."""

from __future__ import annotations

import itertools
import os
import time

import numpy as np

from . import compare, passes, record

ENOUGH = 2048
MOST_PASSES = 7
LONG, ALIKE = 8, 0.9999
"""Two draws of fewer elements are alike by chance; draws for weights of other sizes are so up to a factor."""
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
    names = {index: job["plan"]["weights"][int(index)]["name"] for index in samples[0]}
    differences = repeated(names, before["draws"], samples[0])
    result = {
        "rows": rows.rows,
        "differences": differences,
        "doubts": [],
        "broken": [],
        "unkeyed": [],
        "not_exercised": [],
    }
    record.save(job["results"], "decisive-initial", result, record.Arrays())


def repeated(names, before, after):
    """What is wrong with weights that the rewrite starts from one draw, and the original from several.

    Args:
        names: of the weights, by index.
        before: the original's draws, by index.
        after: the rewrite's.
    """
    return [
        f"initial values of '{names[one]}' and '{names[two]}' come from one draw after, not before"
        for one, two in itertools.combinations(after, 2)
        if _is_one_draw(after[one], after[two]) and not _is_one_draw(before[one], before[two])
    ]


def _is_one_draw(one, two):
    length = min(np.size(one), np.size(two))
    one, two = np.ravel(one)[:length], np.ravel(two)[:length]
    if length < LONG or not np.ptp(one) or not np.ptp(two):
        return False
    return abs(np.corrcoef(one, two)[0, 1]) > ALIKE


def _distinct(draws):
    """All draws as one array; a value that a fixed seed repeats counts once."""
    kept = []
    for draw in draws:
        if not any(np.array_equal(draw, known) for known in kept):
            kept.append(draw)
    return np.concatenate([np.ravel(draw) for draw in kept])
