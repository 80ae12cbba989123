"""The folder `.actlint/` of a project: where it is, and what was said there already."""

from __future__ import annotations

import contextlib
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
    return folder.is_dir() and (not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid())


def folder_to_write(start: Path) -> Path:
    """The project's `.actlint/`, made with a `.gitignore` of its own if need be.

    Where the project's root can't be written to, the nearest folder below it, towards `start`, that can. Raises
    OSError.
    """
    root = project_root(start)
    candidates = [folder for folder in (start, *start.parents) if folder == root or folder.is_relative_to(root)]
    refusal: OSError | None = None
    for candidate in reversed(candidates):
        folder = candidate / FOLDER
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


def folders_above(start: Path) -> Iterator[Path]:
    """Those `.actlint/` folders that may know `start`: from it up to its project's root, the user's own ones alone."""
    for folder in (start, *start.parents):
        if _is_own(folder / FOLDER):
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
