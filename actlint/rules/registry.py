"""All rules, and which of them a selection means."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache

import actlint.rules
from actlint.rules.rule import Rule


class UnknownRule(Exception):
    """A selector that means no rule."""

    def __init__(self, selector: str) -> None:
        super().__init__(f"unknown rule `{selector}`; `actlint rule --all` lists the rules")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    modules = (
        importlib.import_module(f"{actlint.rules.__name__}.{found.name}")
        for found in pkgutil.iter_modules(actlint.rules.__path__)
    )
    rules = sorted((m.RULE for m in modules if hasattr(m, "RULE")), key=lambda rule: rule.code)
    for earlier, later in zip(rules, rules[1:], strict=False):
        if earlier.code == later.code:
            raise ValueError(f"two rules have the code {later.code}")
    return tuple(rules)


def select(
    rules: Iterable[Rule], selected: Iterable[str] | None, extended: Iterable[str] = (), ignored: Iterable[str] = ()
) -> tuple[Rule, ...]:
    """The rules that remain. Selectors are codes, prefixes of codes, or ALL; for each rule the longest selector that
    means it decides, and of two equally long ones the ignoring one. Where nothing is `selected`, that is every rule
    that isn't optional. Raises UnknownRule."""
    rules = tuple(rules)
    wanted = {*(("ALL",) if selected is None else selected), *extended}
    asked = {*extended} if selected is None else wanted
    unwanted = set(ignored)
    for selector in sorted(wanted | unwanted):
        check_selector(rules, selector)
    on = (r for r in rules if not r.optional or _weight(r.code, asked))
    return tuple(r for r in on if _weight(r.code, wanted) > _weight(r.code, unwanted))


def check_selector(rules: Iterable[Rule], selector: str) -> None:
    """Raises UnknownRule for a selector that is neither a code, a prefix of one, nor ALL."""
    if not any(means(selector, rule.code) for rule in rules) and selector != "ALL":
        raise UnknownRule(selector)


def means(selector: str, code: str) -> bool:
    """Whether a selector means a rule's code."""
    return bool(selector) and (selector == "ALL" or code.startswith(selector))


def _weight(code: str, selectors: Iterable[str]) -> int:
    """0 when no selector means the code, 1 for ALL, more for a longer prefix."""
    return max((1 if s == "ALL" else len(s) + 1 for s in selectors if means(s, code)), default=0)
