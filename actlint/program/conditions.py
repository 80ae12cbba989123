"""Conditions that follow from options of the command line: numbers that a branch sets are not the program's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from actlint.apis.formula import Formula, option
from actlint.program.values import Const, Value

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.scope import Scope


def taken(self: Interpreter, walk: Callable[[], None], formula: Formula | None, scope: Scope) -> None:
    """Walk the branch that a condition takes. Behind it, the numbers that it has set follow from the condition."""
    if formula is None:
        walk()
        return
    before, outer = dict(scope.names), self.set_attributes
    self.set_attributes = []
    walk()
    for name, value in scope.names.items():
        if before.get(name) is not value:
            scope.names[name] = chosen_by(value, formula)
    for instance, name in self.set_attributes:
        instance.attributes[name] = chosen_by(instance.attributes[name], formula)
    self.set_attributes = [*outer, *self.set_attributes]


def chosen_by(value: Value, formula: Formula) -> Value:
    """A value that a condition has chosen, which follows from options."""
    if not isinstance(value, Const) or type(value.value) is not int:
        return value
    words = f"{value.formula or value.value} chosen by {formula}"
    return replace(value, formula=option(words))
