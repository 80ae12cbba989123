"""Why a program can't be carried over: stable codes, each with what it means and a way on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Refusal:
    """A kind of refusal, as `actlint rule REF1xx` explains it."""

    code: str
    name: str
    what: str
    help: str


@dataclass(frozen=True)
class Reason:
    """One refusal at one place. `line` counts from 1; 0 stands for the whole file."""

    code: str
    file: Path
    line: int
    text: str
    help: str


class Refused(Exception):
    """The program stays as it is; `reasons` say why."""

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__("; ".join(reason.text for reason in reasons))
        self.reasons = reasons


_ALL = (
    Refusal(
        "REF101",
        "unknown-symbol",
        "A TensorFlow symbol that the catalogue has no exact form for is used.",
        "Replace the symbol by operations that actlint knows, or port this part by hand.",
    ),
    Refusal(
        "REF102",
        "unknown-value",
        "Something that decides the graph couldn't be worked out from the source.",
        "Write the value where it is used as a constant, or simplify the code that computes it.",
    ),
    Refusal(
        "REF103",
        "unsupported-form",
        "The graph is built in a form that can't be taken apart into construction and forward pass yet.",
        "Build the graph in straight-line code or in a builder function that is called once.",
    ),
    Refusal(
        "REF104",
        "graph-built-in-loop",
        "Operations are added to the graph inside a loop or a branch that also runs the session.",
        "Move the construction of the graph in front of the loop.",
    ),
    Refusal(
        "REF106",
        "late-host-value",
        "A Python value that the graph read while it was built changes afterwards; TF1 had frozen it.",
        "Give the changed value a name of its own.",
    ),
    Refusal(
        "REF107",
        "tensor-escapes",
        "A tensor is used by Python code outside of the graph and its runs.",
        "Fetch the value in a run, or remove the use.",
    ),
    Refusal(
        "REF108",
        "inexact-argument",
        "An argument asks for something that the target can't do exactly.",
        "Change the argument as the reason says, or port this call by hand.",
    ),
    Refusal(
        "REF109",
        "unsupported-training",
        "The gradients are computed or applied in a way that isn't carried over yet.",
        "Use optimizer.minimize(loss), or port the training step by hand.",
    ),
    Refusal(
        "REF110",
        "unsupported-run",
        "A session run fetches or feeds something that can't be turned into a call.",
        "Fetch tensors, variables and training operations by name, and feed placeholders by a dict literal.",
    ),
    Refusal(
        "REF111",
        "racy-run",
        "TF1 itself gives different results from run to run here.",
        "Fetch the variable in a run of its own after the update.",
    ),
    Refusal(
        "REF112",
        "notebook",
        "A notebook is checked, but not migrated.",
        "Export it as a Python file first, for example with `jupyter nbconvert --to script`.",
    ),
)
REASONS: dict[str, Refusal] = {refusal.code: refusal for refusal in _ALL}


def reason(code: str, file: Path, line: int, text: str, help: str | None = None) -> Reason:
    """A reason of a known kind; the kind's own help where none is given."""
    return Reason(code, file, line, text, help or REASONS[code].help)
