from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actlint.cli.app import run
from actlint.cli.completion import SHELLS
from tests.cli.conftest import ROOT, Actlint


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_each_shell(actlint: Actlint, shell: str) -> None:
    result = actlint("completion", shell)
    assert (result.code, result.err) == (0, "")
    assert "_ACTLINT_COMPLETE" in result.out and f"{shell}_complete" in result.out


def test_other_shells_are_an_error_of_use(actlint: Actlint) -> None:
    assert actlint("completion", "csh").code == 2


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("actlint che", ["plain,check"]),
        ("actlint check --no-c", ["plain,--no-cache"]),
        ("actlint check --output-format git", ["plain,github", "plain,gitlab"]),
        ("actlint check --select act00", ["plain,ACT001", "plain,ACT002"]),
        ("actlint check --ignore ACT101,ACT002,ACT00", ["plain,ACT101,ACT002,ACT001", "plain,ACT101,ACT002,ACT002"]),
        ("actlint rule ACT9", ["plain,ACT900"]),
        ("actlint check tra", ["file,tra"]),
        ("actlint fix --to to", ["plain,torch"]),
    ],
)
def test_what_is_offered(
    words: str, completed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_ACTLINT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    with pytest.raises(SystemExit):
        run([])
    assert capsys.readouterr().out.split() == completed


@pytest.mark.skipif(not shutil.which("bash"), reason="bash isn't installed")
def test_in_bash(tmp_path: Path) -> None:
    command = tmp_path / "actlint"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m actlint "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(actlint completion bash)"; complete -p actlint; '
        'COMP_WORDS=(actlint ch); COMP_CWORD=1; _actlint_completion actlint; echo "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "check"
