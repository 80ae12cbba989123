"""Map files, in TOML: which name of a rewritten program stands for what in the original. People may edit them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LAYOUTS = ("same", "T", "HWIO", "reshape")
ABSENT = -1
_HEAD = """\
# Which name of the rewritten program stands for what in the original, for `actlint verify`.
# After you have renamed something in the rewritten code, write its new name here.
"""
_WEIGHTS = f"""\
# A variable's place is an expression in the rewritten module; `layout` is how it lies there: one of
# {", ".join(LAYOUTS)}."""
_SITES = f"""\
# A run of the original is a call of the function `after`. `returns` says which of its returned values each fetched
# value is ({ABSENT}: none), `parameters` which placeholder or tensor each of its parameters takes."""
_PROBES = """\
# Hidden tensors, loss terms and losses: the value that the `nth` assignment to `variable` in `function` gives. An entry
# that is removed, or whose variable is gone, is not compared."""


class MapError(Exception):
    """A map that can't be used; the message is one sentence."""


@dataclass
class Site:
    """One run: where the original makes it, and the function that makes it in the rewrite (None: none does).

    `returns` holds for each fetched value its place among the returned ones, None for what isn't returned; `parameters`
    the placeholder that each parameter takes the place of. None where the file leaves it open.
    """

    before: str
    after: str | None
    returns: list[int | None] | None = None
    parameters: dict[str, str] | None = None


@dataclass
class Probe:
    """A tensor by its number in the plan, and the assignment that gives its value in the rewrite. `name` and `role` say
    to readers what it is."""

    id: str
    function: str
    variable: str
    nth: int
    name: str = ""
    role: str = ""


@dataclass
class Map:
    """A map file's content."""

    weights: dict[str, dict[str, str]] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)


def parse(text: str, *, recorded: bool = False) -> Map:
    """The map that a file's text holds. Raises MapError.

    That of a record of a migration has probes, and a function for each of its sites.
    """
    document = _parsed(text)
    kinds = ("weights", "site", "probe") if recorded else ("weights", "site")
    listed = ", ".join(("[weights]", *(f"[[{kind}]]" for kind in kinds[1:-1]))) + f" and [[{kinds[-1]}]]"
    _check_keys(document, kinds, "", f"a map has {listed}")
    weights = document.get("weights", {})
    if not isinstance(weights, dict):
        raise MapError("'weights' isn't a table")
    return Map(
        {name: _weight(name, entry) for name, entry in weights.items()},
        [_site(entry, recorded) for entry in _tables(document, "site")],
        [_probe(entry) for entry in _tables(document, "probe")],
    )


def render(map_: Map, candidates: Mapping[str, list[str]] | None = None, *, explained: bool = False) -> str:
    """The map as TOML; variables that are open get their candidates as a comment. `explained` adds comments on what
    the entries mean."""
    lines = [_HEAD] * explained + _explained(_WEIGHTS, explained, "[weights]")
    for name, entry in map_.weights.items():
        listed = (candidates or {}).get(name)
        lines += [f"# one of: {', '.join(listed)}"] if listed else []
        lines.append(f"{_text(name)} = {{path = {_text(entry['path'])}, layout = {_text(entry['layout'])}}}")
    for name, listed in (candidates or {}).items():
        if name not in map_.weights:
            lines += [f"# one of: {', '.join(listed)}", f'# {_text(name)} = {{path = "", layout = "same"}}']
    for number, site in enumerate(map_.sites):
        lines += ["", *_explained(_SITES, explained and not number, "[[site]]"), *_site_lines(site)]
    for number, probe in enumerate(map_.probes):
        lines += ["", *_explained(_PROBES, explained and not number, "[[probe]]")]
        lines += [f"{key} = {_text(getattr(probe, key))}" for key in ("id", "name", "role", "function", "variable")]
        lines.append(f"nth = {probe.nth}")
    return "\n".join(lines) + "\n"


def _explained(comment: str, wanted: bool, head: str) -> list[str]:
    return [comment, head] if wanted else [head]


def _site_lines(site: Site) -> Iterator[str]:
    yield f"before = {_text(site.before)}"
    yield f"after = {_text(site.after) if site.after else 'false'}"
    if site.returns is not None:
        yield f"returns = {[ABSENT if place is None else place for place in site.returns]}"
    if site.parameters:
        inner = ", ".join(f"{_key(name)} = {_text(tensor)}" for name, tensor in site.parameters.items())
        yield f"parameters = {{{inner}}}"


def _parsed(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"it isn't TOML: {error}") from None


def _check_keys(table: Mapping[str, Any], known: Iterable[str], where: str, help: str) -> None:
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise MapError(f"unknown key '{unknown[0]}'{where}; {help}")


def _tables(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = document.get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise MapError(f"'{key}' isn't a list of tables: write [[{key}]]")
    return value


def _weight(name: str, entry: Any) -> dict[str, str]:
    entry = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or set(entry) - {"path", "layout"}:
        raise MapError(f'\'{name}\' needs {{path = "...", layout = "same"}}')
    layout = entry.get("layout", "same")
    if layout not in LAYOUTS:
        raise MapError(f"layout '{layout}' of '{name}' isn't one of {', '.join(LAYOUTS)}")
    return {"path": entry["path"], "layout": layout}


def _site(entry: Mapping[str, Any], recorded: bool) -> Site:
    help = "it has before, after, returns and parameters"
    _check_keys(entry, ("before", "after", "returns", "parameters"), " in [[site]]", help)
    before, after = entry.get("before"), entry.get("after")
    if not isinstance(before, str):
        raise MapError('a [[site]] needs before = "file.py:line"')
    if not (isinstance(after, str) and after) and (recorded or after is not False):
        none = "" if recorded else ", or after = false where there is none"
        raise MapError(f"the site '{before}' needs after = \"function\"{none}")
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


def _probe(entry: Mapping[str, Any]) -> Probe:
    keys = ("id", "name", "role", "function", "variable")
    _check_keys(entry, (*keys, "nth"), " in [[probe]]", f"it has {', '.join(keys)} and nth")
    texts = {key: entry.get(key, "") for key in keys}
    if not isinstance(texts["id"], str) or not texts["id"]:
        raise MapError('a [[probe]] needs an id, like id = "t0"')
    for key, value in texts.items():
        if not isinstance(value, str):
            raise MapError(f"'{key}' of the probe '{texts['id']}' must be a string")
    nth = entry.get("nth", 0)
    if not texts["variable"] or type(nth) is not int:
        raise MapError(f"the probe '{texts['id']}' needs variable = \"name\", and a number as nth")
    return Probe(**texts, nth=nth)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)
