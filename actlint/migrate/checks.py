"""Checks of the finished text: whatever the emitter got wrong must end as a refusal, never as a file."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterator

_ALWAYS = set(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__builtins__",
    "__spec__",
    "__loader__",
    "__package__",
}


def undefined_names(text: str) -> set[str]:
    """Names that a module reads and nothing in it binds. Raises SyntaxError for a text that isn't Python."""
    table = symtable.symtable(text, "<rewritten>", "exec")
    bound = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
    }
    for inner in _tables(table):
        bound |= {
            symbol.get_name() for symbol in inner.get_symbols() if symbol.is_declared_global() and symbol.is_assigned()
        }
    found: set[str] = set()
    for inner in _tables(table):
        for symbol in inner.get_symbols():
            name = symbol.get_name()
            free = (
                symbol.is_global()
                or inner is table
                and not symbol.is_assigned()
                and not symbol.is_imported()
                and not symbol.is_namespace()
            )
            if symbol.is_referenced() and free and name not in bound and name not in _ALWAYS:
                found.add(name)
    return found


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)
