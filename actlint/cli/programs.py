"""Which programs a command line means: entry files, grouped where they share a module."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from actlint.cli.failures import failure
from actlint.files.prefilter import Prefilter
from actlint.files.source import Source, Undecodable, read
from actlint.syntax.errors import Invalid

if TYPE_CHECKING:
    from actlint.program import Program

Read = Callable[[Path], Source]


@dataclass
class Group:
    """Entry files that are migrated together, because each of them uses a module of another one."""

    programs: list[Program]

    @property
    def files(self) -> list[Path]:
        """All files, each once, the first entry first."""
        return list(dict.fromkeys(file for program in self.programs for file in program.files))


@dataclass
class Found:
    """Groups to migrate, named files without graph code, files that aren't Python, and failures of actlint."""

    groups: list[Group] = field(default_factory=list)
    idle: list[Path] = field(default_factory=list)
    unreadable: list[Invalid | Undecodable] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Reader:
    """Reads each file once, so that what is proved is what was analysed."""

    def __init__(self) -> None:
        self.sources: dict[Path, Source] = {}

    def __call__(self, path: Path) -> Source:
        path = path.resolve()
        if path not in self.sources:
            self.sources[path] = read(path)
        return self.sources[path]


def find(files: Iterable[Path], named: Collection[Path], read: Read) -> Found:
    """The programs among `files`. Files that are not `named` and hold no word of TensorFlow are not parsed."""
    from actlint.program import analyze

    prefilter = Prefilter([(b"tensorflow",)])
    found = Found()
    programs: list[Program] = []
    for file in files:
        if file not in named and not prefilter.passes(file.read_bytes()):
            continue
        try:
            program = analyze(file, read)
        except (Invalid, Undecodable) as error:
            found.unreadable.append(error)
            continue
        except Exception as error:
            found.failures.append(failure(file, error))
            continue
        if program.is_graph_program:
            programs.append(program)
        elif file in named:
            found.idle.append(file)
    found.groups = grouped(_entries(programs))
    covered = {file for group in found.groups for file in group.files}
    found.idle = [file for file in found.idle if file.resolve() not in covered]
    return found


def grouped(programs: Iterable[Program]) -> list[Group]:
    """Put programs that have a file in common into one group, directly or through others."""
    groups: list[Group] = []
    for program in programs:
        touching = [group for group in groups if set(group.files) & set(program.files)]
        merged = [member for group in touching for member in group.programs]
        groups = [group for group in groups if group not in touching]
        groups.append(Group([*merged, program]))
    return groups


def _entries(programs: list[Program]) -> list[Program]:
    """Without the modules that run nothing themselves and belong to a program that does."""
    used = {file for program in programs if program.runs for file in program.files[1:]}
    return [program for program in programs if program.runs or program.files[0] not in used]
