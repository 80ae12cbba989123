"""Statements of helpers that only compute what they add to a collection: who reads the collection computes it."""

from __future__ import annotations

import libcst as cst

from actlint.migrate.plumbing import is_reading, is_registration
from actlint.migrate.source import walk
from actlint.program.model import Program
from actlint.program.values import Frame


class Aside:
    """The statements that disappear, and the parameters that only they read."""

    def __init__(self, program: Program, bodies: dict[cst.CSTNode, object]) -> None:
        self.program = program
        self.statements: set[cst.CSTNode] = set()
        self.parameters: dict[cst.CSTNode, set[str]] = {}
        for function in program.calls:
            if isinstance(function, cst.FunctionDef) and function not in bodies:
                self._read(function)

    def _read(self, function: cst.FunctionDef) -> None:
        found = [part for part in walk(function.body) if self._registers(part)]
        if not found:
            return
        inside = set(found)
        lines = [part for part in walk(function.body) if isinstance(part, cst.SimpleStatementLine)]
        reads = any(is_reading(self.program, part) for part in walk(function.body))
        while not reads:
            more = [line for line in lines if line not in inside and self._serves(function, line, inside)]
            if not more:
                break
            inside |= set(more)
        self.statements |= inside
        tests = [part for part in walk(function.body) if isinstance(part, cst.If) and self.vanishes(part)]
        gone = {part for node in [*inside, *(t.test for t in tests)] for part in walk(node)}
        names = {p.name.value for p in (*function.params.params, *function.params.kwonly_params)}
        read = {part.value for part in _names(function.body) if part in gone}
        self.parameters[function] = {
            name for name in names & read if all(p in gone for p in _names(function.body) if p.value == name)
        }

    def _registers(self, node: cst.CSTNode) -> bool:
        return (
            isinstance(node, cst.SimpleStatementLine)
            and len(node.body) == 1
            and is_registration(self.program, node.body[0])
        )

    def _serves(self, function: cst.FunctionDef, line: cst.SimpleStatementLine, inside: set[cst.CSTNode]) -> bool:
        """Whether a statement binds a name that only statements read which disappear."""
        small = line.body[0]
        if len(line.body) != 1 or not isinstance(small, cst.Assign) or len(small.targets) != 1:
            return False
        target = small.targets[0].target
        if not isinstance(target, cst.Name):
            return False
        gone = {part for node in inside for part in walk(node)}
        reads = [p for p in _names(function.body) if p.value == target.value and p is not target]
        return bool(reads) and all(part in gone for part in reads)

    def vanishes(self, node: cst.If) -> bool:
        """Whether nothing is left of a branch, and its condition only reads names."""
        if node.orelse is not None or any(isinstance(part, cst.Call) for part in walk(node.test)):
            return False
        return all(
            part in self.statements or isinstance(part, cst.If) and self.vanishes(part) for part in node.body.body
        )

    def inner(self, statement: cst.CSTNode | None, calls: tuple[Frame, ...]) -> int:
        """How many calls of a path lead to a statement that disappears, or to one called by it; 0 where none does."""
        for depth in range(len(calls) - 1, -1, -1):
            if any(calls[depth].node in walk(line) for line in self.statements):
                return depth + 1
        return len(calls) if statement in self.statements else 0


def _names(node: cst.CSTNode) -> list[cst.Name]:
    return [part for part in walk(node) if isinstance(part, cst.Name)]
