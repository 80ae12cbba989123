"""Saying in one sentence, with a place, why a file doesn't parse. Needs no LibCST."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

from actlint.files.source import Source

PYTHON_2_HELP = "actlint reads Python 3; convert the file first, for example with 2to3 or futurize"

_PYTHON_2 = re.compile(
    r"""^\s*(?:print\s+[^\s(=.,:\[]|exec\s+[\w"'])   # print "x", exec "x"
    |^\s*except\s+[\w.()]+(?:\s*,\s*\w+)\s*:          # except E, e:
    |^\s*raise\s+[\w.]+\s*,                           # raise E, "x"
    |`[^`]*`|<>                                       # `x`, a <> b
    |\b0[0-7]+\b|\b\d+[lL]\b|\b[uU][rR]["']           # 0777, 10L, ur"x"
    |^\s*def\s+\w+\s*\(.*\([^()=]*\)\s*[,)].*:        # def f((a, b)):
    """,
    re.VERBOSE,
)
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_LIBCST_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


class Invalid(Exception):
    """A file that isn't Python 3; `row` and `column` say where, counted from 1."""

    def __init__(self, path: Path, row: int, column: int, why: str, help: str | None = None) -> None:
        super().__init__(f"{path}:{row}:{column}: {why}")
        self.path, self.row, self.column, self.why, self.help = path, row, column, why, help


def may_be_too_deep(source: Source) -> bool:
    """Whether brackets may be nested deeper than Python's own limit of 200 (there LibCST's parser can overflow);
    only a suspicion, because brackets in strings and comments count."""
    brackets = source.raw.translate(None, _NO_BRACKETS)
    for _ in range(200):
        shorter = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return len(brackets) > 400


def compiles(source: Source) -> bool:
    """Whether the running Python takes the file: a quick yes, before LibCST is asked."""
    return _python_error(source.text) is None


def explain(source: Source, error: Exception) -> Invalid:
    """What LibCST's error means. The running Python's own message is better where it refuses the file too."""
    native = _python_error(source.text)
    if native is not None:
        row, column, why = native
    elif isinstance(error, RecursionError):
        row, column, why = 1, 1, "too deeply nested to be read"
    else:
        row, column, why = _libcst_error(error)
    return _invalid(source, row, column, why)


def _invalid(source: Source, row: int, column: int, why: str) -> Invalid:
    lines = re.split("\r\n|\r|\n", source.text)
    row = min(max(row, 1), len(lines))
    line = lines[row - 1]
    column = min(max(column, 1), len(line) + 1)
    if _PYTHON_2.search(line):
        return Invalid(source.path, row, column, f"Python 2 code, which is not read: {why}", PYTHON_2_HELP)
    return Invalid(source.path, row, column, why)


def _python_error(text: str) -> tuple[int, int, str] | None:
    if "\0" in text:
        before = text[: text.index("\0")]
        return before.count("\n") + 1, len(before) - before.rfind("\n"), "null byte in the source"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        message = error.msg[:1].upper() + error.msg[1:]
        return error.lineno or 1, error.offset or 1, message
    except (RecursionError, MemoryError, ValueError):
        return 1, 1, "too deeply nested to be read"
    return None


def _libcst_error(error: Exception) -> tuple[int, int, str]:
    match = _LIBCST_PLACE.search(str(error))
    if match:
        return int(match.group(1)), int(match.group(2)), "Invalid syntax"
    row = getattr(error, "raw_line", 1)
    return row, getattr(error, "raw_column", 0) + 1, "Invalid syntax"
