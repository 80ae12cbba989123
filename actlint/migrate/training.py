"""The bodies of callables that differentiate: forward pass, gradients, learning rates, updates, in this order."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.callables import Call
from actlint.migrate.expression import Rewriter
from actlint.migrate.flow import Item, Leaf
from actlint.migrate.source import code
from actlint.migrate.statements import local_name, statement
from actlint.migrate.steps import Stage, differentiates, gradient_calls, source_is_loss
from actlint.migrate.updates import counter
from actlint.program.values import Op, Sequence, Tensor, Training, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter
    from actlint.migrate.target import Statements, Target

_IGNORED = ("colocate_gradients_with_ops", "gate_gradients", "aggregation_method", "name", "global_step")


@dataclass
class Differentiation:
    """A call of `compute_gradients` or `tf.gradients`: what is differentiated, and by what."""

    node: cst.Call
    pairs: bool
    """Whether it answers pairs of gradients and variables."""
    target: cst.BaseExpression
    sources: cst.BaseExpression | None
    upstream: cst.BaseExpression | None
    targets: list[Tensor]
    by: list[Tensor]


class StepWriter(ABC):
    """Writes the body of one callable."""

    def __init__(self, target: Target, call: Call) -> None:
        self.target, self.call = target, call
        self.emitter = target.emitter
        self.program = self.emitter.program
        self.steps = self.emitter.regions.steps
        stages = {item: self.steps.stage(item) for item in call.items}
        self.gradient_items = sorted(
            (i for i, stage in stages.items() if stage is Stage.GRADIENT), key=lambda i: i.order
        )
        served = {i for t in call.trainings if (leaf := self.steps.rate(t)) for i in self.steps.closure(leaf.uses)}
        self.rate_items = {item for item, stage in stages.items() if stage is Stage.RATE and item in served}
        self.late_items = {item for item, stage in stages.items() if stage is Stage.AFTER}
        self.forward_items = call.items - set(self.gradient_items) - self.rate_items - self.late_items
        self.minimised = [t for t in call.trainings if source_is_loss(t)]
        self.written: Statements = []
        self.names = [p.name for p in call.parameters]
        self.targets: list[cst.BaseExpression] = []
        """What is differentiated without a name of its own: the step gives it one."""
        self.lists: dict[cst.Call, str] = {}
        """The names of the lists of variables that `compute_gradients` calls take."""

    @staticmethod
    def wanted(call: Call) -> bool:
        """Whether a callable differentiates or updates something."""
        return bool(call.trainings) or any(differentiates(item.unit.ops) for item in call.items)

    # -- the parts of a step

    def body(self) -> Statements:
        """The statements of the callable, but for what it returns."""
        try:
            return self._body()
        finally:
            for node in self.targets:
                del self.emitter.surroundings.substituted[node]

    def _body(self) -> Statements:
        losses = {training: self.steps.source(training) for training in self.minimised}
        calls = self._differentiations()
        forward = self.emitter.compose(self.forward_items, self.call.home, wanted=self._wanted())
        self.written = list(forward)
        for training, leaf in losses.items():
            self._check_leaf(training, leaf)
        texts = {training: self._named("loss", self.emitter.leaf(leaf), forward) for training, leaf in losses.items()}
        for call in calls:
            self._name_target(call, forward)
            self._replace(call)
        made = self.differentiated(forward, texts, calls)
        for item in self.gradient_items:
            made += self._add(
                self._unzipped(item) or [*self._ahead(item.unit.node, item.unit.ops), *self.emitter.item(item)]
            )
        made += self._add(self.emitter.compose(self.rate_items, self.call.home))
        applied = [t for t in self.call.trainings if not source_is_loss(t)]
        for training in applied:
            unit = self.emitter.building.unit_of[training.node]
            made += self._add(self._ahead(self._pairs(training), unit.ops))
        made += self.update(texts)
        made += [
            statement(self.target.count(self.emitter.weights.path(variable)))
            for training in self.call.trainings
            if (variable := counter(training)) is not None
        ]
        return made + self._add(self.emitter.compose(self.late_items, self.call.home))

    @abstractmethod
    def differentiated(
        self, forward: Statements, losses: dict[Training, str], calls: list[Differentiation]
    ) -> Statements:
        """The forward pass, and the gradients of losses that are minimised."""

    @abstractmethod
    def gradient(self, call: Differentiation, rewriter: Rewriter) -> str:
        """The expression of the gradients of a call, in the order and structure of what it differentiates by."""

    @abstractmethod
    def whole(self, call: Differentiation, gradients: str) -> str:
        """The list that a call of `tf.gradients` answers."""

    @abstractmethod
    def first(self, call: Differentiation, gradients: str) -> str:
        """The first entry of this list."""

    @abstractmethod
    def variables(self, variables: list[Variable], ordered: bool) -> str:
        """A list of variables as an expression that can be read more than once."""

    @abstractmethod
    def update(self, losses: dict[Training, str]) -> Statements:
        """Learning rates and updates."""

    # -- what the targets share

    def _wanted(self) -> set[str]:
        names = self.emitter.wanted_names(self.call.leaves)
        names |= {name for training in self.call.trainings for name in self.steps.uses(training)}
        later = (*self.gradient_items, *self.rate_items, *self.late_items)
        return names | {name for item in later for name in item.uses}

    def inputs(self, inner: bool = False) -> list[str]:
        """The parameters that a gradient of the step reaches, or also one within the forward pass."""
        by = [t for call in self._differentiations() for t in call.by]
        if inner:
            made = [op for item in self.call.items for op in item.unit.ops if op.symbol == "gradients"]
            by += [t for op in made for t in tensors_in(op.arguments["with_respect_to"])]
        trained = {variable.op for variable in self.program.variables if variable.trainable}
        found: set[Op] = set()
        for tensor in by:
            above = self.program.ancestors([tensor])
            if not above & trained:
                found |= above
        return [p.name for p in self.call.parameters if p.tensor.op in found]

    def _add(self, statements: Statements) -> Statements:
        self.written += statements
        return statements

    def local(self, wanted: str) -> str:
        """A name that nothing in the callable uses yet."""
        return local_name(wanted, self.written, self.names)

    def _named(self, wanted: str, text: str, forward: Statements) -> str:
        """A name for an expression, assigned at the end of the forward pass where it has none."""
        if text.isidentifier():
            return text
        name = self.local(wanted)
        forward += self._add([statement(f"{name} = {text}")])
        return name

    def _check_leaf(self, training: Training, leaf: Leaf) -> None:
        if leaf.node is None:
            raise self.emitter.refused("REF109", training.node, "what is minimised isn't passed in the usual way")

    def rate_text(self, training: Training) -> str | None:
        """The learning rate of a training operation as an expression, where the step sets it."""
        leaf = self.steps.rate(training)
        return self.emitter.leaf(leaf) if leaf is not None else None

    def is_unknown_rate(self, training: Training) -> bool:
        """Whether the rate is of unknown shape: it depends on more than numbers."""
        leaf = self.steps.rate(training)
        if leaf is None or not isinstance(leaf.value, Tensor) or leaf.value.shape is not None:
            return False
        inputs = self.program.ancestors([leaf.value])
        return any(p.tensor.op in inputs and not self.steps.is_scalar(p.tensor) for p in self.call.parameters)

    def pairs_text(self, training: Training) -> str:
        """The pairs of gradients and variables that a training operation applies."""
        self._pairs(training)
        return self.emitter.leaf(self.steps.source(training))

    def _pairs(self, training: Training) -> cst.BaseExpression:
        node = self.steps.source(training).node
        if node is None:
            raise self.emitter.refused("REF109", training.node, "what is applied isn't passed in the usual way")
        return node

    # -- calls that differentiate

    def _differentiations(self) -> list[Differentiation]:
        places = [(item.unit.node, item.unit.ops) for item in self.gradient_items]
        places += [
            (self._pairs(t), self.emitter.building.unit_of[t.node].ops)
            for t in self.call.trainings
            if not source_is_loss(t)
        ]
        return [self._read(call, ops) for node, ops in places for call in gradient_calls(node, ops)]

    def _read(self, call: cst.Call, ops: list[Op]) -> Differentiation:
        return read_differentiation(self.emitter, call, ops)

    def _replace(self, call: Differentiation) -> None:
        """Have the call written as the target's; `tf.gradients(y, x)[0]` needs no list."""
        replaced = self.emitter.surroundings.replaced
        parent = self.emitter.building.parent.get(call.node)
        if not call.pairs and isinstance(parent, cst.Subscript) and code(parent.slice[0]) == "0":
            replaced[call.node] = lambda rewriter, original, updated: updated
            replaced[parent] = lambda rewriter, original, updated: rewriter.expression(
                self.first(call, self.gradient(call, rewriter))
            )
            return
        replaced[call.node] = lambda rewriter, original, updated: rewriter.expression(
            f"list(zip({self.gradient(call, rewriter)}, {self.lists[call.node]}))"
            if call.pairs
            else self.whole(call, self.gradient(call, rewriter))
        )

    def _unzipped(self, item: Item) -> Statements:
        """`gradients, variables = zip(*optimizer.compute_gradients(loss))` as two assignments."""
        small = item.unit.small
        if not isinstance(small, cst.Assign) or not isinstance(small.targets[0].target, (cst.Tuple, cst.List)):
            return []
        names = [code(element.value) for element in small.targets[0].target.elements]
        value = small.value
        calls = gradient_calls(value, item.unit.ops)
        if len(calls) != 1 or len(names) != 2 or code(value) != f"zip(*{code(calls[0])})":
            return []
        call = self._read(calls[0], item.unit.ops)
        text = self.source_text(call)
        made = [statement(f"{names[1]} = {text}")] if text != names[1] else []
        self.lists[call.node] = names[1]
        gradients = self.gradient(call, Rewriter(self.emitter.surroundings))
        lines = getattr(item.unit.node, "leading_lines", ())
        made.append(statement(f"{names[0]} = {gradients}"))
        return [made[0].with_changes(leading_lines=lines), *made[1:]]  # type: ignore[call-arg]

    def _name_target(self, call: Differentiation, forward: Statements) -> None:
        """What is differentiated has to have been computed in the forward pass, under a name."""
        if call.target in self.emitter.surroundings.substituted:
            return
        text = code(call.target.visit(Rewriter(self.emitter.surroundings)))  # type: ignore[arg-type]
        if not re.fullmatch(r"\w+|[\[(]\w+(, \w+)*[\])]", text):
            self.emitter.surroundings.substituted[call.target] = self._named("target", text, forward)
            self.targets.append(call.target)

    def _ahead(self, node: cst.CSTNode, ops: list[Op]) -> Statements:
        """The lists of variables that gradient calls of a statement take without naming them."""
        made: Statements = []
        for call in gradient_calls(node, ops):
            found = self._read(call, ops)
            if found.pairs:
                text = self.source_text(found)
                if not is_path(text):
                    name = self.local("variables")
                    made += self._add([statement(f"{name} = {text}")])
                    text = name
                self.lists[call] = text
        return made

    def source_text(self, call: Differentiation) -> str:
        """The variables of a `compute_gradients` call as an expression."""
        if isinstance(call.sources, (cst.Name, cst.Attribute)):
            return code(call.sources.visit(Rewriter(self.emitter.surroundings)))  # type: ignore[arg-type]
        return self.variables([v for v in call.by if isinstance(v, Variable)], ordered=True)

    def several(self, call: Differentiation) -> bool:
        """Whether what it differentiates by is a list in the source."""
        return is_several(self.emitter, call)


