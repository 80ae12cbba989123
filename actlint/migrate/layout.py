"""The outer shape of a rewritten module: blank lines, imports, helpers under free names."""

from __future__ import annotations

import sys

import libcst as cst

from actlint.migrate.source import code, walk


def spaced_keep(node: cst.CSTNode, lines: int) -> cst.CSTNode:
    """At least so many blank lines in front of a statement, its comments kept in order."""
    present = list(getattr(node, "leading_lines", ()))
    blank = 0
    while blank < len(present) and present[blank].comment is None:
        blank += 1
    missing = max(lines - blank, 0)
    return node.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * missing + present)  # type: ignore[call-arg]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def framework_names(module: cst.Module) -> frozenset[str]:
    """The names under which a file imports TensorFlow or a part of it."""
    found: set[str] = set()
    for node in walk(module):
        if isinstance(node, cst.Import):
            found |= {
                alias.evaluated_alias or "tensorflow"
                for alias in node.names
                if alias.evaluated_name.split(".")[0] == "tensorflow"
            }
        elif (
            isinstance(node, cst.ImportFrom)
            and node.module is not None
            and code(node.module).partition(".")[0] == "tensorflow"
            and not code(node.module).startswith("tensorflow.examples")
        ):
            found |= (
                {alias.evaluated_alias or alias.evaluated_name for alias in node.names}
                if not isinstance(node.names, cst.ImportStar)
                else set()
            )
    return frozenset(found)


def framework_alias(module: cst.Module) -> str:
    """The name under which a module imports TensorFlow."""
    for part in walk(module):
        if isinstance(part, cst.ImportAlias) and part.asname is not None:
            if code(part.name) in ("tensorflow", "tensorflow.compat.v1"):
                return code(part.asname.name)
    return "tf"


def imported_names(module: cst.Module) -> frozenset[str]:
    """The names that import statements bind anywhere in the file."""
    found: set[str] = set()
    for node in walk(module):
        if isinstance(node, (cst.Import, cst.ImportFrom)) and not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                found.add(alias.evaluated_alias or alias.evaluated_name.partition(".")[0])
    return frozenset(found)


def blanks(node: cst.CSTNode) -> int:
    return sum(line.comment is None for line in getattr(node, "leading_lines", ()))


def comments(node: cst.CSTNode) -> list[cst.EmptyLine]:
    return [line for line in getattr(node, "leading_lines", ()) if line.comment is not None]


def without_leading_blank(body: list[cst.CSTNode]) -> list[cst.CSTNode]:
    if body:
        lines = list(getattr(body[0], "leading_lines", ()))
        while lines and lines[0].comment is None:
            lines.pop(0)
        body[0] = body[0].with_changes(leading_lines=lines)  # type: ignore[call-arg]
    return body


def last_import(body: list[cst.CSTNode]) -> int:
    """The place of the last import at the head of the module."""
    last = -1
    for place, node in enumerate(body):
        if isinstance(node, cst.SimpleStatementLine) and any(
            isinstance(s, (cst.Import, cst.ImportFrom)) for s in node.body
        ):
            last = place
        elif not isinstance(node, cst.SimpleStatementLine) or not isinstance(node.body[0], cst.Expr):
            break
    return last


def is_standard(node: cst.CSTNode) -> bool:
    """Whether a statement imports from the standard library."""
    small = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
    if isinstance(small, cst.Import):
        name = small.names[0].evaluated_name
    elif isinstance(small, cst.ImportFrom) and small.module is not None:
        name = code(small.module)
    else:
        return False
    return name.partition(".")[0] in sys.stdlib_module_names and name != "__future__"


def standard_place(body: list[cst.CSTNode], place: int) -> int:
    """Where an import of the standard library goes: behind those that are there, else to `place`."""
    last = last_import(body)
    return max((i + 1 for i, node in enumerate(body[: last + 1]) if is_standard(node)), default=place)


def renamed(node: cst.CSTNode, name: str, wanted: dict[str, str]) -> cst.CSTNode:
    """A helper's definition under the names that are free in the user's file."""
    changed = {old: new for old, new in wanted.items() if old != new}
    if not changed:
        return node

    class Rename(cst.CSTTransformer):
        kept: set[int] = set()

        def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
            return (
                updated_node
                if id(original_node) in self.kept
                else updated_node.with_changes(value=changed.get(updated_node.value, updated_node.value))
            )

        def visit_Attribute(self, node: cst.Attribute) -> None:
            self.kept.add(id(node.attr))

        def visit_Arg(self, node: cst.Arg) -> None:
            if node.keyword is not None:
                self.kept.add(id(node.keyword))

    return node.visit(Rename())  # type: ignore[return-value]
