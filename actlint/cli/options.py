"""Options and arguments that commands share, and errors of use in the form that click shows."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from actlint.config import Config, ConfigError, load
from actlint.files.discover import PYTHON, Suffixes, python_files

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])


def paths_argument(command: Command) -> Command:
    """PATH..., default the current folder."""
    return click.argument("paths", nargs=-1, type=click.Path(), metavar="[PATH]...")(command)


def interpreter_options(command: Command) -> Command:
    """--python and --tf1-python, for `interpreters`."""
    after = click.option(
        "--python",
        metavar="PATH",
        help="Interpreter for the proof (default: `python` in pyproject.toml, else actlint's own).",
    )
    before = click.option(
        "--tf1-python",
        metavar="PATH",
        help="Interpreter with TensorFlow 1.x for the original program (default: `tf1-python` in pyproject.toml, else "
        "TensorFlow 2's graph mode on the other one).",
    )
    return after(before(command))


def setup_option(command: Command) -> Command:
    """--setup."""
    return click.option(
        "--setup",
        type=click.Path(exists=True, dir_okay=False, resolve_path=True, path_type=Path),
        help="Python file to run before the program.",
    )(command)


def inputs_option(command: Command) -> Command:
    """--inputs."""
    return click.option(
        "--inputs",
        type=click.Choice(("auto", "replay", "synthetic")),
        default="auto",
        show_default=True,
        help="What the proof feeds: the program's own data, values made up for it, or these where that isn't there.",
    )(command)


def tell(sentence: str) -> None:
    """Say how far a command is, beside its output."""
    click.echo(f"actlint: {sentence}", err=True)


def interpreters(python: str | None, tf1_python: str | None, config: Config) -> tuple[str, str | None]:
    """The interpreter for proofs, and the original program's own one, if any. Raises click.ClickException."""
    return (
        _interpreter(python, config.python, config.root) or sys.executable,
        _interpreter(tf1_python, config.tf1_python, config.root),
    )


def _interpreter(option: str | None, configured: str | None, root: Path) -> str | None:
    """A relative path counts from the current folder, in pyproject.toml from that file."""
    wanted, folder = (option, Path.cwd()) if option else (configured, root)
    if not wanted:
        return None
    path = shutil.which(wanted) if os.sep not in wanted else str(folder / Path(wanted).expanduser())
    if path is None or not os.access(path, os.X_OK) or os.path.isdir(path):
        raise click.ClickException(f"no such Python interpreter: {wanted}")
    return path


def selectors(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Codes that are given comma separated, repeatedly, or both."""
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip())


def complete_codes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """For the shell: the codes of rules that go on like this, behind those that are there already."""
    from click.shell_completion import CompletionItem

    from actlint.rules.registry import all_rules

    done, comma, begun = incomplete.rpartition(",")
    rules = [rule for rule in all_rules() if rule.code.startswith(begun.upper())]
    return [CompletionItem(done + comma + rule.code, help=rule.name) for rule in rules]


def configuration(paths: Sequence[str]) -> Config:
    """The project's settings. Raises click.ClickException."""
    try:
        return load(paths)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


def files_meant(
    paths: Sequence[str],
    config: Config,
    exclude: Sequence[str],
    force_exclude: bool = False,
    suffixes: Suffixes = PYTHON,
) -> list[Path]:
    """The files that the paths mean. Raises click.ClickException."""
    excluded = (*config.exclude, *exclude)
    try:
        return python_files(paths, excluded, root=config.root, force_exclude=force_exclude, suffixes=suffixes)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
