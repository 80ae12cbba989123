"""The folder `.actlint/` of a project: where it is, and what was said there already."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from actlint.files.discover import SKIPPED_FOLDERS

FOLDER = ".actlint"
_MARKS = ("pyproject.toml", ".git")
_NOTICED = "notice-shown"


def project_root(start: Path) -> Path:
    """The nearest folder from `start` upwards with a pyproject.toml or a .git, else `start` itself."""
    for folder in (start, *start.parents):
        if _is_root(folder):
            return folder
    return start


def _is_root(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in _MARKS)


def _is_own(folder: Path) -> bool:
    return folder.is_dir() and not is_foreign(folder)


def is_foreign(folder: Path) -> bool:
    """Whether a folder that is there belongs to another user."""
    return folder.is_dir() and hasattr(os, "getuid") and folder.stat().st_uid != os.getuid()


def whose(folder: Path) -> str:
    """A sentence on another user's `.actlint/`: whose it is, and what to do."""
    number = folder.stat().st_uid
    try:
        import pwd

        name = pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        name = f"number {number}"
    return (
        f"it belongs to the user {name}, so its records are not trusted; run actlint as that user, give the folder to "
        "yourself (chown), or move it away"
    )


def folder_to_write(start: Path) -> Path:
    """The project's `.actlint/`, made with a `.gitignore` of its own if need be.

    Where the project's root can't be written to, the nearest folder below it, towards `start`, that can. Raises
    OSError.
    """
    refusal: OSError | None = None
    for candidate in _candidates(start):
        folder = candidate / FOLDER
        _check_kind(folder)
        try:
            candidate.mkdir(parents=True, exist_ok=True)
            folder.mkdir(exist_ok=True)
            ignored = folder / ".gitignore"
            if not ignored.exists():
                ignored.write_bytes(b"*\n")
            if os.access(folder, os.W_OK):
                return folder
            refusal = PermissionError(13, "the folder is read-only", str(folder))
        except OSError as error:
            refusal = error
    raise refusal or FileNotFoundError(2, "no such folder", str(start))


def check_writable(start: Path) -> None:
    """Whether `folder_to_write` will find a place; makes nothing. Raises OSError where it won't."""
    refused = start
    for candidate in _candidates(start):
        folder = candidate / FOLDER
        _check_kind(folder)
        refused = next(path for path in (folder, *folder.parents) if path.exists())
        if os.access(refused, os.W_OK):
            return
    raise PermissionError(errno.EACCES, "actlint keeps its records there, and the folder is read-only", str(refused))


def _candidates(start: Path) -> list[Path]:
    """The folders that `.actlint/` may be made in, the project's root first."""
    root = project_root(start)
    return [folder for folder in reversed((start, *start.parents)) if folder == root or folder.is_relative_to(root)]


def _check_kind(folder: Path) -> None:
    if is_foreign(folder):
        raise PermissionError(errno.EPERM, whose(folder), str(folder))
    if os.path.lexists(folder) and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "actlint keeps its records there, and this isn't a folder", str(folder))


def folders_above(start: Path) -> Iterator[Path]:
    """Those `.actlint/` folders that may know `start`: from it up to its project's root, the user's own ones alone."""
    return filter(_is_own, _above(start))


def foreign_above(start: Path) -> Iterator[Path]:
    """Like `folders_above`, those of other users alone."""
    return filter(is_foreign, _above(start))


def _above(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder / FOLDER
        if _is_root(folder):
            return


def folders_below(start: Path) -> Iterator[Path]:
    """The `.actlint/` folders of `start` and of the folders in it."""
    for path, names, _ in os.walk(start):
        if FOLDER in names and _is_own(Path(path, FOLDER)):
            yield Path(path, FOLDER)
        names[:] = sorted(name for name in names if name not in SKIPPED_FOLDERS)


def was_noticed(start: Path) -> bool:
    """Whether the project's owner was told already that programs are executed."""
    return any((folder / _NOTICED).exists() for folder in folders_above(start))


def notice(start: Path) -> None:
    """Remember that the owner was told, where there is a place to."""
    if start.is_dir():
        with contextlib.suppress(OSError):
            (folder_to_write(start) / _NOTICED).touch()
