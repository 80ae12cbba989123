"""Map files for ports, in TOML: which weight of the port is which variable, and which function makes which run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ABSENT = -1


class MapError(Exception):
    """A map file that can't be used; the message is one sentence."""


@dataclass
class Site:
    """One run: where the original makes it, and the function that makes it in the port (None: none does).

    `returns` holds for each fetched value its place among the returned ones, None for what isn't returned; `parameters`
    the placeholder that each parameter takes the place of. None where the file leaves it open.
    """

    before: str
    after: str | None
    returns: list[int | None] | None = None
    parameters: dict[str, str] | None = None


@dataclass
class Map:
    """A map file's content."""

    weights: dict[str, dict[str, str]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)


def parse(text: str) -> Map:
    """The map that a file's text holds. Raises MapError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"not TOML: {error}") from None
    unknown = sorted(set(document) - {"weights", "site"})
    if unknown:
        raise MapError(f"unknown key '{unknown[0]}'; a map has [weights] and [[site]]")
    weights = document.get("weights", {})
    if not isinstance(weights, dict):
        raise MapError("'weights' isn't a table")
    return Map(
        {name: _weight(name, entry) for name, entry in weights.items()},
        [_site(entry) for entry in _tables(document.get("site", []))],
    )


def _tables(value: Any) -> Iterable[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise MapError("'site' isn't a list of tables: write [[site]]")
    return value


def _weight(name: str, entry: Any) -> dict[str, str]:
    entry = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or set(entry) - {"path", "layout"}:
        raise MapError(f'\'{name}\' needs {{path = "...", layout = "same"}}')
    layout = entry.get("layout", "same")
    if not isinstance(layout, str):
        raise MapError(f"the layout of '{name}' isn't a text")
    return {"path": entry["path"], "layout": layout}


def _site(entry: Mapping[str, Any]) -> Site:
    unknown = sorted(set(entry) - {"before", "after", "returns", "parameters"})
    if unknown:
        raise MapError(f"unknown key '{unknown[0]}' in [[site]]; it has before, after, returns and parameters")
    before, after = entry.get("before"), entry.get("after")
    if not isinstance(before, str):
        raise MapError('a [[site]] needs before = "file.py:line"')
    if after is not False and not isinstance(after, str):
        raise MapError(f"the site '{before}' needs after = \"function\", or after = false where there is none")
    parameters = entry.get("parameters")
    if parameters is not None and not _is_table_of_texts(parameters):
        raise MapError(f"'parameters' of '{before}' needs entries like x = \"Placeholder:0\"")
    return Site(before, after or None, _returns(before, entry.get("returns")), parameters)


def _is_table_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(inner, str) for inner in value.values())


def _returns(before: str, value: Any) -> list[int | None] | None:
    if value is None:
        return None
    if isinstance(value, list) and all(type(place) is int and place >= ABSENT for place in value):
        return [None if place == ABSENT else place for place in value]
    raise MapError(f"'returns' of '{before}' needs places of returned values, and {ABSENT} for what isn't returned")


def render(map_: Map, candidates: Mapping[str, list[str]] | None = None) -> str:
    """The map as TOML; variables that are open get their candidates as a comment."""
    lines = ["[weights]"]
    for name, entry in map_.weights.items():
        listed = (candidates or {}).get(name)
        lines += [f"# one of: {', '.join(listed)}"] if listed else []
        lines.append(f"{_text(name)} = {{path = {_text(entry['path'])}, layout = {_text(entry['layout'])}}}")
    for name, listed in (candidates or {}).items():
        if name not in map_.weights:
            lines += [f"# one of: {', '.join(listed)}", f'# {_text(name)} = {{path = "", layout = "same"}}']
    for site in map_.sites:
        lines += ["", "[[site]]", f"before = {_text(site.before)}"]
        lines.append(f"after = {_text(site.after) if site.after else 'false'}")
        if site.returns is not None:
            places = (str(ABSENT if place is None else place) for place in site.returns)
            lines.append(f"returns = [{', '.join(places)}]")
        if site.parameters:
            inner = ", ".join(f"{_key(name)} = {_text(tensor)}" for name, tensor in site.parameters.items())
            lines.append(f"parameters = {{{inner}}}")
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else json.dumps(name)
