"""The records that a command line means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from actlint.files.project import folders_above, folders_below
from actlint.files.records import Record, Unreadable, records_in


@dataclass(frozen=True)
class History:
    """The `meant` records, in the order in which they were made, and all that their folders `know`."""

    meant: list[Record]
    known: list[Record]


def history(paths: Sequence[str]) -> History:
    """The records of the named files, and of all files below the named folders. Raises click.ClickException."""
    meant: dict[Path, Record] = {}
    known: dict[Path, Record] = {}
    for named in paths:
        path = Path(os.path.realpath(named))
        if not os.path.lexists(path) and not _was_written(path):
            raise click.ClickException(f"no such file or folder: {named}")
        folders = [*folders_above(path if path.is_dir() else path.parent)]
        folders += folders_below(path) if path.is_dir() else ()
        for folder in dict.fromkeys(folders):
            for record in _read(folder):
                known[record.folder] = record
                if any(file == path or file.is_relative_to(path) for file in record.paths):
                    meant.setdefault(record.folder, record)
    order = sorted(meant.values(), key=lambda record: (str(record.root), record.sequence))
    return History([known[record.folder] for record in order], list(known.values()))


def _was_written(path: Path) -> bool:
    """Whether a file that is gone was written by a migration."""
    return any(path in record.paths for folder in folders_above(path.parent) for record in _read(folder))


def _read(folder: Path) -> list[Record]:
    try:
        return list(records_in(folder))
    except Unreadable as error:
        raise click.ClickException(str(error)) from None
