"""One program's way from its source to a verdict: rewrite, prove, and say what would be written."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actlint.cli.programs import Group, Reader
from actlint.files.scratch import copy_folder
from actlint.report.findings import shown_path
from actlint.report.outcome import Outcome

if TYPE_CHECKING:
    from actlint.migrate import Rewrite
    from actlint.program import Program
    from actlint.verify import Proof

SEVERITY = ("proved", "close", "inconclusive", "not run", "differs")
"""Verdicts of proofs; that of several entries is the last of theirs."""


@dataclass(frozen=True)
class Settings:
    """How programs are converted and proved.

    `python` runs both sides, or `before_python` the original one; `memory` in GiB is what each may use.
    """

    target: str
    hidden: str
    python: str
    before_python: str | None
    setup: Path | None
    static: bool
    diff: bool
    memory: float


@dataclass
class Converted:
    """The outcome of a group, and the bytes of every file that the rewrite changes or adds."""

    outcome: Outcome
    contents: dict[Path, bytes]


class Converter:
    """Converts groups one by one. `tell` receives progress, `before_running` is called once, before the first proof."""

    def __init__(
        self, settings: Settings, reader: Reader, tell: Callable[[str], None], before_running: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._tell = tell
        self._before_running = before_running
        self._ran = False

    def convert(self, group: Group) -> Converted:
        """Rewrite and prove all of a group's programs. Writes nothing outside scratch folders."""
        from actlint.migrate import Refused, rewrite

        outcome = Outcome(group.files, self._settings.target, "nothing to do")
        rewrites: list[Rewrite] = []
        for program in group.programs:
            try:
                rewrites.append(rewrite(program, self._settings.target, self._settings.hidden))
            except Refused as refusal:
                outcome.verdict = "refused"
                outcome.reasons += [_reason(reason) for reason in refusal.reasons]
        if outcome.verdict == "refused":
            return Converted(outcome, {})
        contents = self._contents(rewrites, outcome)
        if outcome.verdict == "refused" or not contents:
            return Converted(outcome, {})
        outcome.notes = list(dict.fromkeys(note for rewritten in rewrites for note in rewritten.notes))
        if self._settings.diff or self._settings.static:
            outcome.diff = self._diff(contents)
        self._prove(group, rewrites, contents, outcome)
        return Converted(outcome, contents)

    def _contents(self, rewrites: Iterable[Rewrite], outcome: Outcome) -> dict[Path, bytes]:
        """The bytes of all changed and new files. Refuses where two entries need a shared file in different forms."""
        contents: dict[Path, bytes] = {}
        for rewritten in rewrites:
            for path, text in rewritten.files.items():
                source = self._reader(path)
                data = source.encode(text)
                if contents.setdefault(path, data) != data:
                    self._refuse(outcome, path, "programs that share this file need it in different forms")
            for path, text in rewritten.new_files.items():
                data = text.encode()
                if contents.setdefault(path, data) != data:
                    self._refuse(outcome, path, "programs in this folder need this new file in different forms")
                elif path.exists() and path.read_bytes() != data:
                    self._refuse(outcome, path, "the rewrite needs a file of this name, and another one is there")
        return {path: data for path, data in contents.items() if data != self._old(path)}

    def _old(self, path: Path) -> bytes | None:
        return self._reader(path).raw if path.exists() else None

    def _refuse(self, outcome: Outcome, path: Path, text: str) -> None:
        outcome.verdict = "refused"
        help = "migrate the programs one at a time, or rename the file"
        outcome.reasons.append({"code": "file-conflict", "file": str(path), "line": 0, "text": text, "help": help})

    def _diff(self, contents: Mapping[Path, bytes]) -> str:
        return "".join(self._file_diff(path, data) for path, data in sorted(contents.items()))

    def _file_diff(self, path: Path, data: bytes) -> str:
        new = not path.exists()
        encoding = "utf-8" if new else self._reader(path).encoding
        before = [] if new else _lines(self._reader(path).raw, encoding)
        shown = shown_path(path)
        rows = difflib.unified_diff(before, _lines(data, encoding), "/dev/null" if new else shown, shown)
        return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)

    def _prove(self, group: Group, rewrites: list[Rewrite], contents: Mapping[Path, bytes], outcome: Outcome) -> None:
        if self._settings.static:
            outcome.verdict = "not run"
            text = "--static was given, so nothing was proved and nothing is written"
            outcome.reasons.append({"code": "static", "file": "", "line": 0, "text": text, "help": ""})
            return
        if not self._ran:
            self._before_running()
            self._ran = True
        proofs: list[Proof] = []
        for program, rewritten in zip(group.programs, rewrites, strict=True):
            self._tell(f"proving {shown_path(program.files[0])} -> {self._settings.target}")
            proofs.append(self._proof(program, rewritten, contents))
        outcome.verdict = max((proof.verdict for proof in proofs), key=SEVERITY.index)
        outcome.reasons = [reason for proof in proofs for reason in proof.reasons]
        outcome.comparisons = [row for proof in proofs for row in proof.comparisons]
        outcome.not_exercised = [sentence for proof in proofs for sentence in proof.not_exercised]

    def _proof(self, program: Program, rewritten: Rewrite, contents: Mapping[Path, bytes]) -> Proof:
        from actlint.verify import ProofRequest, prove

        root = common_folder(program.files)
        with tempfile.TemporaryDirectory(prefix="actlint-") as scratch:
            before, after = Path(scratch, "before"), Path(scratch, "after")
            left_out = copy_folder(root, before, program.files)
            copy_folder(root, after, program.files)
            for path, data in contents.items():
                if path.is_relative_to(root):
                    copy = after / path.relative_to(root)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    copy.write_bytes(data)
            if left_out:
                self._tell(f"too large to be copied, read where it lies: {', '.join(map(shown_path, left_out))}")
            entry = program.files[0].relative_to(root).as_posix()
            settings = self._settings
            return prove(
                ProofRequest(
                    before,
                    after,
                    entry,
                    settings.target,
                    rewritten.spec,
                    python=settings.python,
                    before_python=settings.before_python,
                    setup=settings.setup,
                    origin=root,
                    memory=settings.memory,
                )
            )


def common_folder(files: Iterable[Path]) -> Path:
    """The deepest folder that holds all files."""
    return Path(os.path.commonpath([file.parent for file in files]))


def _lines(data: bytes, encoding: str) -> list[str]:
    return data.decode(encoding).splitlines(keepends=True)


def _reason(reason: Any) -> dict[str, Any]:
    return {**asdict(reason), "file": str(reason.file)}
