"""`actlint verify BEFORE AFTER`: the proof of a port that was made by hand."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from actlint.cli.failures import explained
from actlint.cli.options import tell
from actlint.cli.proving import Runtime
from actlint.files.write import write_all
from actlint.report.outcome import Outcome, as_json, lines
from actlint.report.terminal import draw, line
from actlint.verify.byhand import verify_port
from actlint.verify.mapfile import Map, MapError, parse, render


def run_port(
    before: Path,
    after: Path,
    *,
    map_file: Path | None,
    write_map: Path | None,
    runtime: Runtime,
    output_format: str,
) -> int:
    """Prove a port and report; gives the exit code. Raises click.ClickException for a map that can't be used, and for
    a place where none may be written."""
    if write_map is not None:
        _check_place(write_map, map_file)
    try:
        port = verify_port(
            before,
            after,
            map_file,
            python=runtime.python,
            before_python=runtime.before_python,
            setup=runtime.setup,
            memory=runtime.memory,
        )
    except MapError as error:
        raise click.ClickException(str(error)) from None
    if port.left_out:
        tell(f"too large to be copied, read where they lie: {', '.join(map(str, port.left_out))}")
    outcome = Outcome([before, after], port.target, port.proof.verdict, port.proof.reasons)
    outcome.comparisons, outcome.not_exercised = port.proof.comparisons, port.proof.not_exercised
    map_ = render(port.map, port.candidates)
    if output_format == "json":
        document = as_json([outcome])
        document["programs"][0]["map"] = map_
        click.echo(json.dumps(document, indent=2))
    else:
        draw(lines([outcome], writes=False), sys.stdout)
        draw([line(("map:", "bold")), *(line("  " + row) for row in map_.splitlines())], sys.stdout)
    if write_map is not None:
        try:
            write_all({write_map.absolute(): map_.encode()})
        except OSError as error:
            raise click.ClickException(f"the map could not be written: {explained(error, write_map)}") from None
        tell(f"wrote map: {write_map}")
    return 0 if outcome.good else 1


def _check_place(place: Path, map_file: Path | None) -> None:
    """Only a map may be overwritten. Raises click.UsageError."""
    if not place.exists() or (map_file is not None and place.samefile(map_file)):
        return
    try:
        if parse(place.read_text(encoding="utf-8")) != Map():
            return
    except (OSError, UnicodeDecodeError, MapError):
        pass
    raise click.UsageError(f"--write-map: {place} exists and is no map; name another file")
