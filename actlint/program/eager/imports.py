"""Imports in eager code: local modules are interpreted, packages are names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager.values import OPAQUE
from actlint.program.imports import dotted, local_file
from actlint.program.scope import Scope
from actlint.program.values import Module, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_INSTALLED = (*apis.FRAMEWORKS, "numpy", "torchvision", "tf_keras")


def import_names(self: Interpreter, node: cst.Import, scope: Scope) -> None:
    """`import a.b`, `import a.b as c`."""
    for alias in node.names:
        name = dotted(alias.name)
        loaded = _local(self, name, 0)
        if alias.asname is not None:
            value = Module(loaded.file, loaded) if loaded is not None else Symbol(apis.canonical(name))
            self.assign(alias.asname.name, value, scope)
        elif loaded is not None and "." not in name:
            scope.bind(name, Module(loaded.file, loaded))
        else:
            first = name.partition(".")[0]
            scope.bind(first, Symbol(apis.canonical(first)))


def import_from(self: Interpreter, node: cst.ImportFrom, scope: Scope) -> None:
    """`from a import b`, also relative ones and stars."""
    module, level = (dotted(node.module) if node.module is not None else ""), len(node.relative)
    loaded = _local(self, module, level)
    if isinstance(node.names, cst.ImportStar):
        if loaded is not None:
            scope.names.update({k: v for k, v in loaded.names.items() if not k.startswith("_")})
        return
    for alias in node.names:
        name = dotted(alias.name)
        value: Value
        if loaded is not None and name in loaded.names:
            value = loaded.names[name]
        elif (inner := _local(self, f"{module}.{name}" if module else name, level)) is not None:
            value = Module(inner.file, inner)
        else:
            value = OPAQUE if loaded is not None else Symbol(apis.canonical(f"{module}.{name}"))
        scope.bind(dotted(alias.asname.name) if alias.asname is not None else name, value)


def _local(self: Interpreter, module: str, level: int) -> Scope | None:
    if not level and module.partition(".")[0] in _INSTALLED:
        return None
    file = local_file(self.file, module, level)
    return self.load(file) if file is not None and file.resolve() != self.file else None
