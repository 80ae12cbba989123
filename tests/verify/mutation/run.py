"""Damages every subject at every site, proves all of it, and writes the table of the documentation.

python -m tests.verify.mutation.run prove OUTCOMES [NAME ...]    prove the mutants that OUTCOMES doesn't hold yet
python -m tests.verify.mutation.run table OUTCOMES               write actlint/docs/mutation.md
python -m tests.verify.mutation.run seeds FIRST LAST [NAME ...]  prove the right rewrites under other seeds
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from . import structure  # noqa: F401
from .mutators import Mutant, mutants
from .proving import Task, Workshop
from .subjects import TARGETS, Subject, names, subject
from .table import PAGE, render

BATCH = 60


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant; `crash` says that the rewrite couldn't be run any more."""

    subject: str
    mutant: str
    mutator: str
    old: str
    new: str
    verdict: str
    crash: bool
    reasons: list[str]

    @property
    def key(self) -> str:
        """Subject and mutant."""
        return f"{self.subject}:{self.mutant}"


def load(path: Path) -> list[Outcome]:
    """Outcomes that were kept, one JSON object a line."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def _prove(path: Path, chosen: Iterable[str]) -> None:
    for name in chosen:
        for target in TARGETS:
            if name in names() or name == f"{name.partition('/')[0]}/{target}":
                _prove_subject(path, subject(name.partition("/")[0], target))


def _prove_subject(path: Path, own: Subject) -> None:
    known = {outcome.key: outcome for outcome in load(path)}
    left = [mutant for mutant in mutants(own.after) if not _is_known(own, mutant, known)]
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        for start in range(0, len(left), BATCH):
            batch = {mutant.key: mutant for mutant in left[start : start + BATCH]}
            proofs = workshop.prove(Task(key, own, mutant.text) for key, mutant in batch.items())
            with path.open("a", encoding="utf-8") as stream:
                for key, proof in proofs.items():
                    texts = [reason["text"] for reason in proof.reasons][:3]
                    crash = any(reason["code"] == "PRF201" for reason in proof.reasons)
                    stream.write(json.dumps(asdict(_outcome(own, batch[key], proof.verdict, crash, texts))) + "\n")
            print(f"{own.label}: {start + len(batch)} of {len(left)}", flush=True)


def _is_known(own: Subject, mutant: Mutant, known: Mapping[str, Outcome]) -> bool:
    outcome = known.get(f"{own.label}:{mutant.key}")
    return outcome is not None and (outcome.old, outcome.new) == (mutant.old, mutant.new)


def _current(outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes of today's mutants, of the subjects all of whose mutants have one."""
    known = {outcome.key: outcome for outcome in outcomes}
    found: list[Outcome] = []
    for label in dict.fromkeys(outcome.subject for outcome in outcomes):
        own = subject(*label.split("/"))
        made = list(mutants(own.after))
        if all(_is_known(own, mutant, known) for mutant in made):
            found += [known[f"{label}:{mutant.key}"] for mutant in made]
    return found


def _outcome(own: Subject, mutant: Mutant, verdict: str, crash: bool, texts: list[str]) -> Outcome:
    return Outcome(own.label, mutant.key, mutant.mutator, mutant.old, mutant.new, verdict, crash, texts)


def _seeds(first: int, last: int, chosen: list[str]) -> None:
    for seed in range(first, last + 1):
        for target in TARGETS:
            with tempfile.TemporaryDirectory() as folder:
                tasks = [Task(own.label, own, own.after) for own in (subject(name, target) for name in chosen)]
                for key, proof in Workshop(Path(folder), seed).prove(tasks).items():
                    texts = "; ".join(reason["text"] for reason in proof.reasons[:3])
                    print(f"seed {seed} {key}: {proof.verdict} {texts}".rstrip(), flush=True)


def main() -> None:
    """Run the command line."""
    command, *rest = sys.argv[1:]
    if command == "prove":
        _prove(Path(rest[0]), rest[1:] or names())
    elif command == "table":
        PAGE.write_text(render(_current(load(Path(rest[0])))), encoding="utf-8")
    else:
        _seeds(int(rest[0]), int(rest[1]), rest[2:] or names())


if __name__ == "__main__":
    main()
