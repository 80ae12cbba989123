"""`actlint fix`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from actlint.cli.converting import Converted, Converter, Settings, common_folder
from actlint.cli.failures import explained, failure
from actlint.cli.history import Reading
from actlint.cli.options import (
    configuration,
    files_meant,
    inputs_option,
    interpreter_options,
    interpreters,
    paths_argument,
    selectors,
    setup_option,
    tell,
)
from actlint.cli.programs import Group, Reader, find
from actlint.cli.proving import Notice, Runtime
from actlint.cli.recording import write
from actlint.config import TARGETS
from actlint.files.project import check_writable as check_records
from actlint.files.project import folders_above
from actlint.files.source import Undecodable
from actlint.files.write import check_writable
from actlint.report.findings import shown_path
from actlint.report.outcome import Outcome, as_json, lines
from actlint.report.terminal import draw
from actlint.syntax.errors import Invalid
from actlint.verify.proof import reason


@click.command(short_help="Migrate TensorFlow 1 training programs, with proof.")
@paths_argument
@click.option(
    "--to",
    "target",
    type=click.Choice(TARGETS),
    help="What to migrate to (default: `target` in pyproject.toml, else tf2).",
)
@click.option("--diff", is_flag=True, help="Prove and show the changes, and write nothing.")
@click.option("--static", is_flag=True, help="Show the changes without running anything, and write nothing.")
@click.option("--unverified", is_flag=True, help="Write also what is close, inconclusive or not run.")
@click.option(
    "--output-dir", type=click.Path(file_okay=False, path_type=Path), help="Write there; leave the originals."
)
@click.option(
    "--hidden",
    type=click.Choice(("hook", "return")),
    default="hook",
    show_default=True,
    help="How PyTorch code gets at hidden activations.",
)
@interpreter_options
@setup_option
@inputs_option
@click.option("--undo", is_flag=True, help="Restore what was there before a migration, and do nothing else.")
@click.option("--force", is_flag=True, help="With --undo: also files that were changed since; they are kept aside.")
@click.option("--exclude", multiple=True, callback=selectors, metavar="GLOBS", help="Not these files and folders.")
@click.option("--output-format", type=click.Choice(("full", "json")), default="full", show_default=True)
def fix(
    paths: tuple[str, ...],
    target: str | None,
    diff: bool,
    static: bool,
    unverified: bool,
    output_dir: Path | None,
    hidden: str,
    python: str | None,
    tf1_python: str | None,
    setup: Path | None,
    inputs: str,
    undo: bool,
    force: bool,
    exclude: tuple[str, ...],
    output_format: str,
) -> int:
    """Migrate TensorFlow 1 training programs to TensorFlow 2 or PyTorch.

    A file is migrated with the local modules that it imports; a folder means every program in it. Only what is proved
    to compute the same is written. Exit codes: 0 all proved or nothing to do, 1 otherwise, 2 error.
    """
    if force and not undo:
        raise click.UsageError("--force has a meaning only beside --undo")
    if undo:
        _check_alone()
        from actlint.cli.undo import run_undo

        return run_undo(paths or (".",), force, output_format)
    if static and unverified:
        raise click.UsageError("--static writes nothing, so --unverified has no meaning beside it")
    if output_dir and (diff or static):
        raise click.UsageError("--diff and --static write nothing, so --output-dir has no meaning beside them")
    paths = paths or (".",)
    config = configuration(paths)
    after, before = interpreters(python, tf1_python, config)
    settings = Settings(
        target or config.target, hidden, Runtime(after, before, setup, config.memory, inputs), static, diff
    )
    job = _Job(settings, output_dir, unverified)
    job.run(files_meant(paths, config, exclude), paths)
    if output_format == "json":
        import json

        click.echo(json.dumps(as_json(job.outcomes), indent=2))
    else:
        draw(lines(job.outcomes, failed=bool(job.errors)), sys.stdout)
    for sentence in job.errors:
        click.echo(f"actlint: error: {sentence}", err=True)
    return 2 if job.errors else 0 if all(outcome.good for outcome in job.outcomes) else 1


def _check_alone() -> None:
    """Beside --undo, options of a migration have no meaning. Raises click.UsageError."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in ("paths", "undo", "force", "output_format"):
            continue
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--undo restores files, so {parameter.opts[0]} has no meaning beside it")


class Unwritable(Exception):
    """Why a rewrite can't be written; the message is one sentence."""


