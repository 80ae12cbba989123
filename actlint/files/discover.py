"""Which Python files and notebooks a command line means."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from actlint.files.globs import matcher

Suffixes = tuple[str, ...]
PYTHON: Suffixes = (".py",)
NOTEBOOKS: Suffixes = (".py", ".ipynb")
OWN_FOLDERS = frozenset({".actlint", ".actlint_cache"})
SKIPPED_FOLDERS = OWN_FOLDERS | frozenset(
    ".direnv .eggs .git .hg .ipynb_checkpoints .mypy_cache .nox .pytest_cache .pytype"
    " .ruff_cache .svn .tox .venv .vscode __pycache__ __pypackages__ _build buck-out dist node_modules site-packages"
    " venv".split()
)
_STAGED = re.compile(r"(\d{6}) [0-9a-f]+ \d\t")
_SUBMODULE = "160000"


def python_files(
    paths: Sequence[str | Path],
    exclude: Sequence[str] = (),
    cwd: Path | None = None,
    *,
    root: Path | None = None,
    force_exclude: bool = False,
    suffixes: Suffixes = PYTHON,
) -> list[Path]:
    """Absolute paths of the files that are named, and of those below the folders that are named whose names end in one
    of `suffixes`, sorted.

    In a git repository git says which files there are (tracked, or untracked and not ignored). `exclude` holds globs,
    relative to `root` (default: `cwd`). actlint's own folders are left out. A named file is taken even where it is
    excluded, unless `force_exclude`. Raises FileNotFoundError.
    """
    start = os.path.abspath(cwd or os.getcwd())
    excluded = matcher(exclude, os.path.abspath(root or start))
    found: set[str] = set()
    for named in paths:
        path = os.path.normpath(os.path.join(start, named))
        if os.path.isdir(path):
            if OWN_FOLDERS.intersection(path.split(os.sep)):
                continue
            found.update(file for file in _below(path, suffixes) if not excluded(file))
        elif not os.path.exists(path):
            raise FileNotFoundError(f"no such file or folder: {named}")
        elif not (force_exclude and excluded(path)):
            found.add(path)
    return [Path(path) for path in sorted(found)]


def _below(folder: str, suffixes: Suffixes) -> Iterator[str]:
    listed = _git_files(folder, suffixes)
    return _walk(folder, suffixes) if not listed else (path for path in listed if os.path.isfile(path))


def _git_files(folder: str, suffixes: Suffixes) -> list[str]:
    """Empty where git doesn't answer or knows no file here, as in a folder that it ignores but the user named."""
    if not _in_repository(folder):
        return []
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", folder, "ls-files", "--stage", "--others", "--exclude-standard", "-z"]
    try:
        listing = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    files: list[str] = []
    for line in map(os.fsdecode, listing.split(b"\0")):
        entry = _STAGED.match(line)
        name = line[entry.end() :] if entry else line
        path = os.path.normpath(os.path.join(folder, name))
        if SKIPPED_FOLDERS.intersection(name.split("/")[:-1]):
            continue
        if name.endswith(suffixes):
            files.append(path)
        elif name.endswith("/") or (entry and entry.group(1) == _SUBMODULE):
            if os.path.exists(os.path.join(path, ".git")):
                files.extend(_below(path, suffixes))
    return files


def _in_repository(folder: str) -> bool:
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    return True


def _walk(folder: str, suffixes: Suffixes) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED_FOLDERS:
                    yield from _walk(entry.path, suffixes)
            elif entry.name.endswith(suffixes) and entry.is_file():
                yield entry.path
