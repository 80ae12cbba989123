"""Runs a TF1 program and its rewrite on the same weights, feeds and noise: do they compute the same?"""

from __future__ import annotations

from actlint.verify.launch import prove
from actlint.verify.proof import Comparison, Proof, ProofRequest

__all__ = ["Comparison", "Proof", "ProofRequest", "prove"]
