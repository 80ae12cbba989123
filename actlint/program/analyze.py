"""Analyse an entry file: parse it, follow its local imports, interpret it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import libcst as cst

from actlint.files.source import Source, Undecodable
from actlint.program.interpreter import Interpreter
from actlint.program.model import Program
from actlint.program.scope import Scope
from actlint.program.uncalled import interpret_uncalled
from actlint.program.values import Class, Function, Module
from actlint.syntax.tree import Invalid, Tree, parsed

MAX_FILES = 40
_ANALYSED = (Class, Function, Module)


def analyze(
    path: Path,
    read: Callable[[Path], Source],
    trees: Mapping[Path, Tree] | None = None,
    *,
    uncalled: bool = False,
    graph: bool = True,
    apart: Collection[cst.CSTNode] = (),
) -> Program:
    """Interpret the file at `path` as `__main__`; with `uncalled` also the functions and classes that it never calls.

    Files of `trees` are taken as they are there; of `apart`, methods of classes, each object has a copy of its own.
    Without `graph` the files aren't interpreted as graph code: the program has its trees and `Program.eager` alone.

    Raises actlint.syntax.tree.Invalid or actlint.files.source.Undecodable when the entry file can't be read or
    parsed; an imported
    local module that can't, or that doesn't mention TensorFlow, is treated as an installed package.
    """
    path = path.resolve()
    known = trees or {}
    program = Program([path], {path: known.get(path) or parsed(read(path))}, read=read)
    if not graph:
        return program

    def load(file: Path) -> Scope | None:
        file = file.resolve()
        if file in program.scopes:
            return program.scopes[file]
        if file == path:
            return None
        if len(program.files) >= MAX_FILES:
            return None
        try:
            source = known[file].source if file in known else read(file)
            if b"tensorflow" not in source.raw and not _passes_on(source):
                return None
            program.trees[file] = known.get(file) or parsed(source)
        except (Invalid, Undecodable, OSError):
            return None
        program.files.append(file)
        scope = program.scopes[file] = Scope(file, None, "module")
        outer, interpreter.file = interpreter.file, file
        interpreter.run_module(program.trees[file].module, scope)
        interpreter.file = outer
        if b"tensorflow" not in source.raw and not any(isinstance(v, _ANALYSED) for v in scope.names.values()):
            program.files.remove(file)
            del program.trees[file], program.scopes[file]
            return None
        return scope

    interpreter = Interpreter(program, load, apart)
    scope = program.scopes[path] = Scope(path, None, "module")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        interpreter.run_module(program.trees[path].module, scope)
        if uncalled:
            interpret_uncalled(interpreter, scope, path)
    finally:
        sys.setrecursionlimit(limit)
    return program


def _passes_on(source: Source) -> bool:
    """Whether a file is a package's own, which hands out what modules of the package define."""
    return source.path.name == "__init__.py" and b"import" in source.raw
