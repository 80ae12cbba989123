"""How much two names in programs have in common, and the best assignment between two lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_TOKEN = re.compile(r"\[\d+\]|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NOISE = {"self", "placeholder", "variable", "the", "tf", "np", "ph", "op", "tensor", "read", "main", "init"}
_SAME = {
    "cost": "loss",
    "objective": "loss",
    "acc": "accuracy",
    "w": "weight",
    "weights": "weight",
    "kernel": "weight",
    "b": "bias",
    "biases": "bias",
    "labels": "label",
    "targets": "target",
    "inputs": "input",
    "d": "discriminator",
    "disc": "discriminator",
    "g": "generator",
    "gen": "generator",
    "enc": "encoder",
    "dec": "decoder",
    "lr": "rate",
    "alpha": "rate",
    "preds": "prediction",
    "pred": "prediction",
}
NOTHING = -1e9
ROUNDING = 1e-5


def tokens(name: str) -> frozenset[str]:
    """The words and numbers of a name, common abbreviations written out."""
    words = [word.lower() for word in _TOKEN.findall(name.partition(":")[0])]
    return frozenset(_SAME.get(word, word) for word in words if word not in _NOISE)


def similarity(names: Iterable[str], others: Iterable[str]) -> float:
    """From 0 (nothing in common) to 1, for the most similar of the names."""
    best = 0.0
    sets = [tokens(name) for name in others]
    for own in map(tokens, names):
        for other in sets:
            if own and other:
                best = max(best, 2 * _weight(own & other) / (_weight(own) + _weight(other)))
    return best


def _weight(words: Iterable[str]) -> float:
    """Numbers count half: some people begin with 0 and others with 1."""
    return sum(0.5 if word.isdigit() else 1.0 for word in words)


def is_alike(sketch: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Whether the sketches of two arrays of one shape are equal but for rounding; the last number is their scale."""
    if sketch is None or other is None:
        return False
    allowed = ROUNDING * max(sketch[-1], other[-1])
    return all(abs(own - its) <= allowed for own, its in zip(sketch, other, strict=True))


def assign(scores: Sequence[Sequence[float]]) -> list[int | None]:
    """For each row the column given to it, such that the sum of scores is largest; None for `NOTHING` alone."""
    rows, columns = len(scores), len(scores[0]) if scores else 0
    size = max(rows, columns)
    if not rows or not columns:
        return [None] * rows
    cost = [
        [-max(scores[i][j], NOTHING) if i < rows and j < columns else 0.0 for j in range(size)] for i in range(size)
    ]
    given = _hungarian(cost)
    return [given[i] if given[i] < columns and scores[i][given[i]] > NOTHING else None for i in range(rows)]


def _hungarian(cost: list[list[float]]) -> list[int]:
    """The column of each row in a cheapest assignment of a square matrix: shortest augmenting paths with potentials."""
    size = len(cost)
    row_potential, column_potential = [0.0] * (size + 1), [0.0] * (size + 1)
    row_of = [size] * (size + 1)
    for row in range(size):
        row_of[size] = row
        column, reach, origin, done = size, [float("inf")] * size, [size] * size, [False] * (size + 1)
        while True:
            done[column] = True
            current, step, following = row_of[column], float("inf"), size
            for j in range(size):
                if done[j]:
                    continue
                reduced = cost[current][j] - row_potential[current] - column_potential[j]
                if reduced < reach[j]:
                    reach[j], origin[j] = reduced, column
                if reach[j] < step:
                    step, following = reach[j], j
            for j in range(size + 1):
                if done[j]:
                    row_potential[row_of[j]] += step
                    column_potential[j] -= step
                elif j < size:
                    reach[j] -= step
            column = following
            if row_of[column] == size:
                break
        while column != size:
            row_of[column] = row_of[origin[column]]
            column = origin[column]
    out = [0] * size
    for column in range(size):
        out[row_of[column]] = column
    return out
