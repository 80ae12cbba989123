"""What further passes over the original show: races, and hyper-parameters of which the proof would miss a change."""

from __future__ import annotations

import os
import time

import numpy as np

from . import compare, passes, record, training_tf

EXECUTIONS = 3
MOST_CHANGES = 8
ROUNDINGS = 4


def serialise_sessions():
    """Let sessions that begin from now on execute one operation at a time."""
    from tensorflow.python.client import session

    original = session.BaseSession.__init__

    def begin(self, target="", graph=None, config=None):
        from tensorflow.core.protobuf import config_pb2

        own = config_pb2.ConfigProto()
        if config is not None:
            own.CopyFrom(config)
        own.inter_op_parallelism_threads = own.intra_op_parallelism_threads = 1
        original(self, target, graph, own)

    session.BaseSession.__init__ = begin


def weigh(job, action):
    """Compare the further passes with the first, make one for each hyper-parameter, and write ``sensitivity.json``.

    The file holds ``races`` and ``feeds`` (what differs between two executions of the original: results, and what it
    feeds), ``unnoticed`` (hyper-parameters of which a change by 1 % stays within the tolerances), ``untried`` (those
    for which there was no time), and ``rounding``: the size ``by`` which gradients were rounded, how far that has
    ``moved`` variables of the original, as ``[site, name, step, relative to the size, and to the change since the
    start]``, how many ``times`` that is allowed, and ``update``, the tolerance of those that are compared relative to
    their change.
    """
    before = record.load(job["results"], "before")
    found = {"races": [], "feeds": [], "unnoticed": [], "untried": []}
    rounded = None
    if os.path.exists(passes.outcome(job, passes.ROUNDED, "json")):
        rounded = record.load(job["results"], passes.label("before", passes.ROUNDED))
        moved = _moved(before, rounded, job["plan"])
        gates = {"times": ROUNDINGS, "update": compare.DOUBLE.update}
        found["rounding"] = {"by": training_tf.ROUNDING, "moved": moved, **gates}
    if os.path.exists(passes.outcome(job, passes.AGAIN, "json")):
        again = record.load(job["results"], passes.label("before", passes.AGAIN))
        found.update(_races(before, again, rounded, job["plan"]))
    for number, (optimizer, name) in enumerate(before["hyper"]):
        sentence = f"{name} of {optimizer}"
        if time.time() > job["extras_end"] or number >= MOST_CHANGES:
            found["untried"].append(sentence)
        elif not any(_noticed(job, action, kind, number) for kind in (passes.HYPER, passes.PLAIN)):
            found["unnoticed"].append(sentence)
    record.write(os.path.join(job["results"], "sensitivity.json"), found)


def _aligned(known, other):
    """Runs of two recordings in pairs, up to where these part, with the first values of the weights met so far."""
    start = {}
    for one, two in zip(known["runs"], other["runs"]):
        if (one["site"], one["ordinal"]) != (two["site"], two["ordinal"]):
            return
        start.update({index: weight["value"] for index, weight in one["captured"].items()})
        yield one, two, start


def _variables(one, two):
    """``(index, value, value)`` of the variables that both runs have read."""
    after = two.get("variables", {})
    return [(index, value, after[index]) for index, value in one.get("variables", {}).items() if index in after]


def _races(before, again, rounded, plan):
    pairs = [(one, two) for one, two, _ in _aligned(before, again)]
    moved = _movable(before, rounded) if rounded else {}
    if len(pairs) < min(len(before["runs"]), len(again["runs"])):
        return {"races": ["the original makes other runs when it is executed again"]}
    rows, feeds = compare.Rows(), []
    for one, two in pairs:
        site = plan["runs"][one["site"]]["site"]
        for name, arrays in one["feeds"].items():
            own = compare.Rows()
            for a, b in zip(arrays, two["feeds"].get(name, [])):
                own.arrays(site, "feed", name, one["step"], a, b, compare.FEED)
            if own.differences or not all(row["ok"] for row in own.rows):
                feeds.append(name)
        for place, (a, b) in enumerate(zip(one["fetches"], two["fetches"])):
            if a is not None and b is not None:
                rounding = moved.get((one["site"], one["ordinal"], place), 0.0)
                rows.arrays(site, "fetch", str(place), one["step"], a, b, _tolerance(one["step"], rounding))
        for index, a, b in _variables(one, two):
            name, rounding = plan["weights"][int(index)]["name"], moved.get((one["site"], one["ordinal"], index), 0.0)
            rows.arrays(site, "variable", name, one["step"], a, b, _tolerance(one["step"], rounding))
    bad = {f"{row['quantity']} '{row['name']}' of {row['site']}": None for row in rows.rows if not row["ok"]}
    races = list(rows.differences) + list(bad)
    return {"races": [] if feeds else list(dict.fromkeys(races)), "feeds": sorted(set(feeds))}


def _movable(before, rounded):
    """How far gradients' rounding moves fetches and variables of a run, on the scale of their comparison."""
    found = {}
    for one, two, _ in _aligned(before, rounded):
        key = one["site"], one["ordinal"]
        pairs = [(place, a, b) for place, (a, b) in enumerate(zip(one["fetches"], two["fetches"]))]
        for place, a, b in pairs + _variables(one, two):
            if a is not None and b is not None and a.dtype.kind == "f" and a.size and a.shape == b.shape:
                size = max(float(np.max(np.abs(a))), compare.FLOOR)
                found[(*key, place)] = float(np.max(np.abs(a - b))) / size
    return found


def _tolerance(step, rounding):
    """How far two executions of the original may be apart, where rounding of the gradients moves a value so far."""
    return max(compare.DOUBLE.after(step) * compare.DOUBLE.forward, ROUNDINGS * rounding)


def _moved(before, rounded, plan):
    found = []
    for one, two, start in _aligned(before, rounded):
        for index, value, other in _variables(one, two):
            if value.dtype.kind == "f" and value.size:
                moved = float(np.max(np.abs(value - other)))
                size, change = float(np.max(np.abs(value))), float(np.max(np.abs(value - start[index])))
                place = plan["runs"][one["site"]]["site"], plan["weights"][int(index)]["name"], one["step"]
                found.append([*place, moved / (size or 1.0), moved / (change or 1.0)])
    return found


def _noticed(job, action, kind, number):
    """Whether the comparison would fail against a recording with one hyper-parameter changed."""
    reference = passes.SCALED if kind == passes.HYPER else passes.NATURAL
    name = f"{kind}-{number}"
    if not os.path.exists(passes.outcome(job, reference, "json")):
        return False
    known = record.load(job["results"], passes.label("before", reference))
    until = {}
    for run in known["runs"]:
        if run["train"]:
            until[str(run["site"])] = min(EXECUTIONS, run["ordinal"])
    passes.execute(dict(job, **{"pass": name, "limit": EXECUTIONS, "until": until}), action)
    if not os.path.exists(passes.outcome(job, name, "json")):
        return True
    changed = record.load(job["results"], passes.label("before", name))
    return _differ(known, changed)


def _differ(known, changed):
    rows = compare.Rows()
    for one, two, start in _aligned(known, changed):
        for index, value, other in _variables(one, two):
            rows.variable("", index, one["step"], start[index], value, other)
    return bool(rows.differences) or not all(row["ok"] for row in rows.rows)
