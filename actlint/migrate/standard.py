"""Imports of the standard library that rewritten code needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.source import code, walk
from actlint.migrate.statements import statement

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter

_USES = {
    "glob": r"(?<![\w.])glob\.glob\(",
    "os": r"(?<![\w.])os\.(path\.)?\w+\(",
    "shutil": r"(?<![\w.])shutil\.\w+\(",
}


def standard_imports(emitter: Emitter, text: str) -> list[cst.BaseStatement]:
    """The imports that a file's rewritten text lacks."""
    module = emitter.program.trees[emitter.home.file].module
    present = _imported(module)
    needed = [name for name, use in _USES.items() if name not in present and re.search(use, text)]
    for name in needed:
        if name in emitter.names.taken and _binds(module, name):
            raise emitter.refused("REF103", module, f"the name {name} is used for something else", "Rename it.")
    return [statement(f"import {name}") for name in needed]


def _imported(module: cst.Module) -> set[str]:
    """The modules that a file's own import statements bind under their names."""
    return {
        code(alias.name).partition(".")[0]
        for node in module.body
        if isinstance(node, cst.SimpleStatementLine)
        for small in node.body
        if isinstance(small, cst.Import)
        for alias in small.names
        if alias.asname is None
    }


def _binds(module: cst.Module, name: str) -> bool:
    """Whether a file binds a name anywhere."""
    for node in walk(module):
        if isinstance(node, (cst.AssignTarget, cst.For, cst.CompFor)) and _is(node.target, name):
            return True
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            if any((alias.evaluated_alias or alias.evaluated_name) == name for alias in node.names):
                return True
        if isinstance(node, cst.ImportAlias) and node.asname is not None and _is(node.asname.name, name):
            return True
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Param)) and _is(node.name, name):
            return True
    return False


def _is(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name
