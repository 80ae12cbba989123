"""`actlint fix --undo`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence

import click

from actlint.cli.failures import explained
from actlint.cli.history import history
from actlint.files.records import ACTIVE, UNDONE
from actlint.files.undo import Undone, undo
from actlint.report.findings import shown_path
from actlint.report.terminal import Line, draw, line


def run_undo(paths: Sequence[str], force: bool, output_format: str) -> int:
    """Undo the migrations of the named files and folders, the latest first, each of them wholly or not at all."""
    found = history(paths)
    if not found.meant:
        listed = ", ".join(paths)
        raise click.ClickException(f"nothing to undo: no migration of {listed} is recorded in .actlint")
    active = [record for record in found.meant if record.state == ACTIVE]
    results: list[Undone] = []
    errors: list[str] = []
    for record in reversed(active):
        try:
            results.append(result := undo(record, found.known, force))
        except OSError as error:
            entry = shown_path(record.entry)
            errors.append(f"{explained(error)}; nothing of {entry} was restored")
            continue
        if result.unmarked:
            errors.append(
                f"{shown_path(record.entry)} was restored, but its record could not be marked as undone "
                f"({result.unmarked}: {record.folder}); `actlint fix --undo` again marks it"
            )
    if output_format == "json":
        click.echo(json.dumps({"version": 1, "undone": [_as_json(result) for result in results]}, indent=2))
    elif not active:
        already = sum(record.state == UNDONE for record in found.meant)
        click.echo("Nothing to undo: " + ("everything here was undone already." if already else "no migration counts."))
    else:
        draw((row for result in results for row in _lines(result)), sys.stdout)
    for sentence in errors:
        click.echo(f"actlint: error: {sentence}", err=True)
    return 2 if errors else 1 if any(result.obstacles for result in results) else 0


def _lines(result: Undone) -> Iterator[Line]:
    record = result.record
    entry = shown_path(record.entry)
    verdict = ("not undone", "bold red") if result.obstacles else ("undone", "bold green")
    yield line((entry, "bold"), f" -> {record.details['target']}, {record.details['migrated']}: ", verdict)
    for obstacle in result.obstacles:
        yield line("  ", f"{shown_path(obstacle.file)}: ", obstacle.text)
        yield line("    = ", ("help: ", "bold"), obstacle.help)
    for label, files in (("saved", result.saved), ("restored", result.restored), ("removed", result.removed)):
        for file in files:
            yield line("  ", (f"{label}: ", "bold"), shown_path(file))
    for file, users in result.kept.items():
        names = ", ".join(map(shown_path, users))
        verb = "needs" if len(users) == 1 else "need"
        yield line("  ", ("kept: ", "bold"), f"{shown_path(file)}, which {names} {verb}")


def _as_json(result: Undone) -> dict[str, object]:
    obstacles = [{"file": str(o.file), "text": o.text, "help": o.help} for o in result.obstacles]
    files = {"restored": result.restored, "removed": result.removed, "saved": result.saved, "kept": result.kept}
    return {
        "record": str(result.record.folder),
        "undone": not result.obstacles,
        **{label: [str(file) for file in listed] for label, listed in files.items()},
        "obstacles": obstacles,
    }
