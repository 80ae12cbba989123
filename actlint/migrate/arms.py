"""Code that the program doesn't reach with the options it is given: walked all the same, or guarded.

A branch that a known condition doesn't take is rewritten like any other where that is possible (`opened`). Where it
isn't, an error takes its place, so that other options fail aloud instead of computing something else (`guarded`).
Functions that nothing calls are left with an error too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.inline import without_docstring
from actlint.migrate.layout import framework_names
from actlint.migrate.source import code, parenthesized, walk
from actlint.migrate.straighten import analyzed_again
from actlint.program import Program
from actlint.program.expressions import truthiness
from actlint.syntax.tree import Tree
from actlint.syntax.walk import children

MOST_ROUNDS = 4
INVERSE = {
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
    cst.Is: cst.IsNot,
    cst.IsNot: cst.Is,
    cst.In: cst.NotIn,
    cst.NotIn: cst.In,
}


@dataclass
class Reached:
    """The same program with less that isn't reached, and remarks on what isn't converted."""

    program: Program
    notes: list[str] = field(default_factory=list)


def reached(program: Program) -> Iterator[Reached]:
    """Other forms of a program in which nothing of the framework's is unreached, the most faithful one first."""
    wide = _opened(program, lambda branch: True)
    first = _guarded(wide)
    if first.program is not program:
        yield first
    if wide is not program:
        narrow = _opened(program, lambda branch: not any(map(_trains, walk(branch))))
        if narrow is not program:
            yield _guarded(narrow)
        yield _guarded(program)


def _trains(node: cst.CSTNode) -> bool:
    """Whether an expression makes what a branch can't choose: an optimizer, an input, a session."""
    return isinstance(node, cst.Attribute) and node.attr.value in ("train", "placeholder", "Session")


def _opened(program: Program, choose: Callable[[cst.CSTNode], bool]) -> Program:
    """The program with both branches of its conditions walked, where one isn't reached and is chosen."""
    for _ in range(MOST_ROUNDS):
        found = {file: _Unreached(program, file) for file in program.trees}
        unreached = {file: [n for n in own.branches() if choose(own.untaken(n))] for file, own in found.items()}
        if not any(unreached.values()):
            break
        trees = {file: tree.apart() for file, tree in program.trees.items()}
        for file, nodes in unreached.items():
            trees[file].opened |= {trees[file].copied.get(node, node) for node in nodes}
        program = analyzed_again(program, trees)
    return program


def _guarded(program: Program) -> Reached:
    """The program with errors where it isn't reached."""
    notes: list[str] = []
    trees: dict[Path, Tree] = dict(program.trees)
    for file in program.trees:
        found = _Guarding(program, file)
        if found.edit.changes:
            trees[file] = found.edit.made()
            notes += found.notes
    return Reached(analyzed_again(program, trees) if notes else program, notes)


class _Unreached:
    """What one file uses of the framework in code that isn't reached."""

    def __init__(self, program: Program, file: Path) -> None:
        self.program, self.tree = program, program.trees[file]
        self.names = framework_names(self.tree.module)
        self.found = {
            part
            for part in _code(self.tree.module)
            if isinstance(part, cst.Name) and part.value in self.names and not program.values(part)
        }
        builds = [f for f in program.functions if f not in program.calls and isinstance(f, cst.FunctionDef)]
        self.builders = {f.name.value for f in builds} | _called_builders(program)
        own = {node for node in walk(self.tree.module) if isinstance(node, cst.FunctionDef)}
        self.uncalled = [f for f in builds if f in own and self._builds(f.body)]

    def branches(self) -> list[cst.If]:
        """Conditions that decide against a branch which uses the framework."""
        return [node for node in walk(self.tree.module) if isinstance(node, cst.If) and self.untaken(node) is not None]

    def untaken(self, node: cst.If) -> cst.CSTNode | None:
        """The branch that a condition never takes, where it uses the framework."""
        truths = {truthiness(value) for value in self.program.values(node.test)}
        if len(truths) != 1 or None in truths:
            return None
        branch = node.orelse if truths == {True} else node.body
        return branch if branch is not None and self._builds(branch) else None

    def _builds(self, branch: cst.CSTNode) -> bool:
        return any(
            part in self.found
            or isinstance(part, cst.Call)
            and _called(part) in self.builders
            and not self.program.values(part)
            for part in walk(branch)
        )


def _called_builders(program: Program) -> set[str]:
    """The names of functions that built part of the graph where they were called."""
    made = {frame.function.node for op in program.ops for frame in op.calls}
    return {node.name.value for node in made if isinstance(node, cst.FunctionDef)}


class _Guarding:
    def __init__(self, program: Program, file: Path) -> None:
        self.unreached = _Unreached(program, file)
        self.tree = self.unreached.tree
        self.edit = Edit(self.tree)
        self.notes: list[str] = []
        chained = {n.orelse for n in walk(self.tree.module) if isinstance(n, cst.If) and isinstance(n.orelse, cst.If)}
        for node in self.unreached.branches():
            if node not in chained:
                self.edit.changes[node] = self._straight(node)
        for function in self.unreached.uncalled:
            self._silence(function)

    def _straight(self, node: cst.If) -> list[cst.BaseStatement]:
        """The taken branch of an `if`, behind an error for the other one."""
        untaken = self.unreached.untaken(node)
        if untaken is None:
            return [node]
        self._note(untaken, "isn't reached with the options given")
        test = node.test if untaken is node.body else _negated(node.test)
        guard = cst.parse_statement(f"if condition:\n    {_error('this branch was not converted from TensorFlow 1')}\n")
        assert isinstance(guard, cst.If)
        guard = guard.with_changes(test=test, leading_lines=node.leading_lines)
        self.edit.came_from(guard, node)
        if untaken is not node.body:
            return [guard, *node.body.body]  # type: ignore[list-item]
        rest = node.orelse
        if isinstance(rest, cst.If):
            return [guard, *self._straight(rest)]
        return [guard, *(rest.body.body if rest is not None else ())]  # type: ignore[list-item]

    def _silence(self, function: cst.FunctionDef) -> None:
        body = without_docstring(function)
        kept = [part for part in function.body.body if part not in body]
        error = cst.parse_statement(_error(f"{function.name.value} was not converted from TensorFlow 1"))
        self.edit.came_from(error, body[0])
        block = function.body.with_changes(body=[*kept, error])
        self.edit.replace(function.body, block)
        self._note(function, f"{function.name.value} isn't called")

    def _note(self, node: cst.CSTNode, why: str) -> None:
        line = self.tree.position(node)[0].row
        self.notes.append(f"{self.tree.path.name}:{line}: {why}, so it isn't converted: it raises NotImplementedError")


def _error(text: str) -> str:
    return f'raise NotImplementedError("{text}")'


def _called(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else code(call.func)


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    """The contrary of a condition."""
    if isinstance(test, cst.UnaryOperation) and isinstance(test.operator, cst.Not):
        return test.expression
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        part = test.comparisons[0]
        inverse = INVERSE.get(type(part.operator))  # type: ignore[arg-type]
        if inverse is not None:
            return test.with_changes(comparisons=[part.with_changes(operator=inverse())])
    return cst.UnaryOperation(cst.Not(), parenthesized(test))


def _code(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Nodes below a node, without imports and the names of attributes and of keyword arguments."""
    if isinstance(node, (cst.Import, cst.ImportFrom)):
        return
    yield node
    for child in children(node):
        named = isinstance(node, cst.Attribute) and child is node.attr
        if not named and not (isinstance(node, cst.Arg) and child is node.keyword):
            yield from _code(child)
