"""From what the sides have recorded to a verdict."""

from __future__ import annotations

import re
from typing import Any

from actlint.verify.proof import Comparison, Proof, reason

INSTALL = 'install the frameworks with pip install "actlint[verify]", or name another interpreter with --python'
RUN_HELP = "let it find what it needs by --setup FILE or command line arguments, so that it runs by itself"
LIMIT_HELP = "make the program shorter by arguments or --setup FILE, or raise the limit"
ORIGINAL = "the original program"
REWRITTEN = "the rewritten program"
MOST_REASONS = 12
INFINITE = 1e300

Row = dict[str, Any]


def not_run(failure: dict[str, Any]) -> Proof:
    """The original couldn't be run."""
    if "missing" in failure:
        return Proof("not run", [reason("PRF101", f"no {failure['missing']} there: {failure['text']}", help=INSTALL)])
    where = "the setup file" if failure["setup"] else ORIGINAL
    text = f"{where} fails: {failure['text']}"
    return Proof("not run", [reason("PRF102", text, file=failure["file"], line=failure["line"], help=RUN_HELP)])


def timed_out(side: str, limit: float) -> Proof:
    """A side that has not ended within the limit."""
    return Proof("inconclusive", [reason("PRF103", f"{side} has not ended within {limit:.0f} s", help=LIMIT_HELP)])


def died(side: str, status: int, tail: str) -> Proof:
    """A side's process that ended without a result, by a signal or inside the framework."""
    if tail.endswith("No module named 'numpy'"):
        return Proof("not run", [reason("PRF101", f"no numpy there, nor a framework: {tail}", help=INSTALL)])
    text = f"the process of {side} ended with status {status}" + (f": {tail}" if tail else "")
    return Proof("not run" if side == ORIGINAL else "inconclusive", [reason("PRF104", text)])


def judge(decisive: dict[str, Any], compiled: dict[str, Any]) -> Proof:
    """Weigh the replays: the decisive one, and the one of the program as it is."""
    comparisons = [Comparison(**row) for row in decisive["rows"] + compiled["rows"]]
    gaps = list(dict.fromkeys(decisive["not_exercised"]))
    reasons = _crash(decisive) + _differences(decisive)
    reasons = reasons or [
        dict(r, text=f"as it is, in float32: {r['text']}") for r in _crash(compiled) + _differences(compiled)
    ]
    if reasons:
        left = len(reasons) - MOST_REASONS
        more = [reason("PRF202", f"and {left} more differences")] if left > 0 else []
        return Proof("differs", reasons[:MOST_REASONS] + more, comparisons, gaps)
    doubts = decisive["broken"] + decisive["doubts"] + compiled["broken"]
    if not any(row["quantity"] not in ("feed", "initial value") for row in decisive["rows"]):
        doubts = [*doubts, "nothing was compared"]
    if doubts:
        return Proof("inconclusive", [_placed("PRF301", text) for text in dict.fromkeys(doubts)], comparisons, gaps)
    return Proof("proved", [], comparisons, gaps)


def single(proof: Proof, kernel: str) -> Proof:
    """A proof that could be made in float32 alone, since an operation has no float64 kernel."""
    text = f"{kernel} has no float64 kernel: compared in float32"
    proof.verdict = "close" if proof.verdict == "proved" else proof.verdict
    proof.reasons.append(reason("PRF401", text))
    return proof


def _crash(result: dict[str, Any]) -> list[dict[str, Any]]:
    failure = result.get("failure")
    if not failure:
        return []
    text = f"{REWRITTEN} fails: {failure['text']}"
    return [reason("PRF201", text, file=failure["file"], line=failure["line"])]


def _differences(result: dict[str, Any]) -> list[dict[str, Any]]:
    """What was noticed, then the worst row of each quantity, in the order in which they began to differ."""
    texts = dict.fromkeys(result["differences"])
    worst: dict[tuple[str, str, str], Row] = {}
    for row in result["rows"]:
        key = row["site"], row["quantity"], row["name"]
        if row["error"] > row["tolerance"] and (key not in worst or row["error"] > worst[key]["error"]):
            worst[key] = row
    for (site, quantity, name), row in worst.items():
        if row["error"] < INFINITE:
            size = f"{row['error']:.1e} at step {row['step']} (tolerance {row['tolerance']:.0e})"
            texts[f"{quantity} '{name}' of {site} differs by {size}"] = None
    return [_placed("PRF202", text) for text in texts]


def _placed(code: str, text: str) -> dict[str, Any]:
    """A reason at the run that its text names."""
    place = re.search(r"([^\s']+\.py):(\d+)", text)
    return reason(code, text, file=place.group(1) if place else "", line=int(place.group(2)) if place else 0)
