"""Variable scopes as TF1 keeps them: names, reuse, and the counters behind default names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import libcst as cst


@dataclass(eq=False)
class ScopeInitial:
    """The initialiser that a call of `tf.variable_scope` sets: the call, its argument, and the calls that make
    variables with it, each with the parameter that takes an initialiser of its own (empty where there is none)."""

    scope: cst.Call
    node: cst.BaseExpression
    uses: list[tuple[cst.Call, str]] = field(default_factory=list)


@dataclass
class VariableScope:
    """An open scope; `reuse_variables()` changes it in place."""

    name: str
    reuse: bool = False
    initial: ScopeInitial | None = None


class VariableScopes:
    """The stack of open variable scopes of one graph."""

    def __init__(self) -> None:
        self.stack = [VariableScope("")]
        self.counts: dict[str, int] = {}

    @property
    def current(self) -> VariableScope:
        return self.stack[-1]

    def fill(self, call: cst.Call, parameter: str) -> None:
        """Have a call that makes a variable without an initialiser take that of its scope."""
        if self.current.initial is not None:
            self.current.initial.uses.append((call, parameter))

    def full(self, name: str) -> str:
        """A name below the current scope."""
        return f"{self.current.name}/{name}" if self.current.name else name

    def unique(self, base: str) -> str:
        """`base`, or `base_1`, ...: the first one that no scope below the current one has been opened with."""
        name, number = base, 0
        while self.counts.get(self.full(name), 0):
            number += 1
            name = f"{base}_{number}"
        return name

    def open(self, name: str) -> None:
        """Count a scope, so that default names go round it."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def close(self, name: str) -> None:
        """Forget the counts below a scope: default names start again when it is entered again."""
        for known in self.counts:
            if not name or known.startswith(name + "/"):
                self.counts[known] = 0

    def enter(
        self, scope: str | VariableScope, reuse: bool | None, initial: ScopeInitial | None = None
    ) -> tuple[VariableScope, Callable[[], None]]:
        """Enter a scope by its name below the current one, or again by its object; answers how to leave."""
        if isinstance(scope, VariableScope):
            made = VariableScope(scope.name, bool(reuse) or scope.reuse, initial or scope.initial)
            before: dict[str, int] | None = dict(self.counts)
        else:
            made = VariableScope(self.full(scope), bool(reuse) or self.current.reuse, initial or self.current.initial)
            before = None
        self.open(made.name)
        self.stack.append(made)

        def leave() -> None:
            self.stack.pop()
            if before is not None:
                self.counts = before
            self.close(made.name)

        return made, leave
