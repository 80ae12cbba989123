"""`actlint check --watch`: the same again whenever a file has changed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import click

from actlint.cli.failures import explained
from actlint.cli.options import tell

PAUSE = 0.5
"""Seconds between two looks at the files; ten times as long as a look takes where that is more."""

INTERRUPTED = 130
Stamps = dict[Path, tuple[int, int] | None]


def watch(
    run: Callable[[], Iterable[Path]], watched: Callable[[], Iterable[Path]], *, writes: bool, pause: float = PAUSE
) -> int:
    """Call `run`, and again whenever a file changes, comes or goes, until Ctrl-C; answers the exit code.

    Files are those that are `watched`, and those that `run` says it has read; `writes` tells that it changes them.
    What the first run raises is raised; later ones may meet settings that are just being edited: it is said.
    """
    try:
        before = _stamps_of(watched)
        read = run()
        while True:
            before = _stamps_of(watched) if writes else before
            others = stamps(set(read) - before.keys())
            sys.stdout.flush()
            tell("watching for changes; Ctrl-C ends it")
            while (now := _looked(watched, pause)) == before and stamps(others) == others:
                pass
            before = now
            _forget()
            click.clear()
            tell(f"a file has changed, {time.strftime('%H:%M:%S')}")
            read = _tried(run)
    except KeyboardInterrupt:
        return INTERRUPTED


def _tried(run: Callable[[], Iterable[Path]]) -> Iterable[Path]:
    try:
        return run()
    except click.ClickException as error:
        click.echo(f"actlint: error: {error.format_message()}", err=True)
    except OSError as error:
        click.echo(f"actlint: error: {explained(error)}", err=True)
    return ()


def stamps(files: Iterable[Path]) -> Stamps:
    """Time of change and size of files; None for one that isn't there."""
    found: Stamps = {}
    for file in files:
        try:
            status = file.stat()
            found[file] = status.st_mtime_ns, status.st_size
        except OSError:
            found[file] = None
    return found


def _looked(watched: Callable[[], Iterable[Path]], pause: float) -> Stamps:
    time.sleep(pause)
    start = time.monotonic()
    now = _stamps_of(watched)
    time.sleep(max(10 * (time.monotonic() - start) - pause, 0))
    return now


def _stamps_of(watched: Callable[[], Iterable[Path]]) -> Stamps:
    """No stamps while the paths or the settings can't be read."""
    try:
        return stamps(watched())
    except (click.ClickException, OSError):
        return {}


def _forget() -> None:
    """Which files there are is remembered within a run, not beyond."""
    imports = sys.modules.get("actlint.program.imports")
    if imports is not None:
        imports.local_file.cache_clear()
