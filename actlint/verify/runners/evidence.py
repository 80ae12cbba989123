"""What the original's recorded runs can prove at all, and what they leave out."""

from __future__ import annotations

import numpy as np

from . import compare

CONSTANT_RUNS = 3


def weigh(before, plan):
    """Judge a recording.

    Returns:
        ``(doubts, gaps)``: sentences that make a verdict inconclusive, and sentences on what wasn't exercised.
    """
    return _doubts(before, plan), _gaps(before, plan) + _weak_terms(before, plan)


def _doubts(before, plan):
    runs = before["runs"]
    training = [run for run in runs if run["train"]]
    if not runs:
        return ["no run of the program was reached"]
    if not training and any(site.get("trains") for site in plan["runs"]):
        return ["no training run was reached"]
    doubts = []
    for site in sorted({run["site"] for run in training}):
        own = [run for run in training if run["site"] == site]
        label = plan["runs"][site]["site"]
        gradients = [g for run in own for kind in ("raw", "applied") for each in run[kind].values() for g in each]
        if gradients and compare.largest(gradients) == 0:
            doubts.append(f"all gradients of {label} are zero")
        losses = [tuple(run["losses"]) for run in own if run["losses"]]
        if len(losses) >= CONSTANT_RUNS and len(set(losses)) == 1:
            doubts.append(f"the loss of {label} is constant over {len(losses)} runs")
        if any(not np.isfinite(value) for loss in losses for value in loss):
            doubts.append(f"the loss of {label} isn't finite")
    return doubts


def _gaps(before, plan):
    gaps = []
    called, seconds = {}, before["seconds"]
    for site, _, count in before["calls"]:
        called[site] = called.get(site, 0) + count
    for site, run in enumerate(plan["runs"]):
        if run["callable"] is None:
            continue
        executed = before["counts"].get(str(site), 0)
        if not executed:
            within = f" within {seconds:.0f} s" if before["stopped"] else ""
            gaps.append(f"{run['site']} not reached{within}")
        elif called[site] > executed:
            gaps.append(f"{run['site']} executed {executed} of {called[site]} times")
    if before["stopped"]:
        gaps.append(f"the program was stopped after {seconds:.0f} s")
    return gaps


def _weak_terms(before, plan):
    """Loss terms of which a change by 1 % would stay below the gradients' tolerance."""
    names = {p["id"]: p["name"] for p in plan["probes"]}
    strongest, reached = {}, set()
    for run in before["runs"]:
        if not run["train"] or run["ordinal"] != 1:
            continue
        gradients = [g for kind in ("raw", "applied") for each in run[kind].values() for g in each]
        limit = compare.DOUBLE.gradient * (compare.largest(gradients) or 1.0)
        for name in run["probes"]:
            reached.add(name)
        for name, change in run["changes"].items():
            strongest[name] = max(strongest.get(name, 0.0), change / limit)
    terms = [p["id"] for p in plan["probes"] if p["role"] == "loss term" and p["id"] in reached]
    return [
        f"a change of loss term '{names[name]}' by 1 % would not be noticed in the gradients"
        for name in terms
        if strongest.get(name, 0.0) <= 1.0
    ]
