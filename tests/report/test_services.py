from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.report.test_findings import finding, shown


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    return tmp_path / "src" / "train, 100%.py"


def test_github(file: Path) -> None:
    out = shown([finding(file, (5, 21), (5, 50))], "github")
    path = str(file).replace("%", "%25").replace(",", "%2C")
    assert out == (
        f"::error title=actlint (ACT102),file={path},line=5,col=21,endLine=5,endColumn=50"
        "::src/train, 100%25.py:5:21: ACT102 `hidden` is read\n"
    )


def test_gitlab(file: Path) -> None:
    (one,) = json.loads(shown([finding(file, (5, 21), (5, 50))], "gitlab"))
    assert len(one.pop("fingerprint")) == 64
    assert one == {
        "check_name": "ACT102",
        "description": "ACT102: `hidden` is read",
        "severity": "major",
        "location": {
            "path": "src/train, 100%.py",
            "positions": {"begin": {"line": 5, "column": 21}, "end": {"line": 5, "column": 50}},
        },
    }


def test_gitlab_paths_count_from_the_project(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = finding(file, (5, 21), (5, 50))
    for folder, path in ((file.parents[2], "/".join(file.parts[-3:])), (Path("/elsewhere"), "src/train, 100%.py")):
        monkeypatch.setenv("CI_PROJECT_DIR", str(folder))
        assert json.loads(shown([one], "gitlab"))[0]["location"]["path"] == path


def test_gitlab_fingerprints_tell_findings_apart_but_not_by_line(file: Path) -> None:
    def prints(*rows: int) -> list[str]:
        report = json.loads(shown([finding(file, (row, 1), (row, 9)) for row in rows], "gitlab"))
        return [one["fingerprint"] for one in report]

    assert len(set(prints(2, 4))) == 2
    assert prints(2, 4) == prints(3, 7)


def test_junit(file: Path) -> None:
    root = ElementTree.fromstring(shown([finding(file, (5, 21), (5, 50)), finding(file, (6, 2), (6, 3))], "junit"))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "2", "2")
    (suite,) = root
    assert (suite.get("name"), suite.get("tests")) == ("src/train, 100%.py", "2")
    case = suite[0]
    assert (case.get("name"), case.get("classname"), case.get("line")) == ("actlint.ACT102", "src/train, 100%", "5")
    assert case[0].get("message") == "`hidden` is read"


def test_junit_without_findings_has_a_test_that_passes(file: Path) -> None:
    root = ElementTree.fromstring(shown([], "junit"))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert [case.tag for case in root[0]] == ["testcase"] and not list(root[0][0])


def test_json_lines(file: Path) -> None:
    out = shown([finding(file, (5, 21), (5, 50)), finding(file, (6, 2), (6, 3))], "json-lines")
    assert [json.loads(row)["location"]["row"] for row in out.splitlines()] == [5, 6]


def test_grouped(file: Path) -> None:
    findings = [finding(file, (5, 21), (5, 50)), finding(file, (16, 2), (16, 3)), finding(Path("b.py"), (1, 1), (1, 2))]
    assert shown(findings, "grouped") == (
        "src/train, 100%.py:\n"
        "  5:21 ACT102 `hidden` is read\n"
        "  16:2 ACT102 `hidden` is read\n"
        "\n"
        "b.py:\n"
        "  1:1 ACT102 `hidden` is read\n"
        "\n"
        "Found 3 errors.\n"
    )
