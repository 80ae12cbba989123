"""Copies of a program's folder to run in."""

from __future__ import annotations

import os
import shutil
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from actlint.files.discover import SKIPPED_FOLDERS

ATTEMPTS = 5


@dataclass(frozen=True)
class Limits:
    """What a copy may hold: bytes of one file, bytes in all, number of files and folders."""

    file: int = 50 * 2**20
    total: int = 2**30
    count: int = 20_000


def copy_folder(root: Path, destination: Path, needed: Iterable[Path], limits: Limits | None = None) -> list[Path]:
    """Copy `root` into `destination`, nearest files first, and the `needed` files in any case.

    Hidden files and folders, virtual environments, caches, pipes and devices stay behind; symbolic links are followed,
    so that nothing in the copy leads to what is copied, but for files over the limits: a link to them stands in their
    place. Gives these, and the folders that were not reached before the limits were.
    """
    limits = limits or Limits()
    left_out: list[Path] = []
    size = count = 0
    folders = deque([root])
    seen = {os.path.realpath(root)}
    while folders:
        folder = folders.popleft()
        if count >= limits.count or size >= limits.total:
            left_out.append(folder)
            continue
        (destination / folder.relative_to(root)).mkdir(parents=True, exist_ok=True)
        count += 1
        for entry in _entries(folder):
            path = Path(entry.path)
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS and (real := os.path.realpath(path)) not in seen:
                    seen.add(real)
                    folders.append(path)
            elif entry.is_file():
                target = destination / path.relative_to(root)
                length = entry.stat().st_size
                if length > limits.file or size + length > limits.total or count >= limits.count:
                    left_out.append(path)
                    _link(path, target)
                elif _copy(path, target):
                    size, count = size + length, count + 1
    for path in needed:
        target = destination / path.relative_to(root)
        if target.is_symlink():
            target.unlink()
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        shutil.copymode(path, target)
    return left_out


def remove_folder(folder: Path) -> None:
    """Remove a scratch folder, also where a program has taken away its own permissions there."""
    for _ in range(ATTEMPTS):
        for parent, folders, _files in os.walk(folder):
            for name in folders:
                path = os.path.join(parent, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        found = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except PermissionError:
        return []
    return [entry for entry in found if not entry.name.startswith(".")]


def _copy(path: Path, target: Path) -> bool:
    """Copy a file that can be read; others wouldn't serve the program either."""
    try:
        shutil.copyfile(path, target)
    except PermissionError:
        return False
    shutil.copymode(path, target)
    target.chmod(target.stat().st_mode | 0o600)
    return True


def _link(path: Path, target: Path) -> None:
    target.symlink_to(os.path.realpath(path))
