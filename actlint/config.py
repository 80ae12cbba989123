"""`[tool.actlint]` in pyproject.toml."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

Target = Literal["tf2", "torch"]
TARGETS: tuple[Target, ...] = ("tf2", "torch")


class ConfigError(Exception):
    """A configuration that can't be used; the message is one sentence."""


@dataclass(frozen=True)
class Config:
    """The settings of one project. `root` is the folder of its pyproject.toml, else the folder that was asked for.

    `select` is None where the project says nothing; `python` is the interpreter for proofs, `tf1_python` that of the
    original program, paths from `root` or commands; `memory` is what one side of a proof may use, in GiB.
    """

    root: Path
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    target: Target = "tf2"
    python: str | None = None
    memory: float = 8.0
    tf1_python: str | None = None


def load(paths: Sequence[str | Path], cwd: Path | None = None) -> Config:
    """The configuration of the nearest pyproject.toml with a `[tool.actlint]` table, looked for upwards from the folder
    that the paths have in common. Raises ConfigError."""
    start = os.path.abspath(cwd or os.getcwd())
    absolute = [os.path.normpath(os.path.join(start, path)) for path in paths] or [start]
    try:
        common = os.path.commonpath(absolute)
    except ValueError:
        common = start
    first = Path(common if os.path.isdir(common) else os.path.dirname(common))
    for folder in (first, *first.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (table := _table(file)) is not None:
            return _config(file, table)
    return Config(first)


def _table(file: Path) -> dict[str, Any] | None:
    raw = file.read_bytes()
    if b"actlint" not in raw:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from None
    table = document.get("tool", {}).get("actlint")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: `tool.actlint` must be a table")
    return cast("dict[str, Any] | None", table)


def _config(file: Path, table: dict[str, Any]) -> Config:
    settings: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _READERS:
            known = ", ".join(f"`{name}`" for name in sorted(_READERS))
            raise ConfigError(f"{file}: unknown key `{key}` in [tool.actlint]; known are {known}")
        try:
            settings[key.replace("-", "_")] = _READERS[key](value)
        except TypeError as error:
            raise ConfigError(f"{file}: `{key}` must be {error}") from None
    return Config(file.parent, **settings)


def _strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("a list of strings")
    return tuple(value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string")
    return value


def _target(value: Any) -> Target:
    if value not in TARGETS:
        raise TypeError('"tf2" or "torch"')
    return cast(Target, value)


def _size(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise TypeError("a number of GiB above 0")
    return float(value)


def _lists_by_glob(value: Any) -> dict[str, tuple[str, ...]]:
    try:
        return {glob: _strings(codes) for glob, codes in value.items()}
    except (AttributeError, TypeError):
        raise TypeError("a table of lists of strings") from None


_READERS = {
    "select": _strings,
    "ignore": _strings,
    "extend-select": _strings,
    "exclude": _strings,
    "per-file-ignores": _lists_by_glob,
    "target": _target,
    "python": _string,
    "memory": _size,
    "tf1-python": _string,
}
