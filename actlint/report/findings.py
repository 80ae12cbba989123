"""Findings for people (`full`, `concise`, `grouped`, statistics) and for programs."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from actlint.findings import Finding, Fix, Position, Related
from actlint.report.cells import Notebooks, in_cells, no_notebook
from actlint.report.excerpt import Excerpt
from actlint.report.terminal import Line, draw, line

FORMATS = ("full", "concise", "grouped", "json", "json-lines", "sarif", "github", "gitlab", "junit")


def show(
    findings: Sequence[Finding],
    output_format: str,
    stream: TextIO,
    text: Callable[[Path], str],
    fixed: int = 0,
    fixable: int = 0,
    notebooks: Notebooks = no_notebook,
) -> None:
    """Print findings; `text` gives a file's text for excerpts, `fixed` were there and are repaired, of the others
    `fixable` can be repaired; `notebooks` gives the notebook that a file is."""
    findings = [in_cells(finding, notebooks) for finding in findings]
    if output_format in ("full", "concise", "grouped"):
        shown = {
            "concise": map(_concise, findings),
            "grouped": _grouped(findings),
            "full": _full(findings, text, notebooks),
        }
        draw((*shown[output_format], *_summary(findings, fixed, fixable)), stream)
    else:
        stream.write(_for_programs(findings, output_format, notebooks))


def _for_programs(findings: Sequence[Finding], output_format: str, notebooks: Notebooks) -> str:
    import json

    from actlint.report.services import github, gitlab, junit

    if output_format == "sarif":
        from actlint.report.sarif import as_sarif
        from actlint.rules.registry import all_rules

        return json.dumps(as_sarif(findings, all_rules(), notebooks), indent=2) + "\n"
    if output_format == "json-lines":
        return "".join(json.dumps(as_json(finding)) + "\n" for finding in findings)
    if output_format == "github":
        return "".join(github(finding, notebooks) + "\n" for finding in findings)
    if output_format == "gitlab":
        return json.dumps(gitlab(findings, notebooks), indent=2) + "\n"
    if output_format == "junit":
        return junit(findings)
    return json.dumps([as_json(finding) for finding in findings], indent=2) + "\n"


def show_statistics(findings: Sequence[Finding], output_format: str, stream: TextIO) -> None:
    """Print how often each rule was broken, the commonest first."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    fixable = {finding.code for finding in findings if finding.fix is not None}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if output_format in ("json", "json-lines"):
        import json

        rows = [{"code": c, "name": name, "count": n, "fixable": c in fixable} for (c, name), n in ranked]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        stream.write(json.dumps(rows, indent=2) + "\n" if output_format == "json" else lines)
        return
    width = len(str(ranked[0][1])) if ranked else 0
    marks = any(code in fixable for code, _ in counts)
    rows = (
        line(
            (f"{n:>{width}}", "bold"),
            "  ",
            (c, "bold red"),
            "  ",
            ("[*] " if c in fixable else "    ") if marks else "",
            "" if name == c else name,
        )
        for (c, name), n in ranked
    )
    draw((*rows, *_summary(findings, 0, 0)), stream)


def as_json(finding: Finding) -> dict[str, Any]:
    """One finding with the keys that ruff prints."""
    return {
        "cell": finding.start.cell,
        "code": finding.code,
        "end_location": {"column": finding.end.column, "row": finding.end.row},
        "filename": str(finding.path),
        "fix": _fix(finding.fix) if finding.fix is not None else None,
        "location": {"column": finding.start.column, "row": finding.start.row},
        "message": finding.message,
        "name": finding.name,
        "noqa_row": None if finding.code == finding.name else finding.start.row,
        "url": None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [
        {
            "content": edit.text,
            "end_location": {"column": edit.end.column, "row": edit.end.row},
            "location": {"column": edit.start.column, "row": edit.start.row},
        }
        for edit in fix.edits
    ]
    return {"applicability": "safe" if fix.safe else "unsafe", "edits": edits, "message": fix.message}


def place(path: Path, position: Position) -> str:
    """`file:row:column`, the file as seen from the current folder."""
    return f"{shown_path(path)}:{_within(position)}"


def _within(position: Position) -> str:
    """`row:column`, in a notebook with the cell before it."""
    cell = f"cell {position.cell}:" if position.cell is not None else ""
    return f"{cell}{position.row}:{position.column}"


def shown_path(path: Path) -> str:
    """The path from the current folder, absolute where it lies elsewhere."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir + os.sep) else relative


def _full(findings: Sequence[Finding], text: Callable[[Path], str], notebooks: Notebooks) -> Iterator[Line]:
    excerpts: dict[tuple[Path, int | None], Excerpt] = {}

    def excerpt(path: Path, position: Position) -> Excerpt:
        found, key = notebooks(path), (path, position.cell)
        if key not in excerpts:
            excerpts[key] = Excerpt(found.cell(position.cell).text if found and position.cell else text(path))
        return excerpts[key]

    for finding in findings:
        yield from _diagnostic(finding, excerpt)
        yield line()


def _diagnostic(finding: Finding, excerpt: Callable[[Path, Position], Excerpt]) -> Iterator[Line]:
    name = "" if finding.name == finding.code else f" {finding.name}"
    yield line((finding.code, "bold red"), (name, "bold"), (f": {finding.message}", "bold"))
    own = excerpt(finding.path, finding.start)
    related = [(one, excerpt(one.path, one.position)) for one in finding.related]
    width = max(own.width(finding.end), *(its.width(one.position) for one, its in related), 0)
    margin = " " * width
    yield line((f"{margin}--> ", "bold blue"), place(finding.path, finding.start))
    yield from own.lines(finding.start, finding.end, width)
    for one, its in related:
        yield line((f"{margin}::: ", "bold blue"), place(one.path, one.position))
        yield from _related(one, its, width)
    if finding.help:
        yield line((f"{margin} = ", "bold blue"), ("help: ", "bold"), finding.help)
    if finding.fix is not None:
        kind = "fix: " if finding.fix.safe else "unsafe fix: "
        yield line((f"{margin} = ", "bold blue"), (kind, "bold"), finding.fix.message)


def _related(related: Related, excerpt: Excerpt, width: int) -> Iterator[Line]:
    yield from excerpt.lines(related.position, related.position, width, related.message, mark="-", context=0)


def _grouped(findings: Sequence[Finding]) -> Iterator[Line]:
    for path in dict.fromkeys(finding.path for finding in findings):
        own = [finding for finding in findings if finding.path == path]
        places = {finding: _within(finding.start) for finding in own}
        width = max(map(len, places.values()))
        yield line((shown_path(path), "bold"), ":")
        for finding in own:
            yield line(f"  {places[finding]:<{width}} ", (finding.code, "bold red"), f" {finding.message}")
        yield line()


def _concise(finding: Finding) -> Line:
    return line(f"{place(finding.path, finding.start)}: ", (finding.code, "bold red"), f" {finding.message}")


def _summary(findings: Sequence[Finding], fixed: int, fixable: int) -> Iterator[Line]:
    total = len(findings) + fixed
    if not total:
        yield line(("All checks passed!", "green"))
        return
    said = f"Found {total} error{'s' if total > 1 else ''}"
    yield line(f"{said} ({fixed} fixed, {len(findings)} remaining)." if fixed else f"{said}.")
    if fixable:
        yield line(f"{fixable} fixable with the `--fix` option.")