class _Job:
    """One invocation: finds programs, converts each, and writes what may be written."""

    def __init__(self, settings: Settings, output_dir: Path | None, unverified: bool) -> None:
        self.outcomes: list[Outcome] = []
        self.errors: list[str] = []
        self._settings = settings
        self._output_dir = output_dir
        self._writable = {"proved", "close", "inconclusive", "not run"} if unverified else {"proved"}
        self._reader = Reader()
        notice = Notice(remembered=not settings.diff and output_dir is None)
        self._converter = Converter(settings, self._reader, tell, notice, self._check)
        self._read_records = Reading()
        self._named: set[Path] = set()

    def run(self, files: Sequence[Path], paths: Sequence[str]) -> None:
        notebooks = [file for file in files if file.suffix == ".ipynb"]
        self.outcomes += [_notebook(file, self._settings.target) for file in notebooks]
        named = self._named = {Path(os.path.abspath(path)) for path in paths}
        found = find([file for file in files if file not in notebooks], named, self._reader)
        self.errors += found.failures
        self.outcomes += [_unreadable(error, self._settings.target) for error in found.unreadable]
        for group in found.groups:
            self._migrate(group)
        self.outcomes += [self._idle(file) for file in found.idle]

    def _idle(self, file: Path) -> Outcome:
        """The outcome of a file that runs no graph; a remark where its functions would, if something called them."""
        from actlint.program import analyze

        outcome = Outcome([file], self._settings.target, "nothing to do")
        if analyze(file, self._reader, uncalled=True).is_graph_program:
            text = "builds TensorFlow 1 graphs in code that nothing in it calls: name the program that calls it instead"
            outcome.notes.append(f"{shown_path(file)} {text}")
        return outcome

    def _migrate(self, group: Group) -> None:
        unwritten = f"nothing of {shown_path(group.files[0])} was written"
        try:
            converted = self._converter.convert(group)
        except Unwritable as error:
            self.errors.append(f"{error}; nothing was run, and {unwritten}")
            return
        except Exception as error:
            self.errors.append(failure(group.files[0], error))
            self.outcomes.append(_failed(group, self._settings.target))
            return
        self.outcomes.append(converted.outcome)
        if converted.outcome.verdict in self._writable and not (self._settings.diff or self._settings.static):
            try:
                self._write(converted)
            except OSError as error:
                self.errors.append(f"{explained(error)}; {unwritten}")

    def _check(self, converted: Converted) -> None:
        """Look, before a proof, whether its rewrite could be written. Raises Unwritable."""
        if self._settings.diff or self._settings.static:
            return
        files = converted.outcome.files
        start = common_folder(files)
        place: Callable[[Path], Path] = Path
        if self._output_dir is not None:
            start = self._output_dir.resolve()
            place = _destination(self._output_dir, {*files, *converted.contents}, self._named)
        try:
            check_records(start)
            check_writable(map(place, converted.contents))
        except OSError as error:
            raise Unwritable(explained(error)) from None
        for folder in folders_above(start):
            self._read_records(folder)

    def _write(self, converted: Converted) -> None:
        originals = {path: self._reader(path).raw for path in converted.outcome.files}
        for path, data in originals.items():
            if path.read_bytes() != data:
                raise OSError(f"{path} was changed while the proof ran")
        if self._output_dir is None:
            write(converted, originals, self._settings, common_folder(originals))
        else:
            place = _destination(self._output_dir, {**originals, **converted.contents}, self._named)
            write(converted, originals, self._settings, self._output_dir.resolve(), place)


def _destination(folder: Path, files: Iterable[Path], named: Iterable[Path]) -> Callable[[Path], Path]:
    """Under `folder`, files lie as they do under the named folder that holds them all, else under their own."""
    holders = [path.resolve() for path in named if path.is_dir()]
    above = [holder for holder in holders if all(path.is_relative_to(holder) for path in files)]
    base = min(above, key=lambda holder: len(holder.parts), default=common_folder(files))
    return lambda path: folder.absolute() / path.relative_to(base)


def _notebook(file: Path, target: str) -> Outcome:
    from actlint.migrate.refusals import REASONS

    kind = REASONS["REF112"]
    return Outcome([file], target, "refused", reasons=[reason(kind.code, kind.what, file=str(file), help=kind.help)])


def _failed(group: Group, target: str) -> Outcome:
    why = reason("internal-error", "actlint itself failed", file=str(group.files[0]))
    return Outcome(group.files, target, "not run", reasons=[why])


def _unreadable(error: Invalid | Undecodable, target: str) -> Outcome:
    help = getattr(error, "help", None) or "correct the file first"
    why = reason("invalid-syntax", error.why, file=str(error.path), line=error.row, help=help)
    return Outcome([error.path], target, "refused", reasons=[why])
