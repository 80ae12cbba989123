"""Styled lines: plain text anywhere, drawn by rich on a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TextIO

Line = tuple[tuple[str, str], ...]
"""Pieces of one line: text and its rich style, "" for none."""


def line(*pieces: str | tuple[str, str]) -> Line:
    """A line of plain and styled pieces."""
    return tuple((piece, "") if isinstance(piece, str) else piece for piece in pieces)


def draw(lines: Iterable[Line], stream: TextIO) -> None:
    """Print the lines, with colours only where `stream` is a terminal and NO_COLOR isn't set."""
    if stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        from rich.console import Console
        from rich.text import Text

        console = Console(file=stream, highlight=False, soft_wrap=True)
        for pieces in lines:
            console.print(Text.assemble(*pieces))
        return
    encoding = stream.encoding or "utf-8"
    for pieces in lines:
        text = "".join(text for text, _ in pieces).rstrip()
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
