"""What the formats for programs ask of a report, on one with every kind of finding, and on an empty one."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest

from actlint.report.findings import FORMATS
from actlint.rules.registry import all_rules

ROOT = Path(__file__).parents[2]
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# text"]},
        {"cell_type": "code", "source": ["%magic\n", "import torch\n", "net = torch.nn.Linear(4, 3)"]},
        {
            "cell_type": "code",
            "source": "loss = torch.nn.functional.cross_entropy(net(x).softmax(1), y)\nloss.backward()",
        },
    ],
    "nbformat": 4,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Findings with ways, related places, fixes and nothing of them, in files with odd names, and in no Python."""
    folder = tmp_path_factory.mktemp("project")
    for rule in all_rules():
        (folder / f"{rule.code} é%20.py").write_text(rule.bad)
    (folder / "old.py").write_text("import torch\nprint 'x'\n")
    (folder / "wide.py").write_bytes("import torch".encode("utf-16"))
    (folder / "train.ipynb").write_text(json.dumps(NOTEBOOK, indent=1))
    (folder / "broken.ipynb").write_text('{"torch": <')
    (folder / "clean").mkdir()
    (folder / "clean" / "a.py").write_text("import torch\n")
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, str]:
    """The report in each format."""
    named = ("old.py", "wide.py", "broken.ipynb", ".")
    return {output_format: check(folder, output_format, *named) for output_format in FORMATS}


def check(folder: Path, output_format: str, *paths: str) -> str:
    command = [sys.executable, "-m", "actlint", "check", "--select", "ALL", "--output-format", output_format, *paths]
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def every(value: Any, key: str) -> Iterator[Any]:
    """The values of a key, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from every(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == key:
                yield item
            yield from every(item, key)


def no_nulls(value: Any) -> bool:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is not None and all(map(no_nulls, children))


def test_every_kind_is_there(report: dict[str, str]) -> None:
    found = json.loads(report["json"])
    assert {one["code"] for one in found} >= {"invalid-syntax", *(rule.code for rule in all_rules())}
    assert {one["cell"] for one in found} == {None, 3}


def test_sarif(report: dict[str, str], folder: Path) -> None:
    log = json.loads(report["sarif"])
    (run,) = log["runs"]
    assert log["version"] == "2.1.0" and no_nulls(log)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) == len(all_rules())
    for result in run["results"]:
        assert result["message"]["text"] and result["level"] in ("none", "note", "warning", "error")
        assert result["ruleId"] == (rules[result["ruleIndex"]] if "ruleIndex" in result else "invalid-syntax")
        numbers = [other["id"] for other in result.get("relatedLocations", ())]
        assert numbers == list(range(1, len(numbers) + 1))
    for region in (*every(log, "region"), *every(log, "deletedRegion")):
        assert min(region.values()) >= 1
        end = (region.get("endLine", region["startLine"]), region.get("endColumn", region["startColumn"]))
        assert (region["startLine"], region["startColumn"]) <= end
    for uri in every(log, "uri"):
        assert re.fullmatch(r"[A-Za-z0-9._~%/:-]+", uri)
        assert (folder / unquote(urlsplit(uri).path)).is_file()
    flows = list(every(log, "codeFlows"))
    assert flows and all(thread["locations"] for flow in every(flows, "threadFlows") for thread in flow)
    assert all(location["message"]["text"] for location in every(flows, "location"))
    changes = [change for found in every(log, "artifactChanges") for change in found]
    assert changes and all(change["replacements"] for change in changes)


def test_gitlab(report: dict[str, str], folder: Path) -> None:
    found = json.loads(report["gitlab"])
    for one in found:
        assert set(one) == {"check_name", "description", "severity", "fingerprint", "location"}
        assert one["check_name"] and one["description"] and re.fullmatch("[0-9a-f]{64}", one["fingerprint"])
        assert one["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert (folder / one["location"]["path"]).is_file() and not one["location"]["path"].startswith(("/", "./"))
        for place in one["location"]["positions"].values():
            assert place["line"] >= 1 and place["column"] >= 1
    assert len({one["fingerprint"] for one in found}) == len(found)


def test_json_has_the_keys_of_ruff(report: dict[str, str], folder: Path) -> None:
    found = json.loads(report["json"])
    assert found == [json.loads(line) for line in report["json-lines"].splitlines()]
    keys = "cell code end_location filename fix location message name noqa_row url"
    for one in found:
        assert set(one) == set(keys.split())
        places = [one["location"], one["end_location"]]
        for edit in (one["fix"] or {"edits": ()})["edits"]:
            assert set(edit) == {"content", "location", "end_location"}
            places += [edit["location"], edit["end_location"]]
        assert all(set(place) == {"row", "column"} and min(place.values()) >= 1 for place in places)
        assert one["fix"] is None or one["fix"]["applicability"] in ("safe", "unsafe")
        assert Path(one["filename"]).is_absolute() and Path(one["filename"]).is_file()


def test_formats_agree(report: dict[str, str]) -> None:
    count = len(json.loads(report["json"]))
    suites = ElementTree.fromstring(report["junit"].encode())
    (run,) = json.loads(report["sarif"])["runs"]
    assert count == len(run["results"]) == len(json.loads(report["gitlab"])) == len(report["github"].splitlines())
    assert count == int(suites.get("failures", "")) == len(list(suites.iter("failure")))
    assert all(
        re.match(r"::error title=[^:]*,file=[^:,]*,line=\d+,col=\d+,", line) for line in report["github"].splitlines()
    )


@pytest.mark.parametrize(
    ("output_format", "wanted"), [("json", []), ("gitlab", []), ("json-lines", None), ("github", None)]
)
def test_nothing_found(folder: Path, output_format: str, wanted: Any) -> None:
    out = check(folder, output_format, "clean")
    assert (json.loads(out) if wanted is not None else out or None) == wanted


def test_nothing_found_in_sarif_and_junit(folder: Path) -> None:
    (run,) = json.loads(check(folder, "sarif", "clean"))["runs"]
    assert run["results"] == [] and run["tool"]["driver"]["rules"] == []
    assert ElementTree.fromstring(check(folder, "junit", "clean").encode()).get("failures") == "0"
