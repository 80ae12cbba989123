"""`actlint verify BEFORE AFTER`: the proof of a port that was made by hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from actlint.files.write import write_all
from actlint.report.outcome import Outcome, as_json, lines
from actlint.report.terminal import draw, line
from actlint.verify.byhand import verify_port
from actlint.verify.portmap import MapError, render


def run_port(
    before: Path,
    after: Path,
    *,
    map_file: Path | None,
    write_map: Path | None,
    python: str,
    before_python: str | None,
    setup: Path | None,
    output_format: str,
    arguments: Sequence[str] = (),
) -> int:
    """Prove a port and report; gives the exit code. Raises click.ClickException for a map that can't be used."""
    try:
        port = verify_port(
            before,
            after,
            map_file,
            python=python,
            before_python=before_python,
            setup=setup,
            arguments=list(arguments),
        )
    except MapError as error:
        raise click.ClickException(str(error)) from None
    if port.left_out:
        click.echo(f"actlint: left out of the scratch copies: {', '.join(map(str, port.left_out))}", err=True)
    outcome = Outcome([before, after], port.target, port.proof.verdict, port.proof.reasons)
    outcome.comparisons, outcome.not_exercised = port.proof.comparisons, port.proof.not_exercised
    map_ = render(port.map, port.candidates)
    if write_map is not None:
        write_all({write_map.absolute(): map_.encode()})
    if output_format == "json":
        document = as_json([outcome])
        document["programs"][0]["map"] = map_
        click.echo(json.dumps(document, indent=2))
    else:
        draw(lines([outcome]), sys.stdout)
        draw([line(("map:", "bold")), *(line("  " + row) for row in map_.splitlines())], sys.stdout)
    return 0 if outcome.good else 1


@click.command(short_help="Show that a port computes what the TensorFlow 1 program computes.")
@click.argument("before", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map", "map_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What belongs together."
)
@click.option("--write-map", type=click.Path(dir_okay=False, path_type=Path), help="Write there what was inferred.")
@click.option("--python", metavar="PATH", default=sys.executable, help="Interpreter of both sides.")
@click.option("--tf1-python", metavar="PATH", help="Interpreter with a genuine TensorFlow 1.x for BEFORE.")
@click.option("--setup", type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path))
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def port(
    before: Path,
    after: Path,
    map_file: Path | None,
    write_map: Path | None,
    python: str,
    tf1_python: str | None,
    setup: Path | None,
    output_format: str,
) -> int:
    """Show that AFTER, a port to TensorFlow 2 or PyTorch made by hand, computes what BEFORE computes."""
    return run_port(
        before,
        after,
        map_file=map_file,
        write_map=write_map,
        python=python,
        before_python=tf1_python,
        setup=setup,
        output_format=output_format,
    )
