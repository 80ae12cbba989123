"""`actlint check`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from actlint.baseline import BadBaseline, Key, read, unknown, write
from actlint.cli import watching
from actlint.cli.checking import Checker
from actlint.cli.fixing import fix_all, fixable, silence
from actlint.cli.many import check_all
from actlint.cli.options import complete_codes, configuration, files_meant, paths_argument, selectors
from actlint.config import Config
from actlint.files.discover import NOTEBOOKS
from actlint.findings import Finding
from actlint.report.findings import FORMATS, show, show_statistics
from actlint.rules.registry import UnknownRule, all_rules, check_selector, select
from actlint.rules.rule import Rule

PATH = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="Report what goes wrong in Python files and folders.")
@paths_argument
@click.option(
    "--select",
    "selected",
    multiple=True,
    callback=selectors,
    shell_complete=complete_codes,
    metavar="CODES",
    help="Only these rules: codes, prefixes or ALL.",
)
@click.option(
    "--extend-select",
    "extended",
    multiple=True,
    callback=selectors,
    shell_complete=complete_codes,
    metavar="CODES",
    help="These rules too.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    callback=selectors,
    shell_complete=complete_codes,
    metavar="CODES",
    help="Not these rules.",
)
@click.option("--exclude", multiple=True, callback=selectors, metavar="GLOBS", help="Not these files and folders.")
@click.option("--force-exclude", is_flag=True, help="Leave out excluded files even where they are named.")
@click.option(
    "--output-format", type=click.Choice(FORMATS), default="full", show_default=True, help="How findings are printed."
)
@click.option("--fix", is_flag=True, help="Apply safe fixes, then report what is left.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix, apply the other fixes too.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@click.option("--show-files", is_flag=True, help="List the files that would be checked, and check none.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 also where there are findings.")
@click.option(
    "--stdin-filename", type=PATH, help="The name of the file that is read from standard input, given as the path `-`."
)
@click.option("--baseline", type=PATH, help="Leave out the findings that this file knows of, and say which are gone.")
@click.option("--write-baseline", type=PATH, help="Write all findings into this file, for --baseline.")
@click.option("--add-noqa", is_flag=True, help="Silence the findings that are left with `# noqa` comments.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@click.option("--no-cache", is_flag=True, help="Read every file anew.")
def check(no_cache: bool, watch: bool, **options: Any) -> int:
    """Report what goes wrong in Python files and folders (default: the current folder).

    Reads code only: runs nothing and needs no framework. Exit codes: 0 clean, 1 findings that are left, 2 error.
    """
    asked = Asked(**options)
    if not watch:
        return _check(asked)[0]
    if "-" in asked.paths or asked.show_files or asked.write_baseline or asked.add_noqa:
        raise click.UsageError(
            "--watch checks files again and again, so standard input, --show-files, --write-baseline and --add-noqa "
            "have no meaning beside it"
        )
    return watching.watch(lambda: _check(asked)[1], lambda: _watched(asked), writes=asked.fix)


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    paths: tuple[str, ...]
    selected: tuple[str, ...]
    extended: tuple[str, ...]
    ignored: tuple[str, ...]
    exclude: tuple[str, ...]
    force_exclude: bool
    output_format: str
    fix: bool
    unsafe_fixes: bool
    statistics: bool
    show_files: bool
    exit_zero: bool
    stdin_filename: Path | None
    baseline: Path | None
    write_baseline: Path | None
    add_noqa: bool


def _check(asked: Asked) -> tuple[int, list[Path]]:
    """Check once; answers the exit code, and the files that were read."""
    known = _known(asked.baseline)
    if asked.show_files:
        for file in _files(asked, configuration(asked.paths or (".",))):
            click.echo(file)
        return 0, []
    checker, fixed = _standard_input(asked) if "-" in asked.paths else _checked(asked)
    findings = checker.findings()
    for kind, sentences in (("warning", checker.warnings()), ("error", checker.errors)):
        for sentence in sentences:
            click.echo(f"actlint: {kind}: {sentence}", err=True)
    if asked.baseline is not None and not asked.write_baseline:
        findings, gone = unknown(findings, known, asked.baseline.resolve().parent, checker.text)
        _report_gone(asked.baseline, gone, checker)
    code = _told(asked, findings, checker, fixed)
    return 2 if checker.errors else code, checker.read_files()


def _told(asked: Asked, findings: Sequence[Finding], checker: Checker, fixed: int) -> int:
    """Write or print what was found; answers the exit code."""
    if asked.write_baseline is not None:
        _write(asked.write_baseline, findings, checker)
        return 0
    if asked.add_noqa:
        click.echo(f"Added {_silence(findings)} noqa directives.")
        return 0
    if asked.statistics:
        show_statistics(findings, asked.output_format, sys.stdout)
    else:
        left = fixable(findings, asked.unsafe_fixes)
        show(findings, asked.output_format, sys.stdout, checker.text, fixed, left, checker.notebook)
    return 1 if findings and not asked.exit_zero else 0


def _watched(asked: Asked) -> list[Path]:
    """The files whose changes can change what is found, as far as the command line tells."""
    config = configuration(asked.paths or (".",))
    settings = [folder / "pyproject.toml" for folder in (config.root, *config.root.parents)]
    meant = files_meant(asked.paths or (".",), config, asked.exclude, asked.force_exclude, NOTEBOOKS)
    return [*settings, *meant, *([asked.baseline] if asked.baseline else [])]


def _files(asked: Asked, config: Config) -> list[Path]:
    files = files_meant(asked.paths or (".",), config, asked.exclude, asked.force_exclude, NOTEBOOKS)
    if not files:
        click.echo("actlint: warning: no Python files found under the given paths", err=True)
    return files


def _checked(asked: Asked) -> tuple[Checker, int]:
    """A check of files, and how many findings were fixed before it."""
    config = configuration(asked.paths or (".",))
    rules = _rules(config, asked)
    files = _files(asked, config)
    named = {os.path.abspath(path) for path in asked.paths}

    def run() -> Checker:
        return check_all(rules, config, files, named)

    try:
        return fix_all(run, asked.unsafe_fixes) if asked.fix else (run(), 0)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def _standard_input(asked: Asked) -> tuple[Checker, int]:
    """A check of what comes in, as the file of the name that was given; nothing is fixed."""
    if len(asked.paths) > 1:
        raise click.UsageError("`-` reads standard input and can't be given beside other paths.")
    if asked.fix:
        raise click.UsageError("--fix can't write to standard input; give the path of the file.")
    filename = asked.stdin_filename
    file = Path(os.path.abspath(filename or "-"))
    config = configuration((str(file.parent if filename is None else file),))
    checker = Checker(_rules(config, asked), config)
    checker.check(file, named=True, raw=sys.stdin.buffer.read())
    return checker, 0


def _silence(findings: Sequence[Finding]) -> int:
    try:
        return silence(findings)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def _known(baseline: Path | None) -> Counter[Key]:
    try:
        return read(baseline) if baseline is not None else Counter()
    except OSError as error:
        raise click.ClickException(f"{baseline}: {error.strerror}; write one with --write-baseline") from None
    except BadBaseline as error:
        raise click.ClickException(str(error)) from None


def _write(baseline: Path, findings: Sequence[Finding], checker: Checker) -> None:
    try:
        write(baseline, findings, checker.text)
    except OSError as error:
        raise click.ClickException(f"{baseline}: {error.strerror}") from None
    noun = "finding" if len(findings) == 1 else "findings"
    click.echo(f"actlint: wrote {len(findings)} {noun} to {baseline}", err=True)


def _report_gone(baseline: Path, gone: Counter[Key], checker: Checker) -> None:
    """Say what the baseline knows and the checked files don't have any more."""
    root = baseline.resolve().parent
    read_files = {Path(os.path.relpath(file.resolve(), root)).as_posix() for file in checker.checked}
    missing = {one: n for one, n in gone.items() if one[0] in read_files or not (root / one[0]).exists()}
    for (file, code, lines), count in sorted(missing.items()):
        times = f" ({count} times)" if count > 1 else ""
        click.echo(f"actlint: warning: {baseline}: {file}: {code} is gone{times}: {lines}", err=True)
    if missing:
        click.echo("actlint: warning: write the baseline anew with --write-baseline", err=True)


def _rules(config: Config, asked: Asked) -> tuple[Rule, ...]:
    """A `--select` replaces the configuration's whole selection; the other options add to it."""
    rules = all_rules()
    try:
        for codes in config.per_file_ignores.values():
            for code in codes:
                check_selector(rules, code)
        if asked.selected:
            return select(rules, asked.selected, asked.extended, asked.ignored)
        extended, ignored = (*config.extend_select, *asked.extended), (*config.ignore, *asked.ignored)
        return select(rules, config.select, extended, ignored)
    except UnknownRule as error:
        raise click.ClickException(str(error)) from None
