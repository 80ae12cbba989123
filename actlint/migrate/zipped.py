"""Inputs that a program keeps in lists: placeholders that a loop makes, and feeds that pair such lists with values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from actlint.migrate.source import code
from actlint.program.model import Program
from actlint.program.values import Mapping, Sequence, Tensor, Value


@dataclass(frozen=True)
class Zipped:
    """A feed `dict(zip(keys, values))`: the expression of its keys, and what they are."""

    node: cst.BaseExpression
    keys: cst.BaseExpression
    values: cst.BaseExpression
    tensors: tuple[Tensor, ...]


def members(value: Value | None) -> tuple[Tensor, ...]:
    """The placeholders in a list that a loop has made one by one; none where it isn't such a list."""
    if not isinstance(value, Sequence) or value.partial or len(value.items) < 2:
        return ()
    found = tuple(item for item in value.items if isinstance(item, Tensor))
    made = {tensor.op.node for tensor in found}
    one_by_one = len(found) == len(value.items) and all(t.op.kind == "placeholder" and t.op.turns for t in found)
    return found if one_by_one and len(made) == 1 and len({t.op.index for t in found}) == len(found) else ()


def zipped(program: Program, feed: Mapping) -> Zipped | None:
    """How a feed pairs a list of tensors with a list of values; None where it is made otherwise."""
    node = feed.node
    pair = _of_call(node) if isinstance(node, cst.Call) else _of_comprehension(node)
    if pair is None or node is None or feed.grown:
        return None
    keys, values = pair
    for known in program.values(keys):
        items = tuple(known.items) if isinstance(known, Sequence) else ()
        tensors = tuple(item for item in items if isinstance(item, Tensor))
        if tensors and list(tensors) == list(items) == list(feed.items):
            return Zipped(node, keys, values, tensors)
    return None


def _of_call(node: cst.Call) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """What `dict(zip(keys, values))` pairs."""
    return _columns(node.args[0].value) if len(node.args) == 1 and node.args[0].keyword is None else None


def _of_comprehension(node: cst.BaseExpression | None) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """What `{key: value for key, value in zip(keys, values)}` pairs."""
    if not isinstance(node, cst.DictComp) or node.for_in.ifs or node.for_in.inner_for_in is not None:
        return None
    target, pair = node.for_in.target, _columns(node.for_in.iter)
    if pair is None or not isinstance(target, cst.Tuple) or not isinstance(node.key, cst.Name):
        return None
    names = [element.value for element in target.elements]
    if len(names) != 2 or not isinstance(names[0], cst.Name) or names[0].value != node.key.value:
        return None
    if code(names[1]) == code(node.value):
        return pair
    clause = cst.CompFor(target=names[1], iter=pair[1])  # type: ignore[arg-type]
    return pair[0], cst.ListComp(node.value, clause)


def _columns(node: cst.BaseExpression) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """The two arguments of a call of `zip`."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Name) or node.func.value != "zip":
        return None
    plain = [argument.value for argument in node.args if argument.keyword is None and not argument.star]
    return (plain[0], plain[1]) if len(plain) == len(node.args) == 2 else None


def lists(bound: Iterator[tuple[str, Value]]) -> Iterator[tuple[str, tuple[Tensor, ...]]]:
    """The names of lists of placeholders, with these."""
    for name, value in bound:
        if found := members(value):
            yield name, found
