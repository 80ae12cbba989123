"""From what the sides have recorded to a verdict."""

from __future__ import annotations

import re
import signal
from collections.abc import Collection
from typing import Any

from actlint.verify.proof import Comparison, Proof, reason
from actlint.verify.reasons import KINDS

INSTALL = 'install the frameworks with pip install "actlint[verify]", or name another interpreter with --python'
INSTALL_TF1 = "let --tf1-python name an interpreter that has TensorFlow 1.x, or leave it out"
TENSORFLOW_1 = "TensorFlow 1"
RUN_HELP = "let it find what it needs by --setup FILE or command line arguments, so that it runs by itself"
LIMIT_HELP = "make the program shorter by arguments or --setup FILE, or raise the limit"
NAME_HELP = "if it was renamed or has moved, write its new name into the map"
ORIGINAL = "the original program"
REWRITTEN = "the rewritten program"
MOST_REASONS = 12
INFINITE = 1e300
SCALED = "decisive-scaled"
REPLAYS = ("decisive", SCALED, "decisive-initial", "compiled")

Row = dict[str, Any]


def not_run(failure: dict[str, Any]) -> Proof:
    """The original couldn't be run."""
    if "missing" in failure:
        help = INSTALL_TF1 if failure["missing"] == TENSORFLOW_1 else INSTALL
        return Proof("not run", [reason("PRF101", f"no {failure['missing']} there: {failure['text']}", help=help)])
    where = "the setup file" if failure["setup"] else ORIGINAL
    text = f"{where} fails: {failure['text']}"
    return Proof("not run", [reason("PRF102", text, file=failure["file"], line=failure["line"], help=RUN_HELP)])


def rewrite_fails(failure: dict[str, Any]) -> Proof:
    """The rewritten program couldn't be run, though nothing was asked of it yet."""
    return Proof("differs", _crash({"failure": failure}))


def timed_out(side: str, limit: float) -> Proof:
    """A side that has not ended within the limit."""
    return Proof("inconclusive", [reason("PRF103", f"{side} has not ended within {limit:.0f} s", help=LIMIT_HELP)])


def died(side: str, status: int, tail: str) -> Proof:
    """A side's process that ended without a result, by a signal or inside the framework."""
    if tail.endswith("No module named 'numpy'"):
        return Proof("not run", [reason("PRF101", f"no numpy there, nor a framework: {tail}", help=INSTALL)])
    how = _signal(-status) if status < 0 else f"ended with status {status} before the proof was complete"
    text = f"the process of {side} {how}" + (f": {tail}" if tail else "")
    return Proof("not run" if side == ORIGINAL else "inconclusive", [reason("PRF104", text)])


def exceeded(side: str, code: str, text: str) -> Proof:
    """A side that was ended because it used too much of the machine."""
    verdict = "not run" if side == ORIGINAL else "inconclusive"
    return Proof(verdict, [reason(code, f"{side} {text}", help=KINDS[code].help)])


def _signal(number: int) -> str:
    try:
        return f"was ended by {signal.Signals(number).name}"
    except ValueError:
        return f"was ended by signal {number}"


def judge(found: dict[str, dict[str, Any]]) -> Proof:
    """Weigh what the sides have found.

    Args:
        found: by name, ``decisive`` and ``decisive-scaled`` (the replay with the original's noise, at natural scale and
            with the loss scaled down), ``decisive-initial`` (initial values, by their distribution), ``compiled`` (the
            replay of the program as it is), and ``sensitivity`` (what further executions of the original have shown).
            All but the first and ``compiled`` may be missing.
    """
    sensitivity = found.get("sensitivity", {})
    replays = [_without_feeds(found[name], sensitivity.get("feeds", ())) for name in REPLAYS if name in found]
    replays[0], moved = _with_rounding(replays[0], sensitivity.get("rounding"))
    decisive, compiled = replays[0], replays[-1]
    comparisons = [Comparison(**row) for replay in replays for row in replay["rows"]]
    gaps = list(dict.fromkeys([*decisive["not_exercised"], *moved, *_insensitive(found)]))
    reasons = next(filter(None, (_crash(replay) + _differences(replay) for replay in replays[:-1])), [])
    lacking = next((proof for proof in map(_lacking, replays) if proof), None)
    if lacking and not any(_differences(replay) for replay in replays):
        return lacking
    reasons = reasons or [
        dict(r, text=f"as it is, in float32: {r['text']}") for r in _crash(compiled) + _differences(compiled)
    ]
    left = len(reasons) - MOST_REASONS
    reasons = reasons[:MOST_REASONS] + ([reason("PRF202", f"and {left} more differences")] if left > 0 else [])
    unkeyed = [_placed("PRF303", text) for replay in replays for text in replay["unkeyed"]]
    if unkeyed and not any(replay.get("failure") for replay in replays):
        return Proof("inconclusive", list({own["text"]: own for own in unkeyed}.values()), comparisons, gaps)
    races = [_placed("PRF302", text) for text in _races(sensitivity)]
    lost = [text for replay in replays for text in replay["broken"]]
    unnamed = [reason("PRF304", text, help=NAME_HELP) for text in dict.fromkeys(lost)]
    if races or reasons:
        return Proof("inconclusive" if races else "differs", unnamed + races + reasons, comparisons, gaps)
    doubts = _stopped(replays) + [text for replay in replays[:-1] for text in replay["doubts"]]
    if not any(row["quantity"] not in ("feed", "initial value") for row in decisive["rows"]):
        doubts = [*doubts, "nothing was compared"]
    if unnamed or doubts:
        weak = [_placed("PRF301", text) for text in dict.fromkeys(doubts)]
        return Proof("inconclusive", unnamed + weak, comparisons, gaps)
    return Proof("proved", [], comparisons, gaps)


