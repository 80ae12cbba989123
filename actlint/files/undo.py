"""Undoing migrations: what a record replaced comes back, byte for byte, with mode and time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from actlint.files.records import ACTIVE, UNDONE, Record, Written, digest
from actlint.files.write import Stamp, write_all


@dataclass(frozen=True)
class Obstacle:
    """Why a migration can't be undone now: the file, and what to do."""

    file: Path
    text: str
    help: str


@dataclass
class Undone:
    """What became of one record: files that came back, went, were saved in the record, or stay because the programs
    named beside them need them; or obstacles. `unmarked` says why the record itself could not be updated."""

    record: Record
    restored: list[Path] = field(default_factory=list)
    removed: list[Path] = field(default_factory=list)
    saved: list[Path] = field(default_factory=list)
    kept: dict[Path, list[Path]] = field(default_factory=dict)
    obstacles: list[Obstacle] = field(default_factory=list)
    unmarked: str = ""


def undo(record: Record, known: Iterable[Record], force: bool) -> Undone:
    """Undo one migration, all of it or nothing.

    Files that were changed since are obstacles, unless `force`: then their present content is saved in the record
    first. `known` are the records of the project: a later migration that relies on one of the files comes first, and a
    file that others need besides stays until the last of them is undone. It can be repeated after an interruption.
    Raises OSError, after everything is as it was before.
    """
    known = list(known)
    undone = Undone(record, obstacles=list(_dependents(record, known)))
    files = _files(undone, known)
    changed: list[Written] = []
    for file in files:
        if obstacle := _irregular(record.place(file.path)):
            undone.obstacles.append(obstacle)
        elif _is_changed(record, file):
            changed.append(file)
    if not force:
        undone.obstacles += [_edited(record.place(file.path)) for file in changed]
    if undone.obstacles:
        return undone
    _check_writable(record)
    if changed:
        folder = record.saves()
        for file in changed:
            path = record.place(file.path)
            saved = folder / file.stored.partition("/")[2]
            write_all({saved: path.read_bytes()}, stamps={saved: _stamp_of(path)})
            undone.saved.append(saved)
    _restore(undone, files)
    record.state = UNDONE
    try:
        record.save()
    except OSError as error:
        undone.unmarked = error.strerror or str(error)
    return undone


def _files(undone: Undone, known: Iterable[Record]) -> list[Written]:
    """What the record wrote, and what records that are undone left for it; without what other active ones need."""
    record = undone.record
    others = [other for other in known if other.folder != record.folder]
    wanted = {record.place(path) for path in record.needed}
    files = {record.place(file.path): file for file in record.written}
    for other in others:
        if other.state == UNDONE:
            left = {other.place(file.path): file for file in other.written if file.replaced is None}
            files.update((path, file) for path, file in left.items() if path in wanted and path not in files)
    for path in [path for path, file in files.items() if file.replaced is None]:
        users = [other.entry for other in others if other.state == ACTIVE and path in map(other.place, other.needed)]
        if users:
            undone.kept[path] = users
            del files[path]
    return [replace(file, path=_relative(path, record)) for path, file in files.items()]


def _relative(path: Path, record: Record) -> str:
    return Path(os.path.relpath(path, record.root)).as_posix()


def _check_writable(record: Record) -> None:
    try:
        record.save()
    except OSError as error:
        why = error.strerror or str(error)
        raise OSError(error.errno, f"the record can't be updated: {why}", str(record.folder)) from None


def _restore(undone: Undone, files: Iterable[Written]) -> None:
    record = undone.record
    contents: dict[Path, bytes] = {}
    stamps: dict[Path, Stamp] = {}
    for file in files:
        path = record.place(file.path)
        if file.replaced is not None:
            contents[path] = record.original(file.replaced)
            stamps[path] = Stamp(file.replaced.mode, file.replaced.mtime_ns)
        elif path.exists():
            undone.removed.append(path)
    write_all(contents, undone.removed, stamps)
    undone.restored += contents
    for folder in reversed(record.folders):
        with contextlib.suppress(OSError):
            record.place(folder).rmdir()


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
