"""Findings as SARIF 2.1.0, for code scanning: places that belong to a finding, and the way that a value takes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import actlint
from actlint.findings import Finding, Fix, Position, Related
from actlint.report.cells import Notebooks, in_document, no_notebook
from actlint.rules.rule import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(findings: Sequence[Finding], rules: Iterable[Rule], notebooks: Notebooks = no_notebook) -> dict[str, Any]:
    """A log with one run; `rules` are those that may be named, of which the log describes the ones that are.

    Places in a notebook are those of its JSON, with the cells as logical locations; fixes of cells are left out, since
    they aren't edits of the JSON.
    """
    named = {finding.code for finding in findings}
    described = [rule for rule in rules if rule.code in named]
    positions = {rule.code: index for index, rule in enumerate(described)}
    driver = {"name": "actlint", "version": actlint.__version__, "rules": [_rule(rule) for rule in described]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, positions.get(finding.code), notebooks) for finding in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.message},
        "fullDescription": {"text": f"{rule.what} {rule.why}"},
        "help": {"text": f"{rule.why}\n\nBad:\n\n{rule.bad}\nGood:\n\n{rule.good}"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(finding: Finding, position: int | None, notebooks: Notebooks) -> dict[str, Any]:
    message = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    own = _location(finding.path, finding.start, finding.end, notebooks)
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "level": "error",
        "message": {"text": message},
        "locations": [own],
    }
    if position is not None:
        found["ruleIndex"] = position
    others = [_related(related, notebooks) for related in finding.related]
    if others:
        found["relatedLocations"] = [{"id": number, **other} for number, other in enumerate(others, 1)]
    if finding.step is not None:
        way = [*others[: finding.step], {**own, "message": {"text": finding.message}}, *others[finding.step :]]
        found["codeFlows"] = [{"threadFlows": [{"locations": [{"location": location} for location in way]}]}]
    if finding.fix is not None and finding.start.cell is None:
        found["fixes"] = [_fix(finding.path, finding.fix)]
    return found


def _fix(path: Path, fix: Fix) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": _region(edit.start, edit.end),
            "insertedContent": {"text": edit.text},
        }
        for edit in fix.edits
    ]
    change = {"artifactLocation": {"uri": _uri(path)}, "replacements": replacements}
    return {"description": {"text": fix.message}, "artifactChanges": [change]}


def _related(related: Related, notebooks: Notebooks) -> dict[str, Any]:
    location = _location(related.path, related.position, None, notebooks)
    return {**location, "message": {"text": related.message}}


def _location(path: Path, start: Position, end: Position | None, notebooks: Notebooks) -> dict[str, Any]:
    first = in_document(path, start, notebooks)
    last = in_document(path, end, notebooks) if end is not None else None
    physical = {"artifactLocation": {"uri": _uri(path)}, "region": _region(first, last)}
    if start.cell is None:
        return {"physicalLocation": physical}
    cell = {"name": f"cell {start.cell}", "fullyQualifiedName": f"{path.name}:cell {start.cell}:{start.row}"}
    return {"physicalLocation": physical, "logicalLocations": [cell]}


def _region(start: Position, end: Position | None) -> dict[str, int]:
    region = {"startLine": start.row, "startColumn": start.column}
    return region if end is None else region | {"endLine": end.row, "endColumn": end.column}


def _uri(path: Path) -> str:
    """Relative to the current folder, which is the root of the repository where code is scanned."""
    relative = os.path.relpath(path)
    if relative.startswith(os.pardir + os.sep):
        return path.absolute().as_uri()
    return quote(Path(relative).as_posix())
