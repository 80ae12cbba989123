"""Training steps: what each training operation reads, and which statements only serve its rate or its gradients."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.flow import Flow, Item, Leaf, Parameter
from actlint.migrate.refusals import Reason
from actlint.migrate.source import walk
from actlint.migrate.units import Unit
from actlint.migrate.updates import behind, only_trains, reads_early
from actlint.program.binding import BoundCall
from actlint.program.values import Op, Run, Tensor, Training, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.units import Building

Uses = dict[str, Item | Parameter]
_DROPOUTS = ("nn.dropout", "layers.dropout", "contrib.layers.dropout")
_ELEMENTWISE = frozenset({"add", "subtract", "multiply", "divide", "truediv", "maximum", "minimum", "identity", "cast"})
_COUNTING = frozenset(
    {
        "train.AdamOptimizer",
        "contrib.opt.NadamOptimizer",
        "contrib.opt.AdaMaxOptimizer",
        "contrib.opt.LazyAdamOptimizer",
    }
)


class Stage(Enum):
    """When a step evaluates a statement."""

    FORWARD = 0
    GRADIENT = 1
    RATE = 2
    AFTER = 3


class Steps:
    """The training operations of a program, in terms of names and statements of the building scope."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.building: Building = flow.building
        self.program = flow.program
        for training in self.program.trainings:
            if not training.variables:
                flow.reasons.append(
                    self.building.reason("REF102", training.node, "which variables are trained here isn't known")
                )
        self._leaves = {training: self._read(training) for training in self.program.trainings}
        self._stages = self._stage_items()
        self._scalars = self._scalar_ops()

    # -- what a training operation reads

    def leaves(self, training: Training) -> list[Leaf]:
        """The expressions that a training operation reads: its loss or its gradients, and its learning rate."""
        return [leaf for leaf in self._leaves[training] if leaf is not None]

    def uses(self, training: Training) -> Uses:
        """The names that its step reads."""
        return {name: d for leaf in self.leaves(training) for name, d in leaf.uses.items()}

    def source(self, training: Training) -> Leaf:
        """What it minimises, or the pairs of gradients and variables that it applies."""
        return self._leaves[training][0]

    def rate(self, training: Training) -> Leaf | None:
        """Its learning rate, where that is computed in the graph."""
        return self._leaves[training][1]

    def is_scalar(self, tensor: Tensor) -> bool:
        """Whether an input of unknown shape has to be a number, because a learning rate, a dropout's
        rate or a flag is."""
        return tensor.op in self._scalars

    def _scalar_ops(self) -> set[Op]:
        todo = [
            leaf.value.op for t in self.program.trainings if (leaf := self.rate(t)) and isinstance(leaf.value, Tensor)
        ]
        dropouts = [op for op in self.program.ops if op.symbol in _DROPOUTS]
        rates = [op.arguments.get(name) for op in dropouts for name in ("keep_prob", "rate")]
        flags = [op.arguments.get(name) for op in self.program.ops for name in ("training", "is_training", "pred")]
        todo += [value.op for value in (*rates, *flags) if isinstance(value, Tensor)]
        found: set[Op] = set()
        while todo:
            op = todo.pop()
            found.add(op)
            if op.symbol in _ELEMENTWISE:
                todo.extend(tensor.op for tensor in op.inputs)
        return found

    def _read(self, training: Training) -> tuple[Leaf, Leaf | None]:
        node = source_node(training)
        unit = self.building.unit_of[training.node]
        value = next(iter(tensors_in(training.loss)), Tensor(training))
        uses = self._uses(node, unit) if node is not None else {}
        return Leaf(node, value, uses), self._rate(training)

    def _rate(self, training: Training) -> Leaf | None:
        made_by = training.optimizer.op.node if training.optimizer is not None else None
        binding = self.program.bindings.get(made_by) if made_by is not None else None
        unit = self.building.unit_of.get(made_by) if made_by is not None else None
        if not isinstance(binding, BoundCall) or unit is None:
            return None
        value = binding.values.get("learning_rate")
        if not isinstance(value, Tensor):
            return None
        node = binding.nodes["learning_rate"]
        return Leaf(node, value, self._uses(node, unit))

    def _uses(self, node: cst.CSTNode, unit: Unit) -> Uses:
        return {
            key: d
            for part, key in self.flow.tensor_names(node)
            if (d := self.flow.given(part, unit) or self.flow.definition(key, unit.order)) is not None
        }

    def shared(self, training: Training) -> list[Training]:
        """The training operations that its optimizer makes, itself included."""
        if training.optimizer is None:
            return [training]
        made = training.optimizer.op
        return [t for t in self.program.trainings if t.optimizer is not None and t.optimizer.op is made]

    def races(self, run: Run, trainings: list[Training]) -> list[Reason]:
        """Why TF1 leaves open what a run of several training operations does, beyond when each takes its gradients."""
        found: list[Reason] = []
        for place, one in enumerate(trainings):
            for other in trainings[place + 1 :]:
                if {id(v) for v in one.variables} & {id(v) for v in other.variables}:
                    found.append(self._race(run, "update the same variables"))
                elif other in self.shared(one) and one.optimizer is not None and one.optimizer.op.symbol in _COUNTING:
                    found.append(self._race(run, "share an optimizer that counts its updates"))
        return found

    def _race(self, run: Run, text: str) -> Reason:
        return self.building.reason(
            "REF109",
            run.node,
            f"two training operations of this run {text}, in an order that TensorFlow 1 leaves open",
            "Run one after the other.",
        )

    # -- when statements are evaluated

    def stage(self, item: Item) -> Stage:
        """When a step evaluates an item."""
        return self._stages.get(item, Stage.FORWARD)

    def differentiates(self, items: list[Item]) -> bool:
        """Whether some statement takes gradients itself, rather than a function that it calls."""
        return any(gradient_calls(item.unit.node, item.unit.ops) for item in items)

    def closure(self, uses: Uses) -> set[Item]:
        """The items that names are computed from."""
        found: set[Item] = set()
        todo = list(uses.values())
        while todo:
            item = todo.pop()
            if isinstance(item, Item) and item not in found:
                found.add(item)
                todo.extend(item.uses.values())
        return found

    def _stage_items(self) -> dict[Item, Stage]:
        items = list(self.flow.items.values())
        losses: set[Item] = set()
        for training in self.program.trainings:
            if source_is_loss(training):
                losses |= self.closure(self.source(training).uses)
        for item in items:
            for call in gradient_calls(item.unit.node, item.unit.ops):
                keys = {key for _, key in self.flow.tensor_names(call)}
                losses |= self.closure({key: d for key, d in item.uses.items() if key in keys and d is not item})
        stages = dict.fromkeys(self._after(items, losses), Stage.AFTER)
        for item in sorted(items, key=lambda i: i.order):
            follows = any(isinstance(d, Item) and stages.get(d) is Stage.GRADIENT for d in item.uses.values())
            if item not in losses and item not in stages and (follows or differentiates(item.unit.ops)):
                stages[item] = Stage.GRADIENT
        rates = {i for t in self.program.trainings if (leaf := self.rate(t)) for i in self.closure(leaf.uses)}
        rates = {item for item in rates if item not in losses and item not in stages}
        while True:
            shared = {d for i in items if i not in rates for d in i.uses.values() if d in rates}
            if not shared:
                break
            rates -= shared
        return stages | dict.fromkeys(rates, Stage.RATE)

    def _after(self, items: list[Item], losses: set[Item]) -> list[Item]:
        """The items that wait for a training operation, and those that read what they give."""
        found: dict[Item, None] = {}
        for item in sorted(items, key=lambda i: i.order):
            waits = any(isinstance(c, Training) or only_trains(c) for op in item.unit.ops for c in op.controls)
            if not waits and not any(d in found for d in item.uses.values()):
                continue
            found[item] = None
            if item in losses or item.unit.trainings:
                self._refuse_waiting(item.unit, "is trained itself")
            elif any(reads_early(op) for op in item.unit.ops):
                self._refuse_waiting(item.unit, "stands beside variables that are read without waiting")
        for training in self.program.trainings:
            if any(isinstance(other, Training) for other in behind(training)):
                self._refuse_waiting(self.building.unit_of[training.node], "is trained itself")
        return list(found)

    def _refuse_waiting(self, unit: Unit, why: str) -> None:
        self.flow.reasons.append(
            self.building.reason(
                "REF111",
                unit.node,
                f"what waits for a training operation {why}, which isn't carried over",
                "Run the training operation first, and what waits for it in a run of its own.",
            )
        )


def source_is_loss(training: Training) -> bool:
    """Whether a training operation differentiates its loss itself."""
    node = training.node
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value == "minimize"


def source_node(training: Training) -> cst.BaseExpression | None:
    """The loss of `minimize`, or the pairs of `apply_gradients`, in its call."""
    node = training.node
    if not isinstance(node, cst.Call):
        return None
    name = "loss" if source_is_loss(training) else "grads_and_vars"
    for argument in node.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument.value
    return node.args[0].value if node.args and node.args[0].keyword is None else None


def differentiates(ops: list[Op]) -> bool:
    """Whether some of these operations are gradients."""
    return any(op.symbol == "gradients" for op in ops)


def gradient_calls(node: cst.CSTNode, ops: list[Op]) -> list[cst.Call]:
    """The calls of `compute_gradients` and `tf.gradients` in a statement, in source order."""
    made = {op.node for op in ops if op.symbol == "gradients"}
    return [part for part in walk(node) if isinstance(part, cst.Call) and part in made]
