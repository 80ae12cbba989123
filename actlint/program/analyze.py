"""Analyse an entry file: parse it, follow its local imports, interpret it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from actlint.files.source import Source, Undecodable
from actlint.program.interpreter import Interpreter
from actlint.program.model import Program
from actlint.program.scope import Scope
from actlint.program.uncalled import interpret_uncalled
from actlint.syntax.tree import Invalid, Tree, parse

MAX_FILES = 40
_parsed = lru_cache(maxsize=128)(parse)
"""Parsed files of the last programs: files of one package import one another."""


def analyze(path: Path, read: Callable[[Path], Source], tree: Tree | None = None, *, uncalled: bool = False) -> Program:
    """Interpret the file at `path` as `__main__`; with `uncalled` also the functions and classes that it never calls.

    Raises actlint.syntax.tree.Invalid or actlint.files.source.Undecodable when the entry file can't be read or
    parsed; an imported
    local module that can't, or that doesn't mention TensorFlow, is treated as an installed package.
    """
    path = path.resolve()
    program = Program([path], {path: tree or _parsed(read(path))})

    def load(file: Path) -> Scope | None:
        file = file.resolve()
        if file in program.scopes:
            return program.scopes[file]
        if file == path:
            return None
        if len(program.files) >= MAX_FILES:
            return None
        try:
            source = read(file)
            if b"tensorflow" not in source.raw:
                return None
            program.trees[file] = _parsed(source)
        except (Invalid, Undecodable, OSError):
            return None
        program.files.append(file)
        scope = program.scopes[file] = Scope(file, None, "module")
        outer, interpreter.file = interpreter.file, file
        interpreter.run_module(program.trees[file].module, scope)
        interpreter.file = outer
        return scope

    interpreter = Interpreter(program, load)
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
