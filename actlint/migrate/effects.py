"""Statements that run for their effect alone: assignments whose results nothing reads lose their names and lists."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.flow import Item
from actlint.migrate.keys import Keys
from actlint.migrate.regions import Regions
from actlint.migrate.source import code
from actlint.migrate.statements import statement


def is_effect(regions: Regions, item: Item) -> bool:
    """Whether a statement only changes variables, and nothing reads what it gives."""
    if not item.updates:
        return False
    for leaves in regions.flow.leaves.values():
        if any(item in leaf.uses.values() and not leaf.trains for leaf in leaves):
            return False
    return all(
        is_effect(regions, other) and _lists(regions.flow.keys, other, item)
        for other in regions.flow.items.values()
        if other is not item and item in other.uses.values() and _reads(regions, other, item)
    )


def _reads(regions: Regions, item: Item, other: Item) -> bool:
    """Whether an item reads what another one gives, rather than only waiting for it."""
    return any(key in other.defs for _, key in regions.flow.tensor_names(item.unit.node))


def _lists(keys: Keys, item: Item, part: Item) -> bool:
    """Whether an item only puts another one into a list or group."""
    small = item.unit.small
    value = small.value if isinstance(small, cst.Assign) else None
    elements: list[cst.BaseExpression] = []
    if isinstance(value, (cst.List, cst.Tuple)):
        elements = [element.value for element in value.elements]
    elif isinstance(value, cst.Call):
        elements = [argument.value for argument in value.args]
    return any(keys.key(element) in part.defs for element in elements)


def dissolved(made: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
    """What stays of a rewritten assignment: calls as statements, comprehensions as loops, nothing of names."""
    small = made.body[0]
    parts = _effects(small.value) if isinstance(small, cst.Assign) else [made]
    if parts and parts[0] is not made:
        parts[0] = parts[0].with_changes(leading_lines=made.leading_lines)  # type: ignore[call-arg]
    return parts


def _effects(node: cst.BaseExpression) -> list[cst.BaseStatement]:
    if isinstance(node, (cst.List, cst.Tuple)):
        return [part for element in node.elements for part in _effects(element.value)]
    if isinstance(node, (cst.ListComp, cst.GeneratorExp)) and node.for_in.inner_for_in is None:
        loop = node.for_in
        tests = "".join(f"{'    ' * (i + 1)}if {code(test.test)}:\n" for i, test in enumerate(loop.ifs))
        indent = "    " * (len(loop.ifs) + 1)
        target = code(loop.target.with_changes(lpar=(), rpar=()))
        return [statement(f"for {target} in {code(loop.iter)}:\n{tests}{indent}{code(node.elt)}\n")]
    return [] if isinstance(node, (cst.Name, cst.Attribute)) else [cst.SimpleStatementLine([cst.Expr(node)])]
