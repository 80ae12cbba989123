"""Scopes of names: modules, functions, classes."""

from __future__ import annotations

from pathlib import Path

from actlint.program.values import Value


class Scope:
    """Names of one module, function call or comprehension; lookups continue in the parent."""

    def __init__(self, file: Path, parent: Scope | None = None, kind: str = "function") -> None:
        self.file = file
        self.parent = parent
        self.kind = kind
        self.names: dict[str, Value] = {}
        self.redirected: dict[str, Scope] = {}

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def lookup(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or scope.kind != "class"):
                return scope.names[name]
            scope = scope.parent
        return None

    def owner(self, name: str) -> Scope | None:
        """The scope in which a read of `name` finds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.parent
        return None

    def bind(self, name: str, value: Value) -> None:
        self.redirected.get(name, self).names[name] = value
