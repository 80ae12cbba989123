"""Which variable of a TF1 program is which weight of its port, and how it lies there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actlint.verify.similarity import NOTHING, assign, is_alike, similarity

VALUE, NAME, ORDER, TRAINABLE, EXACT = 20.0, 16.0, 4.0, 2.0, 3.0
MARGIN = 3.0


@dataclass
class Pairs:
    """Variables with their counterparts.

    Attributes:
        weights: entries of a plan.
        questions: what names, shapes and order leave open, in sentences.
        candidates: for variables that are open, the paths that they could have.
        extra: paths of weights without counterpart.
        missing: names of variables without counterpart.
    """

    weights: list[dict[str, Any]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    candidates: dict[str, list[str]] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def pair(
    variables: list[dict[str, Any]], weights: list[dict[str, Any]], settled: Mapping[str, Mapping[str, str]]
) -> Pairs:
    """Pair variables with weights.

    Args:
        variables: the original's, in the order of their creation.
        weights: the port's, in the order of their making.
        settled: ``variable -> {"path", "layout"}``, as a map file says.

    Raises:
        ValueError: when `settled` names what isn't there; the message says what is.
    """
    out = Pairs()
    free, left = _settle(variables, weights, settled, out)
    own_names = _names(variables)
    ranks = _ranks([variables[i]["shape"] for i in free], free), _ranks([weights[j]["shape"] for j in left], left)
    scores = [[_score(variables[i], own_names[i], weights[j], i, j, ranks) for j in left] for i in free]
    given = assign([[score for score, _ in row] for row in scores])
    for row, column in enumerate(given):
        if column is not None:
            _add(out, free[row], variables[free[row]], weights[left[column]], scores[row][column][1])
    _question_swaps(out, [variables[i] for i in free], [weights[j] for j in left], scores, given)
    taken = {column for column in given if column is not None}
    out.extra = [weights[j]["path"] for place, j in enumerate(left) if place not in taken and weights[j]["trainable"]]
    paired = {weight["path"] for weight in out.weights}
    out.extra = [path for path in out.extra if path not in paired]
    out.missing = [variables[i]["name"] for row, i in enumerate(free) if given[row] is None]
    lonely = [variables[i] for row, i in enumerate(free) if given[row] is None and variables[i]["trainable"]]
    _question_forms(out, lonely, [weights[j] for place, j in enumerate(left) if place not in taken])
    out.weights.sort(key=lambda weight: int(weight["order"]))
    return out


def _settle(
    variables: list[dict[str, Any]],
    weights: list[dict[str, Any]],
    settled: Mapping[str, Mapping[str, str]],
    out: Pairs,
) -> tuple[list[int], list[int]]:
    """Take over what a map file says; gives what is left to decide on both sides."""
    by_name = {variable["name"]: i for i, variable in enumerate(variables)}
    by_path = {weight["path"]: j for j, weight in enumerate(weights)}
    done: set[int] = set()
    used: set[int] = set()
    for name, entry in settled.items():
        if name not in by_name:
            raise ValueError(f"the original has no variable '{name}'; it has {_listed(by_name)}")
        place, path, layout = by_name[name], entry.get("path"), entry.get("layout", "same")
        known = by_path.get(str(path))
        if path is None:
            raise ValueError(f"'{name}' has no path")
        if known is None and not re.match(r"^[A-Za-z_]", path):
            raise ValueError(f"'{path}' isn't a path of a weight; the rewrite has {_listed(by_path)}")
        weight = weights[known] if known is not None else {"path": path, "build": None}
        _add(out, place, variables[place], weight, layout)
        done.add(place)
        used.update(() if known is None else (known,))
    return [i for i in range(len(variables)) if i not in done], [j for j in range(len(weights)) if j not in used]


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"


def _add(out: Pairs, order: int, variable: Mapping[str, Any], weight: Mapping[str, Any], layout: str) -> None:
    entry = {"order": order, "name": variable["name"], "path": weight["path"], "layout": layout}
    out.weights.append({**entry, "build": weight.get("build")})


def _names(variables: list[dict[str, Any]]) -> list[list[str]]:
    """Names that say something: the program's expressions, and scopes without numbers that TensorFlow chose."""
    plain = {_without_zero(variable["name"]) for variable in variables}
    out = []
    for variable in variables:
        parts = []
        prefix = ""
        for part in _without_zero(variable["name"]).split("/"):
            base = re.sub(r"_\d+$", "", part)
            counted = base != part and any(p == prefix + base or p.startswith(prefix + base + "/") for p in plain)
            parts.append(base if counted else part)
            prefix += part + "/"
        out.append(["/".join(parts), *variable["names"]])
    return out


def _without_zero(name: str) -> str:
    return name.partition(":")[0]


