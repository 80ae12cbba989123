"""Eager code: what PyTorch, TensorFlow 2 and Keras programs compute, and where gradients end. No framework needed."""

from __future__ import annotations

from actlint.program.eager.analyze import analyze_eager
from actlint.program.eager.model import EagerProgram

__all__ = ["EagerProgram", "analyze_eager"]
