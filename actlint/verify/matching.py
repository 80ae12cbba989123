"""Ties a TF1 program to a port that somebody wrote by hand: runs to functions, feeds to parameters, fetches to returns.

Works on what running both programs has shown, in the form of the runners `discover_tf` and `discover_after`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from actlint.verify.mapfile import Map, Site
from actlint.verify.pairing import Pairs, pair
from actlint.verify.similarity import NOTHING, assign, is_alike, similarity

SHAPE, NAME, ORDER = 3.0, 4.0, 0.1
RETURNED, FED, WORD = 10.0, 2.0, 4.0
SURE = 0.5
MARGIN = 3.0
MOST_TRIED, MOST_COMBINED, MOST_COMPARED = 5, 4000, 20000
FEWER = 3

Document = Mapping[str, Any]


@dataclass
class Match:
    """What ties the programs together.

    Attributes:
        plan: for `ProofRequest`; complete where there are no questions.
        map: the same for people.
        questions: what can't be decided, in sentences.
        candidates: variables that are open, with the paths they could have.
        gaps: what the proof will not see, in sentences.
    """

    plan: dict[str, Any]
    map: Map
    questions: list[str] = field(default_factory=list)
    candidates: dict[str, list[str]] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)


@dataclass
class _Candidate:
    """A function that could make a run."""

    function: Document | None
    score: float
    parameters: dict[str, list[str]] = field(default_factory=dict)
    returns: list[int | None] = field(default_factory=list)
    doubt: str | None = None
    settled: bool = False

    @property
    def name(self) -> str | None:
        return self.function["name"] if self.function else None


def match(before: Document, after: Document, settled: Map, returned: Mapping[str, list[list[str]]]) -> Match:
    """Infer the ties.

    Args:
        before: what was discovered of the original.
        after: what was discovered of the port.
        settled: what a map file says.
        returned: the expressions that functions return, by function, for each return statement.

    Raises:
        ValueError: when `settled` names what isn't there.
    """
    labels = _labels(before["sites"])
    active = [number for number, site in enumerate(before["sites"]) if not site["silent"]]
    fixed = _fixed(settled, labels, before, after)
    pairs = pair(before["variables"], after["weights"], settled.weights)
    out = Match({}, Map())
    options: dict[int, list[_Candidate]] = {}
    for number in active:
        site = before["sites"][number]
        if number in fixed and fixed[number].after is None:
            options[number] = [_Candidate(None, 0.0)]
        else:
            options[number] = _candidates(site, _runs(before, number), after, returned, fixed.get(number))
        if not options[number]:
            out.questions.append(_homeless(site, labels[number], after))
    chosen = _choose({n: o for n, o in options.items() if o}, before, after)
    _ask(chosen, labels, before, after, out)
    _describe(out, chosen, labels, before, pairs)
    return out


def _labels(sites: Sequence[Document]) -> list[str]:
    """``file:line``, numbered where one line makes several runs."""
    places = [f"{site['file']}:{site['line']}" for site in sites]
    active = [place for place, site in zip(places, sites, strict=True) if not site["silent"]]
    out, counts = [], dict.fromkeys(places, 0)
    for place, site in zip(places, sites, strict=True):
        counts[place] += not site["silent"]
        out.append(f"{place}#{counts[place]}" if active.count(place) > 1 and not site["silent"] else place)
    return out


def _fixed(settled: Map, labels: list[str], before: Document, after: Document) -> dict[int, Site]:
    """What the map file says, by number of the run."""
    known = [function["name"] for function in after["functions"]]
    active = {labels[n]: n for n, site in enumerate(before["sites"]) if not site["silent"]}
    out = {}
    for entry in settled.sites:
        meant = [n for label, n in active.items() if entry.before in (label, label.partition("#")[0])]
        if not meant:
            raise ValueError(f"the original makes no run at '{entry.before}'; it makes runs at {_listed(active)}")
        if entry.after is not None and entry.after not in known:
            raise ValueError(f"the rewrite doesn't call a function '{entry.after}'; it calls {_listed(known)}")
        out.update(dict.fromkeys(meant, entry))
    return out


def _listed(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names) or "none"


def _runs(before: Document, number: int) -> int:
    return sum(count for site, count in before["sequence"] if site == number)


# one run


def _candidates(
    site: Document, runs: int, after: Document, returned: Mapping[str, list[list[str]]], fixed: Site | None
) -> list[_Candidate]:
    """Functions that could make a run, the best first."""
    out = []
    for function in after["functions"]:
        if fixed is not None and fixed.after != function["name"]:
            continue
        if not function["calls"] or not function["steps"]:
            continue
        if fixed is None and not _does_as_much(site, runs, function, after):
            continue
        candidate = _candidate(site, function, returned.get(function["name"], []), fixed)
        if candidate is not None:
            out.append(candidate)
    return sorted(out, key=lambda candidate: -candidate.score)[:MOST_TRIED]


def _does_as_much(site: Document, runs: int, function: Document, after: Document) -> bool:
    """Whether a function trains as the run does, and is called about as often, not once with the loop inside."""
    if site["trains"]:
        if not max(function["steps"]):
            return False
    elif min(function["steps"]):
        return False
    if function["count"] < runs and any(
        name == function["name"] and count > function["count"] for _, _, name, count in after["inline"]
    ):
        return False
    return bool(after["stopped"] or function["count"] * FEWER >= runs)


def _candidate(site: Document, function: Document, returned: list[list[str]], fixed: Site | None) -> _Candidate | None:
    wanted = [fetch for fetch in site["fetches"] if fetch["tensor"] and fetch["kind"] != "other"]
    places, got, doubt = _returns(site, function, returned)
    matched = sum(place is not None for place in places)
    if fixed is not None and fixed.returns is not None:
        places, doubt, matched = _settled_returns(site, fixed), None, len(wanted)
    if not matched and not site["trains"] and fixed is None:
        return None
    parameters, quality = _parameters(site, function)
    if fixed is not None and fixed.parameters is not None:
        parameters = _settled_parameters(site, function, fixed)
    fed = sum(len(tensors) for tensors in parameters.values())
    names = [name for fetch in site["fetches"] for name in fetch["names"]]
    score = RETURNED * (2 * matched - len(wanted)) + FED * (2 * fed - len(site["feeds"])) + quality
    score += got + WORD * similarity(names, [function["name"]])
    settled = fixed is not None and fixed.returns is not None
    return _Candidate(function, score, parameters, places, doubt, settled)


def _settled_returns(site: Document, fixed: Site) -> list[int | None]:
    given = fixed.returns or []
    if len(given) == len(site["fetches"]):
        return list(given)
    raise ValueError(
        f"'returns' of '{fixed.before}' has {len(given)} entries, but the run fetches {len(site['fetches'])} values"
    )


def _settled_parameters(site: Document, function: Document, fixed: Site) -> dict[str, list[str]]:
    known = {argument["name"] for call in function["calls"] for argument in call["arguments"]}
    tensors = [feed["tensor"] for feed in site["feeds"]]
    for name, tensor in (fixed.parameters or {}).items():
        if name not in known:
            raise ValueError(f"'{fixed.after}' isn't given a parameter '{name}'; it is given {_listed(sorted(known))}")
        if tensor not in tensors:
            raise ValueError(f"the run at '{fixed.before}' isn't fed '{tensor}'; it is fed {_listed(tensors)}")
    return {name: [tensor] for name, tensor in (fixed.parameters or {}).items()}


def _returns(
    site: Document, function: Document, returned: list[list[str]]
) -> tuple[list[int | None], float, str | None]:
    """For each fetched value its place among the returned ones, how well names agree, and what is in doubt."""
    results = max((call["results"] for call in function["calls"]), key=len)
    fetches = site["fetches"]
    names = _result_names(results, returned)
    scores: list[list[float]] = []
    order = _ranks([(leaf["kind"], tuple(leaf["shape"] or ())) for leaf in results])
    wanted_order = _ranks([(fetch["kind"], tuple(fetch["shape"] or ())) for fetch in fetches])
    for fetch, own in zip(fetches, wanted_order, strict=True):
        row = []
        for leaf, other, called in zip(results, order, names, strict=True):
            if not fetch["tensor"] or not _is_value(fetch, leaf, function):
                row.append(NOTHING)
                continue
            exact = SHAPE if leaf["shape"] == fetch["shape"] else 0.0
            in_order = SHAPE * (own == other and not leaf["name"])
            row.append(1.0 + exact + NAME * similarity(_ends(fetch["names"]), called) + in_order)
        scores.append(row)
    places = assign(scores)
    agreed = sum(similarity(_ends(fetches[i]["names"]), names[p]) for i, p in enumerate(places) if p is not None)
    return places, agreed, _return_doubt(site, function, scores, places)


def _ranks(keys: list[Any]) -> list[tuple[int, int]]:
    """Place of each among its equals, and how many equals there are."""
    seen: dict[Any, int] = {}
    out = []
    for key in keys:
        out.append((seen.get(key, 0), keys.count(key)))
        seen[key] = seen.get(key, 0) + 1
    return out


def _ends(names: list[str]) -> list[str]:
    """Names, and what they end with: `loss` of `self.model.loss`."""
    return [*names, *(name.rpartition(".")[2] for name in names)]


def _result_names(results: Sequence[Document], returned: list[list[str]]) -> list[list[str]]:
    fitting = [names for names in returned if len(names) == len(results)]
    return [
        [name for name in (leaf["name"], *(names[place] for names in fitting)) if name]
        for place, leaf in enumerate(results)
    ]


def _is_value(fetch: Document, leaf: Document, function: Document) -> bool:
    """Whether a returned leaf can be a fetched one: of its kind, with as many dimensions, of its shape in some call."""
    if leaf["kind"] != fetch["kind"] or leaf["shape"] is None or fetch["shape"] is None:
        return False
    return len(leaf["shape"]) == len(fetch["shape"])


def _return_doubt(
    site: Document, function: Document, scores: list[list[float]], places: list[int | None]
) -> str | None:
    paired = [(row, place) for row, place in enumerate(places) if place is not None]
    spare = [place for place in range(len(scores[0]) if scores else 0) if place not in {p for _, p in paired}]
    for row, place in paired:
        own = scores[row][place]
        rivals = [other for other in spare if own - scores[row][other] < MARGIN]
        for second, other in paired:
            if second != row and min(scores[row][other], scores[second][place]) > NOTHING:
                if own + scores[second][other] - scores[row][other] - scores[second][place] < MARGIN:
                    rivals.append(other)
        if rivals:
            name = (site["fetches"][row]["names"] or [site["fetches"][row]["name"]])[0]
            places_ = ", ".join(str(p) for p in sorted({place, *rivals}))
            return f"'{name}' could be any of the values {places_} that {function['name']} returns"
    return None


def _parameters(site: Document, function: Document) -> tuple[dict[str, list[str]], float]:
    """Parameters with the placeholders whose feeds they receive, and how well they fit."""
    arguments: dict[str, list[list[Document]]] = {}
    for call in function["calls"]:
        for argument in call["arguments"]:
            arguments.setdefault(argument["name"], []).append(argument["leaves"])
    leaves = [
        (name, place) for name, calls in arguments.items() for place in range(len(calls[0])) if len(calls[0]) < 20
    ]
    feeds = site["feeds"]
    scores = [
        [
            _fits(feed, name, [c[place] for c in arguments[name] if place < len(c)], row, column)
            for column, (name, place) in enumerate(leaves)
        ]
        for row, feed in enumerate(feeds)
    ]
    given = assign(scores)
    by_leaf = {leaves[column]: row for row, column in enumerate(given) if column is not None}
    out, quality = {}, 0.0
    for name, calls in arguments.items():
        rows = [by_leaf.get((name, place)) for place in range(len(calls[0]))]
        known = [row for row in rows if row is not None]
        if rows and len(known) == len(rows):
            out[name] = [feeds[row]["tensor"] for row in known]
            quality += sum(max(scores[row]) for row in known) / len(feeds)
    return out, quality


def _fits(feed: Document, name: str, leaves: Sequence[Document], row: int, column: int) -> float:
    """How well a parameter fits a feed: it has been given an equal value, or bears the name of a large one.

    A parameter that fits no feed keeps the value that the port gives it: what it computes is compared all the same.
    """
    examples = feed["examples"]
    alike = [leaf for leaf in leaves if leaf["kind"] is not None and leaf["shape"] is not None]
    shapes = [example["shape"] for example in examples]
    if not any(leaf["shape"] in shapes for leaf in alike):
        return NOTHING
    word = similarity([feed["tensor"], *feed["names"]], [name, *(leaf["name"] for leaf in leaves)])
    known = [e for e in examples if e["sketch"] is not None]
    equal = any(leaf["shape"] == e["shape"] and is_alike(e["sketch"], leaf["sketch"]) for leaf in alike for e in known)
    if not equal and (known or word < SURE):
        return NOTHING
    return SHAPE + NAME * word - ORDER * abs(row - column)


# all runs together


def _choose(options: dict[int, list[_Candidate]], before: Document, after: Document) -> dict[int, _Candidate]:
    """The functions that together explain the sequence of runs best, and fit best."""
    if not options:
        return {}
    best: tuple[float, float] | None = None
    chosen: dict[int, _Candidate] = {}
    outer = _depths(after)
    for combination in _combinations(list(options.values())):
        own = dict(zip(options, combination, strict=True))
        agreed = _agreement(own, before, after)
        score = sum(candidate.score - ORDER * outer.get(candidate.name, 0) for candidate in combination)
        if best is None or (agreed, score) > best:
            best, chosen = (agreed, score), own
    return chosen


def _combinations(options: list[list[_Candidate]]) -> Iterator[tuple[_Candidate, ...]]:
    most = MOST_TRIED
    while most > 1 and most ** len(options) > MOST_COMBINED:
        most -= 1
    return itertools.islice(itertools.product(*(own[:most] for own in options)), MOST_COMBINED)


def _depths(after: Document) -> dict[str | None, int]:
    out: dict[str | None, int] = {}
    for number, depth in after["sequence"]:
        name = after["functions"][number]["name"]
        out[name] = min(depth, out.get(name, depth))
    return out


def _agreement(chosen: Mapping[int, _Candidate], before: Document, after: Document) -> float:
    """Which part of the runs' sequence the calls of the chosen functions follow; 1 when all of it."""
    expected: list[str] = []
    for site, count in before["sequence"]:
        candidate = chosen.get(site)
        if candidate is not None and candidate.name is not None:
            expected.extend([candidate.name] * min(count, MOST_COMPARED - len(expected)))
    made = list(itertools.islice(_outermost({c.name for c in chosen.values()}, after), MOST_COMPARED))
    if not expected and not made:
        return 1.0
    same = 0
    for own, other in zip(expected, made, strict=False):
        if own != other:
            break
        same += 1
    cut = before["stopped"] or after["stopped"] or MOST_COMPARED in (len(expected), len(made))
    whole = min(len(expected), len(made)) if cut else max(len(expected), len(made))
    return same / whole if whole else 0.0


