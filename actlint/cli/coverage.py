"""`actlint coverage`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import click

from actlint.cli.options import configuration, files_meant, paths_argument, selectors
from actlint.report.coverage import Coverage, as_json, show


@click.command(short_help="List the TensorFlow 1 symbols that the catalogue doesn't know.")
@paths_argument
@click.option("--exclude", multiple=True, callback=selectors, metavar="GLOBS", help="Not these files and folders.")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def coverage(paths: tuple[str, ...], exclude: tuple[str, ...], output_format: str) -> int:
    """List the TensorFlow 1 symbols in files and folders that the catalogue doesn't know, by number of files, and
    those that it knows, but that fix refuses.

    Reads code only: runs nothing and needs no framework. Exit codes: 0, or 2 for an error.
    """
    paths = paths or (".",)
    found = _measured(files_meant(paths, configuration(paths), exclude))
    for file, why in found.skipped.items():
        click.echo(f"actlint: warning: {file} is left out: {why}", err=True)
    if output_format == "json":
        click.echo(json.dumps(as_json(found), indent=2))
    else:
        show(found, sys.stdout)
    return 0


def _measured(files: list[Path]) -> Coverage:
    """What is used in the files that use TensorFlow at all."""
    from actlint.files.source import Undecodable, decode
    from actlint.program.symbols import known, refused, symbols
    from actlint.syntax.tree import Invalid, parse

    found = Coverage()
    for file in files:
        raw = file.read_bytes() if file.suffix != ".ipynb" else b""
        if b"tensorflow" not in raw:
            continue
        try:
            used = symbols(parse(decode(file, raw)).module)
        except (Invalid, Undecodable) as error:
            found.skipped[str(file)] = f"line {error.row}: {error.why}"
            continue
        if used:
            rest = {name: count for name, count in used.items() if not known(name)}
            why = {name: reason for name in rest if (reason := refused(name)) is not None}
            found.add(str(file), Counter({name: count for name, count in rest.items() if name not in why}), why)
    return found
