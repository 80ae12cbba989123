"""`tf.app.run` and `tf.app.flags` were absl's `app` and `flags` under another name: they become these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.plumbing import is_flag_module
from actlint.migrate.source import walk
from actlint.migrate.statements import statement
from actlint.program.binding import BoundCall, framework_name
from actlint.program.options import FLAGS
from actlint.program.values import Symbol, Value

if TYPE_CHECKING:
    from actlint.migrate.names import Names
    from actlint.migrate.units import Building

_KEYWORDS = {"flag_name": "name", "default_value": "default", "docstring": "help"}


class Absl:
    """The absl modules that one rewritten file uses, and their names in it."""

    def __init__(self, building: Building, names: Names, module: cst.Module) -> None:
        self.names = names
        self.used: dict[str, str] = {}
        for part in walk(module):
            if isinstance(part, cst.Assign) and isinstance(target := part.targets[0].target, cst.Name):
                values = building.program.values(part.value)
                if values and all(is_flag_module(v) for v in values):
                    names.release(target.value)

    def module(self, name: str) -> str:
        """The name of `absl.app` or `absl.flags` in the file."""
        if name not in self.used:
            self.used[name] = self.names.fresh(name)
        return self.used[name]

    def held(self, values: list[Value]) -> cst.BaseExpression | None:
        """The form of a name that holds `tf.app`, `tf.app.flags` or its FLAGS."""
        names = {framework_name(v.name) for v in values if isinstance(v, Symbol)}
        if names and names <= {"app.flags", "flags"}:
            return cst.Name(self.module("flags"))
        return None

    def symbol(self, name: str) -> cst.BaseExpression | None:
        """The form of a symbol that isn't called."""
        if name in FLAGS:
            return cst.parse_expression(f"{self.module('flags')}.FLAGS")
        return cst.Name(self.module("flags")) if name in ("app.flags", "flags") else None

    def call(self, updated: cst.Call, binding: object) -> cst.BaseExpression | None:
        """The form of a call."""
        name = binding.entry.name if isinstance(binding, BoundCall) else ""
        if name == "app.run":
            arguments = updated.args or [cst.Arg(cst.Name("main"))]
            return updated.with_changes(func=cst.parse_expression(f"{self.module('app')}.run"), args=arguments)
        if not name.startswith(("app.flags.DEFINE_", "flags.DEFINE_")):
            return None
        arguments = [
            argument.with_changes(keyword=cst.Name(_KEYWORDS.get(argument.keyword.value, argument.keyword.value)))
            if argument.keyword is not None
            else argument
            for argument in updated.args
        ]
        method = name.rpartition(".")[2]
        return updated.with_changes(func=cst.parse_expression(f"{self.module('flags')}.{method}"), args=arguments)

    def imports(self) -> list[cst.BaseStatement]:
        """The import of the modules that are used."""
        parts = [name if name == own else f"{name} as {own}" for name, own in sorted(self.used.items())]
        return [statement(f"from absl import {', '.join(parts)}")] if parts else []
