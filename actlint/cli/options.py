"""Options and arguments that commands share, and errors of use in the form that click shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from actlint.config import Config, ConfigError, load
from actlint.files.discover import python_files

Command = TypeVar("Command", bound=Callable[..., Any])


def paths_argument(command: Command) -> Command:
    """PATH..., default the current folder."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...")(command)


def selectors(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Codes that are given comma separated, repeatedly, or both."""
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


def configuration(paths: Sequence[str]) -> Config:
    """The project's settings. Raises click.ClickException."""
    try:
        return load(paths)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


def files_meant(
    paths: Sequence[str], config: Config, exclude: Sequence[str], force_exclude: bool = False
) -> list[Path]:
    """The files that the paths mean. Raises click.ClickException."""
    try:
        return python_files(paths, (*config.exclude, *exclude), root=config.root, force_exclude=force_exclude)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
