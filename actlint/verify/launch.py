"""Starts the sides of a proof in scratch copies of the program, and gathers what they find."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actlint.files.scratch import copy_folder, remove_folder
from actlint.verify import verdict
from actlint.verify.limits import GIB, Limits, Watch
from actlint.verify.proof import Proof, ProofRequest
from actlint.verify.verdict import ORIGINAL, REWRITTEN

RUNNERS = Path(__file__).parent / "runners"
READER = Path(__file__).parents[1] / "migrate" / "templates" / "input_data.py"
RECORDER = "before_tf.py"
SCRIPTS = {"tf2": "after_tf2.py", "torch": "after_torch.py"}
NATURAL = "natural"
PASSES = {"before": (NATURAL, "again", "scaled", "rounded"), "decisive": (NATURAL, "scaled")}
BEFORE_MODES = ("before", "original")
EXECUTIONS = 11
EXTRAS = 0.6
LONGEST_BUDGET = 60.0
POLL = 0.05
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV", "CONDA_PREFIX")


@dataclass
class Side:
    """One running process of a proof."""

    mode: str
    label: str
    process: subprocess.Popen[bytes]
    output: Path
    watch: Watch


def prove(request: ProofRequest) -> Proof:
    """Run before and after, compare, and answer a verdict.

    The user's folders are copied, never written to. Takes at most about `request.limit` seconds. Where an operation
    has no float64 kernel, both sides are run once more in float32, and the best verdict is ``close``.

    Raises:
        OSError: when a scratch folder can't be made or the interpreter can't be started.
    """
    started = time.monotonic()
    end = started + request.limit
    proof, kernel = _attempt(request, "float64", end)
    if kernel:
        proof = verdict.single(_attempt(request, "float32", end)[0], kernel)
    proof.seconds = time.monotonic() - started
    return proof


def discover(request: ProofRequest, end: float) -> tuple[dict[str, Any], dict[str, Any]] | Proof:
    """Run both programs without a plan.

    Returns:
        What the runners' discoveries show of the original and of the rewrite, or a proof that says why there is none.

    Raises:
        OSError: when a scratch folder can't be made or the interpreter can't be started.
    """
    result, kernel = _discovered(request, "float64", end)
    return _discovered(request, "float32", end)[0] if kernel else result


def _discovered(
    request: ProofRequest, precision: str, end: float
) -> tuple[tuple[dict[str, Any], dict[str, Any]] | Proof, str | None]:
    with _started(request, precision, "original", "rewritten") as (results, sides):
        proof, kernel = _hindered(request, results, sides, end)
        if proof is not None:
            return proof, kernel
        return (_read(results / "original.json"), _read(results / "rewritten.json")), None


def _attempt(request: ProofRequest, precision: str, end: float) -> tuple[Proof, str | None]:
    """A proof in one precision, and the operation that can't be computed in it, if any."""
    with _started(request, precision, "before", "decisive", "compiled") as (results, sides):
        proof, kernel = _hindered(request, results, sides, end)
        if proof is not None:
            return proof, kernel
        found = {path.stem: _read(path) for path in results.glob("*.json") if not path.stem.startswith("before")}
        return verdict.judge(found), found["decisive"].get("failure", {}).get("kernel")


@contextmanager
def _started(request: ProofRequest, precision: str, *modes: str) -> Iterator[tuple[Path, list[Side]]]:
    """The folder of results and the running sides; they are ended, and what they wrote is removed, at the end."""
    scratch = Path(tempfile.mkdtemp(prefix="actlint-"))
    sides: list[Side] = []
    try:
        (results := scratch / "results").mkdir()
        for mode in modes:
            sides.append(start_side(request, mode, precision, scratch))
        yield results, sides
    finally:
        for side in sides:
            _end(side)
        remove_folder(scratch)


