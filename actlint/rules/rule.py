"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from actlint.findings import Finding

if TYPE_CHECKING:
    from actlint.program import Program

_GRAPH_CODE = (b"tf.Session(", b"tf.placeholder", b".compat.v1", b"disable_v2_behavior", b"disable_eager_execution")
"""Words of TensorFlow 1 graph code, in which eager rules have no say."""


@dataclass(frozen=True)
class Rule:
    """One rule: its name, its documentation, and its question to the program.

    `message` is the general form of what it says, `what` and `why` are the paragraphs of its page, `bad` and `good` are
    short programs, `sources` are the places that back it up. `fix` tells what can be done about a finding: nothing, a
    safe edit, an edit that changes what is computed, or a migration. `check` gives its findings in any order.
    `whole` says that it speaks of a program as a whole, so not again of the files that a checked program imports.
    `reads` is the kind of code that it speaks of: graph code, or eager code: of PyTorch, of TensorFlow 2
    and Keras, or of both; or it speaks of comments, which `actlint.suppress` judges.
    `optional`: it is off unless a selector means it.
    `triggers` are byte strings of which a file must hold at least one for the rule to report on it; none means any
    framework code.

    A rule's module imports LibCST, if at all, inside its functions.
    """

    code: str
    name: str
    message: str
    what: str
    why: str
    bad: str
    good: str
    sources: tuple[str, ...]
    fix: Literal["none", "safe", "unsafe", "migrate"]
    check: Callable[[Program], Iterable[Finding]]
    triggers: tuple[bytes, ...]
    whole: bool = False
    reads: Literal["graph", "torch", "tf2", "eager", "comments"] = "graph"
    optional: bool = False

    def concerns(self, raw: bytes) -> bool:
        """Whether a program that begins in a file with these bytes can have something that the rule reports."""
        if self.reads == "comments":
            return False
        torch, tf2 = (b"torch", b"lightning"), (b"keras", b"tensorflow")
        names = torch if self.reads == "torch" else torch + tf2 if self.reads == "eager" else tf2
        if not any(name in raw for name in names):
            return False
        if self.reads == "graph":
            return True
        if self.reads != "torch" and any(word in raw for word in _GRAPH_CODE):
            return False
        return not self.triggers or any(word in raw for word in self.triggers)
