"""The rewrite's side of stand-ins: compares how what is fed was derived, where there are no values to compare."""

from __future__ import annotations

import re

import numpy as np

from . import compare, stand

CONVERSION = re.compile(r"\.(to|float|double|long|int|astype|numpy|cpu|type|copy|detach)\([^()]*\)(#\d+)?")
CONSTRUCTORS = (
    "as_tensor",
    "tensor",
    "from_numpy",
    "constant",
    "convert_to_tensor",
    "cast",
    "FloatTensor",
    "LongTensor",
)


def install(framework):
    """Let a framework's constructors hand on stand-ins."""
    for name in CONSTRUCTORS:
        if hasattr(framework, name):
            setattr(framework, name, _handing_on(getattr(framework, name)))


def _handing_on(original):
    def construct(*arguments, **keywords):
        if arguments and isinstance(arguments[0], stand.Stand):
            return arguments[0]
        return original(*arguments, **keywords)

    return construct


class Feeds:
    """Compares the feeds of a replay that stand-ins have a part in.

    Args:
        rows: where comparisons are kept.
        value: makes an array of what the program passes.
        note: called with sentences on what isn't compared.
        tolerance: what feeds may differ by; in plain float32, feeds that runs have computed differ as these do.

    Attributes:
        drawn: whether the rewrite has drawn numbers of its own, which what it feeds may come from.
    """

    def __init__(self, rows, value, note, tolerance=compare.FEED):
        self.rows, self.value, self.note, self.tolerance = rows, value, note, tolerance
        self.drawn = False

    def compare(self, label, parameter, step, feed, original, origin):
        """Compare one feed; answers whether the recorded one has to be passed for want of the program's own.

        Args:
            label: the run.
            parameter: the callable's parameter.
            step: training steps made.
            feed: what the original's run was fed.
            original: what the rewrite passes.
            origin: how the original derived what was made up: a text, an array that was there but replaced, "" where
                it isn't known, and False where nothing was made up.
        """
        standing = stand.holds(original)
        if origin is False or isinstance(origin, np.ndarray):
            if standing:
                self._doubt(parameter, label, "original")
                return True
            given = self.value(original)
            known = feed if origin is False else origin
            if given.dtype.kind in "fiub" and feed.dtype.kind in "fiub":
                given, known = given.astype(feed.dtype), known.astype(feed.dtype)
            if not self.drawn:
                self.rows.arrays(label, "feed", parameter, step, known, given, self.tolerance)
            return origin is not False
        if standing and origin:
            own, known = _plain(stand.described(original)), _plain(origin)
            if own != known:
                text = f"feed '{parameter}' of {label} is {known} before and {own} after"
                self.rows.differences.append(text)
            self.rows.rows.append(compare.row(label, "feed", parameter, step, feed.dtype, own != known, 0.0))
        elif standing or stand.is_blended(self.value(original)):
            self.note(f"which data the rewrite feeds as '{parameter}' in {label} was not compared")
        else:
            self._doubt(parameter, label, "rewrite")
        return True

    def _doubt(self, parameter, label, side):
        self.rows.doubts.append(f"feed '{parameter}' of {label} couldn't be compared: only the {side} has its data")


def _plain(path):
    return CONVERSION.sub("", path)


def settle(result, failure, guard, before, ended):
    """Weigh a rewrite's failure and its stand-ins against those of the original; answers the result.

    Args:
        result: what the replay has found.
        failure: how the rewritten program failed, or None.
        guard: the program's guard, or None.
        before: the original's recording.
        ended: whether every recorded run has been made.
    """
    if failure and failure["involved"] and before.get("cut") and ended:
        failure = None
    if guard:
        known = {entry["label"] for entry in before.get("stands", ())}
        alone = [entry for entry in guard.noted if entry["label"] not in known]
        packages = sorted({entry["module"].split(".")[0] for entry in alone if entry["module"]})
        result["packages"] = packages
        for entry in alone:
            if not entry["module"]:
                where = f"{entry['file']}:{entry['line']}"
                result["doubts"].append(
                    f"'{entry['label']}' of {where} is stood in for in the rewrite alone: {entry['why']}"
                )
    return dict(result, failure=failure) if failure else result
