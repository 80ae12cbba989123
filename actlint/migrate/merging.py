"""One text for what the objects of a class need: the class is written once, and has to be right for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import libcst as cst

from actlint.migrate.source import code
from actlint.migrate.statements import spaced

Statements = list[cst.BaseStatement]


def merged(variants: Sequence[Statements]) -> Statements | None:
    """Statements that do what each variant does, or None where one has other statements at the same place.

    Statements that only some variants have make what the other objects don't use, as the graph did.
    """
    found, *others = variants
    for other in others:
        joined = _joined(found, other)
        if joined is None:
            return None
        found = joined
    return found


def _joined(left: Statements, right: Statements) -> Statements | None:
    one, two = [_text(part) for part in left], [_text(part) for part in right]
    if one == two:
        return left
    made: Statements = []
    for tag, start, end, first, last in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if tag == "replace" and not _harmless(left[start:end], right[first:last]):
            return None
        made += left[start:end] if tag != "insert" else []
        made += right[first:last] if tag in ("insert", "replace") else []
    return made


def _harmless(left: Statements, right: Statements) -> bool:
    """Whether two runs of statements bind different names, so that both can stand there."""
    one, two = _bound(left), _bound(right)
    return one is not None and two is not None and not one & two


def _bound(part: Statements) -> set[str] | None:
    """What assignments bind; None where there are other statements."""
    found: set[str] = set()
    for node in part:
        small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
        if not isinstance(small, cst.Assign):
            return None
        found |= {code(target.target) for target in small.targets}
    return found


def _text(node: cst.BaseStatement) -> str:
    return code(spaced(node, 0)).strip()


def merged_definitions(variants: Sequence[Sequence[cst.BaseStatement]]) -> Statements | str:
    """The functions of all variants, each once; the name of one whose variants differ."""
    found: dict[str, cst.BaseStatement] = {}
    for variant in variants:
        for node in variant:
            name = node.name.value if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else _text(node)
            known = found.setdefault(name, node)
            if _text(known) != _text(node):
                return name
    return list(found.values())
