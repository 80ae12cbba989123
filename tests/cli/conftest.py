"""Commands run in this process, on a program model, a migration and a proof that are told what to say."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import actlint.cli.check
import actlint.program  # noqa: F401
from actlint.cli.app import run
from actlint.files.source import Source
from actlint.findings import Edit, Finding, Fix, Position
from actlint.rules.rule import Rule
from actlint.syntax.tree import parse

ROOT = Path(__file__).parents[2]
PLAN: dict[str, Any] = {
    "placeholders": [],
    "probes": [],
    "runs": [],
    "weights": [{"order": 0, "name": "w:0", "path": "w", "layout": "same", "build": None}],
}


@dataclass
class Result:
    code: int
    out: str
    err: str


Actlint = Callable[..., Result]


@pytest.fixture
def actlint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Actlint:
    """Runs a command line in `tmp_path`."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        code = run(arguments)
        return Result(code, *capsys.readouterr())

    return call


@dataclass
class FakeProgram:
    """Follows `import NAME` of local files; `placeholder` is graph code, and `session.run` a run."""

    files: list[Path]
    sources: dict[Path, Source]

    @property
    def is_graph_program(self) -> bool:
        return any("placeholder" in source.text for source in self.sources.values())

    @property
    def runs(self) -> list[str]:
        return re.findall(r"session\.run", self.sources[self.files[0]].text)


def fake_analyze(
    path: Path, read: Callable[[Path], Source], *, uncalled: bool = False, graph: bool = True
) -> FakeProgram:
    source = read(path)
    if "crash" in source.text:
        raise KeyError("boom")
    parse(source)
    files = [path.resolve()]
    for file in files:
        for name in re.findall(r"^import (\w+)$", read(file).text, re.MULTILINE):
            module = (file.parent / f"{name}.py").resolve()
            if module.exists() and module not in files:
                files.append(module)
    return FakeProgram(files, {file: read(file) for file in files})


def found_in(program: FakeProgram, word: str, code: str) -> Iterator[Finding]:
    for file, source in program.sources.items():
        for row, text in enumerate(source.text.splitlines(), 1):
            for match in re.finditer(word, text):
                start, end = Position(row, match.start() + 1), Position(row, match.end() + 1)
                message, help = f"`{word}` is here", f"Remove `{word}`"
                safe = {"session": False, "hidden": True}.get(word)
                fix = None if safe is None else Fix(f"Delete `{word}`", (Edit(start, end, ""),), safe)
                yield Finding(file, code, f"{word}-found", message, start, end, help, fix=fix)


def fake_rule(code: str, word: str) -> Rule:
    return Rule(
        code=code,
        name=f"{word}-found",
        message=f"`{word}` is here",
        what="What.",
        why="Why.",
        bad=f"{word}()\n",
        good="good()\n",
        sources=("a source",),
        fix="migrate",
        check=lambda program: found_in(program, word, code),
        triggers=(word.encode(),),
    )


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """ACT001 finds `placeholder`, ACT101 and ACT102 find `session` and `hidden`."""
    known = (fake_rule("ACT001", "placeholder"), fake_rule("ACT101", "session"), fake_rule("ACT102", "hidden"))
    monkeypatch.setattr("actlint.rules.registry.all_rules", lambda: known)
    monkeypatch.setattr("actlint.cli.check.all_rules", lambda: known)
    replace_module(monkeypatch, "actlint.program", analyze=fake_analyze)


def replace_module(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> None:
    module = types.ModuleType(name)
    vars(module).update(members, __path__=[str(ROOT.joinpath(*name.split(".")))])
    monkeypatch.setitem(sys.modules, name, module)


@dataclass
class Reason:
    code: str
    file: Path
    line: int
    text: str
    help: str


class Refused(Exception):
    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__()
        self.reasons = reasons


@dataclass
class Rewrite:
    files: dict[Path, str]
    new_files: dict[Path, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Comparison:
    site: str
    quantity: str
    name: str
    step: int
    dtype: str
    error: float
    tolerance: float
    ok: bool


@dataclass
class Request:
    before: Path
    after: Path
    entry: str
    target: str
    plan: dict[str, Any]
    python: str
    before_python: str | None
    setup: Path | None
    origin: Path | None
    memory: float
    inputs: str


@dataclass
class Proof:
    verdict: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    not_exercised: list[str] = field(default_factory=list)


@dataclass
class Backend:
    """What the migration and the proof do; tests change it. `proved` keeps what each proof saw of its scratch roots."""

    verdict: str = "proved"
    verdicts: dict[str, str] = field(default_factory=dict)
    new_files: dict[str, str] = field(default_factory=dict)
    on_proof: Callable[[], None] = lambda: None
    requests: list[Request] = field(default_factory=list)
    before: list[dict[str, bytes]] = field(default_factory=list)
    after: list[dict[str, bytes]] = field(default_factory=list)

    def rewrite(self, program: FakeProgram, target: str, hidden: str) -> Rewrite:
        entry = program.files[0]
        if "py_func" in program.sources[entry].text:
            row = program.sources[entry].text.split("py_func")[0].count("\n") + 1
            raise Refused([Reason("REF101", entry, row, "`tf.py_func` runs Python code", "Port it by hand")])
        words = {"placeholder": target, "session.run": hidden}
        files = {}
        for file, source in program.sources.items():
            files[file] = re.sub("|".join(map(re.escape, words)), lambda match: words[match.group()], source.text)
        new = {entry.parent / name: text for name, text in self.new_files.items()}
        return Rewrite(files, new, {**PLAN, "entry": entry.name}, ["a note"])

    def prove(self, request: Request) -> Proof:
        self.requests.append(request)
        self.before.append(contents(request.before))
        self.after.append(contents(request.after))
        self.on_proof()
        verdict = self.verdicts.get(Path(request.entry).name, self.verdict)
        rows = [
            Comparison(f"{request.entry}:3", "fetch", "loss", 1, "float64", 2e-16, 1e-12, True),
            Comparison(f"{request.entry}:3", "fetch", "train", 2, "float64", 3e-13, 1e-12, True),
            Comparison(f"{request.entry}:3", "gradient", "w", 1, "float64", float("nan"), 1e-12, verdict == "proved"),
        ]
        reason = {"code": "", "file": request.entry, "line": 3, "text": "said by the proof", "help": "do it"}
        return Proof(verdict, [] if verdict == "proved" else [reason], rows, ["a branch"])


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    made = Backend()
    replace_module(monkeypatch, "actlint.program", analyze=fake_analyze)
    replace_module(monkeypatch, "actlint.migrate", rewrite=made.rewrite, Refused=Refused)
    replace_module(monkeypatch, "actlint.verify", prove=made.prove, ProofRequest=Request)
    return made


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
