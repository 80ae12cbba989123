"""What a side of a proof may use of the machine, watched from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

GIB = 2**30
MEMORY_EVERY, DISK_EVERY = 0.2, 2.0
LONGEST_END = 10.0
LONGEST_OUTPUT = 16 * 2**20
MEMORY, PROCESSES, DISK = "PRF105", "PRF106", "PRF107"


@dataclass(frozen=True)
class Limits:
    """Bytes of resident memory of all processes together, bytes in the scratch folder, number of processes."""

    memory: float = 8 * GIB
    disk: float = 4 * GIB
    processes: int = 256


class Watch:
    """Watches the processes of one side and its folder.

    Args:
        group: the process group, which is a session of its own.
        folder: the side's scratch folder.
        output: the file that takes what the processes print; it is emptied when it gets too long.
        limits: what they may use.
    """

    def __init__(self, group: int, folder: Path, output: Path, limits: Limits) -> None:
        self._group, self._folder, self._output, self._limits = group, folder, output, limits
        self._memory_due = self._disk_due = time.monotonic()

    def excess(self) -> tuple[str, str] | None:
        """The code and the text of a limit that is exceeded, if any. Cheap to ask often."""
        now = time.monotonic()
        if now >= self._memory_due:
            self._memory_due = now + MEMORY_EVERY
            self._shorten()
            if found := self._processes():
                return found
        if now >= self._disk_due:
            self._disk_due = now + DISK_EVERY
            if size_of(self._folder) > self._limits.disk:
                return DISK, f"has written more than {self._limits.disk / GIB:.3g} GiB to disk"
        return None

    def end(self) -> None:
        """Kill all processes of the group and wait until they are gone."""
        until = time.monotonic() + LONGEST_END
        while time.monotonic() < until:
            try:
                os.killpg(self._group, signal.SIGKILL)
            except ProcessLookupError:
                return
            except PermissionError:
                pass
            if not _members(self._group):
                return
            time.sleep(0.02)

    def _shorten(self) -> None:
        if self._output.exists() and self._output.stat().st_size > LONGEST_OUTPUT:
            os.truncate(self._output, 0)

    def _processes(self) -> tuple[str, str] | None:
        members = _members(self._group)
        if len(members) > self._limits.processes:
            return PROCESSES, f"has started more than {self._limits.processes} processes"
        if sum(members.values()) > self._limits.memory:
            exact = sum(_own_share(pid, resident) for pid, resident in members.items())
            if exact > self._limits.memory:
                return MEMORY, f"uses more than {self._limits.memory / GIB:.3g} GiB of memory"
        return None


def size_of(folder: Path) -> int:
    """Bytes that the files below a folder take on the disk."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
            except OSError:
                continue
    return total


def _members(group: int) -> dict[int, int]:
    """The resident bytes of each living process of a group or session."""
    if not os.path.isdir("/proc/self"):
        return _members_by_ps(group)
    members = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stream:
                    fields = stream.read().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] != b"Z" and group in (int(fields[2]), int(fields[3])):
                members[int(name)] = int(fields[21]) * page
    return members


def _members_by_ps(group: int) -> dict[int, int]:
    result = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,rss="], capture_output=True, text=True, check=False)
    rows = [[int(field) for field in line.split()] for line in result.stdout.splitlines()]
    return {pid: resident * 1024 for pid, own, resident in rows if own == group}


def _own_share(pid: int, resident: int) -> int:
    """A process's memory, of what it shares with others its part only, where the system knows."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as stream:
            for line in stream:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resident
