"""The record that each migration leaves: what was there before, what was written, and what was proved of it."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actlint.files.write import naming

VERSION = 1
ACTIVE, UNDONE, SUPERSEDED = "active", "undone", "superseded"
_DOCUMENT = "record.json"


class Unreadable(Exception):
    """A record that can't be used; the message is one sentence."""


@dataclass(frozen=True)
class Kept:
    """A file's content at one time: where the record stores it, its hash, and what else is restored with it."""

    stored: str
    sha256: str
    mode: int
    mtime_ns: int


@dataclass(frozen=True)
class Original:
    """A file of the program before its migration. Paths of a record count from the project's root."""

    path: str
    kept: Kept


@dataclass(frozen=True)
class Written:
    """A file that the migration wrote, and what it replaced: nothing, where the file was added."""

    path: str
    stored: str
    sha256: str
    replaced: Kept | None


@dataclass
class Record:
    """One migration. `folder` is where it is kept; `details` is what the record says beyond its files:
    its `programs`, and what was proved of them how."""

    folder: Path
    sequence: int
    state: str
    originals: list[Original]
    written: list[Written]
    folders: list[str]
    """The folders that the migration made, outer ones first."""
    details: dict[str, Any]
    needed: list[str] = field(default_factory=list)
    """The files that the rewrite needs beside the program's own ones, also those that were there already."""

    @property
    def root(self) -> Path:
        """The folder that the record's paths count from."""
        return self.folder.parent.parent.parent

    @property
    def paths(self) -> list[Path]:
        """Where the files lie that were written."""
        return [self.place(file.path) for file in self.written]

    @property
    def entry(self) -> Path:
        """Where the first entry file lies that was written."""
        return self.place(self.details["programs"][0]["after"])

    def place(self, path: str) -> Path:
        """The absolute form of one of the record's paths."""
        return Path(os.path.normpath(self.root / path))

    def bytes_of(self, stored: str) -> bytes:
        """A stored file's content. Raises OSError."""
        return (self.folder / stored).read_bytes()

    def original(self, kept: Kept) -> bytes:
        """A kept file's content. Raises OSError, also where that isn't what was kept."""
        data = self.bytes_of(kept.stored)
        if digest(data) != kept.sha256:
            path = str(self.folder / kept.stored)
            raise OSError(errno.EIO, "it was changed in the record, so it isn't the original any more", path)
        return data

    def text_of(self, name: str) -> str:
        """A stored text. Raises OSError."""
        return (self.folder / name).read_text(encoding="utf-8")

    def saves(self) -> Path:
        """A new folder in which files that are about to be overwritten can be kept."""
        number = 1
        while (self.folder / f"saved-{number}").exists():
            number += 1
        (folder := self.folder / f"saved-{number}").mkdir()
        return folder

    def save(self) -> None:
        """Write what has changed in the record, as one act. Raises OSError."""
        staged = self.folder / f".{secrets.token_hex(8)}"
        try:
            _write_synced(staged, self._document())
            os.replace(staged, self.folder / _DOCUMENT)
        except BaseException:
            with contextlib.suppress(OSError):
                staged.unlink()
            raise

    def _document(self) -> bytes:
        document = {
            "version": VERSION,
            "sequence": self.sequence,
            "state": self.state,
            **self.details,
            "originals": [asdict(file) for file in self.originals],
            "written": [asdict(file) for file in self.written],
            "folders": self.folders,
            "needed": self.needed,
        }
        return json.dumps(document, indent=1).encode() + b"\n"


