"""Imports: names of packages that aren't analysed become symbols, local modules are interpreted."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.values import Module, Symbol, Unknown

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.scope import Scope


def dotted(node: cst.CSTNode) -> str:
    """`a.b.c` of names and attributes; "" for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr.value}" if base else ""
    return ""


@lru_cache(maxsize=4096)
def local_file(importer: Path, module: str, level: int = 0) -> Path | None:
    """The file of a local module, seen from the importing file; None for installed packages."""
    folder = importer.parent
    for _ in range(max(level - 1, 0)):
        folder = folder.parent
    parts = [part for part in module.split(".") if part]
    roots = [folder] if level else [folder, *list(folder.parents)[:3]]
    for root in roots:
        base = root.joinpath(*parts)
        for candidate in (base.with_suffix(".py"), base / "__init__.py") if parts else (base / "__init__.py",):
            if candidate.is_file():
                return candidate
    return None


def import_names(self: Interpreter, node: cst.Import, scope: Scope) -> None:
    """`import a.b`, `import a.b as c`."""
    for alias in node.names:
        name = dotted(alias.name)
        file = local_file(self.file, name)
        if file is not None and (loaded := self.load(file)) is not None:
            value = Module(file, loaded)
        else:
            value = Symbol(name)  # type: ignore[assignment]
        if alias.asname is not None:
            self.assign(alias.asname.name, value, scope)
        elif "." in name:
            scope.bind(name.partition(".")[0], Symbol(name.partition(".")[0]))
        else:
            scope.bind(name, value)


def import_from(self: Interpreter, node: cst.ImportFrom, scope: Scope) -> None:
    """`from a import b`, also relative ones and stars."""
    module = dotted(node.module) if node.module is not None else ""
    if module == "__future__":
        return
    level = len(node.relative)
    file = local_file(self.file, module, level)
    loaded = self.load(file) if file is not None else None
    if isinstance(node.names, cst.ImportStar):
        if loaded is not None:
            scope.names.update({k: v for k, v in loaded.names.items() if not k.startswith("_")})
        return
    for alias in node.names:
        name = dotted(alias.name)
        if loaded is not None and name in loaded.names:
            value = loaded.names[name]
        elif (inner := local_file(self.file, f"{module}.{name}" if module else name, level)) is not None and (
            scope_ := self.load(inner)
        ) is not None:
            value = Module(inner, scope_)
        elif loaded is not None and file is not None:
            value = Unknown(f"{file.name} has no {name}", node, self.file)
        else:
            value = Symbol(f"{module}.{name}")
        if alias.asname is not None:
            self.assign(alias.asname.name, value, scope)
        else:
            scope.bind(name, value)
