"""Writing a migration: first its record, then the user's files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from actlint import __version__
from actlint.cli.converting import Converted, Settings
from actlint.cli.proving import Runtime
from actlint.files.project import folder_to_write, notice
from actlint.files.records import Draft, add, digest, discard
from actlint.files.write import write_all
from actlint.report.outcome import Outcome, proof_as_json


def write(
    converted: Converted,
    originals: Mapping[Path, bytes],
    settings: Settings,
    start: Path,
    destination: Callable[[Path], Path] | None = None,
) -> None:
    """Write what a conversion made, at its `destination` or in place, and note it in the outcome.

    The record goes to the project of the folder `start`. Raises OSError, after everything is as it was before.
    """
    contents: Mapping[Path, bytes] = converted.contents
    if destination is not None:
        wanted = {**originals, **converted.needed, **contents}
        contents = {
            destination(path): data
            for path, data in wanted.items()
            if path not in converted.needed or not _holds(destination(path), data)
        }
    contents = {Path(os.path.realpath(path)): data for path, data in contents.items()}
    folder = folder_to_write(start)
    record = add(folder, _draft(converted, originals, contents, settings, destination or Path, folder.parent))
    try:
        write_all(contents)
    except BaseException:
        discard(record)
        raise
    notice(start)
    converted.outcome.written = sorted(contents)


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _draft(
    converted: Converted,
    originals: Mapping[Path, bytes],
    contents: Mapping[Path, bytes],
    settings: Settings,
    destination: Callable[[Path], Path],
    root: Path,
) -> Draft:
    from actlint.verify.planmap import written

    def relative(path: Path) -> str:
        return Path(os.path.relpath(path, root)).as_posix()

    texts: dict[str, str] = {}
    programs: list[dict[str, str]] = []
    for number, piece in enumerate(converted.pieces):
        suffix = f"-{number + 1}" if number else ""
        names = {"plan": f"plan{suffix}.json", "map": f"map{suffix}.toml"}
        texts[names["plan"]] = json.dumps(piece.plan, indent=1) + "\n"
        texts[names["map"]] = written(piece.plan)
        after = Path(os.path.realpath(destination(piece.entry)))
        places = {"entry": relative(piece.entry), "after": relative(after), "folder": relative(piece.folder)}
        programs.append({**places, **names})
    details = {
        "migrated": (date := now()),
        "date": date,
        "target": settings.target,
        "hidden": settings.hidden,
        "programs": programs,
        **environment(settings.runtime),
        **evidence(converted.outcome),
        "history": [],
    }
    needed = [Path(os.path.realpath(destination(path))) for path in converted.needed]
    parts = [part for part in Path(programs[0]["after"]).parts if part != os.pardir]
    return Draft(".".join(parts).lstrip(".") or "program", originals, contents, details, texts, needed)


def environment(runtime: Runtime) -> dict[str, Any]:
    """What a proof was made with: interpreters, versions, the setup file with its hash."""
    from actlint.verify.versions import versions

    setup = runtime.setup
    found = {"after": versions(runtime.python)}
    if runtime.before_python:
        found["before"] = versions(runtime.before_python)
    return {
        "actlint": __version__,
        "python": runtime.python,
        "tf1_python": runtime.before_python,
        "versions": found,
        "setup": {"path": str(setup), "sha256": digest(setup.read_bytes())} if setup else None,
        "arguments": [],
    }


def evidence(outcome: Outcome) -> dict[str, Any]:
    """What a proof has found, as a record keeps it."""
    return {**proof_as_json(outcome), "notes": outcome.notes}


def now() -> str:
    """The present time in the form that records have."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