def _signature(shape: list[int] | None) -> tuple[int, ...]:
    return tuple(sorted(d for d in shape or [] if d != 1))


def _ranks(shapes: list[list[int] | None], numbers: list[int]) -> dict[int, tuple[int, tuple[int, ...]]]:
    """Number in the list of all -> its place among those of the same shape, dimensions in any order."""
    counts: dict[tuple[int, ...], int] = {}
    out = {}
    for shape, number in zip(shapes, numbers, strict=True):
        key = _signature(shape)
        out[number] = counts.get(key, 0), key
        counts[key] = counts.get(key, 0) + 1
    return out


def _score(
    variable: Mapping[str, Any],
    names: list[str],
    weight: Mapping[str, Any],
    row: int,
    column: int,
    ranks: tuple[dict[int, tuple[int, tuple[int, ...]]], dict[int, tuple[int, tuple[int, ...]]]],
) -> tuple[float, str]:
    layouts = _layouts(variable, weight)
    if not layouts:
        return NOTHING, "same"
    best, chosen = NOTHING, "same"
    for place, layout in enumerate(layouts):
        value = VALUE if is_alike((variable["initial"] or {}).get(layout), weight["initial"]) else 0.0
        if value - place * EXACT > best:
            best, chosen = value - place * EXACT, layout
    own_rank, other_rank = ranks[0][row], ranks[1][column]
    same_number = _count(ranks[0], own_rank[1]) == _count(ranks[1], other_rank[1])
    best += ORDER if same_number and own_rank[0] == other_rank[0] else 0.0
    best += TRAINABLE if variable["trainable"] == weight["trainable"] else 0.0
    return best + NAME * similarity(names, [weight["path"]]), chosen


def _count(ranks: Mapping[int, tuple[int, tuple[int, ...]]], key: tuple[int, ...]) -> int:
    return sum(1 for _, own in ranks.values() if own == key)


def _layouts(variable: Mapping[str, Any], weight: Mapping[str, Any]) -> list[str]:
    """How the variable can lie in the weight, the likeliest first."""
    shape, other, kind = variable["shape"], weight["shape"], weight["kind"]
    if shape is None or variable["kind"] != weight["dtype"]:
        return []
    moved = shape[-1:] + shape[-2:-1] + shape[:-2] if len(shape) > 2 else None
    if kind == "linear" and len(other) == 2:
        return ["T"] if shape[::-1] == other else []
    if kind == "convolution" and len(other) > 2:
        return ["HWIO"] if moved == other else []
    out = ["same"] if shape == other else []
    if len(shape) == 2 and shape[::-1] == other and kind == "raw":
        out.append("T")
    if moved == other and kind == "raw":
        out.append("HWIO")
    if not out and [d for d in shape if d != 1] == [d for d in other if d != 1]:
        out.append("reshape")
    return out


def _question_swaps(
    out: Pairs,
    variables: list[dict[str, Any]],
    weights: list[dict[str, Any]],
    scores: list[list[tuple[float, str]]],
    given: list[int | None],
) -> None:
    """Ask about each two pairs that would be nearly as good the other way round, and about nearly equal rivals."""
    paired = [(row, column) for row, column in enumerate(given) if column is not None]
    spare = [column for column in range(len(weights)) if column not in {column for _, column in paired}]
    for row, column in paired:
        own = scores[row][column][0]
        rivals = [other for other in spare if own - scores[row][other][0] < MARGIN]
        for second, other in paired:
            if second != row and min(scores[row][other][0], scores[second][column][0]) > NOTHING:
                swapped = scores[row][other][0] + scores[second][column][0]
                if own + scores[second][other][0] - swapped < MARGIN:
                    rivals.append(other)
        paths = sorted({weights[column]["path"], *(weights[other]["path"] for other in rivals)})
        if len(paths) > 1:
            out.candidates[variables[row]["name"]] = paths
            listed = ", ".join(f"'{path}'" for path in paths)
            out.questions.append(f"variable '{variables[row]['name']}' could be any of {listed}")


def _question_forms(out: Pairs, lonely: list[dict[str, Any]], spare: list[dict[str, Any]]) -> None:
    """Ask about variables without counterpart where a weight of as many elements has none either."""
    for variable in lonely:
        shape = variable["shape"]
        if shape is None:
            continue
        alike = [weight for weight in spare if weight["trainable"] and _size(weight["shape"]) == _size(shape)]
        if alike:
            paths = [weight["path"] for weight in alike]
            out.candidates[variable["name"]] = paths
            listed = ", ".join(f"'{weight['path']}' {tuple(weight['shape'])}" for weight in alike)
            out.questions.append(f"variable '{variable['name']}' {tuple(shape)} could lie in {listed}")


def _size(shape: list[int]) -> int:
    product = 1
    for dimension in shape:
        product *= dimension
    return product
