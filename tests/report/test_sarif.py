from __future__ import annotations

import json
from pathlib import Path

import pytest

from actlint.findings import Finding, Position, Related
from actlint.report.sarif import as_sarif
from actlint.rules.registry import all_rules


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "src" / "my model.py"


def finding(file: Path, **more: object) -> Finding:
    place = (Position(9, 5), Position(9, 20))
    return Finding(file, "ACT301", "detached-capture-in-loss", "`penalty` trains nothing", *place, **more)


def run(*findings: Finding) -> dict:
    log = json.loads(json.dumps(as_sarif(findings, all_rules())))
    assert log["version"] == "2.1.0"
    return log["runs"][0]


def place(row: int, column: int, uri: str = "src/my%20model.py") -> dict:
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": row, "startColumn": column}}


def test_a_finding(file: Path) -> None:
    found = run(finding(file, help="keep the tensor"))
    assert [rule["id"] for rule in found["tool"]["driver"]["rules"]] == ["ACT301"]
    assert found["columnKind"] == "unicodeCodePoints"
    (result,) = found["results"]
    region = {"startLine": 9, "startColumn": 5, "endLine": 9, "endColumn": 20}
    assert result == {
        "ruleId": "ACT301",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "`penalty` trains nothing\nhelp: keep the tensor"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/my%20model.py"}, "region": region}}],
    }


def test_the_way_of_a_value(file: Path) -> None:
    related = (
        Related(file, Position(2, 1), "detached here"),
        Related(file.parent / "probe.py", Position(3, 1), "captured here"),
        Related(file, Position(10, 1), "read by the loss here"),
    )
    (result,) = run(finding(file, related=related, step=2))["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    locations = [step["location"] for step in thread["locations"]]
    assert [location["message"]["text"] for location in locations] == [
        "detached here",
        "captured here",
        "`penalty` trains nothing",
        "read by the loss here",
    ]
    assert [location["physicalLocation"] for location in locations[:2]] == [
        place(2, 1),
        place(3, 1, "src/probe.py"),
    ]
    assert [(other["id"], other["message"]["text"]) for other in result["relatedLocations"]] == [
        (1, "detached here"),
        (2, "captured here"),
        (3, "read by the loss here"),
    ]


def test_other_places_are_no_way(file: Path) -> None:
    (result,) = run(finding(file, related=(Related(file, Position(2, 1), "the mean is here"),)))["results"]
    assert "codeFlows" not in result
    assert len(result["relatedLocations"]) == 1


def test_findings_of_no_rule_and_files_elsewhere(file: Path) -> None:
    elsewhere = Path("/elsewhere/a.py")
    one = Finding(elsewhere, "invalid-syntax", "invalid-syntax", "no", Position(1, 1), Position(1, 1))
    found = run(one, finding(file))
    first, second = found["results"]
    assert "ruleIndex" not in first and second["ruleIndex"] == 0
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///elsewhere/a.py"


def test_nothing_found() -> None:
    assert run()["results"] == []
