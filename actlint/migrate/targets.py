"""The targets by name."""

from __future__ import annotations

from actlint.migrate.target import Target
from actlint.migrate.tf2 import TF2
from actlint.migrate.torch import Torch


def make_target(name: str, hidden: str) -> Target:
    """The target "tf2" or "torch"."""
    return Torch(hidden) if name == "torch" else TF2()
