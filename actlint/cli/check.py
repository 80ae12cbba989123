"""`actlint check`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from actlint.baseline import BadBaseline, Key, read, unknown, write
from actlint.cli.checking import Checker
from actlint.cli.fixing import fix_all, fixable, silence
from actlint.cli.options import configuration, files_meant, paths_argument, selectors
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
    metavar="CODES",
    help="Only these rules: codes, prefixes or ALL.",
)
@click.option(
    "--extend-select", "extended", multiple=True, callback=selectors, metavar="CODES", help="These rules too."
)
@click.option("--ignore", "ignored", multiple=True, callback=selectors, metavar="CODES", help="Not these rules.")
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
@click.option("--no-cache", is_flag=True, help="Read every file anew.")
def check(
    paths: tuple[str, ...],
    selected: tuple[str, ...],
    extended: tuple[str, ...],
    ignored: tuple[str, ...],
    exclude: tuple[str, ...],
    force_exclude: bool,
    output_format: str,
    fix: bool,
    unsafe_fixes: bool,
    statistics: bool,
    show_files: bool,
    exit_zero: bool,
    stdin_filename: Path | None,
    baseline: Path | None,
    write_baseline: Path | None,
    add_noqa: bool,
    no_cache: bool,
) -> int:
    """Report what goes wrong in Python files and folders (default: the current folder).

    Reads code only: runs nothing and needs no framework. Exit codes: 0 clean, 1 findings that are left, 2 error.
    """
    chosen = (selected, extended, ignored)
    known = _known(baseline)
    if show_files:
        for file in _files(paths, configuration(paths or (".",)), exclude, force_exclude):
            click.echo(file)
        return 0
    if "-" in paths:
        checker, fixed = _standard_input(paths, stdin_filename, chosen, fix), 0
    else:
        config = configuration(paths or (".",))
        rules = _rules(config, *chosen)
        files = _files(paths, config, exclude, force_exclude)
        checker, fixed = _checked(paths, files, rules, config, fix, unsafe_fixes)
    findings = checker.findings()
    for kind, sentences in (("warning", checker.warnings), ("error", checker.errors)):
        for sentence in sentences:
            click.echo(f"actlint: {kind}: {sentence}", err=True)
    if write_baseline is not None:
        _write(write_baseline, findings, checker)
        return 2 if checker.errors else 0
    if baseline is not None:
        findings, gone = unknown(findings, known, baseline.resolve().parent, checker.text)
        _report_gone(baseline, gone, checker)
    if add_noqa:
        click.echo(f"Added {_silence(findings)} noqa directives.")
        return 2 if checker.errors else 0
    if statistics:
        show_statistics(findings, output_format, sys.stdout)
    else:
        left = fixable(findings, unsafe_fixes)
        show(findings, output_format, sys.stdout, checker.text, fixed, left, checker.notebook)
    return 2 if checker.errors else 1 if findings and not exit_zero else 0


def _files(paths: tuple[str, ...], config: Config, exclude: tuple[str, ...], force: bool) -> list[Path]:
    files = files_meant(paths or (".",), config, exclude, force, NOTEBOOKS)
    if not files:
        click.echo("actlint: warning: no Python files found under the given paths", err=True)
    return files


def _checked(
    paths: tuple[str, ...], files: list[Path], rules: tuple[Rule, ...], config: Config, fix: bool, unsafe_fixes: bool
) -> tuple[Checker, int]:
    """A check of files, and how many findings were fixed before it."""
    named = {os.path.abspath(path) for path in paths}

    def run() -> Checker:
        checker = Checker(rules, config)
        for file in files:
            checker.check(file, named=str(file) in named)
        return checker

    try:
        return fix_all(run, unsafe_fixes) if fix else (run(), 0)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None


def _standard_input(
    paths: tuple[str, ...], filename: Path | None, chosen: tuple[tuple[str, ...], ...], fix: bool
) -> Checker:
    """A check of what comes in, as the file of this name."""
    if len(paths) > 1:
        raise click.UsageError("`-` reads standard input and can't be given beside other paths.")
    if fix:
        raise click.UsageError("--fix can't write to standard input; give the path of the file.")
    file = Path(os.path.abspath(filename or "-"))
    config = configuration((str(file.parent if filename is None else file),))
    checker = Checker(_rules(config, *chosen), config)
    checker.check(file, named=True, raw=sys.stdin.buffer.read())
    return checker


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


def _rules(
    config: Config, selected: Sequence[str], extended: Sequence[str], ignored: Sequence[str]
) -> tuple[Rule, ...]:
    """A `--select` replaces the configuration's whole selection; the other options add to it."""
    rules = all_rules()
    try:
        for codes in config.per_file_ignores.values():
            for code in codes:
                check_selector(rules, code)
        if selected:
            return select(rules, selected, extended, ignored)
        return select(rules, config.select, (*config.extend_select, *extended), (*config.ignore, *ignored))
    except UnknownRule as error:
        raise click.ClickException(str(error)) from None
