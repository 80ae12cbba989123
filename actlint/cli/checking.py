"""Checking files one after the other, each on its own, whatever happens to the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from actlint.cli.failures import failure
from actlint.config import Config
from actlint.files.globs import matcher
from actlint.files.notebook import SUFFIX, Notebook, OtherLanguage
from actlint.files.prefilter import Prefilter
from actlint.files.source import Source, Undecodable, decode, read
from actlint.findings import Finding, Position
from actlint.rules.registry import all_rules, means
from actlint.rules.rule import Rule
from actlint.suppress import Suppressions, may_silence
from actlint.syntax.errors import Invalid, compiles, explain

if TYPE_CHECKING:
    from actlint.program import Program

INVALID_SYNTAX = "invalid-syntax"

Part = tuple[set[Finding], list[str], set[Path], set[Path]]
"""Findings, sentences about failures, files that checked graph programs import, all files that were read."""


class Checker:
    """Collects findings over many files. `errors` are sentences about files that couldn't be read or analysed,
    `checked` the files."""

    def __init__(self, rules: tuple[Rule, ...], config: Config) -> None:
        self.errors: list[str] = []
        self._named_notebooks: list[Path] = []
        self._rules = rules
        self._judge = next((rule for rule in rules if rule.reads == "comments"), None)
        self._commented: list[Path] = []
        self._prefilter = Prefilter([rule.triggers for rule in rules if rule.reads != "comments"])
        self._ignores = [(matcher([glob], str(config.root)), codes) for glob, codes in config.per_file_ignores.items()]
        self.checked: list[Path] = []
        self._sources: dict[Path, Source] = {}
        self._suppressions: dict[Path, Suppressions] = {}
        self._found: set[Finding] = set()
        self._followed: set[Path] = set()
        """The files that other checkers have read."""
        self._imported: set[Path] = set()
        """The files that checked graph programs import."""

    def check(self, file: Path, *, named: bool, raw: bytes | None = None) -> None:
        """Check one file, as a program of its own. A named file is parsed even if it holds nothing for the rules.
        `raw` is its content where that isn't the file's."""
        raw = self.admit(file, named=named, raw=raw)
        if raw is not None:
            self.examine(file, raw)

    def admit(self, file: Path, *, named: bool, raw: bytes | None = None) -> bytes | None:
        """The content of a file that has to be parsed; None for one that is done with."""
        self.checked.append(file)
        if named and file.suffix == SUFFIX:
            self._named_notebooks.append(file)
        try:
            raw = file.read_bytes() if raw is None else raw
        except OSError as error:
            self.errors.append(f"{file}: {error.strerror}")
            return None
        if self._judge is not None and may_silence(raw):
            self._commented.append(file.resolve())
        return raw if named or self._prefilter.passes(raw) else None

    def examine(self, file: Path, raw: bytes) -> None:
        """Parse a file, and ask the rules."""
        try:
            source = self._sources[file.resolve()] = decode(file, raw)
            if self._prefilter.passes(raw) and self._prefilter.passes(source.raw):
                self._found.update(self._run_rules(source))
            elif not compiles(source):
                _parse(source)
        except OtherLanguage:
            pass
        except Invalid as error:
            self._found.add(_syntax_finding(self._in_own_cell(error)))
        except Undecodable as error:
            self._found.add(_syntax_finding(error))
        except Exception as error:
            self.errors.append(failure(file, error))

    def take(self) -> Part:
        """What was found since the last time."""
        part = self._found, self.errors, self._imported, set(self._sources)
        self._found, self.errors, self._imported = set(), [], set()
        return part

    def add(self, part: Part) -> None:
        """Add what another checker took."""
        found, errors, imported, followed = part
        self._found |= found
        self.errors += errors
        self._imported |= imported
        self._followed |= followed

    def findings(self) -> list[Finding]:
        """The findings in checked files, by place, without those that a comment or the configuration silences."""
        if not self._found and not self._commented:
            return []
        checked = {file.resolve(): file for file in self.checked}
        whole = {rule.code for rule in self._rules if rule.whole}
        kept = [
            replace(finding, path=checked[finding.path])
            for finding in self._found
            if finding.path in checked and (finding.code == INVALID_SYNTAX or not self._silenced(finding, checked))
            if finding.path not in self._imported or finding.code not in whole
        ]
        kept += self._unused_suppressions(checked)
        return sorted(kept, key=lambda finding: (finding.path, finding.start, finding.code, finding.message))

    def warnings(self) -> list[str]:
        """Sentences about named files that are left out."""
        said: list[str] = []
        for file in self._named_notebooks:
            try:
                self._read(file)
            except OtherLanguage as error:
                said.append(str(error))
            except (OSError, Undecodable):
                continue
        return said

    def read_files(self) -> list[Path]:
        """The files that were read, those included that were only followed through an import."""
        return [*self.checked, *self._sources, *sorted(self._followed - {*self._sources})]

    def text(self, path: Path) -> str:
        """A file's text, for excerpts; empty where it can't be had."""
        try:
            return self._read(path).text
        except (Undecodable, OtherLanguage):
            return path.read_bytes().decode("utf-8", "replace")
        except OSError:
            return ""

    def notebook(self, path: Path) -> Notebook | None:
        """The notebook that a file is."""
        try:
            source = self._read(path) if path.suffix == SUFFIX else None
        except (OSError, Undecodable, OtherLanguage):
            return None
        return source if isinstance(source, Notebook) else None

    def _in_own_cell(self, error: Invalid) -> Invalid:
        """In a notebook, what is wrong with the first cell that isn't Python on its own."""
        notebook = self.notebook(error.path)
        parts = (notebook.alone(cell) for cell in notebook.cells) if notebook else ()
        wrong = next((part for part in parts if not compiles(part)), None)
        return explain(wrong, error) if wrong else error

    def _run_rules(self, source: Source) -> Iterable[Finding]:
        from actlint.program import analyze

        rules = [rule for rule in self._rules if rule.concerns(source.raw)]
        graph = any(rule.reads == "graph" for rule in rules)
        program: Program = analyze(source.path, self._read, uncalled=True, graph=graph)
        if any(rule.whole for rule in self._rules) and program.is_graph_program:
            self._imported.update(set(program.files) - {program.entry})
        return [finding for rule in rules for finding in rule.check(program)]

    def _read(self, path: Path) -> Source:
        path = path.resolve()
        if path not in self._sources:
            self._sources[path] = read(path)
        return self._sources[path]

    def _silenced(self, finding: Finding, checked: Mapping[Path, Path]) -> bool:
        if self._comments(finding.path).cover(finding):
            return True
        shown = str(checked[finding.path])
        return any(meant(shown) and any(means(c, finding.code) for c in codes) for meant, codes in self._ignores)

    def _comments(self, path: Path) -> Suppressions:
        if path not in self._suppressions:
            self._suppressions[path] = Suppressions(self.text(path))
        return self._suppressions[path]

    def _unused_suppressions(self, checked: Mapping[Path, Path]) -> list[Finding]:
        """What is wrong with comments that silence, once all findings have met them: nothing as long as there are
        files that couldn't be analysed, since findings may be missing."""
        if self._judge is None or self.errors:
            return []
        invalid = {finding.path for finding in self._found if finding.code == INVALID_SYNTAX}
        selected = {rule.code for rule in self._rules} - {self._judge.code}
        every = {rule.code for rule in all_rules()}

        def wrong(code: str) -> str | None:
            if code in selected:
                return f"no {code} is found here"
            return f"{code} is no rule" if code.startswith("ACT") and code not in every else None

        unused = (
            finding
            for file in self._commented
            if file not in invalid
            for finding in self._comments(file).unused(file, self._judge.code, self._judge.name, wrong)
        )
        return [replace(one, path=checked[one.path]) for one in unused if not self._silenced(one, checked)]


def _parse(source: Source) -> None:
    from actlint.syntax.tree import parse

    parse(source)


def _syntax_finding(error: Invalid | Undecodable) -> Finding:
    start = Position(error.row, error.column)
    end = Position(error.row, error.column + 1)
    help = getattr(error, "help", None)
    return Finding(error.path.resolve(), INVALID_SYNTAX, INVALID_SYNTAX, error.why, start, end, help)
