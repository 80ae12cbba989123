"""Classes of which each object gets methods of its own, so that what is known of a method is known of one object."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.values import Class, Function, Value

if TYPE_CHECKING:
    from actlint.program.model import Program


class Copies:
    """Copies of classes for all objects but the first; `apart` are the methods that each object has for itself."""

    def __init__(self, program: Program, apart: Collection[cst.CSTNode]) -> None:
        self.program = program
        self.apart = apart
        self._used: set[cst.CSTNode] = set()

    def of(self, cls: Class) -> Class:
        """The class of a new object."""
        methods = set(self._methods(cls))
        if not methods & self._used:
            self._used |= methods
            return cls
        return self._copy(cls)

    def _methods(self, cls: Class) -> list[cst.CSTNode]:
        """The methods of a class and its bases that each object has for itself."""
        own = [v.node for v in cls.attributes.values() if isinstance(v, Function) and v.node in self.apart]
        return own + [node for base in cls.bases if isinstance(base, Class) for node in self._methods(base)]

    def _copy(self, cls: Class) -> Class:
        bases = tuple(self._copy(base) if isinstance(base, Class) else base for base in cls.bases)
        taken = any(isinstance(v, Function) and v.node in self._used for v in cls.attributes.values())
        if not taken and all(new is old for new, old in zip(bases, cls.bases, strict=True)):
            return cls
        nodes = self._cloned(cls) if taken else {}
        attributes: dict[str, Value] = dict(cls.attributes)
        made = replace(cls, node=nodes.get(cls.node, cls.node), bases=bases, attributes=attributes)  # type: ignore[type-var]
        for name, value in cls.attributes.items():
            if isinstance(value, Function):
                node = nodes.get(value.node, value.node) if value.node in self.apart else value.node
                own = attributes[name] = replace(value, node=node, owner=made)
                self.program.functions[node] = own
        return made

    def _cloned(self, cls: Class) -> dict[cst.CSTNode, cst.CSTNode]:
        """A copy of a class's definition, which stands where the class stands: each node with its copy."""
        tree = self.program.trees[cls.file]
        clone = cls.node.deep_clone()
        made: dict[cst.CSTNode, cst.CSTNode] = {}
        todo: list[tuple[cst.CSTNode, cst.CSTNode]] = [(cls.node, clone)]
        while todo:
            old, new = todo.pop()
            made[old] = new
            todo.extend(zip(old.children, new.children, strict=True))
        for old, new in made.items():
            tree.copied[new] = tree.copied.get(old, old)
            if old in tree.given:
                tree.given[new] = tree.given[old]
        self.program.copies[clone] = self.program.copies.get(cls.node, cls.node)  # type: ignore[arg-type]
        return made
