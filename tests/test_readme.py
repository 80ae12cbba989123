"""README.md shows what the commands really print and write, and names what there is."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from actlint.cli.app import app
from actlint.migrate.refusals import REASONS
from actlint.rules.registry import all_rules

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = "fixtures/sparse_activation/tf1.py"
CUT = "\n# ...\n"


def blocks(title: str) -> list[str]:
    """The code blocks of a section of the README."""
    section = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ [A-Z]|\Z)", README, re.MULTILINE | re.DOTALL)
    assert section, title
    return re.findall(r"^```\w*\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL)


def without_errors(report: str) -> str:
    """A report without its column of errors, which differ from machine to machine."""
    return re.sub(r" +\S+e[-+]\d\d(?= +\S+e[-+]\d\d  ok)", "", report)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the example where the checkout has it."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / Path(PROGRAM).parent, folder / Path(PROGRAM).parent)
    return folder


@pytest.fixture(scope="module")
def tried(checkout: Path) -> str:
    """What the second half of "Try it" prints. It writes into `checkout`."""
    (command,) = (block for block in blocks("Try it") if "&&" in block)
    words = command.split("&&")[1].split()
    assert words[0] == "actlint"
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=checkout, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_finding(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(checkout)
    printed = CliRunner().invoke(app, ["check", PROGRAM]).stdout
    (shown,) = blocks("What it finds")
    assert printed.startswith(shown)
    assert "Found 3 errors." in printed


def test_report(tried: str):
    (shown,) = blocks("What it shows")
    assert without_errors(tried) == without_errors(shown)


def test_rewritten_code(tried: str, checkout: Path):
    torch, tf2 = blocks("What it writes")
    for shown, file in ((torch, checkout / "out/tf1.py"), (tf2, ROOT / "fixtures/sparse_activation/to_tf2.py")):
        written = file.read_text(encoding="utf-8")
        assert [piece for piece in shown.split(CUT) if piece not in written] == []


def test_rules_are_listed():
    listed = re.findall(r"^\| (ACT\d+) `([a-z-]+)` \|", README, re.MULTILINE)
    assert listed == [(rule.code, rule.name) for rule in all_rules()]


def test_reasons_of_refusal_exist():
    assert set(re.findall(r"REF\d+", README)) <= set(REASONS)


def test_options_exist():
    for command in ("check", "fix"):
        known = CliRunner().invoke(app, [command, "--help"]).stdout
        (section,) = re.findall(rf"^### {command}\n(.*?)(?=^##)", README, re.MULTILINE | re.DOTALL)
        assert {option for option in re.findall(r"--[a-z][a-z-]*", section) if option not in known} == set()


def imports_of(room: str) -> set[str]:
    """What of actlint the modules of a room import, beside themselves."""
    found: set[str] = set()
    for file in (ROOT / "actlint" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""] if node.module != "actlint" else [f"actlint.{a.name}" for a in node.names]
            found |= {name.split(".")[1] for name in names if name.startswith("actlint.")}
    return found - {room}


def test_rooms_import_what_the_table_says():
    rows = re.findall(r"^\| `(\w+)` \| .* \| .* \| (.*) \|$", README, re.MULTILINE)
    listed = {room: set(re.findall(r"`(\w+)`", cell)) for room, cell in rows if cell != "all"}
    folders = {path.parent.name for path in (ROOT / "actlint").glob("*/__init__.py")}
    assert {room for room, _ in rows} == folders and folders - set(listed) == {"cli"}
    assert {room: imports_of(room) for room in listed} == listed
