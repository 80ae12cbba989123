"""Analyse program texts as eager code; `state("name")` is the state of a module-level name at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actlint.files.source import read
from actlint.program.eager import EagerProgram, analyze_eager


@pytest.fixture
def eager(tmp_path: Path) -> Callable[..., EagerProgram]:
    """The analysis of a program and of modules beside it."""

    def run(text: str, modules: dict[str, str] | None = None) -> EagerProgram:
        for name, content in {"program.py": text, **(modules or {})}.items():
            (tmp_path / name).write_text(content)
        return analyze_eager(tmp_path / "program.py", read)

    return run
