"""The files of a program: its entry and the local modules that it imports, as far as names tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def local_files(entry: Path) -> list[Path]:
    """The entry file, and the files beside it and below its folder that it imports, directly or through others."""
    found = [entry]
    for file in found:
        tree = parsed(file)
        for place in _places(tree, entry, file) if tree is not None else ():
            for path in (place.with_suffix(".py"), place / "__init__.py"):
                if path.is_file() and path not in found:
                    found.append(path)
    return found


def parsed(path: Path) -> ast.Module | None:
    """The syntax tree of a file; None where it can't be read or isn't Python."""
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _places(tree: ast.Module, entry: Path, file: Path) -> Iterator[Path]:
    """Where modules may lie that a file names, and the packages that they are in, without a suffix."""
    for node in ast.walk(tree):
        base = entry.parent
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [".".join(filter(None, (node.module, alias.name))) for alias in node.names]
            if node.level:
                base = file.parents[min(node.level, len(file.parents)) - 1]
        else:
            continue
        for parts in (name.split(".") for name in names):
            yield from (base.joinpath(*parts[:count]) for count in range(1, len(parts) + 1))