def _outermost(names: set[str | None], after: Document) -> Iterator[str]:
    functions = [function["name"] for function in after["functions"]]
    inside: int | None = None
    for number, depth in after["sequence"]:
        if inside is not None and depth > inside:
            continue
        inside = None
        if functions[number] in names:
            inside = depth
            yield functions[number]


# what is left open


def _homeless(site: Document, label: str, after: Document) -> str:
    if site["trains"] and after["inline"]:
        file, line, function, _ = max(after["inline"], key=lambda entry: entry[3])
        where = f"in '{function}'" if function else "outside of functions"
        return (
            f"no function of the rewrite makes the training run of {label}: it trains in a loop {where}, "
            f"at {file}:{line}; put that step into a function that takes the batch and returns what the run fetches"
        )
    if site["trains"]:
        return f"no function of the rewrite makes the training run of {label}: no optimizer was seen to change weights"
    what = ", ".join((fetch["names"] or [fetch["name"]])[0] for fetch in site["fetches"] if fetch["tensor"])
    return (
        f"no function of the rewrite returns what {label} fetches ({what}): put it into a function, "
        "or say in the map that it has no counterpart (after = false)"
    )


def _ask(chosen: Mapping[int, _Candidate], labels: list[str], before: Document, after: Document, out: Match) -> None:
    for number, candidate in chosen.items():
        if candidate.doubt:
            out.questions.append(f"{labels[number]}: {candidate.doubt}")
    shared: dict[str, list[int]] = {}
    for number, candidate in chosen.items():
        if candidate.name is not None:
            shared.setdefault(candidate.name, []).append(number)
    if _agreement(chosen, before, after) == 1.0:
        return
    for name, numbers in shared.items():
        runs = sum(_runs(before, number) for number in numbers)
        calls = next(f["count"] for f in after["functions"] if f["name"] == name)
        if len(numbers) > 1 and calls < runs:
            listed = ", ".join(labels[number] for number in numbers)
            out.questions.append(
                f"'{name}' seems to make several runs at once ({listed}): give each of them a function of its own"
            )


