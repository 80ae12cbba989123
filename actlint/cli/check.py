"""`actlint check`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from actlint.cli.checking import Checker
from actlint.cli.fixing import fix_all, fixable
from actlint.cli.options import configuration, files_meant, paths_argument, selectors
from actlint.config import Config
from actlint.report.findings import FORMATS, show
from actlint.rules.registry import UnknownRule, all_rules, check_selector, select
from actlint.rules.rule import Rule


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
    no_cache: bool,
) -> int:
    """Report what goes wrong in Python files and folders (default: the current folder).

    Reads code only: runs nothing and needs no framework. Exit codes: 0 clean, 1 findings that are left, 2 error.
    """
    paths = paths or (".",)
    config = configuration(paths)
    rules = _rules(config, selected, extended, ignored)
    files = files_meant(paths, config, exclude, force_exclude)
    for notebook in (file for file in files if file.suffix == ".ipynb"):
        raise click.ClickException(f"{notebook}: notebooks can't be read yet; export it as a Python file")
    if not files:
        click.echo("actlint: warning: no Python files found under the given paths", err=True)
    named = {os.path.abspath(path) for path in paths}

    def run() -> Checker:
        checker = Checker(rules, config)
        for file in files:
            checker.check(file, named=str(file) in named)
        return checker

    try:
        checker, fixed = fix_all(run, unsafe_fixes) if fix else (run(), 0)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    findings = checker.findings()
    show(findings, output_format, sys.stdout, checker.text, fixed, fixable(findings, unsafe_fixes))
    for sentence in checker.errors:
        click.echo(f"actlint: error: {sentence}", err=True)
    return 2 if checker.errors else 1 if findings else 0


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
