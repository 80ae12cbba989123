"""Source that a rewrite adds to the user's file where the target has no exact counterpart of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Helper:
    """`source` defines `name`; `imports` are import statements beyond those of the usual short names that occur in the
    source (`tf`, `torch`, `nn`, `F`, `np`); `needs` are other helpers that the source calls. A helper without source is
    its import."""

    name: str
    source: str
    imports: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def helpers(target: str) -> dict[str, Helper]:
    """The helpers of "tf2" or "torch" by name."""
    from actlint.apis.helpers import tf2, torch

    return {"tf2": tf2.HELPERS, "torch": torch.HELPERS}[target]
