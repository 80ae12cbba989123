"""A body taken apart: statements, branches and loops, each with what it makes and which objects it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.refusals import Refused
from actlint.migrate.sites import Site, only_variables
from actlint.migrate.source import walk
from actlint.migrate.statements import is_docstring
from actlint.migrate.units import graph_tensors
from actlint.program.values import Handle, Op, Tensor, Value

if TYPE_CHECKING:
    from actlint.migrate.builders import Builder
    from actlint.migrate.emit import Emitter

TENSOR_METHODS = ("append", "extend", "insert", "update")


@dataclass(eq=False)
class Step:
    """One statement of a body, and what it makes.

    `kind` is "host", "weight" (variables, made by the constructor), "grow" (a container of variables gets another one),
    "forward", "return", "placeholder", "shape" (a static size), "docstring", "dead" or "dropped".
    """

    node: cst.BaseStatement
    kind: str
    name: str = ""
    sites: list[Site] = field(default_factory=list)
    loops: tuple[cst.For, ...] = ()
    branches: int = 0

    @property
    def small(self) -> cst.BaseSmallStatement | None:
        return self.node.body[0] if isinstance(self.node, cst.SimpleStatementLine) else None


@dataclass(eq=False)
class Branch:
    """A Python `if` on a value that isn't a tensor."""

    node: cst.If
    body: list[Part]
    orelse: list[Part]


@dataclass(eq=False)
class Loop:
    """A `for` over Python values or over tensors."""

    node: cst.For
    body: list[Part]


Part = Step | Branch | Loop


def steps_in(parts: list[Part]) -> Iterator[Step]:
    """All statements, in source order."""
    for part in parts:
        if isinstance(part, Step):
            yield part
        elif isinstance(part, Loop):
            yield from steps_in(part.body)
        else:
            yield from steps_in(part.body)
            yield from steps_in(part.orelse)


def leaves(parts: list[Part]) -> bool:
    """Whether a block surely ends with `return`."""
    if not parts:
        return False
    last = parts[-1]
    if isinstance(last, Step):
        return last.kind == "return"
    return isinstance(last, Branch) and leaves(last.body) and leaves(last.orelse)


