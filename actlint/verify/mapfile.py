"""The readable form of a plan: which name of the rewrite stands for what in the original. People may edit it."""

from __future__ import annotations

import copy
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

LAYOUTS = ("same", "T", "HWIO")
ABSENT = -1
_HEAD = """\
# Which name of the rewritten program stands for what in the original, for `actlint verify`.
# After you have renamed something in the rewritten code, write its new name here.
"""
_WEIGHTS = """
# A variable's place is an expression in the rewritten module; `layout` is how it lies there: "same", "T", "HWIO".
[weights]
"""
_SITES = """
# A run of the original is a call of the function `after`. `returns` says which of its returned values each fetched
# value is (-1: none), `parameters` which placeholder or tensor each of its parameters takes.
"""
_PROBES = """
# Hidden tensors, loss terms and losses: the value that the `nth` assignment to `variable` in `function` gives. An entry
# that is removed, or whose variable is gone, is not compared.
"""


class MapError(Exception):
    """A map that can't be used; the message is one sentence."""


def written(plan: Mapping[str, Any]) -> str:
    """The map of a plan, as TOML."""
    lines = [_HEAD, _WEIGHTS]
    for key, weight in _named(plan["weights"], "name"):
        lines.append(f"{_text(key)} = {{ path = {_text(weight['path'])}, layout = {_text(weight['layout'])} }}\n")
    sites = [run for run in plan["runs"] if run["callable"]]
    lines += [_SITES] * bool(sites)
    for key, run in _named(sites, "site"):
        returns = [ABSENT if place is None else place for place in run["returns"]]
        parameters = ", ".join(f"{_key(name)} = {_text(source)}" for name, source in run["parameters"].items())
        inline = f"{{ {parameters} }}" if parameters else "{}"
        lines.append(f"[[site]]\nbefore = {_text(key)}\nafter = {_text(run['callable'])}\nreturns = {returns}\n")
        lines.append(f"parameters = {inline}\n\n")
    probes = [probe for probe in plan["probes"] if probe.get("after")]
    lines += [_PROBES] * bool(probes)
    for probe in probes:
        lines.append(f"[[probe]]\nid = {_text(probe['id'])}\nname = {_text(probe['name'])}\n")
        lines.append(f"role = {_text(probe['role'])}\n")
        after = probe["after"]
        lines.append(f"function = {_text(after['function'])}\nvariable = {_text(after['variable'])}\n")
        lines.append(f"nth = {after['nth']}\n\n")
    return "".join(lines).rstrip("\n") + "\n"


def applied(plan: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The plan with what a map says. Raises MapError for names that the plan doesn't have and for other mistakes."""
    document = _parsed(text)
    made = copy.deepcopy(dict(plan))
    weights = dict(_named(made["weights"], "name"))
    for name, place in _table(document, "weights").items():
        weight = _known(weights, name, "weight")
        fields = place if isinstance(place, dict) else {"path": place}
        weight["path"] = _string(fields.get("path"), f"`path` of weight {name}")
        weight["layout"] = _layout(fields.get("layout", "same"), name)
        weight["build"] = _moved_build(weight, next(w for k, w in _named(plan["weights"], "name") if k == name))
    sites = dict(_named([run for run in made["runs"] if run["callable"]], "site"))
    for entry in _tables(document, "site"):
        _site(_known(sites, _string(entry.get("before"), "`before` of a site"), "site"), entry)
    probes = {probe["id"]: probe for probe in made["probes"]}
    wanted = {_string(entry.get("id"), "`id` of a probe"): entry for entry in _tables(document, "probe")}
    for name in wanted:
        _known(probes, name, "probe")
    for name, probe in probes.items():
        probe["after"] = _probe(wanted[name]) if name in wanted else None
    return made


def _parsed(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"it isn't TOML: {error}") from None


def _site(run: dict[str, Any], entry: Mapping[str, Any]) -> None:
    run["callable"] = _string(entry.get("after"), f"`after` of site {run['site']}")
    if "returns" in entry:
        places = entry["returns"]
        count = len(run["returns"])
        if not isinstance(places, list) or len(places) != count or not all(type(place) is int for place in places):
            raise MapError(
                f"`returns` of site {run['site']} must be a list of {count} numbers, one for each fetched value"
            )
        run["returns"] = [None if place == ABSENT else place for place in places]
    if "parameters" in entry:
        known = list(run["parameters"].values())
        parameters = entry["parameters"]
        if not isinstance(parameters, dict) or sorted(map(str, parameters.values())) != sorted(known):
            listed = ", ".join(sorted(known)) or "none"
            raise MapError(f"`parameters` of site {run['site']} must name one parameter for each of: {listed}")
        run["parameters"] = parameters


def _probe(entry: Mapping[str, Any]) -> dict[str, Any]:
    what = f"probe {entry['id']}"
    nth = entry.get("nth", 0)
    if type(nth) is not int:
        raise MapError(f"`nth` of {what} must be a number")
    function = entry.get("function", "")
    if not isinstance(function, str):
        raise MapError(f"`function` of {what} must be a string")
    return {"function": function, "variable": _string(entry.get("variable"), f"`variable` of {what}"), "nth": nth}


def _moved_build(weight: Mapping[str, Any], old: Mapping[str, Any]) -> list[Any] | None:
    """The layer that is built before a weight is read: it goes with the weight's path."""
    build = weight.get("build")
    if not build or weight["path"] == old["path"]:
        return build
    layer, shape = build
    rest = old["path"].removeprefix(layer)
    path: str = weight["path"]
    return [path.removesuffix(rest), shape] if rest and path.endswith(rest) else None


def _named(items: Iterable[dict[str, Any]], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Items by a name that is theirs alone: a repeated one gets its number."""
    seen: dict[str, int] = {}
    for item in items:
        name = item[key]
        seen[name] = seen.get(name, 0) + 1
        yield (name if seen[name] == 1 else f"{name} ({seen[name]})"), item


def _known(items: Mapping[Any, dict[str, Any]], name: str, kind: str) -> dict[str, Any]:
    if name in items:
        return items[name]
    raise MapError(f"there is no {kind} {name!r}; there are {', '.join(map(str, items)) or 'none'}")


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = document.get(key, {})
    if not isinstance(table, dict):
        raise MapError(f"`{key}` must be a table")
    return table


def _tables(document: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    tables = document.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise MapError(f"`{key}` must be written as [[{key}]]")
    return tables


def _string(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise MapError(f"{what} must be a string")
    return value


def _layout(value: Any, name: str) -> str:
    if value not in LAYOUTS:
        raise MapError(f"`layout` of weight {name} must be one of {', '.join(LAYOUTS)}")
    return str(value)


def _text(value: str) -> str:
    return json.dumps(value).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)
