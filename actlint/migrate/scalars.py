"""Whether a Python value that the graph takes is a plain number, by the way it is computed."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.ground import Ground
from actlint.migrate.source import walk
from actlint.program.values import Const, Host, Symbol

_NUMBERS = ("float", "int", "len", "abs", "round")
_REDUCTIONS = ("mean", "sum", "max", "min", "std", "var", "median", "amax", "amin")


def is_number(ground: Ground, node: cst.CSTNode, seen: frozenset[str] = frozenset()) -> bool:
    """Whether an expression surely gives one number."""
    if isinstance(node, (cst.Integer, cst.Float)):
        return True
    if isinstance(node, cst.UnaryOperation):
        return is_number(ground, node.expression, seen)
    if isinstance(node, cst.BinaryOperation):
        return is_number(ground, node.left, seen) and is_number(ground, node.right, seen)
    if isinstance(node, cst.IfExp):
        return is_number(ground, node.body, seen) and is_number(ground, node.orelse, seen)
    if isinstance(node, cst.Call):
        return _gives_number(ground, node, seen)
    if isinstance(node, cst.Name):
        return _is_number_name(ground, node, seen)
    return any(isinstance(v, Host) and v.shape == () for v in ground.values(node))


def _gives_number(ground: Ground, node: cst.Call, seen: frozenset[str]) -> bool:
    for value in ground.values(node.func):
        name = value.name if isinstance(value, Symbol) else ""
        last = name.rpartition(".")[2]
        if name.startswith("builtins."):
            return last in _NUMBERS
        if name.startswith("numpy.random."):
            return not node.args and last in ("rand", "randn", "random", "normal", "uniform")
        if name.startswith("numpy."):
            return (
                last in _REDUCTIONS
                and len(node.args) == 1
                or bool(node.args)
                and is_number(ground, node.args[0].value, seen)
            )
    return False


def _is_number_name(ground: Ground, node: cst.Name, seen: frozenset[str]) -> bool:
    values = ground.values(node)
    if values and all(isinstance(v, Const) and isinstance(v.value, (int, float)) for v in values):
        return True
    if node.value in seen:
        return True
    inner = seen | {node.value}
    found = [
        _binds_number(ground, part, inner)
        for part in walk(ground.tree.module)
        if isinstance(part, (cst.AssignTarget, cst.AugAssign, cst.For, cst.Param)) and _binds(part, node.value)
    ]
    return bool(found) and all(found)


def _binds(part: cst.CSTNode, name: str) -> bool:
    target = part.name if isinstance(part, cst.Param) else part.target  # type: ignore[attr-defined]
    return any(isinstance(inner, cst.Name) and inner.value == name for inner in walk(target))


def _binds_number(ground: Ground, part: cst.CSTNode, seen: frozenset[str]) -> bool:
    if isinstance(part, cst.AssignTarget):
        return isinstance(part.target, cst.Name) and is_number(ground, ground.parent[part].value, seen)  # type: ignore[attr-defined]
    if isinstance(part, cst.AugAssign):
        return isinstance(part.target, cst.Name) and is_number(ground, part.value, seen)
    if isinstance(part, cst.For) and isinstance(part.target, cst.Name) and isinstance(part.iter, cst.Call):
        return any(isinstance(v, Symbol) and v.name == "builtins.range" for v in ground.values(part.iter.func))
    return False
