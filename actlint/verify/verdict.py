"""From what the sides have recorded to a verdict."""

from __future__ import annotations

from typing import Any

from actlint.verify.proof import Comparison, Proof, reason

INSTALL = 'pip install "actlint[verify]"'
PROOF = "PRF"
RUN_HELP = "give the program what it needs with --setup FILE, or its command line arguments, so that it runs by itself"

Row = dict[str, Any]


def not_run(failure: dict[str, Any]) -> Proof:
    """The original couldn't be run."""
    if "missing" in failure:
        text = f"the interpreter has no {failure['missing']}: {failure['text']}"
        return Proof("not run", [reason("PRF101", text, help=f"install the frameworks: {INSTALL}, or name another interpreter with --python")])
    where = "the setup file" if failure.get("setup") else "the original program"
    text = f"{where} fails: {failure['text']}"
    return Proof("not run", [reason("PRF102", text, file=failure["file"], line=failure["line"], help=RUN_HELP)])


def timed_out(side: str, limit: float) -> Proof:
    """A side that has not ended within the limit."""
    text = f"{side} has not ended within {limit:.0f} s"
    return Proof("inconclusive", [reason("PRF103", text, help="make the program shorter with arguments or --setup FILE, or raise the limit")])


def died(side: str, status: int, tail: str) -> Proof:
    """A side's process that ended without a result, by a signal or inside the framework."""
    text = f"the process of {side} ended with status {status}" + (f": {tail}" if tail else "")
    verdict = "not run" if side == "the original program" else "inconclusive"
    return Proof(verdict, [reason("PRF104", text)])


def judge(decisive: dict[str, Any], compiled: dict[str, Any] | None, single: tuple[str, ...] = ()) -> Proof:
    """Weigh the replays.

    Args:
        decisive: result of the float64 replay.
        compiled: result of the float32 replay, or None when it was not made.
        single: operations that could only be computed in float32.
    """
    reasons = [_crash(result, kind) for kind, result in (("in float64", decisive), ("as it is", compiled or {})) if "failure" in result]
    reasons += [reason("PRF202", text) for text in _differences(decisive)]
    reasons += [reason("PRF203", f"compiled, in float32: {text}") for text in _differences(compiled or {})]
    rows = decisive["rows"] + (compiled or {"rows": []})["rows"]
    comparisons = [Comparison(**row) for row in rows]
    gaps = list(dict.fromkeys(decisive["not_exercised"]))
    if reasons:
        return Proof("differs", reasons, comparisons, gaps)
    doubts = decisive["broken"] + decisive["doubts"] + (compiled or {}).get("broken", [])
    if not any(row["quantity"] not in ("feed", "initial value") for row in decisive["rows"]):
        doubts.append("nothing was compared")
    if doubts:
        return Proof("inconclusive", [reason("PRF301", text) for text in dict.fromkeys(doubts)], comparisons, gaps)
    if single:
        text = f"no float64 kernel for {', '.join(single)}: compared in float32"
        return Proof("close", [reason("PRF401", text)], comparisons, gaps)
    return Proof("proved", [], comparisons, gaps)


def _crash(result: dict[str, Any], kind: str) -> dict[str, Any]:
    failure = result["failure"]
    text = f"the rewritten program fails {kind}: {failure['text']}"
    return reason("PRF201", text, file=failure["file"], line=failure["line"])


def _differences(result: dict[str, Any]) -> list[str]:
    """Sentences on what differs: the worst row of each quantity and name, after what was noticed otherwise."""
    texts = list(dict.fromkeys(result.get("differences", [])))
    worst: dict[tuple[str, str, str], Row] = {}
    for row in result.get("rows", []):
        key = row["site"], row["quantity"], row["name"]
        if not row["ok"] and row["dtype"] not in ("float16",) and _is_difference(row):
            if key not in worst or row["error"] > worst[key]["error"]:
                worst[key] = row
    for (site, quantity, name), row in worst.items():
        if row["error"] < 1e300:
            texts.append(f"{quantity} '{name}' of {site} differs by {row['error']:.1e} at step {row['step']} (tolerance {row['tolerance']:.0e})")
    return texts


def _is_difference(row: Row) -> bool:
    return row["error"] > row["tolerance"]
