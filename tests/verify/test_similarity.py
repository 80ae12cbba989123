"""Names in common, best assignments, equal sketches."""

from __future__ import annotations

import itertools
import random

import pytest

from actlint.verify.similarity import NOTHING, assign, is_alike, similarity


@pytest.mark.parametrize(
    ("own", "other"),
    [("d_loss", "discriminatorCost"), ("weights['h1']", "h1.weight"), ("enc/kernel:0", "model.encoder.weight")],
)
def test_spellings_of_one_name_have_most_in_common(own, other):
    assert similarity([own], [other]) > similarity([own], ["something.else"])


def test_numbers_tell_names_apart():
    assert similarity(["W1"], ["fc1.weight"]) > similarity(["W1"], ["fc2.weight"])


def test_places_in_lists_are_no_numbers_of_names():
    assert similarity(["W1"], ["layers[1].weight"]) == similarity(["W1"], ["layers[0].weight"])


def test_assignments_are_the_best_of_all():
    random.seed(5)
    for rows, columns in ((3, 3), (4, 3), (2, 5)):
        scores = [[random.uniform(0, 9) for _ in range(columns)] for _ in range(rows)]
        given = assign(scores)
        total = sum(scores[i][j] for i, j in enumerate(given) if j is not None)
        every = itertools.permutations([*range(columns), *[None] * max(0, rows - columns)], rows)
        best = max(sum(scores[i][j] for i, j in enumerate(places) if j is not None) for places in every)
        assert total == pytest.approx(best)


def test_impossible_pairs_are_left_out():
    assert assign([[NOTHING, 1.0], [NOTHING, 2.0]]) == [None, 1]
    assert assign([]) == []


def test_sketches_are_alike_but_for_rounding():
    assert is_alike([0.5, 0.25, 1.0], [0.5000001, 0.25, 1.0])
    assert not is_alike([0.5, 0.25, 1.0], [0.51, 0.25, 1.0])
    assert not is_alike(None, [0.5, 0.25, 1.0])
