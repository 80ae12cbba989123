from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from actlint.rules.registry import UnknownRule, all_rules, select
from actlint.rules.rule import Rule


def rule(code: str) -> Rule:
    return Rule(code, "a-name", "", "", "", "", "", (), "none", lambda program: (), ())


RULES = tuple(rule(code) for code in ("ACT001", "ACT002", "ACT101", "ACT102"))


@pytest.mark.parametrize(
    ("selected", "extended", "ignored", "left"),
    [
        (["ALL"], [], [], "001 002 101 102"),
        (["ACT1"], [], [], "101 102"),
        (["ACT"], [], ["ACT0", "ACT102"], "101"),
        (["ACT101"], ["ACT0"], [], "001 002 101"),
        (["ALL"], [], ["ALL"], ""),
        (["ACT102"], [], ["ACT1"], "102"),
        (["ALL"], ["ACT001"], ["ACT0"], "001 101 102"),
        (["ACT102"], [], ["ACT102"], ""),
    ],
)
def test_longest_selector_decides(selected: list[str], extended: list[str], ignored: list[str], left: str) -> None:
    assert [r.code.removeprefix("ACT") for r in select(RULES, selected, extended, ignored)] == left.split()


@pytest.mark.parametrize(
    ("selected", "extended", "ignored", "on"),
    [
        (None, [], [], False),
        (None, [], ["ACT0"], False),
        (["ACT0"], [], [], False),
        (None, ["ACT9"], [], True),
        (["ALL"], [], [], True),
        (["ACT900"], [], [], True),
        (["ALL"], [], ["ACT9"], False),
    ],
)
def test_optional_rules_are_on_where_they_are_selected(selected, extended, ignored, on) -> None:
    rules = (*RULES, replace(rule("ACT900"), optional=True))
    assert (rules[-1] in select(rules, selected, extended, ignored)) is on
    assert select(RULES, None) == RULES


@pytest.mark.parametrize("selector", ["ACT9", "act101", "ACT1011", "", "all"])
def test_unknown_selector(selector: str) -> None:
    for arguments in ([selector], [], []), (["ALL"], [selector], []), (["ALL"], [], [selector]):
        with pytest.raises(UnknownRule):
            select(RULES, *arguments)


def test_rules_are_complete_and_in_order() -> None:
    rules = all_rules()
    assert [r.code for r in rules] == sorted({r.code for r in rules})
    for r in rules:
        assert re.fullmatch(r"ACT\d{3}", r.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", r.name)
        assert r.message and r.what and r.why and r.bad and r.good and r.sources, r.code


def test_rules_are_known_without_libcst() -> None:
    code = (
        "import sys; from actlint.rules.registry import all_rules; all_rules(); "
        "print([m for m in ('libcst', 'tensorflow', 'torch', 'numpy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
