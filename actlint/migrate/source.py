"""Nodes and their text: everything below one, and where expressions need parentheses."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from actlint.syntax.walk import children

_ATOMS = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.Integer,
    cst.Float,
    cst.SimpleString,
    cst.List,
    cst.Dict,
    cst.ListComp,
)
_PLAIN = cst.Module([])


def code(node: cst.CSTNode) -> str:
    return _PLAIN.code_for_node(node)


def is_atom(node: cst.BaseExpression) -> bool:
    """Whether an expression can stand beside any operator without parentheses."""
    return isinstance(node, _ATOMS) or bool(getattr(node, "lpar", ()))


def parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    return node if is_atom(node) else node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


_LEVELS: dict[type, int] = {
    cst.Add: 1,
    cst.Subtract: 1,
    cst.Multiply: 2,
    cst.Divide: 2,
    cst.FloorDivide: 2,
    cst.Modulo: 2,
    cst.MatrixMultiply: 2,
}


def binds_tighter(inner: cst.BaseExpression, outer: cst.BaseExpression, left: bool) -> bool:
    """Whether an operand needs no parentheses beside the outer operator."""
    if not isinstance(inner, cst.BinaryOperation) or not isinstance(outer, cst.BinaryOperation):
        return False
    own, other = _LEVELS.get(type(inner.operator), 0), _LEVELS.get(type(outer.operator), 9)
    return own >= other if left else own > other


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything below it, in source order."""
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        todo.extend(reversed(children(current)))


def has_defaults(function: cst.CSTNode | None) -> bool:
    """Whether a function has parameters that calls may leave out: what is added to them goes by keyword."""
    parameters = getattr(function, "params", None)
    if parameters is None:
        return False
    return any(p.default is not None for p in parameters.params) or isinstance(parameters.star_arg, cst.Param)


def with_arguments(call: cst.Call, arguments: list[cst.Arg]) -> cst.Call:
    """A call with other arguments; commas stay where they were, and appear where they are missing."""
    made: list[cst.Arg] = []
    for place, argument in enumerate(arguments):
        last = place == len(arguments) - 1
        if last:
            trailing = (
                call.args[-1].comma if call.args and len(arguments) >= len(call.args) else cst.MaybeSentinel.DEFAULT
            )
            keep = (
                trailing if isinstance(trailing, cst.Comma) and argument is call.args[-1] else cst.MaybeSentinel.DEFAULT
            )
            made.append(argument.with_changes(comma=keep))
        elif isinstance(argument.comma, cst.Comma):
            made.append(argument)
        else:
            made.append(argument.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))))
    return call.with_changes(args=made)
