"""The records that a command line means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from actlint.cli.options import tell
from actlint.files.project import folders_above, folders_below, foreign_above, whose
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
    foreign: list[Path] = []
    read = Reading()
    for named in paths:
        path = Path(os.path.realpath(named))
        if not os.path.lexists(path) and not _was_written(path, read):
            raise click.ClickException(f"no such file or folder: {named}")
        start = path if path.is_dir() else path.parent
        foreign += foreign_above(start)
        folders = [*folders_above(start)]
        folders += folders_below(path) if path.is_dir() else ()
        for folder in dict.fromkeys(folders):
            for record in read(folder):
                known[record.folder] = record
                if any(file == path or file.is_relative_to(path) for file in record.paths):
                    meant.setdefault(record.folder, record)
    if not meant and foreign:
        raise click.ClickException(f"{foreign[0]}: {whose(foreign[0])}")
    for folder in dict.fromkeys(foreign):
        tell(f"warning: {folder}: {whose(folder)}")
    order = sorted(meant.values(), key=lambda record: (str(record.root), record.sequence))
    return History([known[record.folder] for record in order], list(known.values()))


class Reading:
    """Reads the records of `.actlint/` folders, each folder once, and warns of those that can't be read."""

    def __init__(self) -> None:
        self._records: dict[Path, list[Record]] = {}

    def __call__(self, folder: Path) -> list[Record]:
        """The records of a folder that can be read."""
        if folder not in self._records:
            self._records[folder] = list(records_in(folder, self._warn))
        return self._records[folder]

    def _warn(self, error: Unreadable) -> None:
        tell(f"warning: {error}; it is passed over")


def _was_written(path: Path, read: Reading) -> bool:
    """Whether a file that is gone was written by a migration."""
    return any(path in record.paths for folder in folders_above(path.parent) for record in read(folder))
