"""Walking a tree without rebuilding it, which LibCST's visitors and `children` do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache

import libcst as cst

_TOKENS = ("whitespace", "lines", "header", "footer", "newline", "comment", "indent", "lpar", "rpar", "semicolon")


def below(node: cst.CSTNode, leave: tuple[type[cst.CSTNode], ...] = ()) -> Iterator[cst.CSTNode]:
    """A node and what is in it but white space, outer nodes before inner ones; not what is in nodes of the types
    `leave`. Brothers come in no particular order."""
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        if not isinstance(current, leave):
            for name in _inner(type(current)):
                value = getattr(current, name)
                if isinstance(value, cst.CSTNode):
                    todo.append(value)
                elif isinstance(value, (list, tuple)):
                    todo.extend(value)


_CHILDREN: dict[cst.CSTNode, tuple[cst.CSTNode, ...]] = {}


def children(node: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """The direct children of a node in source order, remembered until `forget`: LibCST finds them by rebuilding it."""
    found = _CHILDREN.get(node)
    if found is None:
        found = _CHILDREN[node] = tuple(node.children)
    return found


def forget() -> None:
    """Let go of the trees whose nodes' children are remembered."""
    _CHILDREN.clear()


@cache
def _inner(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a type of node that hold other nodes than white space."""
    return tuple(f.name for f in fields(kind) if not any(token in f.name for token in _TOKENS))  # type: ignore[arg-type]
