"""`actlint rule`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from actlint.cli.options import complete_codes
from actlint.report.rules import Page, as_json, page, show

if TYPE_CHECKING:
    from actlint.migrate.refusals import Refusal
    from actlint.rules.rule import Rule
    from actlint.verify.reasons import Kind


@click.command(short_help="Explain a rule or a reason of refusal.")
@click.argument("code", required=False, shell_complete=complete_codes)
@click.option("--all", "every", is_flag=True, help="Explain all rules and reasons of refusal.")
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", show_default=True)
def rule(code: str | None, every: bool, output_format: str) -> None:
    """Explain a rule (ACT102) or a reason for which a migration is refused (REF101)."""
    if every == (code is not None):
        raise click.UsageError("give one CODE or --all")
    pages = _pages()
    if code is not None:
        if code.upper() not in pages:
            raise click.ClickException(f"unknown rule `{code}`; `actlint rule --all` lists the rules")
        pages = {code.upper(): pages[code.upper()]}
    if output_format == "json":
        explained = [as_json(page) for page in pages.values()]
        click.echo(json.dumps(explained if every else explained[0], indent=2))
    else:
        show(list(pages.values()), sys.stdout)


def _pages() -> dict[str, Page]:
    from actlint.migrate.refusals import REASONS
    from actlint.rules.registry import all_rules
    from actlint.verify.reasons import KINDS

    explained: list[Rule | Refusal | Kind] = [*all_rules(), *REASONS.values(), *KINDS.values()]
    return {item.code: page(item) for item in explained}
