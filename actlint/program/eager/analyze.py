"""Analyse a file as eager code: parse it, follow its local imports, interpret it and what it never calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from actlint.files.source import Source, Undecodable
from actlint.program.eager.interpreter import Interpreter
from actlint.program.eager.model import EagerProgram
from actlint.program.eager.uncalled import interpret_uncalled
from actlint.program.scope import Scope
from actlint.syntax.tree import Invalid, Tree, parsed

MAX_FILES = 24


def analyze_eager(path: Path, read: Callable[[Path], Source], trees: Mapping[Path, Tree] | None = None) -> EagerProgram:
    """Interpret the file at `path` as `__main__`, then the functions and classes that it never uses.

    Raises actlint.syntax.tree.Invalid or actlint.files.source.Undecodable when it can't be read or parsed; a local
    module that can't is treated as an installed package."""
    path = path.resolve()
    known = dict(trees or {})
    program = EagerProgram([path], {path: known.get(path) or parsed(read(path))})

    def load(file: Path) -> Scope | None:
        file = file.resolve()
        if file in program.scopes:
            return program.scopes[file]
        if len(program.files) >= MAX_FILES:
            return None
        try:
            program.trees[file] = known.get(file) or parsed(read(file))
        except (Invalid, Undecodable, OSError):
            return None
        program.files.append(file)
        interpreter.run_module(file)
        return program.scopes[file]

    interpreter = Interpreter(program, load)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        interpreter.run_module(path)
        interpret_uncalled(interpreter)
    finally:
        sys.setrecursionlimit(limit)
    return program
