"""The program model: what the code builds and runs, found by interpreting it abstractly. Never imports a framework."""

from __future__ import annotations

from actlint.program.analyze import analyze
from actlint.program.model import Program

__all__ = ["Program", "analyze"]