def read_differentiation(emitter: Emitter, call: cst.Call, ops: list[Op]) -> Differentiation:
    """What a call that differentiates was given."""
    made = [op for op in ops if op.node is call and op.symbol == "gradients"]
    pairs = _is_pairs(call)
    order = ("loss", "var_list", "gate_gradients") if pairs else ("ys", "xs", "grad_ys", "name")
    nodes = {
        argument.keyword.value if argument.keyword is not None else order[min(place, len(order) - 1)]: argument.value
        for place, argument in enumerate(call.args)
    }
    unknown = [name for name in nodes if name not in (*order, *_IGNORED)]
    if unknown or order[0] not in nodes:
        raise emitter.refused(
            "REF109", call, f"gradients are taken with {', '.join(unknown) or 'arguments that are not known'}"
        )
    by = [t for op in made for t in tensors_in(op.arguments.get("with_respect_to"))]
    if pairs:
        by = [t for value in emitter.program.values(call) for t in tensors_in(value) if isinstance(t, Variable)]
        by = list(dict.fromkeys(by))
    for tensor in by:
        if isinstance(tensor, Variable) and not tensor.trainable:
            raise emitter.refused("REF109", call, f"{tensor.name} isn't trainable, and its gradient is taken")
    targets = list(tensors_in(made[0].arguments.get("loss"))) if made else []
    upstream = nodes.get("grad_ys")
    return Differentiation(call, pairs, nodes[order[0]], nodes.get(order[1]), upstream, targets, by)