def _without_feeds(replay: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A replay without the comparison of feeds that differ from one execution of the original to the next.

    In float32 the rewrite was run on its own feeds, so there is nothing to compare then.
    """
    rows = [row for row in replay["rows"] if row["quantity"] != "feed" or row["name"] not in names]
    if names:
        rows = [row for row in rows if row["quantity"] != "fetch" or row["dtype"] == "float64"]
    return {**replay, "rows": rows}


def _with_rounding(replay: dict[str, Any], rounding: dict[str, Any] | None) -> tuple[dict[str, Any], list[str]]:
    """A replay whose variables may differ by what the gradients' rounding moves them, and notes.

    `rounding` says how far a change of a size moves them in the original, and how many times that is allowed; where
    equal gradients were seen to differ by more, within their tolerance, in proportion.
    """
    if not rounding:
        return replay, []
    moved = {(site, name, step): (size, change) for site, name, step, size, change in rounding["moved"]}
    gradients: dict[tuple[str, str, int], float] = {}
    for row in replay["rows"]:
        if row["quantity"] == "gradient" and row["ok"]:
            key = row["site"], row["name"], row["step"]
            gradients[key] = max(gradients.get(key, 0.0), row["error"])
    rows, notes = [], []
    for row in replay["rows"]:
        key = row["site"], row["name"], row["step"]
        if row["quantity"] == "variable" and not row["ok"] and key in moved:
            times = max(1.0, gradients.get(key, 0.0) / rounding["by"])
            allowed = rounding["times"] * times * moved[key][row["tolerance"] == rounding["update"]]
            if row["tolerance"] < allowed and row["error"] <= allowed:
                row = {**row, "tolerance": allowed, "ok": True}
                notes.append(
                    f"variable '{row['name']}' of {row['site']}, step {row['step']}: {row['error']:.1e}, allowed "
                    f"{allowed:.1e}, since rounding of the gradients moves it so far in the original too"
                )
        rows.append(row)
    return {**replay, "rows": rows}, notes


def _races(sensitivity: dict[str, Any]) -> list[str]:
    ending = "differs between two executions of the original program, one of them with a single thread"
    return [
        f"{text} {ending}" if text.startswith(("fetch", "variable")) else text for text in sensitivity.get("races", ())
    ]


def _insensitive(found: dict[str, dict[str, Any]]) -> list[str]:
    """What the comparison would not notice, or was not made for."""
    sensitivity = found.get("sensitivity", {})
    sentences = [f"a change of {name} by 1 % would not be noticed" for name in sensitivity.get("unnoticed", ())]
    if sensitivity.get("untried"):
        sentences.append(f"whether a change of {', '.join(sensitivity['untried'])} would be noticed was not tried")
    for name in sensitivity.get("feeds", ()):
        sentences.append(
            f"the program feeds other values as '{name}' at each execution; the rewrite was given the original's"
        )
    if not sensitivity:
        sentences.append("whether the original is free of races, and what changes would be noticed, was not tried")
    elif "rounding" not in sensitivity:
        sentences.append("how far rounding of the gradients moves the variables was not measured")
    if SCALED not in found:
        sentences.append("training with the loss scaled by 1e-6 was not compared")
    return sentences


def single(proof: Proof, kernel: str) -> Proof:
    """A proof that could be made in float32 alone, since an operation has no float64 kernel."""
    text = f"{kernel} has no float64 kernel: compared in float32"
    proof.verdict = "close" if proof.verdict == "proved" else proof.verdict
    proof.reasons.append(reason("PRF401", text))
    return proof


def _lacking(result: dict[str, Any]) -> Proof | None:
    """Not run, where the rewrite fails for a package that isn't installed, and the original doesn't need it."""
    failure = result.get("failure") or {}
    packages = [failure["module"]] if failure.get("module") else result.get("packages")
    if not packages:
        return None
    text = f"{REWRITTEN} needs {', '.join(packages)}, which {'isn' if len(packages) == 1 else 'aren'}'t installed there"
    help = f"pip install {' '.join(packages)}"
    return Proof(
        "not run", [reason("PRF101", text, file=failure.get("file", ""), line=failure.get("line", 0), help=help)]
    )


def _stopped(replays: list[dict[str, Any]]) -> list[str]:
    """Failures of the rewrite on data that is stood in for, which say nothing about it."""
    failures = [replay["failure"] for replay in replays if replay.get("failure")]
    return [f"{REWRITTEN} fails at {f['file']}:{f['line']} on data that is stood in for: {f['text']}" for f in failures]


def _crash(result: dict[str, Any]) -> list[dict[str, Any]]:
    failure = result.get("failure")
    if not failure or failure.get("involved"):
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
    told = (*result["differences"], *result["doubts"])
    for (site, quantity, name), row in worst.items():
        label = f"{quantity} '{name}' of {site}"
        if row["error"] < INFINITE:
            size = f"{row['error']:.1e} at step {row['step']} (tolerance {row['tolerance']:.0e})"
            texts[f"{label} differs by {size}"] = None
        elif not any(text.startswith(label) for text in told):
            texts[f"{label} differs at step {row['step']}"] = None
    return [_placed("PRF202", text) for text in texts]


def _placed(code: str, text: str) -> dict[str, Any]:
    """A reason at the run that its text names."""
    place = re.search(r"([^\s']+\.py):(\d+)", text)
    return reason(code, text, file=place.group(1) if place else "", line=int(place.group(2)) if place else 0)
