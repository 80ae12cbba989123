"""Losses that collections hold: written out where the program reads them, so that no collection is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.bodies import Path_, assignments, nodes
from actlint.migrate.keys import bindings
from actlint.migrate.named import locals_of
from actlint.migrate.plumbing import is_reading
from actlint.migrate.refusals import Refused
from actlint.migrate.source import code, walk
from actlint.migrate.units import Unit
from actlint.program.binding import BoundCall
from actlint.program.model import Evaluation
from actlint.program.moving import are_updates
from actlint.program.values import (
    Const,
    Frame,
    Function,
    Op,
    Penalty,
    Scoped,
    Sequence,
    Tensor,
    Value,
    Variable,
)

if TYPE_CHECKING:
    from actlint.migrate.flow import Flow


@dataclass(frozen=True)
class Spot:
    """An expression in one of its evaluations: on a path of calls, and in a turn of the loops there."""

    node: cst.BaseExpression
    calls: tuple[Frame, ...]
    turn: int = 0

    def at(self, node: cst.BaseExpression) -> Spot:
        """Another expression of the same turn."""
        return Spot(node, self.calls, self.turn)


@dataclass(frozen=True)
class Term:
    """One loss of a collection, where the collection is read: a key, a local's name, or an expression elsewhere."""

    tensor: Tensor
    key: str = ""
    local: str = ""
    spot: Spot | None = None
    penalty: Penalty | None = None
    function: str = ""
    """The name of the regularizer, where it can be called again."""


