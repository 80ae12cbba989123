"""What a proof is asked for, and what it answers."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERDICTS = ("proved", "close", "differs", "inconclusive", "not run")


@dataclass
class ProofRequest:
    """One program, before and after.

    Attributes:
        before: root of a working copy that holds the original program.
        after: root of a working copy that holds the rewritten program.
        entry: path of the entry file relative to both roots; it runs as ``__main__``.
        after_entry: path of the rewritten program's entry file, where it has another one.
        target: ``tf2`` or ``torch``.
        plan: names that tie the two programs together (placeholders, probes, runs, weights).
        python: interpreter of the rewritten program, and of the original one too unless it has its own.
        before_python: interpreter with a genuine TensorFlow 1.x for the original program.
        setup: a Python file that every side executes before the program.
        limit: seconds for everything.
        seed: a number that changes all randomness of both sides alike: unseeded and seeded generators of Python and
            numpy, and the noise. 0 leaves the seeds that a program sets as they are.
        inputs: ``replay``: the program's own data; ``synthetic``: values made up for every array that is fed; ``auto``:
            the program's own, made up where they aren't there.
        arguments: command line arguments of the program.
        origin: where the program lies on the user's disk, if not in `before` and `after`: paths that lead out of the
            program's folder count from there.
        after_origin: where the rewritten program lies, if elsewhere.
        memory: GiB of resident memory for one side.
    """

    before: Path
    after: Path
    entry: str
    target: str
    plan: dict[str, Any]
    python: str = sys.executable
    before_python: str | None = None
    setup: Path | None = None
    limit: float = 300.0
    seed: int = 0
    inputs: str = "auto"
    arguments: list[str] = field(default_factory=list)
    origin: Path | None = None
    memory: float = 8.0
    after_entry: str | None = None
    after_origin: Path | None = None


@dataclass
class Comparison:
    """One compared quantity; `error` and `tolerance` are relative to the quantity's own scale."""

    site: str
    quantity: str
    name: str
    step: int
    dtype: str
    error: float
    tolerance: float
    ok: bool


@dataclass
class Proof:
    """The verdict (one of `VERDICTS`), its reasons, everything that was compared, and what was not."""

    verdict: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    not_exercised: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The proof's part of the ``fix`` and ``verify`` JSON."""
        return {
            "verdict": self.verdict,
            "reasons": self.reasons,
            "comparisons": [asdict(row) for row in self.comparisons],
            "not_exercised": self.not_exercised,
        }


def reason(code: str, text: str, *, file: str = "", line: int = 0, help: str = "") -> dict[str, Any]:
    """A reason in the JSON's form."""
    return {"code": code, "file": file, "line": line, "text": text, "help": help}
