"""Rewrites of program texts, and names that a text uses without defining them."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.migrate import Reason, Refused, Rewrite, rewrite
from actlint.program import analyze

Migrate = Callable[..., Rewrite]
Refusals = Callable[..., list[Reason]]


@pytest.fixture
def migrate(tmp_path: Path) -> Migrate:
    """The rewrite of a program: `migrate(text, "torch", "return", {"helper.py": text})`."""

    def run(text: str, target: str, hidden: str = "hook", modules: dict[str, str] | None = None) -> Rewrite:
        for name, content in {"program.py": text, **(modules or {})}.items():
            (tmp_path / name).write_bytes(content.encode())
        return rewrite(analyze(tmp_path / "program.py", read), target, hidden)

    return run


@pytest.fixture
def convert(migrate: Migrate) -> Callable[..., str]:
    """The text of a rewritten program of one file."""

    def run(text: str, target: str, hidden: str = "hook") -> str:
        (found,) = migrate(text, target, hidden).files.values()
        return found

    return run


@pytest.fixture
def refusals(migrate: Migrate, tmp_path: Path) -> Refusals:
    """Why a program is refused. Nothing in its folder is changed."""

    def run(text: str, target: str, modules: dict[str, str] | None = None) -> list[Reason]:
        with pytest.raises(Refused) as caught:
            migrate(text, target, "hook", modules)
        assert (tmp_path / "program.py").read_bytes() == text.encode()
        assert {path.name for path in tmp_path.iterdir()} == {"program.py", *(modules or {})}
        return caught.value.reasons

    return run


def undefined_names(text: str) -> set[str]:
    """Names that some scope of a program reads as globals, and that neither the module nor Python defines."""
    module = symtable.symtable(text, "program.py", "exec")

    def scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
        yield table
        for child in table.get_children():
            yield from scopes(child)

    defined = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported()}
    read_names = {
        s.get_name()
        for table in scopes(module)
        for s in table.get_symbols()
        if s.is_referenced() and (s.is_global() or table is module)
    }
    return read_names - defined - set(dir(builtins)) - {"__name__", "__file__"}