class Collected:
    """Which losses each reading call stands for."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.building, self.program = flow.building, flow.program
        self._keys: dict[tuple[int, int], str] = {}
        for unit in self.building.units:
            for target, value in bindings(self.building, unit):
                key = flow.keys.key(target) if type(value) is Tensor else None
                if key is not None:
                    self._keys.setdefault((value.op.index, value.index), key)
        self._terms: dict[cst.Call, list[Term]] = {}
        self.moved: list[Spot] = []
        """Expressions that are evaluated where a collection is read, rather than where they stand."""

    def prepare(self) -> None:
        """Look at every reading call."""
        for node in list(self.program.bindings):
            if isinstance(node, cst.Call) and self.reads(node):
                self.terms(node)

    def penalised(self) -> bool:
        """Whether some penalty is read."""
        return any(item.op in self.program.penalties for n in self._terms for part in self._held(n) for item in part)  # type: ignore[attr-defined]

    def reads(self, node: cst.CSTNode) -> bool:
        """Whether an expression reads a collection of losses."""
        if not is_reading(self.program, node):
            return False
        items = [item for part in self._held(node) for item in part]
        return not items or not all(isinstance(item, Variable) or are_updates(item) for item in items)

    def _held(self, node: cst.CSTNode) -> list[list[Value]]:
        """What the collection held in each evaluation of a reading call."""
        found: list[list[Value]] = []
        for value in self.program.values(node):
            if isinstance(value, Tensor):
                value = value.op.arguments["inputs"]
            found.append(list(value.items) if isinstance(value, Sequence) else [])
            if not isinstance(value, Scoped) and (not isinstance(value, Sequence) or value.partial):
                raise self._refused(node, "which losses this collection holds isn't known")
        return found

    def _refused(self, node: cst.CSTNode, text: str) -> Refused:
        return Refused([self.building.reason("REF102", node, text, "Add the losses up by name.")])

    def keys(self, node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode, str, Tensor]]:
        """The keys of the tensors that the reading calls below a node stand for, each with the node that reads it."""
        for part in walk(node):
            if isinstance(part, cst.Call) and self.reads(part):
                for term in self.terms(part):
                    if term.key:
                        yield part, term.key, term.tensor
                    elif term.spot is not None:
                        yield from self._spot_keys(term.spot)

    def _spot_keys(self, spot: Spot) -> Iterator[tuple[cst.CSTNode, str, Tensor]]:
        for part in walk(spot.node):
            value = self._value(spot, part)
            if isinstance(value, Variable):
                continue
            if isinstance(value, Tensor) and (key := self._key(value)):
                yield part, key, value
                if not self.building.below(spot.calls) and code(part) != key:
                    self.flow.substituted.setdefault(part, key)
            elif isinstance(part, cst.Name) and (inner := self._stands_for(spot, part)) is not None:
                yield from self._spot_keys(inner)

    # -- what a call stands for

    def terms(self, call: cst.Call) -> list[Term]:
        """The losses that a reading call gives, in TF1's order."""
        if call not in self._terms:
            held = self._held(call)
            if any(items != held[0] for items in held[1:]):
                raise self._refused(call, "which losses this collection holds depends on the call around it")
            path = nodes(self.program.facts[call][0].calls)
            items = self._summed(call, (held or [[]])[0])
            self._terms[call] = [self._term(item, call, path) for item in items]
        return self._terms[call]

    def _summed(self, call: cst.Call, items: list[Value]) -> list[Value]:
        """The same losses, with the penalties at the end as the sum that has been given a name before."""
        own = [v.op for v in self.program.values(call) if isinstance(v, Tensor)]
        for op in self.program.ops if own else ():
            parts = op.inputs
            if op.symbol != "add_n" or op.index >= own[0].index or (op.index, 0) not in self._keys:
                continue
            penalties = len(parts) > 1 and all(t.op in self.program.penalties for t in parts)
            if penalties and len(parts) < len(items) and items[-len(parts) :] == parts:
                return [*items[: -len(parts)], Tensor(op, (), parts[0].dtype)]
        return items

    def _term(self, value: Value, call: cst.Call, path: Path_) -> Term:
        if not isinstance(value, Tensor):
            raise self._refused(call, "this collection holds something else than tensors")
        if isinstance(value, Variable):
            return Term(value)
        if key := self._key(value):
            return Term(value, key=key)
        if name := self._local(value, call, path):
            return Term(value, local=name)
        penalty = self.program.penalties.get(value.op)
        if value.op.symbol == "regularizer":
            raise self._refused(value.op.node, "what this regularizer computes isn't known")
        if any(op.symbol.startswith("random") or "dropout" in op.symbol for op in self._own(value.op)):
            raise self._refused(value.op.node, "a loss with random numbers has no name where its collection is read")
        assert isinstance(value.op.node, cst.BaseExpression)
        if any(
            isinstance(v, Variable)
            for p in walk(value.op.node)
            if isinstance(p, cst.Call)
            for v in self.program.values(p)
        ):
            raise self._refused(
                value.op.node, "a tensor that makes its weights has no name where its collection is read"
            )
        evaluations = self._evaluations(value.op.node, nodes(value.op.calls))
        turn = next((i for i, e in enumerate(evaluations) if isinstance(e.value, Tensor) and e.value.op is value.op), 0)
        spot = Spot(value.op.node, value.op.calls, turn)
        function = self._callable(penalty) if penalty is not None else ""
        self.moved.append(Spot(penalty.regularizer.node.body, spot.calls) if function else spot)  # type: ignore[union-attr,arg-type]
        return Term(value, spot=spot, penalty=penalty, function=function)

    def _own(self, op: Op) -> set[Op]:
        """The operations of a loss that were made by the same statement as it was."""
        return {other for other in self.program.ancestors([Tensor(op)]) if other.statement is op.statement}

    def key_of(self, op: Op) -> str | None:
        """The name of what an operation gives."""
        return self._keys.get((op.index, 0))

    def _key(self, tensor: Tensor) -> str | None:
        return self._keys.get((tensor.op.index, tensor.index))

    def _local(self, tensor: Tensor, call: cst.Call, path: Path_) -> str:
        """The local name of a tensor in the function that reads the collection."""
        function = self.program.facts[call][0].calls[-1:]
        if not path or nodes(tensor.op.calls)[: len(path)] != path:
            return ""
        bound = [(v, t) for v, t in assignments(function[0].function.node.body) if isinstance(t, cst.Name)]
        for value, target in bound:
            assert isinstance(target, cst.Name)
            found = [e.value for e in self._evaluations(value, path)]
            once = sum(isinstance(t, cst.Name) and t.value == target.value for _, t in bound) == 1
            if once and any(isinstance(v, Tensor) and v.op is tensor.op and v.index == tensor.index for v in found):
                return target.value
        return ""

    def _callable(self, penalty: Penalty) -> str:
        """The name of a regularizer that is defined once, for everybody in its file."""
        function = penalty.regularizer
        if not isinstance(function, Function) or function.bound is not None:
            return ""
        node = function.node
        place: cst.CSTNode | None = self.building.parent.get(node)
        name = node.name.value if isinstance(node, cst.FunctionDef) else ""
        if isinstance(node, cst.Lambda):
            targets = place.targets if isinstance(place, cst.Assign) else ()
            if len(targets) != 1 or not isinstance(targets[0].target, cst.Name):
                return ""
            name = targets[0].target.value
        body = self.building.body_of(node)
        module = self.program.trees[function.file].module
        stores = sum(
            isinstance(part, cst.AssignTarget) and isinstance(part.target, cst.Name) and part.target.value == name
            for part in walk(module)
        )
        alone = stores == (0 if isinstance(node, cst.FunctionDef) else 1)
        reachable = body is not None and not body.home.is_class and function.file == self.building.file
        return name if alone and reachable and self.building.unit_of.get(node) is not None else ""

    # -- names in functions

    def _evaluations(self, node: cst.CSTNode, path: Path_) -> list[Evaluation]:
        return [e for e in self.program.facts.get(node, []) if nodes(e.calls) == path]

    def _value(self, spot: Spot, node: cst.CSTNode) -> Value | None:
        """What an expression was in the turn of a spot."""
        found = self._evaluations(node, nodes(spot.calls))
        if not found:
            return None
        turns = len(self._evaluations(spot.node, nodes(spot.calls)))
        return found[spot.turn].value if len(found) == turns > spot.turn else found[-1].value

    def _stands_for(self, spot: Spot, name: cst.Name) -> Spot | None:
        """What a local of a function was bound to: the argument of a parameter, or the value of its only
        assignment."""
        if not self.building.below(spot.calls):
            return None
        frame = spot.calls[-1]
        function = frame.function.node
        if name.value not in locals_of(function) or self._value(spot, name) is None:
            return None
        found = [v for v, t in assignments(function.body) if isinstance(t, cst.Name) and t.value == name.value]
        if len(found) == 1:
            return spot.at(found[0])
        call = frame.node
        if not isinstance(call, cst.Call) or not any(
            isinstance(v, Function) and v.node is function for v in self.program.values(call.func)
        ):
            return None
        plain = [p.name.value for p in function.params.params][1 if frame.function.bound is not None else 0 :]
        for place, argument in enumerate(call.args):
            written = argument.keyword.value if argument.keyword is not None else None
            if written == name.value or written is None and plain[place : place + 1] == [name.value]:
                return Spot(argument.value, spot.calls[:-1])
        return None

    def stand_in(self, spot: Spot, part: cst.Name) -> Variable | Spot | str | None:
        """What is written for a name: a variable's place, another expression, a text, or itself."""
        value = self._value(spot, part)
        if isinstance(value, Variable):
            return value
        if isinstance(value, Tensor) and (key := self._key(value)):
            return key if key != part.value else None
        if (inner := self._stands_for(spot, part)) is not None:
            return inner
        local = bool(self.building.below(spot.calls)) and part.value in locals_of(spot.calls[-1].function.node)
        if isinstance(value, Const) and (local or self._is_turned(part)):
            return repr(value.value)
        if local and value is not None or self._is_turned(part):
            raise self._refused(
                part, f"{part.value}, which a collected loss reads, has no name outside of its function"
            )
        return None

    def _is_turned(self, name: cst.Name) -> bool:
        """Whether a name is the target of a loop or comprehension around it."""
        node: cst.CSTNode | None = name
        while node is not None and not isinstance(node, (cst.FunctionDef, cst.Lambda)):
            loops = [node] if isinstance(node, cst.For) else [node.for_in] if isinstance(node, cst.BaseComp) else []
            for loop in loops:
                if any(isinstance(p, cst.Name) and p.value == name.value for p in walk(loop.target)):
                    return True
            node = self.building.parent.get(node)
        return False

    def is_spent(self, unit: Unit) -> bool:
        """Whether a statement only defines a regularizer that is written out where its collection is read."""
        small = unit.small
        if not isinstance(small, cst.Assign) or not isinstance(small.value, cst.Lambda) or len(small.targets) > 1:
            return False
        place = self.flow.keys.place(small.targets[0].target)
        given = {
            id(node)
            for binding in self.program.bindings.values()
            if isinstance(binding, BoundCall)
            for name, node in binding.nodes.items()
            if name.endswith("regularizer")
        }
        used = any(
            getattr(p.regularizer, "node", None) is small.value and self._callable(p)
            for p in self.program.penalties.values()
        )  # type: ignore[attr-defined]
        name = small.targets[0].target
        reads = [
            p for p in walk(unit.body.node) if isinstance(p, cst.Name) and p is not name and p in self.program.facts
        ]
        own = [part for part in reads if self.flow.keys.place(part) == place]
        return bool(own) and not used and all(id(part) in given for part in own)

    def locals(self, spot: Spot) -> set[str]:
        """The names that the function around an expression binds itself."""
        return locals_of(spot.calls[-1].function.node) if self.building.below(spot.calls) else set()

    def moved_from(self, unit: Unit) -> list[cst.CSTNode]:
        """The expressions of a unit that are evaluated elsewhere."""
        return [spot.node for spot in self.moved if self.building.unit_of.get(spot.node) is unit]
