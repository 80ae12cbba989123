"""Small TF1 programs and the exact text of their rewrites; `python tests/migrate/update.py` writes them anew."""

from __future__ import annotations

import pytest

from .conftest import undefined_names
from .update import CASES, TARGETS, rewritten, sections

NAMES = sorted(path.stem for path in CASES.glob("*.txt"))


def test_cases_are_there() -> None:
    assert len(NAMES) >= 15


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_rewrite(name: str, target: str) -> None:
    case = sections(CASES / f"{name}.txt")
    assert rewritten(case["tf1"], target) == case[target]


@pytest.mark.parametrize("form", ["tf1", *TARGETS])
@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_defined(name: str, form: str) -> None:
    assert undefined_names(sections(CASES / f"{name}.txt")[form]) == set()
