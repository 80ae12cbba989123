"""What actlint writes has no findings of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.program import analyze
from actlint.rules.registry import all_rules
from tests.fixtures.programs import INHERITED

_FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.mark.parametrize(
    "file",
    sorted(_FIXTURES.rglob("to_*/*.py")) + sorted(_FIXTURES.glob("*/to_*.py")),
    ids=lambda file: str(file.relative_to(_FIXTURES)),
)
def test_rewrites_are_clean(file):
    raw = file.read_bytes()
    rules = [rule for rule in all_rules() if rule.concerns(raw)]
    program = analyze(file, read, uncalled=True, graph=any(rule.reads == "graph" for rule in rules))
    found = {finding.code for rule in rules for finding in rule.check(program)}
    example = file.relative_to(_FIXTURES).parts[0]
    assert found <= {code for name, code in INHERITED if name == example}


def test_there_are_rewrites():
    assert len(list(_FIXTURES.rglob("to_*"))) >= 16
