from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from actlint.verify.reasons import KINDS
from tests.cli.conftest import Actlint, replace_module

REFUSAL = SimpleNamespace(code="REF101", name="unknown-symbol", what="A symbol.", help="Port it.")


@pytest.fixture(autouse=True)
def known(rules: None, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_module(monkeypatch, "actlint.migrate.refusals", REASONS={"REF101": REFUSAL})


def test_rule(actlint: Actlint) -> None:
    result = actlint("rule", "ACT101")
    assert result.code == 0
    assert result.out.startswith("session-found (ACT101)\n======================\n")
    for part in ("What.", "Why.", "    session()", "    good()", "actlint fix", "- a source"):
        assert part in result.out


def test_refusal(actlint: Actlint) -> None:
    result = actlint("rule", "ref101")
    assert result.out.startswith("unknown-symbol (REF101)\n")
    assert "A symbol." in result.out and "Port it." in result.out and "Bad" not in result.out


def test_all(actlint: Actlint) -> None:
    result = actlint("rule", "--all")
    assert [line for line in result.out.splitlines() if line.endswith(")") and "-" in line.split(" (")[0]] == [
        "placeholder-found (ACT001)",
        "session-found (ACT101)",
        "hidden-found (ACT102)",
        "unknown-symbol (REF101)",
        *(f"{kind.name} ({kind.code})" for kind in KINDS.values()),
    ]


def test_json(actlint: Actlint) -> None:
    assert json.loads(actlint("rule", "ACT101", "--output-format=json").out)["bad"] == "session()\n"
    assert len(json.loads(actlint("rule", "--all", "--output-format=json").out)) == 4 + len(KINDS)


def test_reason_of_a_proof(actlint: Actlint) -> None:
    result = actlint("rule", "PRF101")
    assert result.out.startswith("no-framework (PRF101)\n")
    assert 'pip install "actlint[verify]"' in result.out


@pytest.mark.parametrize("arguments", [[], ["ACT101", "--all"], ["ACT999"]])
def test_error_of_use(actlint: Actlint, arguments: list[str]) -> None:
    result = actlint("rule", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("actlint: error: ") and result.err.count("\n") == 1
