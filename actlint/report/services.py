"""Findings for the services that read them: GitHub's annotations, GitLab's code quality report, JUnit's XML."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from actlint.findings import Finding, Position
from actlint.report.cells import Notebooks, in_document
from actlint.report.findings import place, shown_path

_ESCAPED = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_ESCAPED_PROPERTY = {**_ESCAPED, ":": "%3A", ",": "%2C"}


def github(finding: Finding, notebooks: Notebooks) -> str:
    """A workflow command: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    start, end = (in_document(finding.path, position, notebooks) for position in (finding.start, finding.end))
    properties = {
        "title": f"actlint ({finding.code})",
        "file": str(finding.path),
        "line": start.row,
        "col": start.column,
        "endLine": end.row,
        "endColumn": end.column,
    }
    where = Path(place(finding.path, finding.start)).as_posix()
    message = f"{where}: {finding.code} {finding.message}"
    listed = ",".join(f"{name}={_escaped(str(value), _ESCAPED_PROPERTY)}" for name, value in properties.items())
    return f"::error {listed}::{_escaped(message, _ESCAPED)}"


def gitlab(findings: Sequence[Finding], notebooks: Notebooks) -> list[dict[str, Any]]:
    """https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format; fingerprints don't depend on lines,
    so that a finding stays the same one when code above it changes. Paths count from the project's folder."""
    seen: Counter[tuple[str, str, str]] = Counter()
    report = []
    for finding in findings:
        path = _in_project(finding.path)
        key = (path, finding.code, finding.message)
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        start, end = (in_document(finding.path, position, notebooks) for position in (finding.start, finding.end))
        where = f" ({said(finding.start)})" if finding.start.cell else ""
        report.append(
            {
                "check_name": finding.code,
                "description": f"{finding.code}: {finding.message}{where}",
                "severity": "major",
                "fingerprint": sha256(text.encode()).hexdigest(),
                "location": {
                    "path": path,
                    "positions": {"begin": _position(start), "end": _position(end)},
                },
            }
        )
    return report


def junit(findings: Sequence[Finding]) -> str:
    """One suite for each file, one failed case for each finding; one case that passes where there is none."""
    count = str(len(findings))
    root = ElementTree.Element("testsuites", name="actlint", tests=count, failures=count, errors="0")
    if not findings:
        root.set("tests", "1")
        suite = ElementTree.SubElement(root, "testsuite", name="actlint", tests="1", failures="0", errors="0")
        ElementTree.SubElement(suite, "testcase", name="no findings", classname="actlint")
    for path in dict.fromkeys(finding.path for finding in findings):
        own = [finding for finding in findings if finding.path == path]
        count = str(len(own))
        suite = ElementTree.SubElement(root, "testsuite", name=shown(path), tests=count, failures=count, errors="0")
        for finding in own:
            start = finding.start
            case = ElementTree.SubElement(
                suite,
                "testcase",
                name=f"actlint.{finding.code}",
                classname=os.path.splitext(shown(path))[0],
                line=str(start.row),
                column=str(start.column),
            )
            failure = ElementTree.SubElement(case, "failure", message=finding.message)
            failure.text = f"{said(start)}, col {start.column}, {finding.message}"
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def shown(path: Path) -> str:
    """The path from the current folder with forward slashes, absolute where it lies elsewhere."""
    return Path(shown_path(path)).as_posix()


def _in_project(path: Path) -> str:
    """The path from the folder that GitLab has checked out, where the job says which one that is."""
    folder = os.environ.get("CI_PROJECT_DIR")
    inside = folder and path.resolve().is_relative_to(Path(folder).resolve())
    return path.resolve().relative_to(Path(folder).resolve()).as_posix() if folder and inside else shown(path)


def said(position: Position) -> str:
    """What a sentence calls the line."""
    cell = f"cell {position.cell}, " if position.cell is not None else ""
    return f"{cell}line {position.row}"


def _position(position: Position) -> dict[str, int]:
    return {"line": position.row, "column": position.column}


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(character, character) for character in text)
