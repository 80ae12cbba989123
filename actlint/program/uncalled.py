"""What the entry file defines and never calls: functions and classes, entered with unknown arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from actlint.program.values import Class, Function, Instance

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.scope import Scope


STEPS = 15_000
STEPS_EACH = 3_000


def interpret_uncalled(self: Interpreter, scope: Scope, file: Path) -> None:
    """Enter each module-level function and class of a file that nothing has entered yet, in the order of the file.

    At most STEPS statements are interpreted, and STEPS_EACH for one function or class.
    """
    last = min(self.steps + STEPS, self.step_limit)
    for value in list(scope.names.values()):
        self.step_limit = min(self.steps + STEPS_EACH, last)
        if isinstance(value, Function) and value.file == file and value.node not in self.program.calls:
            self.call_function(value, [], [], value.node)
        elif isinstance(value, Class) and value.file == file:
            _enter_class(self, value)


def _enter_class(self: Interpreter, cls: Class) -> None:
    methods = [value for value in cls.attributes.values() if isinstance(value, Function)]
    if any(method.node in self.program.calls for method in methods):
        return
    instance = self.instantiate(cls, [], [], cls.node)
    if not isinstance(instance, Instance):
        return
    for method in methods:
        if method.node not in self.program.calls:
            owner = None if "staticmethod" in method.decorators else instance
            bound = Function(method.node, method.scope, method.file, method.name, method.defaults, owner, cls)
            self.call_function(bound, [], [], method.node)
