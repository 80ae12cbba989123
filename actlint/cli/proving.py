"""A proof in scratch copies of a program's folder, with other contents laid over each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from actlint.files.project import notice, was_noticed
from actlint.files.scratch import copy_folder
from actlint.report.findings import shown_path
from actlint.report.outcome import Outcome

if TYPE_CHECKING:
    from actlint.verify import Proof

SEVERITY = ("proved", "close", "inconclusive", "not run", "differs")
"""Verdicts of proofs; that of several entries is the last of theirs."""

NOTICE = """\
actlint executes your program, before and after the rewrite, to show that both compute the same. It runs in a scratch
copy of its folder, with a home folder of its own: what it writes, wherever to, stays in there and is deleted after the
proof. It reaches no network and starts no other program; its runs, time, memory and files are bounded. This keeps
accidents in, not hostile code. `actlint fix` writes your own files only after that, `actlint verify` never does, and
`actlint fix --static` shows a rewrite without running anything."""

Overlay = Mapping[Path, bytes | None]
"""Contents by path, instead of those that are there; None for a file that isn't to be there."""


@dataclass(frozen=True)
class Runtime:
    """How programs are run.

    `python` runs both sides, or `before_python` the original one; `memory` in GiB is what each may use. `inputs` is
    what is fed: ``replay`` for the program's own data, ``synthetic``, or ``auto`` for these where that isn't there.
    """

    python: str
    before_python: str | None
    setup: Path | None
    memory: float
    inputs: str = "auto"


def prove_copies(
    folder: Path,
    entry: Path,
    needed: Iterable[Path],
    sides: tuple[Overlay, Overlay],
    target: str,
    plan: dict[str, Any],
    runtime: Runtime,
    tell: Callable[[str], None],
) -> Proof:
    """Prove the program `entry`, all of whose files are in `folder`; `needed` ones are copied in any case.

    `sides` are the contents of the original and of the rewrite. Only scratch folders are written to.
    """
    from actlint.verify import ProofRequest, prove

    with tempfile.TemporaryDirectory(prefix="actlint-") as scratch:
        copies = Path(scratch, "before"), Path(scratch, "after")
        for copy, overlay in zip(copies, sides, strict=True):
            left_out = copy_folder(folder, copy, [path for path in needed if path.exists()])
            _lay(overlay, folder, copy)
        if left_out:
            tell(f"too large to be copied, read where it lies: {', '.join(map(shown_path, left_out))}")
        return prove(
            ProofRequest(
                *copies,
                entry.relative_to(folder).as_posix(),
                target,
                plan,
                python=runtime.python,
                before_python=runtime.before_python,
                setup=runtime.setup,
                origin=folder,
                memory=runtime.memory,
                inputs=runtime.inputs,
            )
        )


def add_proofs(outcome: Outcome, proofs: Sequence[Proof]) -> None:
    """Give an outcome the worst verdict of its proofs, and all that they have found."""
    outcome.verdict = max((proof.verdict for proof in proofs), key=SEVERITY.index)
    outcome.reasons = [reason for proof in proofs for reason in proof.reasons]
    outcome.comparisons = [row for proof in proofs for row in proof.comparisons]
    outcome.not_exercised = [sentence for proof in proofs for sentence in proof.not_exercised]


class Notice:
    """Says once per project, before the first proof, that programs are executed; `remembered` leaves a mark there."""

    def __init__(self, remembered: bool) -> None:
        self._remembered = remembered
        self._shown = False

    def __call__(self, folder: Path) -> None:
        """A program of this folder is about to run."""
        if was_noticed(folder):
            return
        if not self._shown:
            click.echo(NOTICE, err=True)
        self._shown = True
        if self._remembered:
            notice(folder)


def _lay(overlay: Overlay, folder: Path, copy: Path) -> None:
    for path, data in overlay.items():
        if not path.is_relative_to(folder):
            continue
        target = copy / path.relative_to(folder)
        if data is None:
            target.unlink(missing_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
