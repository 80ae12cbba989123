"""The command group, and what an error of use looks like."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from actlint import __version__
from actlint.cli.failures import failure

COMMANDS = ("check", "fix", "verify", "rule", "coverage", "completion")


class Commands(click.Group):
    """Imports a command's module only when the command is wanted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"actlint.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="actlint %(version)s")
def app() -> None:
    """Finds hidden activations that go wrong in losses, and migrates TensorFlow 1 training code with proof."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line. Gives 2 for errors of use, of reading and writing, and of actlint itself."""
    try:
        code = app.main(args=list(arguments), prog_name="actlint", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.UsageError as error:
        hint = f" (see `{error.ctx.command_path} --help`)" if error.ctx else ""
        return _fail(error.format_message().rstrip(".") + hint)
    except click.Abort:
        return _fail("interrupted")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except click.ClickException as error:
        return _fail(error.format_message())
    except Exception as error:
        return _fail(failure(" ".join(arguments), error))


def _fail(sentence: str) -> int:
    click.echo(f"actlint: error: {sentence}", err=True)
    return 2
