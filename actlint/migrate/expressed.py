"""What the program has for a size, as an expression for another place: a name there, or what was passed for it.

The interpreter remembers what a dimension was written as, and in which call. From there the way leads through the
arguments of calls to a place where the names mean the same. Agreeing numbers count for nothing: options agree by their
defaults alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import UNKNOWN
from actlint.apis.formula import Formula
from actlint.apis.shape import Compound, Dim
from actlint.migrate.expression import Rewriter
from actlint.migrate.names import own_names
from actlint.migrate.reach import argument_of, is_set_once, is_settled, means_the_same
from actlint.migrate.sites import Path, same_path
from actlint.migrate.source import binds_tighter, code, parenthesized, walk
from actlint.migrate.units import Unit
from actlint.program.binding import Written, formula_of, python_value
from actlint.program.calls import assigned_names
from actlint.program.options import Options
from actlint.program.values import Const, Instance, Tensor, Turns, Value, is_host

if TYPE_CHECKING:
    from actlint.migrate.builders import Builder
    from actlint.migrate.emit import Emitter

_OPERATORS = {"+": cst.Add(), "*": cst.Multiply()}
_SAME_KIND = (cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide)
_READ = (cst.Name, cst.Attribute, cst.Subscript)


class Expressed:
    """Expressions that have their values at one place; `calls` and `turns` are one evaluation of it."""

    def __init__(self, emitter: Emitter, rewriter: Rewriter, calls: Path, turns: Turns) -> None:
        self.emitter, self.rewriter, self.calls, self.turns = emitter, rewriter, calls, turns
        self.building, self.program = emitter.building, emitter.program

    def size(self, dim: Dim) -> str | None:
        """An expression for a dimension, other than its number."""
        found = self._origin(dim.origin) or self._valid(dim.source)
        return found or (self._named(dim.formula) if dim.formula is not None else None)

    def _valid(self, source: str | None) -> str | None:
        """A dimension's source, if its names mean the same throughout the file."""
        names = own_names(cst.parse_expression(source)) if source is not None else ()
        return source if all(name.value in self.emitter.bound_once for name in names) else None

    def _origin(self, origin: object) -> str | None:
        while isinstance(origin, Written):
            if not isinstance(origin.node, cst.Integer):
                found = self._expression(origin.node, origin.calls, origin.turns)
                if found is not None and not _is_number(found):
                    return found
            origin = origin.behind
        return self._compound(origin) if isinstance(origin, Compound) else None

    def _compound(self, origin: Compound) -> str | None:
        texts = [self.size(part) or self._number(part) for part in origin.parts]
        if None in texts or all(_is_number(text) for text in texts):  # type: ignore[arg-type]
            return None
        if origin.operator == "+" and len(set(texts)) == 1:
            origin, texts = Compound("*", origin.parts), [str(len(texts)), texts[0]]
        found = cst.parse_expression(texts[0])  # type: ignore[arg-type]
        for text in texts[1:]:
            found = _joined(found, _OPERATORS[origin.operator], cst.parse_expression(text))  # type: ignore[arg-type]
        return code(found)

    def _number(self, dim: Dim) -> str | None:
        plain = dim.formula is None and dim.source is None
        return str(dim.value) if plain and dim.value is not None else None

    # -- expressions of the program

    def _expression(self, node: cst.BaseExpression, calls: Path, turns: Turns) -> str | None:
        if isinstance(node, cst.Integer):
            return code(node)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, _SAME_KIND):
            left, right = (self._expression(side, calls, turns) for side in (node.left, node.right))
            if left is None or right is None:
                return None
            return code(_joined(cst.parse_expression(left), node.operator, cst.parse_expression(right)))
        if not isinstance(node, _READ):
            return None
        return self._here(node, calls, turns) or self._passed(node, calls)

    def _here(self, node: cst.BaseExpression, calls: Path, turns: Turns) -> str | None:
        """An expression that means the same at the place."""
        raise NotImplementedError

    def _named(self, formula: Formula) -> str | None:
        """A name at the place for what follows from options."""
        raise NotImplementedError

    def _passed(self, node: cst.BaseExpression, calls: Path) -> str | None:
        """What the caller passed for a parameter, or for the object of which an attribute is read."""
        root = node
        while isinstance(root, cst.Attribute):
            root = root.value
        if not calls or not isinstance(root, cst.Name):
            return None
        frame = calls[-1]
        if not isinstance(frame.function.node, cst.FunctionDef) or not self.building.within(root, frame.function.node):
            return None
        argument = argument_of(frame, frame.function.node, root.value)
        if argument is None:
            return None
        if root is node:
            return self._expression(argument, calls[:-1], frame.turns)
        base = self._base(argument, calls[:-1], frame.turns)
        return f"{base}{code(node)[len(root.value) :]}" if base is not None else None

    def _base(self, node: cst.BaseExpression, calls: Path, turns: Turns) -> str | None:
        """An object of which an attribute is read."""
        return self._expression(node, calls, turns) if isinstance(node, (cst.Name, cst.Attribute)) else None

    def _is_host(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is plain Python, and the same whenever it is evaluated."""
        values = self.program.values(node)
        if not values or not all(is_host(value) or isinstance(value, Instance) for value in values):
            return False
        if any(isinstance(value, Tensor) for part in walk(node) for value in self.program.values(part)):  # type: ignore[arg-type]
            return False
        return all(_alike(values[0], value) for value in values[1:])

    def _among(self, name: str, value: Value | None, formula: Formula) -> Iterator[str]:
        """What a name gives for a formula: itself, an option, or an attribute."""
        if isinstance(value, Const) and type(value.value) is int and value.formula == formula:
            yield name
        elif isinstance(value, Options) and value.parsed:
            yield from (f"{name}.{option}" for option in value.defaults if formula_of(value.get(option)) == formula)
        elif isinstance(value, Instance):
            found = [key for key, held in value.attributes.items() if isinstance(held, Const)]
            yield from (
                f"{name}.{key}" for key in found if formula_of(value.attributes[key]) == formula and self._keeps(key)
            )

    def _keeps(self, attribute: str) -> bool:
        """Whether an attribute has its value when the place is reached."""
        return False

    def _of_file(self, formula: Formula) -> Iterator[str]:
        scope = self.program.scopes[self.program.entry]
        for name, value in scope.names.items():
            if name in self.emitter.bound_once:
                yield from self._among(name, value, formula)


class InBody(Expressed):
    """A place of the building scope."""

    def __init__(self, emitter: Emitter, rewriter: Rewriter, calls: Path, turns: Turns, node: cst.CSTNode) -> None:
        super().__init__(emitter, rewriter, calls, turns)
        self.node, self.unit = node, self.building.unit_of.get(node)

    def _here(self, node: cst.BaseExpression, calls: Path, turns: Turns) -> str | None:
        if not self._is_host(node):
            return None
        same = means_the_same(self.building, node, self.node, self.emitter.bound_once)
        return code(node.visit(self.rewriter)) if same or self._is_attribute(node) else None  # type: ignore[arg-type]

    def _is_attribute(self, node: cst.BaseExpression) -> bool:
        """Whether another method of the same class reads an attribute that is set once, before this place."""
        body = self.building.body_of(node)
        if body is None or self.unit is None or not isinstance(node, cst.Attribute):
            return False
        own = isinstance(node.value, cst.Name) and node.value.value == body.receiver == self.unit.body.receiver
        return own and body.home is self.unit.body.home and is_set_once(self.building, node.attr.value, self.unit)

    def _named(self, formula: Formula) -> str | None:
        unit = self.unit
        if unit is None:
            return None
        for name, value in self._local(unit):
            if is_settled(self.building, name, unit, self.emitter.bound_once):
                found = next(self._among(name, value, formula), None)
                if found is not None:
                    return found
        return next(self._of_file(formula), None) if unit.body.file == self.program.entry else None

    def _local(self, unit: Unit) -> Iterator[tuple[str, Value]]:
        """The names of the function around the place, with their values."""
        for other in self.building.units:
            small = other.node.body[0] if isinstance(other.node, cst.SimpleStatementLine) else None
            if other.body is unit.body and other.order < unit.order and isinstance(small, cst.Assign):
                target, values = small.targets[0].target, self.program.values(small.value)
                if isinstance(target, cst.Name) and len(values) == 1:
                    yield target.value, values[0]
        frame = next((frame for frame in reversed(self.calls) if frame.function.node is unit.body.node), None)
        yield from frame.arguments.items() if frame is not None else ()

    def _keeps(self, attribute: str) -> bool:
        return self.unit is not None and is_set_once(self.building, attribute, self.unit)


class InBuilder(Expressed):
    """The constructor of the class that a builder function becomes."""

    def __init__(self, owner: Builder, calls: Path, turns: Turns) -> None:
        super().__init__(owner.emitter, owner.body.rewriter(False), calls, turns)
        self.owner = owner

    def _here(self, node: cst.BaseExpression, calls: Path, turns: Turns) -> str | None:
        inside = same_path(calls, self.calls) and turns == self.turns[: len(turns)]
        if not inside or not self.building.within(node, self.owner.node):
            return None
        values = [e.value for e in self.program.facts.get(node, []) if same_path(e.calls, calls) and e.turns == turns]
        if not values or not all(is_host(value) and _alike(values[0], value) for value in values):
            return None
        known = all(self._is_known(name.value) for name in own_names(node))
        return code(node.visit(self.rewriter)) if known else None  # type: ignore[arg-type]

    def _is_known(self, name: str) -> bool:
        """Whether the constructor has a name with its only value."""
        owner, steps = self.owner, self.owner.body.steps
        if name in owner.body.rebound or name in owner.late:
            return False
        binding = [step for step in steps if name in assigned_names(step.node)]
        if name in owner.parameter_names:
            return name in owner.hosts and not binding
        if not binding:
            return name in self.emitter.bound_once
        return all(step.kind == "host" and not step.branches and step not in owner.body.late for step in binding)

    def _named(self, formula: Formula) -> str | None:
        if not self.calls:
            return None
        for name, value in self.calls[-1].arguments.items():
            if self._is_known(name):
                found = next(self._among(name, value, formula), None)
                if found is not None:
                    return found
        return next(self._of_file(formula), None) if self.calls[-1].function.file == self.program.entry else None


def _joined(left: cst.BaseExpression, operator: cst.BaseBinaryOp, right: cst.BaseExpression) -> cst.BaseExpression:
    outer = cst.BinaryOperation(left, operator, right)
    return outer.with_changes(
        left=left if binds_tighter(left, outer, True) else parenthesized(left),
        right=right if binds_tighter(right, outer, False) else parenthesized(right),
    )


def _is_number(text: str) -> bool:
    """Whether an expression names nothing."""
    return not any(isinstance(part, cst.Name) for part in walk(cst.parse_expression(text)))


def _alike(left: Value, right: Value) -> bool:
    """Whether two evaluations have one value, whatever the options are."""
    if left is right:
        return True
    number = python_value(left)
    return number is not UNKNOWN and number == python_value(right) and formula_of(left) == formula_of(right)
