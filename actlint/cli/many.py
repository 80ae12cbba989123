"""Checking many files: in several processes, where that is worth starting them."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from actlint.cli.checking import Checker, Part
from actlint.config import Config
from actlint.rules.rule import Rule

WORTH = 400_000
"""Bytes of code that have to be parsed, from which on several processes are faster than one."""
COLLECT = 50_000, 20, 50
"""When garbage is collected: seldom, since an analysis makes many objects and drops them all at its end."""
_BATCHES = 8
"""Batches for each process; a batch is made of neighbours, which import the same files."""

Job = tuple[Path, bytes]


def check_all(rules: tuple[Rule, ...], config: Config, files: Sequence[Path], named: Collection[str]) -> Checker:
    """Check files. What is found, and its order, is the same for any number of processes."""
    threshold = gc.get_threshold()
    gc.set_threshold(*COLLECT)
    try:
        return _checked(rules, config, files, named)
    finally:
        gc.set_threshold(*threshold)


def _checked(rules: tuple[Rule, ...], config: Config, files: Sequence[Path], named: Collection[str]) -> Checker:
    checker = Checker(rules, config)
    jobs: list[Job] = []
    for file in files:
        raw = checker.admit(file, named=str(file) in named)
        if raw is not None:
            jobs.append((file, raw))
    size = sum(len(raw) for _, raw in jobs)
    workers = min(_processors(), size // (WORTH // 2))
    done = 0
    if workers > 1:
        for part, count in _in_processes(rules, config, jobs, workers):
            checker.add(part)
            done += count
    for file, raw in jobs[done:]:
        checker.examine(file, raw)
    return checker


def _in_processes(rules: tuple[Rule, ...], config: Config, jobs: list[Job], workers: int) -> Iterator[tuple[Part, int]]:
    """What other processes find, in the order of the jobs, and in how many of them; less than all where processes
    can't be started or die."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    import actlint.program  # noqa: F401  (processes that are forked have it then)

    batches = list(_batches(jobs, sum(len(raw) for _, raw in jobs) // (workers * _BATCHES)))
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    try:
        with ProcessPoolExecutor(workers, context, _start, (rules, config)) as pool:
            try:
                for batch, part in zip(batches, pool.map(_examine, batches), strict=True):
                    yield part, len(batch)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    except (OSError, ImportError, BrokenProcessPool):
        pass


_own: list[Checker] = []
"""The checker of this process, if it is one of several."""


def _start(rules: tuple[Rule, ...], config: Config) -> None:
    import signal

    gc.set_threshold(*COLLECT)
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    _own[:] = [Checker(rules, config)]


def _examine(batch: list[Job]) -> Part:
    checker = _own[0]
    for file, raw in batch:
        checker.examine(file, raw)
    return checker.take()


def _batches(jobs: list[Job], size: int) -> Iterator[list[Job]]:
    """The jobs in their order, cut into pieces of about `size` bytes."""
    batch: list[Job] = []
    filled = 0
    for job in jobs:
        batch.append(job)
        filled += len(job[1])
        if filled >= size:
            yield batch
            batch, filled = [], 0
    if batch:
        yield batch


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
