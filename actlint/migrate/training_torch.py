"""Training steps in PyTorch: `backward` where a loss is minimised, `torch.autograd.grad` where gradients are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.expression import Rewriter
from actlint.migrate.source import code
from actlint.migrate.statements import statement
from actlint.migrate.target import Statements
from actlint.migrate.training import Differentiation, StepWriter
from actlint.program.values import NONE, Host, Op, Tensor, Training, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter

_JOINT = frozenset({"clip_by_global_norm", "add_n"})
_REDUCED = frozenset({"global_norm", "nn.l2_loss"})
_ELEMENTWISE = _JOINT | {
    "clip_by_value",
    "clip_by_norm",
    "multiply",
    "divide",
    "truediv",
    "negative",
    "identity",
    "sign",
}


class BackwardStep(StepWriter):
    """Writes `zero_grad`, `backward`, `step`, and gradients on their way through the user's code."""

    def differentiated(
        self, forward: Statements, losses: dict[Training, str], calls: list[Differentiation]
    ) -> Statements:
        self.left = len(calls)
        made = list(forward)
        optimizers = dict.fromkeys(map(self._optimizer, losses))
        made += self._add([statement(f"{name}.zero_grad()") for name in optimizers])
        for place, (training, loss) in enumerate(losses.items()):
            arguments = []
            if len(losses) > 1 or self._is_part(training):
                arguments.append(f"inputs={self.variables(training.variables, ordered=False)}")
            if place < len(losses) - 1 or calls:
                arguments.append("retain_graph=True")
            value = self.steps.source(training).value
            scalar = isinstance(value, Tensor) and value.shape == ()
            total = loss if scalar else f"torch.sum({loss})"
            made += self._add([statement(f"{total}.backward({', '.join(arguments)})")])
        return made

    def _is_part(self, training: Training) -> bool:
        """Whether the optimizer holds more variables than those that this operation trains."""
        known = {id(v) for other in self.steps.shared(training) for v in other.variables}
        return known != {id(v) for v in training.variables}

    def _optimizer(self, training: Training) -> str:
        return self.target.optimizer_name(self.emitter.building.unit_of[training.node])

    def gradient(self, call: Differentiation, rewriter: Rewriter) -> str:
        self.left -= 1
        self._check_layouts(call)
        target = code(call.target.visit(rewriter))  # type: ignore[arg-type]
        if not all(t.shape == () for t in call.targets) and call.upstream is None:
            target = f"torch.sum({target})" if target.isidentifier() else target
        options = f", {code(call.upstream.visit(rewriter))}" if call.upstream is not None else ""  # type: ignore[arg-type]
        options += ", retain_graph=True" if self.left > 0 else ""
        options += ", allow_unused=True" if self._unused(call) else ""
        if call.pairs:
            return f"torch.autograd.grad({target}, {self.lists[call.node]}{options})"
        assert call.sources is not None
        sources = code(call.sources.visit(rewriter))  # type: ignore[arg-type]
        return f"torch.autograd.grad({target}, {sources}{options})"

    def whole(self, call: Differentiation, gradients: str) -> str:
        parent = self.emitter.building.parent.get(call.node)
        return gradients if isinstance(parent, cst.Arg) else f"list({gradients})"

    def first(self, call: Differentiation, gradients: str) -> str:
        return f"{gradients}[0]"

    def _check_layouts(self, call: Differentiation) -> None:
        """Refuse where the order of a gradient's axes matters, and torch keeps the weight in another one."""
        for op in self.program.ops:
            variable = op.arguments.get("with_respect_to")
            if op.node is not call.node or not isinstance(variable, Variable):
                continue
            if self.emitter.weights.place(variable).layout != "same" and self._needs_layout(op):
                raise self.emitter.refused(
                    "REF109",
                    call.node,
                    f"the gradient of {variable.name} is used in TensorFlow's layout, which torch doesn't have",
                    "Clip and apply gradients only, or make the weights with tf.Variable.",
                )

    def _needs_layout(self, gradient: Op) -> bool:
        """Whether anything but elementwise arithmetic, norms and updates reads a gradient."""
        fetched = {
            (t.op, t.index)
            for leaves in self.emitter.flow.leaves.values()
            for leaf in leaves
            for t in tensors_in(leaf.value)
        }
        seen: set[Op] = set()
        todo = [gradient]
        while todo:
            op = todo.pop()
            joint = op.symbol == "clip_by_global_norm"
            if any(found is op and (index or not joint) for found, index in fetched):
                return True
            for consumer in self.program.consumers.get(op, []):
                whole = [t for t in consumer.inputs if t.op is op and (t.index or not joint)]
                if not whole or isinstance(consumer, Training) or consumer.symbol in _REDUCED or consumer in seen:
                    continue
                if consumer.symbol not in _ELEMENTWISE or self._has_axes(consumer, whole):
                    return True
                seen.add(consumer)
                todo.append(consumer)
        return False

    def _has_axes(self, op: Op, gradients: list[Tensor]) -> bool:
        """Whether an elementwise operation reads more than gradients and numbers, or an axis is named."""
        if op.symbol in _JOINT:
            return False
        if op.arguments.get("axes", NONE) != NONE:
            return True
        if any(isinstance(value, Host) and value.shape != () for value in op.arguments.values()):
            return True
        return any(t not in gradients and t.shape != () for t in op.inputs)

    def _unused(self, call: Differentiation) -> bool:
        """Whether some variable has no gradient."""
        answers = self.program.values(call.node)
        items = [item for value in answers for item in getattr(value, "items", [])]
        return any(item == NONE or getattr(item, "items", [None])[0] == NONE for item in items)

    def variables(self, variables: list[Variable], ordered: bool) -> str:
        return self.emitter.weights.list_text(variables, ordered)

    def update(self, losses: dict[Training, str]) -> Statements:
        made: Statements = []
        optimizers: list[str] = []
        for training in self.call.trainings:
            optimizer = self._optimizer(training)
            if training not in losses:
                made += self._applied(training, optimizer)
            if optimizer in optimizers:
                continue
            optimizers.append(optimizer)
            rate = self.rate_text(training)
            if rate is not None:
                group = self.local("group")
                made.append(statement(f'for {group} in {optimizer}.param_groups:\n    {group}["lr"] = float({rate})'))
        return [*made, *(statement(f"{optimizer}.step()") for optimizer in optimizers)]

    def _applied(self, training: Training, optimizer: str) -> Statements:
        gradient = self.local("gradient")
        parameter = self.local("parameter")
        pairs = self.pairs_text(training)
        made = [statement(f"{optimizer}.zero_grad()")] if len(self.steps.shared(training)) > 1 else []
        value = gradient
        if self.emitter.lookups.applied(training):
            value = f"{self.emitter.surroundings.ask_helper('dense')}({gradient})"
        return [*made, statement(f"for {gradient}, {parameter} in {pairs}:\n    {parameter}.grad = {value}")]


def inner_gradient(emitter: Emitter, call: Differentiation, rewriter: Rewriter, first: bool) -> str:
    """Gradients that may be differentiated again."""
    assert call.sources is not None
    target = code(call.target.visit(rewriter))  # type: ignore[arg-type]
    if not all(t.shape == () for t in call.targets) and call.upstream is None:
        if isinstance(call.target, (cst.List, cst.Tuple)):
            raise emitter.refused("REF109", call.node, "tensors that aren't numbers are differentiated together")
        target = f"torch.sum({target})"
    options = f", {code(call.upstream.visit(rewriter))}" if call.upstream is not None else ""  # type: ignore[arg-type]
    made = f"torch.autograd.grad({target}, {code(call.sources.visit(rewriter))}{options}, create_graph=True)"  # type: ignore[arg-type]
    return f"{made}[0]" if first else f"list({made})"
