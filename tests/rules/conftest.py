"""Run rules on program texts; `# expect: CODE` marks the lines of findings."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.findings import Finding
from actlint.program import analyze
from actlint.rules.registry import all_rules

_MARK = re.compile(r"# expect: (ACT\d+)")

Check = Callable[..., list[Finding]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Findings of one rule on a program: `check("ACT102", text, {"helper.py": text})`, sorted by place."""

    def run(code: str, text: str, modules: dict[str, str] | None = None) -> list[Finding]:
        for name, content in {"program.py": text, **(modules or {})}.items():
            (tmp_path / name).write_text(content)
        rule = next(rule for rule in all_rules() if rule.code == code)
        if not rule.concerns(text.encode()):
            return []
        program = analyze(tmp_path / "program.py", read, uncalled=True)
        return sorted(rule.check(program), key=lambda finding: (finding.path.name, finding.start))

    return run


@pytest.fixture
def expect(check: Check) -> Callable[..., list[Finding]]:
    """Like `check`, and the findings are on the marked lines of the program, no more and no less."""

    def run(code: str, text: str, modules: dict[str, str] | None = None) -> list[Finding]:
        files = {"program.py": text, **(modules or {})}
        marked = [
            (name, row)
            for name, content in files.items()
            for row, line in enumerate(content.splitlines(), 1)
            for found in _MARK.findall(line)
            if found == code
        ]
        findings = check(code, text, modules)
        assert sorted(marked) == [(finding.path.name, finding.start.row) for finding in findings]
        return findings

    return run
