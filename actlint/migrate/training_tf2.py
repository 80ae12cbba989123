"""Training steps in TensorFlow 2: a tape around the forward pass, gradients, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.callables import Call
from actlint.migrate.expression import Rewriter
from actlint.migrate.source import code
from actlint.migrate.statements import statement, statements, tidy
from actlint.migrate.tapes import MARK
from actlint.migrate.target import Statements, Target
from actlint.migrate.training import Differentiation, StepWriter, is_path, is_several
from actlint.program.values import Training, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


class TapeStep(StepWriter):
    """Writes `with tf.GradientTape() as tape:` and what follows."""

    def __init__(self, target: Target, call: Call) -> None:
        super().__init__(target, call)
        self.gradients: dict[Training, tuple[str, str]] = {}

    def differentiated(
        self, forward: Statements, losses: dict[Training, str], calls: list[Differentiation]
    ) -> Statements:
        forward[0:0] = [statement(f"tape.watch({name})") for name in self.inputs()]
        made = [self._tape(forward, persistent=len(losses) + len(calls) > 1)] if losses or calls else forward
        for training, loss in losses.items():
            word = f"{self.emitter.regions.training_name(training)}_" if len(losses) > 1 else ""
            variables = self.variables(training.variables, ordered=False)
            if not is_path(variables):
                variables = self.local(f"{word}variables")
                made += self._add(statements(f"{variables} = {self.variables(training.variables, ordered=False)}"))
            gradients = self.local(f"{word}gradients")
            made += self._add([statement(f"{gradients} = tape.gradient({loss}, {variables})")])
            self.gradients[training] = gradients, variables
        return made

    def _tape(self, inner: Statements, persistent: bool) -> cst.BaseStatement:
        alias = self.emitter.surroundings.alias
        arguments = "persistent=True" if persistent else ""
        made = cst.parse_statement(f"with {alias}.GradientTape({arguments}) as tape:\n    pass\n")
        return made.with_changes(
            body=cst.IndentedBlock([tidy(node, first=place == 0) for place, node in enumerate(inner)])
        )  # type: ignore[call-arg]

    def gradient(self, call: Differentiation, rewriter: Rewriter) -> str:
        target = code(call.target.visit(rewriter))  # type: ignore[arg-type]
        if call.pairs:
            return f"tape.gradient({target}, {self.lists[call.node]})"
        assert call.sources is not None
        sources = code(call.sources.visit(rewriter))  # type: ignore[arg-type]
        upstream = f", output_gradients={code(call.upstream.visit(rewriter))}" if call.upstream is not None else ""  # type: ignore[arg-type]
        return f"tape.gradient({target}, {sources}{upstream})"

    def whole(self, call: Differentiation, gradients: str) -> str:
        return gradients if self.several(call) else f"[{gradients}]"

    def first(self, call: Differentiation, gradients: str) -> str:
        return f"{gradients}[0]" if self.several(call) else gradients

    def variables(self, variables: list[Variable], ordered: bool) -> str:
        return self.emitter.weights.list_text(variables, ordered)

    def update(self, losses: dict[Training, str]) -> Statements:
        made: Statements = []
        for training in self.call.trainings:
            optimizer = self.target.optimizer_name(self.emitter.building.unit_of[training.node])
            rate = self.rate_text(training)
            if rate is not None:
                rate = f"tf.reshape({rate}, [])" if self.is_unknown_rate(training) else rate
                made.append(statement(f"{optimizer}.learning_rate.assign({rate})"))
            pairs = "zip({}, {})".format(*self.gradients[training]) if training in losses else self.pairs_text(training)
            if self.emitter.lookups.summed(training):
                pairs = f"{self.emitter.surroundings.ask_helper('dense')}({pairs})"
            made += statements(f"{optimizer}.apply_gradients({pairs})")
        return made


def inner_gradient(emitter: Emitter, call: Differentiation, rewriter: Rewriter, first: bool) -> str:
    """A marked call, for `taped` to write."""
    assert call.sources is not None
    parts = call.sources.elements if isinstance(call.sources, (cst.List, cst.Tuple)) else [cst.Element(call.sources)]
    several = is_several(emitter, call)
    alone = first and several and len(parts) == 1 and isinstance(call.sources, (cst.List, cst.Tuple))
    visited = lambda node: code(node.visit(rewriter))  # noqa: E731
    sources = visited(parts[0].value if alone else call.sources)
    watched = [visited(part.value) for part in parts if _is_watched(emitter, part.value)]
    upstream = f", output_gradients={visited(call.upstream)}" if call.upstream is not None else ""
    made = f"{MARK}({visited(call.target)}, {sources}, [{', '.join(watched)}]{upstream})"
    if first:
        return f"{made}[0]" if several and not alone else made
    return made if several else f"[{made}]"


def _is_watched(emitter: Emitter, node: cst.BaseExpression) -> bool:
    """Whether a source is a tensor, which a tape records only if it is told so."""
    return any(not isinstance(t, Variable) for value in emitter.program.values(node) for t in tensors_in(value))
