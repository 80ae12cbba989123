"""Writing several files as one act: each atomically, and all of them or none."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PREFIX = ".actlint-"


@dataclass
class _Change:
    """One file to be replaced, made or removed. `staged` is None for a removal, `backup` for a new file."""

    target: Path
    staged: Path | None = None
    backup: Path | None = None
    done: bool = False


@dataclass(frozen=True)
class Stamp:
    """Mode and time of change that a written file is given."""

    mode: int
    mtime_ns: int


def write_all(
    contents: Mapping[Path, bytes], remove: Iterable[Path] = (), stamps: Mapping[Path, Stamp] | None = None
) -> None:
    """Write every file and remove the others, or change nothing.

    A written file keeps its mode and owner, unless a stamp says otherwise; a symbolic link stays one, and what it
    points to is written. Missing folders are made. Raises OSError, after everything is as it was before.
    """
    stamps = stamps or {}
    changes: list[_Change] = []
    made: list[Path] = []
    try:
        for path, data in contents.items():
            target = Path(os.path.realpath(path))
            changes.append(change := _Change(target))
            with naming(target):
                _make_folders(target.parent, made)
                _stage(change, data, stamps.get(path))
        for path in remove:
            changes.append(change := _Change(Path(path)))
            with naming(change.target):
                _back_up(change)
        for change in changes:
            with naming(change.target):
                _apply(change)
    except BaseException as error:
        if lost := _roll_back(changes, made):
            what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise OSError(f"{what}; these files could not be restored: {', '.join(lost)}") from error
        raise
    finally:
        for change in changes:
            _discard(change.staged)
            _discard(change.backup)
    for folder in {change.target.parent for change in changes}:
        _sync_folder(folder)


def check_writable(paths: Iterable[Path]) -> None:
    """Whether files can be written or made, as far as permissions say. Raises OSError where one can't."""
    for path in paths:
        target = Path(os.path.realpath(path))
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is read-only", str(target))
        folder = next(parent for parent in target.parents if parent.exists())
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "the folder is read-only", str(folder))


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Errors of the operating system inside name this file, and no temporary one."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)


def _stage(change: _Change, data: bytes, stamp: Stamp | None) -> None:
    """Write the new bytes beside the target, with the target's mode and owner, and keep a copy of the old ones."""
    target = change.target
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "the file is read-only", str(target))
    descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=target.parent)
    change.staged = Path(name)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        _take_after(name, target)
        if stamp is not None:
            os.chmod(name, stamp.mode)
            os.utime(name, ns=(stamp.mtime_ns, stamp.mtime_ns))
        os.fsync(file.fileno())
    if target.exists():
        _back_up(change)


def _take_after(staged: str, target: Path) -> None:
    try:
        old = target.stat()
    except FileNotFoundError:
        os.chmod(staged, 0o666 & ~_umask())
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(PermissionError):
            os.chown(staged, old.st_uid, old.st_gid)
    os.chmod(staged, stat.S_IMODE(old.st_mode))


def _back_up(change: _Change) -> None:
    backup = change.target.with_name(f"{_PREFIX}{secrets.token_hex(8)}")
    try:
        os.link(change.target, backup, follow_symlinks=False)
    except OSError:
        shutil.copy2(change.target, backup, follow_symlinks=False)
    change.backup = backup


def _apply(change: _Change) -> None:
    if change.staged is None:
        change.target.unlink()
    else:
        os.replace(change.staged, change.target)
    change.done = True


def _roll_back(changes: Iterable[_Change], made: Sequence[Path]) -> list[str]:
    """Undo what was done. Gives the files for which that fails, with the name that their old content has now."""
    lost: list[str] = []
    for change in changes:
        _discard(change.staged)
        if not change.done:
            continue
        try:
            if change.backup is None:
                change.target.unlink()
            else:
                os.replace(change.backup, change.target)
        except OSError:
            lost.append(f"{change.target} (old content: {change.backup})" if change.backup else str(change.target))
            change.backup = None
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()
    return lost


def _discard(file: Path | None) -> None:
    if file is not None:
        with contextlib.suppress(FileNotFoundError):
            file.unlink()


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
