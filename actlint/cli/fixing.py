"""`actlint check --fix`: apply what rules offer, and check again until nothing is left to apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from actlint.cli.checking import Checker
from actlint.edits import edited, is_applicable, overlaps
from actlint.files.source import Source, decode, read
from actlint.files.write import write_all
from actlint.findings import Edit, Finding
from actlint.rules.act900_unused_noqa import RULE
from actlint.suppress import comments
from actlint.syntax.errors import compiles

MAX_ROUNDS = 10
UNUSED = RULE.code


def fix_all(run: Callable[[], Checker], unsafe: bool) -> tuple[Checker, int]:
    """The last check, and how many findings were fixed before it. `run` checks everything anew.

    Fixes that overlap wait for the next round. Raises OSError where a file can't be written; each round is written as
    one act."""
    fixed = 0
    for _ in range(MAX_ROUNDS):
        checker = run()
        contents, count = _round(checker.findings(), unsafe)
        if not contents:
            return checker, fixed
        write_all(contents)
        fixed += count
    return run(), fixed


def silence(findings: Sequence[Finding]) -> int:
    """Write `# noqa` comments for findings; answers how many. Raises OSError; files are written as one act."""
    contents: dict[Path, bytes] = {}
    added = 0
    for file in dict.fromkeys(finding.path.resolve() for finding in findings):
        own = [f for f in findings if f.path.resolve() == file and f.code not in (f.name, UNUSED)]
        source = read(file) if own else None
        edits = comments(source.text, own) if source is not None else []
        if source is not None and edits:
            contents[file] = edited(source, edits)
            added += len(edits)
    write_all(contents)
    return added


def fixable(findings: Sequence[Finding], unsafe: bool) -> int:
    """How many findings have a fix that would be applied."""
    return sum(finding.fix is not None and (finding.fix.safe or unsafe) for finding in findings)


def _round(findings: Sequence[Finding], unsafe: bool) -> tuple[dict[Path, bytes], int]:
    """The new contents of files, and how many findings they take care of."""
    chosen: dict[Path, list[Edit]] = {}
    counts: dict[Path, int] = {}
    sources: dict[Path, Source] = {}
    for finding in findings:
        fix = finding.fix
        if fix is None or not (fix.safe or unsafe):
            continue
        file = finding.path.resolve()
        if file not in sources:
            sources[file] = read(file)
        known = chosen.get(file, ())
        if any(overlaps(edit, known) or not is_applicable(sources[file], edit) for edit in fix.edits):
            continue
        chosen.setdefault(file, []).extend(fix.edits)
        counts[file] = counts.get(file, 0) + 1
    contents: dict[Path, bytes] = {}
    for file, edits in chosen.items():
        data = edited(sources[file], edits)
        if compiles(decode(file, data)):
            contents[file] = data
    return contents, sum(counts[file] for file in contents)
