"""Which versions of Keras a program may run on, by what it imports and what its project requires."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from actlint.files.requirements import Version, admits, requirements

_LEGACY = re.compile(r"TF_USE_LEGACY_KERAS")
_KERAS_2 = re.compile(r"^\s*(?:import|from)\s+tf_keras\b", re.MULTILINE)
_KERAS = re.compile(r"^\s*(?:import|from)\s+(?:[^#\n]*,\s*)?keras\b|\btf\.keras\b|\btensorflow\.keras\b", re.MULTILINE)
_PROBES: tuple[Version, ...] = ((2, 15), (3, 0), (3, 13), (3, 14), (3, 15, 1), (3, 99))
_TENSORFLOW: tuple[Version, ...] = ((1, 15), (2, 15), (2, 16), (2, 99))

KERAS_2, EARLY, LATE = "2", "3.0", "3.14"
"""Keras 2; Keras 3 before 3.14; from 3.14 on."""


def keras_versions(entry: Path, texts: Iterable[str]) -> frozenset[str]:
    """The kinds of Keras that files with these texts may be run with."""
    every = "\n".join(texts)
    if _LEGACY.search(every) or _KERAS_2.search(every) and not _KERAS.search(every):
        return frozenset({KERAS_2})
    if _KERAS_2.search(every):
        return frozenset({KERAS_2, EARLY, LATE})
    asked = requirements(entry.parent, "keras")
    if any(asked):
        named = [bound for clauses in asked for _, bound in clauses]
        return frozenset(_kind(v) for v in (*_PROBES, *named) if all(admits(clauses, v) for clauses in asked))
    found: set[str] = set()
    for package in ("tensorflow", "tensorflow-gpu", "tensorflow-cpu"):
        for clauses in requirements(entry.parent, package):
            for candidate in (*_TENSORFLOW, *(bound for _, bound in clauses)):
                if admits(clauses, candidate):
                    found |= {EARLY, LATE} if candidate >= (2, 16) else {KERAS_2}
    return frozenset(found) or frozenset({KERAS_2, EARLY, LATE})


def _kind(keras: Version) -> str:
    return KERAS_2 if keras < (3,) else EARLY if keras < (3, 14) else LATE
