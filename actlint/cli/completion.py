"""`actlint completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ACTLINT_COMPLETE"


@click.command(short_help="Print what makes a shell complete actlint's command lines.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a script with which bash, zsh or fish completes command lines of actlint.

    bash: put `eval "$(actlint completion bash)"` into ~/.bashrc; zsh: `eval "$(actlint completion zsh)"` into ~/.zshrc,
    after compinit; fish: `actlint completion fish > ~/.config/fish/completions/actlint.fish`.
    """
    made = get_completion_class(shell)
    if made is None:
        raise click.ClickException(f"no completion for {shell}")
    root = click.get_current_context().find_root().command
    click.echo(made(root, {}, "actlint", VARIABLE).source())
