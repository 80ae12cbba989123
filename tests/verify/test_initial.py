"""Weights that start from one draw."""

from __future__ import annotations

import numpy as np
import pytest

from actlint.verify.runners.initial import repeated

NAMES = {"0": "a:0", "1": "b:0"}
SAID = "initial values of 'a:0' and 'b:0' come from one draw after, not before"


def draws(first: np.ndarray, second: np.ndarray) -> dict[str, np.ndarray]:
    return {"0": first, "1": second}


@pytest.fixture
def own() -> dict[str, np.ndarray]:
    random = np.random.RandomState(0)
    return draws(random.normal(size=(4, 5)), random.normal(size=(4, 5)))


def test_weights_of_one_draw_are_told(own: dict[str, np.ndarray]) -> None:
    assert repeated(NAMES, own, own) == []
    assert repeated(NAMES, own, draws(own["0"], own["0"])) == [SAID]


def test_another_size_and_scale_are_seen_through(own: dict[str, np.ndarray]) -> None:
    longer = np.concatenate([np.ravel(own["0"]), np.ravel(own["1"])]) * 0.3
    assert repeated(NAMES, own, draws(own["0"], longer)) == [SAID]


def test_what_the_original_does_too_is_right(own: dict[str, np.ndarray]) -> None:
    alike = draws(own["0"], own["0"])
    assert repeated(NAMES, alike, alike) == []


def test_few_elements_and_constants_tell_nothing(own: dict[str, np.ndarray]) -> None:
    few = np.arange(3.0)
    assert repeated(NAMES, draws(few, few[::-1]), draws(few, few)) == []
    assert repeated(NAMES, own, draws(np.zeros(20), np.zeros(20))) == []
