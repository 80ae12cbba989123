"""The edits are those that the documentation's page tells of, and a fixed sample of them is noticed."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from . import structure  # noqa: F401
from .mutators import Mutant, mutants
from .proving import Task, Workshop
from .subjects import subject
from .table import recorded, survivors

SAMPLE = {
    "tied/torch": [
        "epsilon x 10",
        "learning rate x 1.01",
        "mean for sum and sum for mean",
        "transposition dropped",
        "stopped gradient let through",
        "feed of the step before",
        "statement of the update left out",
        "shared weight unshared",
        "returned array not copied",
    ],
    "feature_matching/torch": ["comparison shifted", "captured once and kept"],
    "gates/tf2": [
        "initial slot x 2",
        "unpacked values swapped",
        "clipped bound x 1.01",
        "fetched after the update",
        "variable left out",
        "sign",
    ],
}
needs_frameworks = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("tensorflow", "tf_keras", "torch")),
    reason="needs TensorFlow and torch",
)


def of(label: str) -> list[Mutant]:
    return list(mutants(subject(*label.split("/")).after))


def test_page_tells_of_these_edits() -> None:
    by_subject, by_mutator = recorded()
    assert sum(by_subject.values()) >= 300
    assert {label: len(of(label)) for label in by_subject} == by_subject
    assert Counter(mutant.mutator for label in by_subject for mutant in of(label)) == Counter(by_mutator)


def test_every_survivor_is_argued() -> None:
    page = (Path(__file__).resolve().parents[3] / "actlint" / "docs" / "mutation.md").read_text(encoding="utf-8")
    assert "Not argued yet" not in page
    for argument in survivors():
        assert argument.kind in ("equivalent", "unseen")
        assert argument.argument in page


def test_edits_are_of_one_place() -> None:
    program = subject("tied", "torch").after
    for mutant in mutants(program):
        assert mutant.text != program
        assert mutant.text.count("\n") - program.count("\n") < 10


@needs_frameworks
@pytest.mark.parametrize("label", SAMPLE)
def test_sample_differs(label: str, tmp_path: Path) -> None:
    own = subject(*label.split("/"))
    first: dict[str, Mutant] = {}
    for mutant in of(label):
        first.setdefault(mutant.mutator, mutant)
    tasks = [Task("none", own, own.after)] + [Task(name, own, first[name].text) for name in SAMPLE[label]]
    found = {key: proof.verdict for key, proof in Workshop(tmp_path).prove(tasks).items()}
    assert found == {"none": "proved", **dict.fromkeys(SAMPLE[label], "differs")}