class Reader:
    """Takes the body of a builder, or a compound statement of the building scope, apart."""

    def __init__(self, emitter: Emitter, owner: Builder | None) -> None:
        self.emitter, self.owner = emitter, owner
        self.building, self.program = emitter.building, emitter.program
        self._made: dict[int, list[Op]] = {}
        for op in self.program.ops:
            at = self._place(op)
            if at is not None:
                self._made.setdefault(id(at), []).append(op)
        self._loops: tuple[cst.For, ...] = ()
        self._branches = 0

    def _place(self, op: Op) -> cst.CSTNode | None:
        """The expression of this body during which an operation was made."""
        if self.owner is None:
            below = self.building.below(op.calls)
            return below[0].node if below else op.node
        for depth, frame in enumerate(op.calls):
            if frame.function.node is self.owner.node:
                return op.calls[depth + 1].node if depth + 1 < len(op.calls) else op.node
        return None

    def ops(self, node: cst.CSTNode) -> list[Op]:
        return [op for part in walk(node) for op in self._made.get(id(part), ())]

    def refuse(self, node: cst.CSTNode, text: str, code: str = "REF103") -> Refused:
        return Refused([self.building.reason(code, node, text)])

    @property
    def title(self) -> str:
        return self.owner.node.name.value if self.owner is not None else "the program"

    # -- blocks

    def block(self, body: cst.CSTNode) -> list[Part]:
        """The parts of a block; scopes around statements disappear."""
        found: list[Part] = []
        for node in body.body:  # type: ignore[attr-defined]
            first = len(found)
            if isinstance(node, cst.With) and self._is_scope(node):
                found.extend(self.block(node.body))
                if first < len(found) and node.leading_lines:
                    _lead(found[first], node)
            elif isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1:
                found.extend(self.step(line) for line in self.building._parts(node))
            elif isinstance(node, cst.Try) and self._only_builds(node):
                found.extend(self.block(node.body))
                if first < len(found) and node.leading_lines:
                    _lead(found[first], node)
                line = self.building.line(node)
                self.emitter.notes.append(f"line {line}: the graph is built without an error, so `except` is left out")
            else:
                found.append(self.part(node))
        return found

    def _is_scope(self, node: cst.With) -> bool:
        return all(
            values and all(isinstance(v, Handle) for v in values)
            for values in (self.program.values(item.item) for item in node.items)
        )

    def _only_builds(self, node: cst.Try) -> bool:
        """Whether a `try` only makes tensors, otherwise for other versions of the framework."""
        if node.orelse is not None or node.finalbody is not None:
            return False
        calls = [part for part in walk(node.body) if isinstance(part, cst.Call)]
        known = all(call in self.program.bindings and self.program.values(call) for call in calls)
        others = [part for handler in node.handlers for part in walk(handler.body)]
        return known and bool(self.ops(node.body)) and any(self._unknown(part) for part in others)

    def _unknown(self, node: cst.CSTNode) -> bool:
        """Whether an expression of the framework, or of a tensor, was never evaluated."""
        if not isinstance(node, cst.Name) or node in self.program.facts:
            return False
        return node.value in self.emitter.surroundings.framework or node.value in self.emitter.tensor_names

    def part(self, node: cst.BaseStatement) -> Part:
        if isinstance(node, cst.SimpleStatementLine):
            alone = self.owner is None and not self._loops and not self._branches
            return self.step(node, "forward" if alone else None)
        if isinstance(node, cst.FunctionDef):
            forward = self.ops(node) or self.building.makes.get(node) == {"forward"}
            return Step(node, "forward" if forward else "host", loops=self._loops, branches=self._branches)
        if not self._concerns_graph(node):
            return Step(node, "host", loops=self._loops, branches=self._branches)
        if isinstance(node, cst.If):
            return self._branch(node)
        if isinstance(node, cst.For) and node.orelse is None:
            return self._loop(node)
        if isinstance(node, cst.While) and not list(self.emitter.sites.find(node)):
            return Step(node, "forward", loops=self._loops, branches=self._branches)
        raise self.refuse(node, f"{self.title} makes weights in a block that isn't an if, a for or a scope")

    def _concerns_graph(self, node: cst.CSTNode) -> bool:
        if self.ops(node):
            return True
        for part in walk(node):
            if isinstance(part, cst.Return):
                return True
            if isinstance(part, cst.Name) and any(
                isinstance(v, Handle) or graph_tensors(v) or only_variables(v) for v in self.program.values(part)
            ):
                return True
        return False

    def _branch(self, node: cst.If) -> Branch:
        if any(isinstance(v, Tensor) for v in self.program.values(node.test)):
            raise self.refuse(node, "a tensor decides which part of the graph is built", "REF102")
        self._branches += 1
        body = self.block(node.body)
        orelse: list[Part] = []
        if isinstance(node.orelse, cst.If):
            orelse = [self._branch(node.orelse)]
        elif node.orelse is not None:
            orelse = self.block(node.orelse.body)
        self._branches -= 1
        return Branch(node, body, orelse)

    def _loop(self, node: cst.For) -> Loop:
        outer = self._loops
        self._loops = (*outer, node)
        body = self.block(node.body)
        self._loops = outer
        made = [site for step in steps_in(body) for site in step.sites]
        if made and any(isinstance(part, (cst.Break, cst.Continue, cst.Return)) for part in walk(node.body)):
            raise self.refuse(node, "layers are made in a loop that is left early", "REF104")
        return Loop(node, body)

    # -- statements

    def step(self, node: cst.SimpleStatementLine, kind: str | None = None) -> Step:
        """What a simple statement makes."""
        small = node.body[0]
        made = Step(node, "host", _target(small), loops=self._loops, branches=self._branches)
        made.kind = kind or self._kind(small, node, made)
        if made.kind in ("forward", "return"):
            made.sites = [
                self.emitter.sites.add(call, kind, self.owner) for call, kind in self.emitter.sites.find(node)
            ]
        elif made.kind == "weight" and made.name:
            assert isinstance(small, (cst.Assign, cst.AnnAssign)) and small.value is not None
            made.sites = [self.emitter.sites.add(small.value, "weight", self.owner)]
        return made

    def _kind(self, small: cst.BaseSmallStatement, node: cst.BaseStatement, step: Step) -> str:
        if isinstance(small, cst.Return):
            return "return"
        if is_docstring(small):
            return "docstring"
        if self._only_scopes(small):
            return "dropped"
        ops = self.ops(node)
        kinds = {op.kind for op in ops}
        forward = any(self.building.forward(op) for op in ops)
        if "placeholder" in kinds and not forward and step.name and self.owner is not None:
            return "placeholder"
        if "placeholder" in kinds:
            raise self.refuse(node, "a placeholder is made inside a larger expression of a builder function")
        if forward:
            return "forward"
        weights = self._weights(small, kinds, step)
        if weights:
            return weights
        if kinds & {"op", "loss"} and not any(op in self.building.initial for op in ops):
            return "dead"
        names = [part for part in walk(node) if isinstance(part, cst.Name)]
        if any(graph_tensors(v) for name in names for v in self.program.values(name)):
            return "shape" if step.name and not self._carries(small) else "forward"
        return "forward" if self._carries(small) else "host"

    def _carries(self, small: cst.BaseSmallStatement) -> bool:
        """Whether a statement binds or changes something that holds tensors or variables."""
        value = small.value if isinstance(small, (cst.Assign, cst.AnnAssign, cst.Expr)) else None
        if value is None:
            return False
        values = self.program.values(value)
        if isinstance(small, cst.Expr):
            owner = _method_owner(value)
            values = self.program.values(owner) if owner is not None else []
        return any(graph_tensors(v) or only_variables(v) for v in values)

    def _weights(self, small: cst.BaseSmallStatement, kinds: set[str], step: Step) -> str | None:
        """The kind of a statement that makes variables."""
        made = "variable" in kinds or any(kind == "weight" for _, kind in self.emitter.sites.find(small))
        if isinstance(small, (cst.Assign, cst.AnnAssign)) and small.value is not None:
            values = self.program.values(small.value)
            target = small.targets[0].target if isinstance(small, cst.Assign) else small.target
            empty = isinstance(small.value, (cst.List, cst.Dict)) and not small.value.elements
            if not all(only_variables(v) for v in values) or not values or not (made or empty):
                if made:
                    raise self.refuse(small, "a statement makes variables and something else")
                return None
            if isinstance(target, cst.Subscript):
                return "grow"
            if not step.name:
                raise self.refuse(small, "variables of a builder function are assigned to something other than a name")
            return "weight"
        owner = _method_owner(small.value) if isinstance(small, cst.Expr) else None
        if owner is not None and any(only_variables(v) for v in self.program.values(owner)):
            return "grow"
        if made:
            raise self.refuse(small, "a variable is made by a statement that doesn't keep it")
        return None

    def _only_scopes(self, small: cst.BaseSmallStatement) -> bool:
        """Whether a statement only serves variable scopes, such as `scope.reuse_variables()`."""
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            function = small.value.func
            return isinstance(function, cst.Attribute) and function.attr.value == "reuse_variables"
        if isinstance(small, cst.Assign):
            values = self.program.values(small.value)
            return bool(values) and all(is_scope(v) for v in values)
        return False