def start_side(request: ProofRequest, mode: str, precision: str, scratch: Path) -> Side:
    """Start the process of one side.

    Args:
        request: the program.
        mode: ``before`` records the original; ``decisive`` replays the rewrite against it, ``compiled`` does so as it
            is, without patches. ``original`` and ``rewritten`` learn what the programs are made of, without a plan.
        precision: ``float64`` or ``float32``.
        scratch: a folder with a folder ``results`` that the sides share; the program is copied into ``scratch/mode``;
            each pass has a copy at the program's own path below a layer, so that a path that climbs out leads where it
            would.
    """
    before = mode in BEFORE_MODES
    folder = make_job(request, mode, precision, scratch)
    python = before and request.before_python or request.python
    process, output = launch(python, RECORDER if before else SCRIPTS[request.target], folder)
    watch = Watch(process.pid, folder, output, Limits(memory=request.memory * GIB))
    return Side(mode, ORIGINAL if before else REWRITTEN, process, output, watch)


def make_job(request: ProofRequest, mode: str, precision: str, scratch: Path) -> Path:
    """Make ``scratch/mode``, the folder of a side, with a copy of the program and the job that a runner takes."""
    before = mode in BEFORE_MODES
    folder = scratch / mode
    folder.mkdir()
    source = request.before if before else request.after
    copy_folder(source, folder / "pristine", [])
    origin = request.origin if before else request.after_origin or request.origin
    place = (origin or source).resolve()
    job = {
        "mode": mode,
        "precision": precision,
        "seed": request.seed,
        "folder": str(folder),
        "place": str(place.relative_to(place.anchor)),
        "passes": list(PASSES.get(mode, (NATURAL,))) if precision == "float64" else [NATURAL],
        "extras_end": time.time() + EXTRAS * request.limit,
        "entry": Path(request.entry if before else request.after_entry or request.entry).as_posix(),
        "arguments": request.arguments,
        "setup": str(request.setup.resolve()) if request.setup else None,
        "plan": request.plan,
        "inputs": request.inputs,
        "reader": str(READER),
        "results": str(scratch / "results"),
        "limit": EXECUTIONS,
        "budget": min(LONGEST_BUDGET, request.limit / 4),
        "genuine": request.before_python is not None,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return folder


def launch(python: str, script: str, folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a runner on the job of a folder; answers the process and the file that takes what it prints."""
    home, temporary, output = folder / "home", folder / "tmp", folder / "output"
    home.mkdir()
    temporary.mkdir()
    environment = {key: os.environ[key] for key in KEPT if key in os.environ}
    environment.update(
        HOME=str(home),
        TMPDIR=str(temporary),
        MPLBACKEND="Agg",
        PYTHONHASHSEED="0",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONIOENCODING="utf-8",
        PYTHONNOUSERSITE="1",
        TF_CPP_MIN_LOG_LEVEL="3",
        TF_ENABLE_ONEDNN_OPTS="0",
        CUDA_VISIBLE_DEVICES="",
        OMP_NUM_THREADS="1",
    )
    with output.open("ab") as stream:
        process = subprocess.Popen(
            [python, str(RUNNERS / script), str(folder / "job.json")],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process, output


def _hindered(request: ProofRequest, results: Path, sides: list[Side], end: float) -> tuple[Proof | None, str | None]:
    """Wait for all sides; the first hindrance, if any, as `_ended` has it."""
    for side in sides:
        proof, kernel = _ended(request, results, sides, side, end)
        if proof is not None:
            return proof, kernel
    return None, None


def _ended(
    request: ProofRequest, results: Path, sides: list[Side], side: Side, end: float
) -> tuple[Proof | None, str | None]:
    """Wait for a side; what hinders the proof, if anything, and the operation that has no float64 kernel."""
    while side.process.poll() is None:
        if time.monotonic() > end:
            return verdict.timed_out(side.label, request.limit), None
        for watched in sides:
            if excess := watched.watch.excess():
                return verdict.exceeded(watched.label, *excess), None
        time.sleep(POLL)
    failure = _read(results / f"{side.mode}.failed")
    if failure:
        broken = side.mode == "rewritten" and "missing" not in failure
        return verdict.rewrite_fails(failure) if broken else verdict.not_run(failure), failure.get("kernel")
    if not (results / f"{side.mode}.json").exists():
        return verdict.died(side.label, side.process.returncode, _tail(side.output)), None
    return None, None


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _tail(output: Path) -> str:
    text = output.read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def _end(side: Side) -> None:
    side.watch.end()
    side.process.wait()
