"""Proves damaged rewrites in batches: the original is recorded once, the framework imported once."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actlint.verify import Proof, ProofRequest, verdict
from actlint.verify.launch import launch, make_job

from .subjects import Subject

SERVER = Path(__file__).with_name("server.py")
ENTRY = "program.py"
LIMIT = 60.0


@dataclass(frozen=True)
class Task:
    """One rewrite to prove: `text` in place of the subject's own."""

    key: str
    subject: Subject
    text: str


class Workshop:
    """Recordings and replays below one folder."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self._folder = folder
        self._seed = seed
        self._batches = 0

    def prove(self, tasks: Iterable[Task]) -> dict[str, Proof]:
        """Verdicts by the tasks' keys. All tasks have one target."""
        listed = list(tasks)
        decisive = self._replay(listed, "decisive")
        first = {key: _judge(result) for key, result in decisive.items()}
        left = [task for task in listed if task.key in first and first[task.key].verdict != "differs"]
        compiled = self._replay(left, "compiled")
        proofs = {task.key: _ended(task.key) for task in listed}
        proofs.update(first)
        for task in left:
            known = compiled.get(task.key)
            proofs[task.key] = _judge(decisive[task.key], known) if known else _ended(task.key)
        return proofs

    def record(self, subjects: Iterable[Subject]) -> None:
        """Record the original programs of subjects, unless that has been done."""
        jobs = {}
        for subject in subjects:
            folder = self._recorded(subject)
            if not folder.exists():
                (folder / "results").mkdir(parents=True)
                request = self._request(subject, subject.after, folder)
                jobs[subject.label] = self._job(request, "before", folder)
        self._serve("", "before", jobs)
        for label, job in jobs.items():
            if not (job.parent / "results" / "before.json").exists():
                raise RuntimeError(f"{label} can't be recorded: {(job / 'output').read_text()}")

    def _recorded(self, subject: Subject) -> Path:
        return self._folder / f"{subject.name}-{subject.target}"

    def _request(self, subject: Subject, text: str, folder: Path) -> ProofRequest:
        for side, content in (("old", subject.before), ("new", text)):
            (folder / side).mkdir()
            (folder / side / ENTRY).write_text(content, encoding="utf-8")
        return ProofRequest(folder / "old", folder / "new", ENTRY, subject.target, subject.plan, seed=self._seed)

    def _job(self, request: ProofRequest, mode: str, folder: Path) -> Path:
        """The folder of a side that makes its first pass alone."""
        made = make_job(request, mode, "float64", folder)
        job = json.loads((made / "job.json").read_text(encoding="utf-8"))
        (made / "job.json").write_text(json.dumps({**job, "passes": ["natural"]}), encoding="utf-8")
        return made

    def _replay(self, tasks: list[Task], mode: str) -> dict[str, dict[str, Any]]:
        if not tasks:
            return {}
        self.record({task.subject.label: task.subject for task in tasks}.values())
        paths = {}
        for number, task in enumerate(tasks):
            folder = self._folder / f"{mode}{number}"
            (folder / "results").mkdir(parents=True)
            for file in (self._recorded(task.subject) / "results").glob("before.*"):
                (folder / "results" / file.name).hardlink_to(file)
            paths[task.key] = self._job(self._request(task.subject, task.text, folder), mode, folder)
        self._serve(tasks[0].subject.target, mode, paths)
        results = {}
        for key, path in paths.items():
            result = path.parent / "results" / f"{mode}.json"
            if result.exists():
                results[key] = json.loads(result.read_text(encoding="utf-8"))
            shutil.rmtree(path.parent)
        return results

    def _serve(self, target: str, mode: str, folders: Mapping[str, Path]) -> None:
        """Run the jobs in some folders."""
        if not folders:
            return
        self._batches += 1
        batch = self._folder / f"batch{self._batches}"
        batch.mkdir()
        jobs = [str(path / "job.json") for path in folders.values()]
        job = {"target": target, "mode": mode, "jobs": jobs, "limit": LIMIT}
        (batch / "job.json").write_text(json.dumps(job), encoding="utf-8")
        process, output = launch(sys.executable, str(SERVER), batch)
        if process.wait():
            raise RuntimeError(output.read_text())


def _judge(decisive: dict[str, Any], compiled: dict[str, Any] | None = None) -> Proof:
    """The verdict; without a compiled replay, as if there were nothing to say about it."""
    compiled = compiled or {name: [] for name, value in decisive.items() if isinstance(value, list)}
    return verdict.judge({"decisive": decisive, "compiled": compiled})


def _ended(key: str) -> Proof:
    return verdict.died(verdict.REWRITTEN, 0, f"no result for {key}")
