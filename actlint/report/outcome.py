"""What became of each program, for people and for programs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actlint.report.findings import shown_path
from actlint.report.terminal import Line, line

if TYPE_CHECKING:
    from actlint.verify import Comparison

_STYLES = {"proved": "bold green", "nothing to do": "green", "differs": "bold red", "refused": "bold red"}
_ENDINGS = {
    "proved": "the rewrite computes the same as the original",
    "close": "the rewrite computes nearly the same; the proof is not complete",
    "differs": "the rewrite computes something else",
    "inconclusive": "the proof could not decide",
    "not run": "the rewrite was not proved, because the program was not run",
    "refused": "the program can't be carried over faithfully and is left as it is",
    "nothing to do": "nothing here runs a TensorFlow 1 graph",
}


@dataclass
class Outcome:
    """The end of one program: its files (entry first), the verdict with its reasons, the proof, and what was written.

    A reason has the keys `code`, `file`, `line`, `text` and `help`. `diff` is the unified diff where one was asked for.
    """

    files: list[Path]
    target: str
    verdict: str
    reasons: list[dict[str, Any]] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    not_exercised: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    diff: str | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is left for the user to do."""
        return self.verdict in ("proved", "nothing to do")


def as_json(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The JSON document of `fix` and `verify`. `diff` is there only where one was asked for."""
    return {"version": 1, "programs": [_program(outcome) for outcome in outcomes]}


def _program(outcome: Outcome) -> dict[str, Any]:
    program = {
        "files": [str(path) for path in outcome.files],
        "target": outcome.target,
        "written": [str(path) for path in outcome.written],
        **proof_as_json(outcome),
    }
    return program if outcome.diff is None else {**program, "diff": outcome.diff}


def proof_as_json(outcome: Outcome) -> dict[str, Any]:
    """Verdict, reasons, comparisons, and what was not exercised."""
    return {
        "verdict": outcome.verdict,
        "reasons": outcome.reasons,
        "comparisons": [_comparison(row) for row in outcome.comparisons],
        "not_exercised": outcome.not_exercised,
    }


def _comparison(row: Comparison) -> dict[str, Any]:
    """JSON has no NaN and no infinity: such an error is null."""
    return {name: None if _not_finite(value) else value for name, value in asdict(row).items()}


def lines(outcomes: Sequence[Outcome], writes: bool = True, failed: bool = False) -> Iterator[Line]:
    """The report, program by program, and a last line that counts; of a command that `writes`, files too.

    Where the command has `failed` before it came to any outcome, there is none.
    """
    for outcome in outcomes:
        yield from _diff(outcome.diff or "")
        yield from _report(outcome)
        yield line()
    if outcomes or not failed:
        yield _summary(outcomes, writes)


def _diff(diff: str) -> Iterator[Line]:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for row in diff.splitlines():
        yield line((row, "bold" if row.startswith(("+++", "---")) else styles.get(row[:1], "")))
    if diff:
        yield line()


def _report(outcome: Outcome) -> Iterator[Line]:
    head = shown_path(outcome.files[0])
    more = f" and {len(outcome.files) - 1} more" if len(outcome.files) > 1 else ""
    style = _STYLES.get(outcome.verdict, "bold yellow")
    yield line((f"{head}{more}", "bold"), f" -> {outcome.target}: ", (outcome.verdict, style))
    yield from _table(outcome.comparisons)
    for reason in outcome.reasons:
        yield from _reason(reason)
    yield from _scope(outcome)
    for note in outcome.notes:
        yield line("  ", ("note: ", "bold"), note)
    yield line("  ", (outcome.verdict, style), f": {_ENDINGS[outcome.verdict]}")
    for path in outcome.written:
        yield line("  ", ("wrote: ", "bold"), shown_path(path))


def _scope(outcome: Outcome) -> Iterator[Line]:
    """What the proof has looked at, and what it hasn't."""
    rows = outcome.comparisons
    if rows:
        runs = dict.fromkeys(row.site for row in rows if row.quantity in ("feed", "fetch", "gradient"))
        counts = {dtype: sum(row.dtype == dtype for row in rows) for dtype in sorted({row.dtype for row in rows})}
        numbers = " and ".join(f"{_plural(count, 'comparison')} in {dtype}" for dtype, count in counts.items())
        steps = _plural(max(row.step for row in rows), "training step")
        synthetic = any("synthetic" in sentence for sentence in outcome.not_exercised)
        values = "synthetic values" if synthetic else "the program's own values"
        runs_made = f"{_plural(len(runs), 'run')} ({', '.join(runs)})"
        yield line("  ", ("exercised: ", "bold"), f"{runs_made}, {steps} on {values}; {numbers}")
    if outcome.not_exercised:
        yield line("  ", ("not exercised:", "bold"))
    for sentence in dict.fromkeys(outcome.not_exercised):
        yield line("    - ", sentence)


def _reason(reason: dict[str, Any]) -> Iterator[Line]:
    where = ""
    if reason.get("file"):
        file = reason["file"]
        where = (shown_path(Path(file)) if os.path.isabs(file) else file) + (
            f":{reason['line']}: " if reason.get("line") else ": "
        )
    yield line("  ", where, (reason["code"], "bold red"), " " if reason["code"] else "", reason["text"])
    if reason.get("help"):
        yield line("    = ", ("help: ", "bold"), reason["help"])


def _table(comparisons: Sequence[Comparison]) -> Iterator[Line]:
    """One row for each run and quantity, with the worst of its comparisons."""
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for row in comparisons:
        groups.setdefault((row.site, row.quantity), []).append(row)
    if not groups:
        return
    rows = [("run", "compared", "times", "worst", "allowed", "")]
    for (site, quantity), members in groups.items():
        worst = max(members, key=_excess)
        ok = "ok" if all(member.ok for member in members) else f"DIFFERS: {worst.name}"
        rows.append((site, quantity, str(len(members)), f"{worst.error:.1e}", f"{worst.tolerance:.0e}", ok))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for number, cells in enumerate(rows):
        left = "  ".join(f"{cell:<{width}}" for cell, width in zip(cells[:2], widths[:2], strict=True))
        right = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells[2:5], widths[2:], strict=True))
        style = "dim" if not number else "" if cells[5] == "ok" else "red"
        yield line("  ", (f"{left}  {right}  {cells[5]}", style))


def _excess(row: Comparison) -> float:
    if _not_finite(row.error):
        return math.inf
    return row.error / row.tolerance if row.tolerance else math.inf if row.error else 0.0


def _not_finite(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def _summary(outcomes: Sequence[Outcome], writes: bool) -> Line:
    if not outcomes:
        return line("Nothing to do: no TensorFlow 1 training program found.")
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.verdict] = counts.get(outcome.verdict, 0) + 1
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    files = _plural(sum(len(outcome.written) for outcome in outcomes), "file")
    return line(f"{_plural(len(outcomes), 'program')}: {verdicts}" + (f"; {files} written." if writes else "."))


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
