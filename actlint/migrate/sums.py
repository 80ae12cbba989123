"""The text of a call that reads a collection of losses: the losses themselves, as a list or as their sum."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.collected import Spot, Term
from actlint.migrate.expression import Rewriter
from actlint.migrate.plumbing import LISTS
from actlint.migrate.source import code, is_atom, walk
from actlint.migrate.statements import bracketed
from actlint.program.binding import BoundCall
from actlint.program.values import NONE, Op, Variable

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter
    from actlint.migrate.units import Unit

LINE = 80
_LAYOUT_FREE = frozenset(
    {"nn.l2_loss", "multiply", "divide", "truediv", "add", "subtract", "add_n", "square", "abs", "sqrt", "negative"}
    | {"pow", "maximum", "minimum", "identity"}
)
_REDUCTIONS = frozenset({"reduce_sum", "reduce_mean", "reduce_max", "norm"})


class Sums:
    """Writes reading calls for one emitter."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.collected = emitter.flow.collected

    def text(self, call: cst.Call) -> str | None:
        """What stands for a reading call; None where it reads something else than losses."""
        if not self.collected.reads(call):
            return None
        binding = self.emitter.program.bindings[call]
        assert isinstance(binding, BoundCall)
        terms = self.collected.terms(call)
        if binding.entry.name in LISTS:
            return self._list(terms)
        if not terms:
            return "tf.constant(0.0)" if self.emitter.target.name == "tf2" else "torch.tensor(0.0)"
        texts = [f"sum({several})" if several else self._operand(group[0]) for group, several in self._groups(terms)]
        joined = " + ".join(texts)
        return joined if len(joined) < LINE else "(\n    " + "\n    + ".join(texts) + "\n)"

    def _list(self, terms: list[Term]) -> str:
        groups = list(self._groups(terms))
        if len(groups) == 1 and groups[0][1]:
            return f"[{groups[0][1]}]"
        texts = [f"*({several})" if several else self._term(group[0]) for group, several in groups]
        return bracketed("[", texts, "]", LINE + 1)

    def _operand(self, term: Term) -> str:
        text = self._term(term)
        node = cst.parse_expression(text)
        product = isinstance(node, cst.BinaryOperation) and isinstance(node.operator, (cst.Multiply, cst.Divide))
        return text if is_atom(node) or product else f"({text})"

    # -- penalties of several weights

    def _groups(self, terms: list[Term]) -> Iterator[tuple[list[Term], str]]:
        """Terms one by one, and penalties that several weights have alike with the comprehension that makes them."""
        for key, found in groupby(terms, key=self._pattern):
            group = list(found)
            if key is None or len(group) == 1:
                yield from (([term], "") for term in group)
                continue
            name, pattern = key
            weights = ", ".join(self._weight(term.penalty.variable, term.penalty.ops) for term in group)  # type: ignore[union-attr]
            yield group, f"{pattern} for {name} in ({weights})"

    def _pattern(self, term: Term) -> tuple[str, str] | None:
        """The name of a regularizer's parameter, and what it computes from that."""
        penalty = term.penalty
        node = getattr(penalty.regularizer, "node", None) if penalty is not None else None
        if penalty is None or node is None or not isinstance(node, (cst.FunctionDef, cst.Lambda)):
            return None
        name = node.params.params[-1].name.value
        if term.function:
            return name, f"{term.function}({name})"
        if not isinstance(node, cst.Lambda) or term.spot is None or term.spot.node is not node.body:
            return None
        return name, self._written(term.spot, kept=name)

    def _term(self, term: Term) -> str:
        if term.key or term.local:
            return term.key or term.local
        if isinstance(term.tensor, Variable):
            return self.emitter.weights.path(term.tensor)
        assert term.spot is not None
        if term.penalty is not None and term.function:
            return f"{term.function}({self._weight(term.penalty.variable, term.penalty.ops)})"
        return self._written(term.spot)

    def _weight(self, variable: Variable, ops: list[Op]) -> str:
        """A weight as its penalty reads it: in TF1's layout, where that matters."""
        self._build(variable)
        free = all(
            op.symbol in _LAYOUT_FREE or op.symbol in _REDUCTIONS and op.arguments.get("axis", NONE) == NONE
            for op in ops
            if op.kind == "op"
        )
        return self.emitter.weights.path(variable) if free else self.emitter.target.laid_out(variable)

    def _build(self, variable: Variable) -> None:
        """Keras layers make their weights at their first call, which a penalty can't wait for."""
        place = self.emitter.weights.place(variable)
        if variable.layer is None or place.home is not self.emitter.home or not self._is_alone(variable):
            return
        self.emitter.built_ahead(place, self._maker(variable))

    def _is_alone(self, variable: Variable) -> bool:
        """Whether some callable reads the penalty without computing what its layer does."""
        unit = self._maker(variable)
        makes = self.emitter.flow.items.get(unit) if unit is not None else None
        penalties = {op for op, p in self.emitter.program.penalties.items() if p.variable is variable}
        for call in self.emitter.regions.calls:
            reads = any(op in penalties for run in call.runs for op in self.emitter.program.needed(run))
            if reads and makes not in call.items:
                return True
        return False

    def _maker(self, variable: Variable) -> Unit | None:
        """The statement that makes a variable's layer, or the object that has it."""
        layer = variable.layer
        return self.emitter.building.unit(layer.calls, layer.node) if layer is not None else None

    # -- expressions of functions

    def _written(self, spot: Spot, kept: str = "") -> str:
        """An expression as the code that reads the collection writes it; the name `kept` stays."""
        renames: dict[str, str] = {}
        for part in walk(spot.node):
            if not isinstance(part, cst.Name) or part.value in renames or part.value == kept:
                continue
            other = self.collected.stand_in(spot, part)
            if isinstance(other, Variable):
                self._build(other)
                penalty = self.emitter.program.penalties.get(self._op(spot))
                ops = penalty.ops if penalty is not None else self.emitter.program.consumers.get(other.op, [])
                renames[part.value] = self._weight(other, ops)
            elif isinstance(other, Spot):
                text = self._written(other)
                renames[part.value] = text if is_atom(cst.parse_expression(text)) else f"({text})"
            elif other is not None:
                renames[part.value] = other
        return code(spot.node.visit(Rewriter(self.emitter.surroundings, renames)))  # type: ignore[arg-type]

    def _op(self, spot: Spot) -> Op | None:
        return next((op for op in self.emitter.program.penalties if op.node is spot.node), None)
