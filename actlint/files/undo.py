"""Undoing migrations: what a record replaced comes back, byte for byte, with mode and time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from actlint.files.records import ACTIVE, UNDONE, Kept, Record, Written, digest
from actlint.files.write import Stamp, write_all


@dataclass(frozen=True)
class Obstacle:
    """Why a migration can't be undone now: the file, and what to do."""

    file: Path
    text: str
    help: str


@dataclass
class Undone:
    """What became of one record: files that came back, went, or were saved in the record; or obstacles."""

    record: Record
    restored: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    saved: list[Path] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)


def undo(record: Record, known: Iterable[Record], force: bool) -> Undone:
    """Undo one migration, all of it or nothing.

    Files that were changed since are obstacles, unless `force`: then their present content is saved in the record
    first. `known` are the records of the project: a later migration that relies on one of the files comes first. It can
    be repeated after an interruption. Raises OSError, after everything is as it was before.
    """
    undone = Undone(record, obstacles=list(_dependents(record, known)))
    changed: list[Written] = []
    for file in record.written:
        if obstacle := _irregular(record.place(file.path)):
            undone.obstacles.append(obstacle)
        elif _is_changed(record, file):
            changed.append(file)
    if not force:
        undone.obstacles += [_edited(record.place(file.path)) for file in changed]
    if undone.obstacles:
        return undone
    if changed:
        folder = record.saves()
        for file in changed:
            path = record.place(file.path)
            saved = folder / file.stored.partition("/")[2]
            write_all({saved: path.read_bytes()}, stamps={saved: _stamp_of(path)})
            undone.saved.append(saved)
    _restore(undone)
    record.state = UNDONE
    record.save()
    return undone


def _restore(undone: Undone) -> None:
    record = undone.record
    contents: dict[Path, bytes] = {}
    stamps: dict[Path, Stamp] = {}
    for file in record.written:
        path = record.place(file.path)
        if file.replaced is not None:
            contents[path] = _checked(record, file.replaced)
            stamps[path] = Stamp(file.replaced.mode, file.replaced.mtime_ns)
        elif path.exists():
            undone.removed.append(path)
    write_all(contents, undone.removed, stamps)
    undone.restored += contents
    for folder in reversed(record.folders):
        with contextlib.suppress(OSError):
            record.place(folder).rmdir()


def _checked(record: Record, kept: Kept) -> bytes:
    data = record.bytes_of(kept.stored)
    if digest(data) != kept.sha256:
        raise OSError(f"{record.folder / kept.stored} was changed, so it isn't the original any more")
    return data


def _is_changed(record: Record, file: Written) -> bool:
    """Whether a file holds neither what the migration wrote nor what it replaced. One that is gone has no content to
    lose."""
    path = record.place(file.path)
    if not path.exists():
        return False
    return digest(path.read_bytes()) not in {file.sha256, file.replaced.sha256 if file.replaced else None}


def _irregular(path: Path) -> Obstacle | None:
    if path.is_symlink():
        return Obstacle(path, "it has become a symbolic link since the migration", "put the file back in its place")
    if path.exists() and not path.is_file():
        return Obstacle(path, "something that is no file has taken its place", "move it away")
    return None


def _edited(path: Path) -> Obstacle:
    help = "--force restores the original, and keeps the changed file in the record"
    return Obstacle(path, "it was changed after the migration", help)


def _dependents(record: Record, known: Iterable[Record]) -> Iterable[Obstacle]:
    """Files of this migration that a later one, still in force, has read or written."""
    for other in known:
        if other.state != ACTIVE or other.folder.parent.parent != record.folder.parent.parent:
            continue
        if other.sequence > record.sequence:
            used = {file.path for file in other.originals} | {file.path for file in other.written}
            entry = os.path.relpath(other.entry)
            for file in record.written:
                if file.path in used:
                    text = f"the later migration of {entry} relies on it"
                    yield Obstacle(record.place(file.path), text, f"undo that one too: actlint fix --undo {entry}")


def _stamp_of(path: Path) -> Stamp:
    found = path.stat()
    return Stamp(found.st_mode & 0o7777, found.st_mtime_ns)
