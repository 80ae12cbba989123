"""IPython's own syntax in notebook cells (`%magic`, `!command`, `help?`), made Python without moving anything."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

PLACEHOLDER = "ʘ"
"""Stands where a magic's value would: a name that no program binds."""

_PYTHON_CELLS = frozenset({"capture", "debug", "memit", "prun", "time", "timeit", "wandb"})
"""Cell magics whose cell is Python of the notebook's own program."""

_FIRST = re.compile(r"(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))*[ \t]*%%[ \t]*(\w*)")
_START = re.compile(r"[ \t]*")
_TIMED = re.compile(r"%time[ \t]+(?=[^\s-])")
_PIECE = re.compile(
    r"""(?P<comment>\#[^\r\n]*)
    |(?P<quote>\"{3}|'{3}|\"|')
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<assigned>=[ \t]*(?=%|!(?!=)))
    |(?P<help>\?\??[ \t]*;?[ \t]*(?=[\r\n]|\Z))
    |(?P<joined>\\(?:\r\n|\r|\n))
    |(?P<newline>\r\n|\r|\n)""",
    re.VERBOSE,
)
_JOINED_LINES = re.compile(r"(?:\\(?:\r\n|\r|\n)|[^\r\n])*")
_NEWLINE = re.compile("(\r\n|\r|\n)")
_STRINGS = {
    quote: re.compile(rf"(?:\\.|(?!{quote}).)*(?:{quote}|\Z)", re.DOTALL)
    if len(quote) == 3
    else re.compile(rf"(?:\\(?:\r\n|.)|[^\\\r\n{quote}])*(?:{quote}|(?=[\r\n])|\Z)", re.DOTALL)
    for quote in ('"""', "'''", '"', "'")
}


def is_python(cell: str) -> bool:
    """Whether a code cell is Python of the notebook's program, and not, by a cell magic, something else."""
    first = _FIRST.match(cell)
    return first is None or first[1] in _PYTHON_CELLS


def masked(cell: str) -> str:
    """The cell with IPython's syntax as comments and placeholders; every other character keeps its place."""
    pieces, done = [], 0
    for start, end in _magics(cell):
        pieces += (cell[done:start], _mask(cell[start:end]))
        done = end
    return "".join(pieces) + cell[done:]


def _mask(magic: str) -> str:
    """A comment behind a placeholder. What `%time` measures is left, as a statement after the placeholder."""
    timed = _TIMED.match(magic)
    if timed and _is_statement(magic[timed.end() :]):
        return f"{PLACEHOLDER};{' ' * (timed.end() - 2)}{magic[timed.end() :]}"
    first, *others = _NEWLINE.split(magic)
    opening = f"#{first[1:]}" if first.startswith("%%") else f"{PLACEHOLDER}#{first[2:]}"[: len(first)]
    return "".join([opening, *(f"#{line[1:]}" if line.strip("\r\n") else line for line in others)])


def _is_statement(code: str) -> bool:
    try:
        ast.parse(f"{PLACEHOLDER};{code}")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _magics(cell: str) -> Iterator[tuple[int, int]]:
    """The parts that are IPython's, in order; none of them is within a string, a comment or brackets."""
    position = 0
    while position < len(cell):
        start = _end(_START, cell, position)
        if cell.startswith(("%", "!", "?", "/", ",", ";"), start):
            position = _end(_JOINED_LINES, cell, start)
            yield start, position
        else:
            found, position = _within(cell, start)
            if found is not None:
                yield found


def _within(cell: str, start: int) -> tuple[tuple[int, int] | None, int]:
    """What is IPython's in the logical line that starts here, and where that line ends."""
    depth, position = 0, start
    while piece := _PIECE.search(cell, position):
        position = piece.end()
        kind = piece.lastgroup
        if kind == "quote":
            position = _end(_STRINGS[piece[0]], cell, position)
        elif kind in ("open", "close"):
            depth = max(depth + (1 if kind == "open" else -1), 0)
        elif kind == "assigned" and not depth:
            end = _end(_JOINED_LINES, cell, position)
            return (position, end), end
        elif kind == "help":
            return (start, position), position
        elif kind == "newline" and not depth:
            return None, position
    return None, len(cell)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
