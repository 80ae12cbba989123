"""What whole processes do: start-up, imports, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import actlint

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted((ROOT / "fixtures").glob("*/tf1.py"))

FRAMEWORKS = {"tensorflow", "tf_keras", "keras", "torch", "numpy"}
WITHOUT_FRAMEWORKS = f"""
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {FRAMEWORKS}:
            raise ImportError(f"{{name}} is not installed")

sys.meta_path.insert(0, Blocker())
"""


def python(code: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def imported(*arguments: str, cwd: Path = ROOT) -> tuple[int, set[str]]:
    """Exit code of a command, and the modules that it imported over those of Python itself."""
    code = (
        "import sys; before = set(sys.modules); from actlint.__main__ import main; code = main();"
        "print('\\n', code, *(set(sys.modules) - before), file=sys.stderr)"
    )
    result = python(code, *arguments, cwd=cwd)
    words = result.stderr.splitlines()[-1].split()
    return int(words[0]), set(words[1:])


def test_version_imports_nothing() -> None:
    code, modules = imported("--version")
    assert code == 0
    assert modules == {"__future__", "actlint", "actlint.__main__"}


def test_irrelevant_files_need_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import numpy\n")
    for arguments in (["check", "."], ["check", "a.py"]):
        code, modules = imported(*arguments, cwd=tmp_path)
        assert code == 0
        assert not {name.split(".")[0] for name in modules} & {"libcst", "rich", *FRAMEWORKS}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.parent.name)
def test_check_needs_no_framework(program: Path) -> None:
    code = WITHOUT_FRAMEWORKS + (
        "from actlint.__main__ import main\n"
        "code = main()\n"
        f"print([name for name in sys.modules if name.split('.')[0] in {FRAMEWORKS}], file=sys.stderr)\n"
        "print([name for name in ('libcst.matchers', 'rich') if name in sys.modules], file=sys.stderr)\n"
        "sys.exit(code)"
    )
    result = python(code, "check", str(program))
    assert result.stderr == "[]\n[]\n"
    assert result.returncode in (0, 1), result.stdout


def test_module_and_script_are_the_same() -> None:
    command = [sys.executable, "-m", "actlint", "--version"]
    assert (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout == f"actlint {actlint.__version__}\n"
    )


def test_help_is_there_for_every_command() -> None:
    for command in ([], ["check"], ["fix"], ["rule"]):
        result = python("from actlint.__main__ import main; raise SystemExit(main())", *command, "--help")
        assert result.returncode == 0
        assert result.stdout.startswith("Usage: actlint")


def test_closed_output_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = (\n")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "actlint", "check", "a.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (result.returncode > 0, result.stderr) == (True, "")