@dataclass
class Draft:
    """A record to be: paths are absolute, `originals` are the program's files, `written` maps targets to contents.

    `texts` are further files of the record, by name; `needed` are files that what was written needs.
    """

    name: str
    originals: Mapping[Path, bytes]
    written: Mapping[Path, bytes]
    details: dict[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    needed: Iterable[Path] = ()


def add(folder: Path, draft: Draft) -> Record:
    """Keep a migration that is about to be written, in the project's record folder. Raises OSError.

    The record appears as a whole. What it keeps of the user's ends in `.orig`, so that no tool takes it for code.
    Earlier migrations of the same files whose results are gone already count no more.
    """
    earlier = list(records_in(folder))
    staged = folder / f".{secrets.token_hex(8)}"
    record = Record(staged, 0, ACTIVE, [], [], [], draft.details)
    root = folder.parent
    try:
        staged.mkdir()
        base = Path(os.path.commonpath([path.parent for path in (*draft.originals, *draft.written)]))
        for path, data in draft.originals.items():
            kept = _keep(staged, f"originals/{_inner(path, base)}.orig", path, data)
            record.originals.append(Original(_relative(path, root), kept))
        known = {file.path: file.kept for file in record.originals}
        for path, data in draft.written.items():
            stored = f"written/{_inner(path, base)}"
            _write_synced(staged / stored, data)
            relative = _relative(path, root)
            replaced = known.get(relative)
            if replaced is None and path.exists():
                replaced = _keep(staged, f"replaced/{_inner(path, base)}.orig", path, path.read_bytes())
            record.written.append(Written(relative, stored, digest(data), replaced))
        record.needed = [_relative(path, root) for path in draft.needed]
        record.folders = [_relative(made, root) for made in _missing_folders(draft.written)]
        for name, text in draft.texts.items():
            _write_synced(staged / name, text.encode())
        record.sequence = 1 + max((other.sequence for other in earlier), default=0)
        _write_synced(staged / _DOCUMENT, record._document())
        record.folder = _settle(staged, folder / draft.name)
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError) and str(error.filename).startswith(str(staged)):
            what = f"the record can't be kept there: {error.strerror}"
            raise OSError(error.errno, what, str(folder)) from error
        raise
    _supersede(earlier, record)
    return record


def discard(record: Record) -> None:
    """Remove the record of a migration that was not written."""
    shutil.rmtree(record.folder, ignore_errors=True)


def records_in(folder: Path, skipped: Callable[[Unreadable], None] = lambda error: None) -> Iterator[Record]:
    """The records of one `.actlint/`, without those that can't be read; `skipped` receives why."""
    for name in sorted(os.listdir(folder)):
        program = folder / name
        if name.startswith(".") or not program.is_dir():
            continue
        for number in sorted((entry for entry in os.listdir(program) if entry.isdigit()), key=int):
            if (program / number / _DOCUMENT).exists():
                try:
                    yield load(program / number)
                except Unreadable as error:
                    skipped(error)


def load(folder: Path) -> Record:
    """The record that is kept in a folder. Raises Unreadable."""
    try:
        document = json.loads((folder / _DOCUMENT).read_text(encoding="utf-8"))
        version = document.pop("version")
        if version == VERSION:
            originals = [Original(file["path"], Kept(**file["kept"])) for file in document.pop("originals")]
            written = [_written(file) for file in document.pop("written")]
            head = [document.pop(key) for key in ("sequence", "state")]
            rest = document.pop("folders"), document, document.pop("needed", [])
            return Record(folder, *head, originals, written, *rest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"the record {folder} can't be read ({type(error).__name__}: {error})") from None
    raise Unreadable(f"the record {folder} is of version {version}, which this actlint doesn't know")


def digest(data: bytes) -> str:
    """The hash by which a record knows a content."""
    return hashlib.sha256(data).hexdigest()


def _written(file: dict[str, Any]) -> Written:
    replaced = file.pop("replaced")
    return Written(**file, replaced=Kept(**replaced) if replaced else None)


def _keep(folder: Path, stored: str, path: Path, data: bytes) -> Kept:
    found = path.stat()
    _write_synced(folder / stored, data)
    return Kept(stored, digest(data), stat.S_IMODE(found.st_mode), found.st_mtime_ns)


def _write_synced(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path), path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _settle(staged: Path, program: Path) -> Path:
    """Give a complete record the next number of its program."""
    program.mkdir(exist_ok=True)
    number = 1
    while (program / str(number)).exists():
        number += 1
    os.rename(staged, target := program / str(number))
    return target


def _supersede(earlier: Iterable[Record], new: Record) -> None:
    found = {file.path: file.replaced.sha256 if file.replaced else None for file in new.written}
    for record in earlier:
        changed = (file for file in record.written if file.path in found and found[file.path] != file.sha256)
        if record.state == ACTIVE and any(changed):
            record.state = SUPERSEDED
            record.save()


def _missing_folders(paths: Iterable[Path]) -> list[Path]:
    parents = {parent for path in paths for parent in path.parents if not parent.exists()}
    return sorted(parents, key=lambda folder: len(folder.parts))


def _inner(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix()


def _relative(path: Path, root: Path) -> str:
    return Path(os.path.relpath(path, root)).as_posix()
