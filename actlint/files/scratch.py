"""Copies of a program's folder to run in."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from actlint.files.discover import SKIPPED_FOLDERS


@dataclass(frozen=True)
class Limits:
    """What a copy may hold: bytes of one file, bytes in all, number of files."""

    file: int = 50 * 2**20
    total: int = 2**30
    count: int = 20_000


def copy_folder(root: Path, destination: Path, needed: Iterable[Path], limits: Limits | None = None) -> list[Path]:
    """Copy `root` into `destination`, nearest files first, and the `needed` files in any case.

    Hidden files and folders, virtual environments and caches stay behind; symbolic links are followed. Gives what else
    was left out: files over the limits, and folders that were not reached before the limits were.
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
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            path = Path(entry.path)
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS and (real := os.path.realpath(path)) not in seen:
                    seen.add(real)
                    folders.append(path)
            elif entry.is_file():
                length = entry.stat().st_size
                if length > limits.file or size + length > limits.total or count >= limits.count:
                    left_out.append(path)
                    continue
                size, count = size + length, count + 1
                _copy(path, destination / path.relative_to(root))
    for path in needed:
        _copy(path, destination / path.relative_to(root))
    return left_out


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
    shutil.copymode(path, target)
