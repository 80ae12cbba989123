"""Functions that became classes, under the names by which other files know them: in imports and in `__all__`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.builders import imported_from
from actlint.migrate.source import code
from actlint.program.values import Function

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


def imported(emitter: Emitter, file: Path, node: cst.BaseStatement) -> cst.BaseStatement:
    """An import of a function that became a class imports the class."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    if not isinstance(small, cst.ImportFrom) or isinstance(small.names, cst.ImportStar):
        return node
    classes = {name: builder.name for builder in emitter.builders.values() for name in imported_from(builder, file)}
    names = [
        alias.with_changes(name=cst.Name(made), asname=None)
        if (made := classes.get(alias.evaluated_alias or alias.evaluated_name))
        else alias
        for alias in small.names
    ]
    return node.with_changes(body=[small.with_changes(names=names)]) if classes else node


def exported(emitter: Emitter, file: Path, node: cst.CSTNode) -> cst.BaseStatement | None:
    """`__all__` with the classes' names; None for other statements."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    target = small.targets[0].target if isinstance(small, cst.Assign) else getattr(small, "target", None)
    value = getattr(small, "value", None)
    if small is None or target is None or code(target) != "__all__" or not isinstance(value, (cst.List, cst.Tuple)):
        return None
    made = value.with_changes(elements=[_element(emitter, file, element) for element in value.elements])
    return node.with_changes(body=[small.with_changes(value=made)])  # type: ignore[return-value]


def _element(emitter: Emitter, file: Path, element: cst.BaseElement) -> cst.BaseElement:
    text = element.value
    name = text.evaluated_value if isinstance(text, cst.SimpleString) else None
    known = emitter.program.scopes[file].names.get(name) if isinstance(name, str) else None
    builder = emitter.builders.get(known.node) if isinstance(known, Function) else None
    if builder is None or not isinstance(text, cst.SimpleString):
        return element
    return element.with_changes(value=cst.SimpleString(text.prefix + text.quote + builder.name + text.quote))
