"""One program's way from its source to a verdict: rewrite, prove, and say what would be written."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actlint.cli.programs import Group, Reader
from actlint.cli.proving import Runtime, add_proofs, prove_copies
from actlint.report.findings import shown_path
from actlint.report.outcome import Outcome
from actlint.verify.proof import reason

if TYPE_CHECKING:
    from actlint.migrate import Rewrite
    from actlint.verify import Proof


@dataclass(frozen=True)
class Settings:
    """How programs are converted and proved."""

    target: str
    hidden: str
    runtime: Runtime
    static: bool
    diff: bool


@dataclass(frozen=True)
class Piece:
    """One program of a group: its entry file, the folder that it was proved in, and the proof's plan."""

    entry: Path
    folder: Path
    plan: dict[str, Any]


@dataclass
class Converted:
    """The outcome of a group, the bytes of every file that the rewrite changes or adds, its programs, and the bytes of
    the helper files that they need, whether these were there already or not."""

    outcome: Outcome
    contents: dict[Path, bytes]
    pieces: list[Piece] = field(default_factory=list)
    needed: dict[Path, bytes] = field(default_factory=dict)


class Converter:
    """Converts groups one by one. `tell` receives progress, `before_running` a program's folder before its proof, and
    `before_proof` what a group's rewrite is, before anything is run."""

    def __init__(
        self,
        settings: Settings,
        reader: Reader,
        tell: Callable[[str], None],
        before_running: Callable[[Path], None],
        before_proof: Callable[[Converted], None],
    ) -> None:
        self._settings = settings
        self._reader = reader
        self._tell = tell
        self._before_running = before_running
        self._before_proof = before_proof

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
                outcome.reasons += [
                    reason(own.code, own.text, file=str(own.file), line=own.line, help=own.help)
                    for own in refusal.reasons
                ]
        if outcome.verdict == "refused":
            return Converted(outcome, {})
        contents = self._contents(rewrites, outcome)
        if outcome.verdict == "refused" or not contents:
            return Converted(outcome, {})
        outcome.notes = list(dict.fromkeys(note for rewritten in rewrites for note in rewritten.notes))
        if self._settings.diff or self._settings.static:
            outcome.diff = self._diff(contents)
        pieces = [
            Piece(program.files[0], common_folder(program.files), rewritten.spec)
            for program, rewritten in zip(group.programs, rewrites, strict=True)
        ]
        needed = {path: text.encode() for rewritten in rewrites for path, text in rewritten.new_files.items()}
        converted = Converted(outcome, contents, pieces, needed)
        self._before_proof(converted)
        self._prove(group, pieces, contents, outcome)
        return converted

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
        outcome.reasons.append(reason("file-conflict", text, file=str(path), help=help))

    def _diff(self, contents: Mapping[Path, bytes]) -> str:
        return "".join(self._file_diff(path, data) for path, data in sorted(contents.items()))

    def _file_diff(self, path: Path, data: bytes) -> str:
        new = not path.exists()
        encoding = "utf-8" if new else self._reader(path).encoding
        before = [] if new else _lines(self._reader(path).raw, encoding)
        shown = shown_path(path)
        rows = difflib.unified_diff(before, _lines(data, encoding), "/dev/null" if new else shown, shown)
        return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)

    def _prove(self, group: Group, pieces: list[Piece], contents: Mapping[Path, bytes], outcome: Outcome) -> None:
        if self._settings.static:
            outcome.verdict = "not run"
            text = "--static was given, so nothing was proved and nothing is written"
            outcome.reasons.append(reason("static", text))
            return
        proofs: list[Proof] = []
        for program, piece in zip(group.programs, pieces, strict=True):
            self._before_running(piece.folder)
            self._tell(f"proving {shown_path(piece.entry)} -> {self._settings.target}")
            sides = {}, contents
            settings = self._settings
            proofs.append(
                prove_copies(
                    piece.folder,
                    piece.entry,
                    program.files,
                    sides,
                    settings.target,
                    piece.plan,
                    settings.runtime,
                    self._tell,
                )
            )
        add_proofs(outcome, proofs)


def common_folder(files: Iterable[Path]) -> Path:
    """The deepest folder that holds all files."""
    return Path(os.path.commonpath([file.parent for file in files]))


def _lines(data: bytes, encoding: str) -> list[str]:
    return data.decode(encoding).splitlines(keepends=True)
