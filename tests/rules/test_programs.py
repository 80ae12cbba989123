"""Programs in other clothes than the rules' examples, written by people who hadn't seen the rules' code.

`programs/CODE/bad*.py` have the rule's finding on the marked lines and no other one, `near*.py` only look alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.program import analyze
from actlint.rules.registry import all_rules

_FOLDER = Path(__file__).parent / "programs"
_PROGRAMS = sorted(_FOLDER.glob("*/*.py"))


@pytest.mark.parametrize("path", _PROGRAMS, ids=[f"{path.parent.name}-{path.stem}" for path in _PROGRAMS])
def test_finds_what_is_marked(path: Path) -> None:
    code = path.parent.name
    lines = path.read_text().splitlines()
    marked = {row for row, line in enumerate(lines, 1) if re.search(rf"# expect: .*{code}", line)}
    assert bool(marked) == path.name.startswith("bad")
    rule = next(rule for rule in all_rules() if rule.code == code)
    assert rule.concerns(path.read_bytes())
    program = analyze(path, read, uncalled=True, graph=rule.reads == "graph")
    assert {finding.start.row for finding in rule.check(program)} == marked
