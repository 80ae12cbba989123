"""The map of a plan: its readable form in a record, and the plan that a person's edits of it mean."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from actlint.verify.mapfile import Map, MapError, Probe, Site, parse, render


def written(plan: Mapping[str, Any]) -> str:
    """The map of a plan, as TOML."""
    sites = _named([run for run in plan["runs"] if run["callable"]], "site")
    probes = [probe for probe in plan["probes"] if probe.get("after")]
    map_ = Map(
        {key: {"path": own["path"], "layout": own["layout"]} for key, own in _named(plan["weights"], "name")},
        [Site(key, run["callable"], run["returns"], run["parameters"]) for key, run in sites],
        [Probe(own["id"], **own["after"], name=own["name"], role=own["role"]) for own in probes],
    )
    return render(map_, explained=True)


def applied(plan: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The plan with what a map says. Raises MapError for names that the plan doesn't have and for other mistakes."""
    map_ = parse(text, recorded=True)
    made = copy.deepcopy(dict(plan))
    weights = dict(_named(made["weights"], "name"))
    for name, place in map_.weights.items():
        weight = _known(weights, name, "weight")
        if not place["path"]:
            raise MapError(f"the path of the weight '{name}' is empty")
        weight["build"] = _moved_build(weight, place["path"])
        weight.update(place)
    sites = dict(_named([run for run in made["runs"] if run["callable"]], "site"))
    for site in map_.sites:
        _lay(site, _known(sites, site.before, "site"))
    probes = {probe["id"]: probe for probe in made["probes"]}
    wanted = {probe.id: probe for probe in map_.probes}
    for name in wanted:
        _known(probes, name, "probe")
    for name, probe in probes.items():
        entry = wanted.get(name)
        probe["after"] = entry and {"function": entry.function, "variable": entry.variable, "nth": entry.nth}
    return made


def _lay(site: Site, run: dict[str, Any]) -> None:
    """Let a run of the plan be what the map says of it."""
    run["callable"] = site.after
    if site.returns is not None:
        count = len(run["returns"])
        if len(site.returns) != count:
            raise MapError(
                f"'returns' of '{run['site']}' must be a list of {count} numbers, one for each fetched value"
            )
        run["returns"] = site.returns
    if site.parameters is not None:
        known = sorted(run["parameters"].values())
        if sorted(site.parameters.values()) != known:
            listed = ", ".join(known) or "none"
            raise MapError(f"'parameters' of '{run['site']}' must name one parameter for each of: {listed}")
        run["parameters"] = site.parameters


def _moved_build(weight: Mapping[str, Any], path: str) -> list[Any] | None:
    """The layer that is built before a weight is read: it goes with the weight to its new path."""
    build = weight.get("build")
    if not build or weight["path"] == path:
        return build
    layer, shape = build
    rest = weight["path"].removeprefix(layer)
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