def is_scope(value: Value) -> bool:
    """Whether a value is a variable scope or name scope."""
    return isinstance(value, Handle) and value.kind in ("variable_scope", "name_scope")


def _target(small: cst.BaseSmallStatement) -> str:
    if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
        return small.target.value
    plain = isinstance(small, cst.Assign) and len(small.targets) == 1 and isinstance(small.targets[0].target, cst.Name)
    return small.targets[0].target.value if plain else ""  # type: ignore[union-attr]


def _method_owner(value: cst.BaseExpression) -> cst.BaseExpression | None:
    """The container that `container.append(...)` changes."""
    if (
        isinstance(value, cst.Call)
        and isinstance(value.func, cst.Attribute)
        and value.func.attr.value in TENSOR_METHODS
    ):
        return value.func.value
    return None


def _lead(part: Part, outer: cst.With | cst.Try) -> None:
    """Comments in front of a scope go to its first statement."""
    own = [line for line in part.node.leading_lines if line.comment is not None]  # type: ignore[attr-defined]
    part.node = part.node.with_changes(leading_lines=[*outer.leading_lines, *own])  # type: ignore[call-arg,assignment]


def names_read(node: cst.CSTNode) -> Iterator[cst.Name]:
    """The names read or bound below a node: no attributes, no keywords."""
    if isinstance(node, cst.Name):
        yield node
        return
    for child in node.children:
        if (
            isinstance(node, cst.Attribute)
            and child is node.attr
            or isinstance(node, cst.Arg)
            and child is node.keyword
        ):
            continue
        yield from names_read(child)
