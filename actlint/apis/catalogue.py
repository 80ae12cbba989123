"""Looking symbols up by any of their spellings."""

from __future__ import annotations

import functools
import importlib

from actlint.apis.entry import Entry

MODULES = (
    "math",
    "reductions",
    "logic",
    "shapes",
    "create",
    "indexing",
    "linear",
    "linalg",
    "nn",
    "images",
    "augmentation",
    "convolutions",
    "resizing",
    "losses",
    "candidates",
    "random",
    "distributions",
    "initializers",
    "layers",
    "normalization",
    "contrib",
    "regularizers",
    "optimizers",
    "schedules",
    "files",
    "sets",
    "rnn",
    "seq2seq",
)


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All entries, in the order of their modules."""
    found: list[Entry] = []
    for name in MODULES:
        found.extend(importlib.import_module(f"actlint.apis.entries.{name}").ENTRIES)
    return tuple(found)


@functools.cache
def spellings() -> dict[str, Entry]:
    """Every canonical name and alias, without a leading `tensorflow.`.

    Raises ValueError where two entries claim one spelling.
    """
    found: dict[str, Entry] = {}
    for entry in entries():
        for name in (entry.name, *entry.aliases):
            if name in found:
                raise ValueError(f"{name} is spelled by {found[name].name} and by {entry.name}")
            found[name] = entry
    return found


def lookup(name: str) -> Entry | None:
    """The entry of a symbol such as `nn.relu` or `math.abs`, or None when the catalogue doesn't have it."""
    return spellings().get(name)


def method(owner: str, name: str) -> Entry | None:
    """The entry of a method of a distribution, by the name of its class; what the class doesn't have for itself is
    that of all."""
    return lookup(f"{owner}.{name}") or lookup(f"distributions.Distribution.{name}")


@functools.cache
def is_part(name: str) -> bool:
    """Whether this is a module with entries in it, such as `contrib.slim`."""
    return bool(name) and any(spelling.startswith(name + ".") for spelling in spellings())
