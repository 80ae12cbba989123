"""What `isinstance` in a condition says of the value that it asks about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.eager.values import Either, Items, Object, join, parts
from actlint.program.scope import Scope
from actlint.program.values import Class, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_BASES = ("Module", "ModuleList", "ModuleDict")


def narrowed(self: Interpreter, test: cst.BaseExpression, scope: Scope) -> dict[str, Value]:
    """The names that a true condition leaves fewer alternatives."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        return {**narrowed(self, test.right, scope), **narrowed(self, test.left, scope)}
    if not isinstance(test, cst.Call) or len(test.args) != 2 or not isinstance(test.args[0].value, cst.Name):
        return {}
    name, asked = test.args[0].value.value, self.evaluate(test.args[1].value, scope)
    value = scope.lookup(name)
    if self.evaluate(test.func, scope) != Symbol("builtins.isinstance") or not isinstance(value, Either):
        return {}
    classes = list(parts(asked)) if isinstance(asked, Items) else [asked]
    left = [option for option in value.options if any(_may_be(option, cls) for cls in classes)]
    return {name: join(left)} if left else {}


def _may_be(value: Value, cls: Value) -> bool:
    """Whether a value may be an object of a class: where nothing tells, it may."""
    if not isinstance(value, Object):
        return True
    if isinstance(cls, Class):
        return value.cls is not None and _derives(value.cls, cls)
    if isinstance(cls, Symbol) and cls.name.startswith("torch.nn.") and cls.name.count(".") == 2:
        return cls.name.removeprefix("torch.nn.") in _BASES or value.symbol == cls.name
    return True


def _derives(cls: Class, base: Class) -> bool:
    return cls is base or any(_derives(b, base) if isinstance(b, Class) else False for b in cls.bases)