def _describe(out: Match, chosen: Mapping[int, _Candidate], labels: list[str], before: Document, pairs: Pairs) -> None:
    """Write the plan and the map."""
    placeholders: dict[tuple[str, ...], str] = {}
    runs = []
    for number, site in enumerate(before["sites"]):
        candidate = chosen.get(number)
        run: dict[str, Any] = {"site": labels[number], "key": site["key"], "callable": None, "parameters": {}}
        run.update(returns=[None] * len(site["fetches"]), trains=site["trains"])
        if candidate is not None and candidate.name is not None:
            run.update(callable=candidate.name, returns=candidate.returns)
            run["names"] = [(fetch["names"] or [fetch["tensor"]])[0] for fetch in site["fetches"]]
            run["settled"] = candidate.settled
            for name, tensors in candidate.parameters.items():
                key = tuple(tensors)
                run["parameters"][name] = placeholders.setdefault(key, f"p{len(placeholders)}")
            out.map.sites.append(_entry(labels[number], candidate))
            fed = [tensor for tensors in candidate.parameters.values() for tensor in tensors]
            for feed in site["feeds"]:
                if feed["tensor"] not in fed:
                    name = (feed["names"] or [feed["tensor"]])[0]
                    out.gaps.append(
                        f"'{name}' of {labels[number]} isn't compared as fed: {candidate.name} takes its own"
                    )
        elif candidate is not None:
            out.map.sites.append(Site(labels[number], None))
            out.gaps.append(f"{labels[number]} has no counterpart in the rewrite, as the map says")
        runs.append(run)
    out.plan = {
        "placeholders": [{"id": name, "tensors": list(key)} for key, name in placeholders.items()],
        "probes": [],
        "runs": runs,
        "weights": pairs.weights,
    }
    for weight in pairs.weights:
        out.map.weights[weight["name"]] = {"path": weight["path"], "layout": weight["layout"]}
    out.questions += pairs.questions
    out.candidates = pairs.candidates
    out.gaps += [f"variable '{name}' of the original has no counterpart in the rewrite" for name in pairs.missing]
    out.gaps += [f"weight '{path}' of the rewrite has no counterpart in the original" for path in pairs.extra]


def _entry(label: str, candidate: _Candidate) -> Site:
    single = {name: tensors[0] for name, tensors in candidate.parameters.items() if len(tensors) == 1}
    return Site(label, candidate.name, candidate.returns, single)
