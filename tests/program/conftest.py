"""Analyse program texts; `model["name"]` is the value of a module-level name at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.program import Program, analyze
from actlint.program.binding import python_value
from actlint.program.values import Value


class Model:
    """A program and what its names stand for."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __getitem__(self, name: str) -> Value:
        return self.program.scopes[self.program.entry].names[name]

    def python(self, name: str) -> object:
        """The Python object that a name stands for."""
        return python_value(self[name])

    def sizes(self, name: str) -> list[int | None] | None:
        """The static shape of a tensor or array."""
        shape = self[name].shape  # type: ignore[attr-defined]
        return None if shape is None else [dim.value for dim in shape]

    def symbols(self) -> list[str]:
        """The symbols of the operations, in the order in which they were made."""
        return [op.symbol for op in self.program.ops]


Interpret = Callable[..., Model]


@pytest.fixture
def interpret(tmp_path: Path) -> Interpret:
    def run(text: str, modules: dict[str, str] | None = None) -> Model:
        for name, content in {"program.py": text, **(modules or {})}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content, encoding="utf-8")
        return Model(analyze(tmp_path / "program.py", read))

    return run
