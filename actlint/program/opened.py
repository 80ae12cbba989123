"""Branches that a known condition doesn't take, walked as well: what they build is there to be rewritten."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.values import Tensor

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.scope import Scope


def walk_both(self: Interpreter, node: cst.If, taken: cst.CSTNode | None, other: cst.CSTNode, scope: Scope) -> None:
    """Walk both branches of an `if`, the one that isn't taken first.

    It leaves no trace but its own operations and variables, which are `imagined`, tensors that may come from either
    branch, and names that nothing else binds. Other names and counters go on as if it had never been walked.
    """
    before = dict(scope.names)
    _imagine(self, other, scope)
    imagined, scope.names = scope.names, before
    if taken is not None:
        self.alternative(taken, scope)
    for name, value in imagined.items():
        if name not in scope.names and not hasattr(builtins, name):
            scope.names[name] = value
        known = scope.names.get(name)
        if isinstance(known, Tensor) and isinstance(value, Tensor):
            scope.names[name] = self.either(known, value, node)


def _imagine(self: Interpreter, branch: cst.CSTNode, scope: Scope) -> None:
    scopes = self.variable_scopes
    names, shared, counts = dict(self.names), dict(self.shared), dict(scopes.counts)
    reused = [(scope, scope.reuse) for scope in scopes.stack]
    returned = [len(values) for values in self.returned]
    self.imagined += 1
    try:
        self.guarded_branch(branch, scope)
    finally:
        self.imagined -= 1
        self.names, self.shared, scopes.counts = names, shared, counts
        for known, reuse in reused:
            known.reuse = reuse
        for values, size in zip(self.returned, returned, strict=True):
            del values[size:]