def is_path(text: str) -> bool:
    """Whether an expression is the user's name or attribute of a list, which needs no name of its own."""
    return re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*(?<!\.trainable_variables)", text) is not None


def is_several(emitter: Emitter, call: Differentiation) -> bool:
    """Whether what a call differentiates by is a list in the source."""
    return call.sources is not None and any(isinstance(v, Sequence) for v in emitter.program.values(call.sources))


def register_inner(emitter: Emitter) -> None:
    """Have the gradients that a forward pass takes written where they are taken."""
    calls: dict[cst.CSTNode, list[Op]] = {}
    for op in emitter.program.ops:
        if op.symbol == "gradients":
            calls.setdefault(op.node, []).append(op)
    for node, ops in calls.items():
        if isinstance(node, cst.Call) and not _is_pairs(node):
            _register(emitter, node, ops)


def _register(emitter: Emitter, node: cst.Call, ops: list[Op]) -> None:
    replaced, target = emitter.surroundings.replaced, emitter.target

    def text(rewriter: Rewriter, first: bool) -> cst.BaseExpression:
        return rewriter.expression(target.inner_gradient(read_differentiation(emitter, node, ops), rewriter, first))

    parent = emitter.building.parent.get(node)
    if isinstance(parent, cst.Subscript) and code(parent.slice[0]) == "0":
        replaced[node] = lambda rewriter, original, updated: updated
        replaced[parent] = lambda rewriter, original, updated: text(rewriter, True)
    else:
        replaced[node] = lambda rewriter, original, updated: text(rewriter, False)


def _is_pairs(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "compute_gradients"
