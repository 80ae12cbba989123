"""The program as a graph and its runs, and the questions that rules and the plan ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.values import (
    Frame,
    Function,
    Layer,
    Op,
    Run,
    Session,
    Tensor,
    Training,
    Unknown,
    Value,
    Variable,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.program.scope import Scope
    from actlint.syntax.tree import Tree


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of an expression: its value, and the call path it happened on."""

    value: Value
    calls: tuple[Frame, ...]


@dataclass(frozen=True)
class Unsupported:
    """A framework symbol that the catalogue doesn't know, where it was used."""

    symbol: str
    node: cst.CSTNode
    file: Path


@dataclass(frozen=True)
class LossTerm:
    """A summand of a minimised loss, and the hidden tensors that it reads."""

    training: Training
    tensor: Tensor
    hidden: tuple[Tensor, ...]


@dataclass
class Program:
    """What one entry file builds and runs, with the local modules that it imports."""

    files: list[Path]
    trees: dict[Path, Tree]
    ops: list[Op] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    placeholders: list[Tensor] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    collections: dict[str, list[Value]] = field(default_factory=dict)
    facts: dict[cst.CSTNode, list[Evaluation]] = field(default_factory=dict)
    bindings: dict[cst.CSTNode, object] = field(default_factory=dict)
    functions: dict[cst.CSTNode, Function] = field(default_factory=dict)
    calls: dict[cst.CSTNode, list[tuple[Frame, ...]]] = field(default_factory=dict)
    scopes: dict[Path, Scope] = field(default_factory=dict)

    @property
    def entry(self) -> Path:
        return self.files[0]

    @property
    def is_graph_program(self) -> bool:
        """Whether TF1 graph code is there: a session, a placeholder, or a run."""
        return bool(self.sessions or self.placeholders or self.runs)

    def values(self, node: cst.CSTNode) -> list[Value]:
        """Every value that an expression had."""
        return [evaluation.value for evaluation in self.facts.get(node, [])]

    @cached_property
    def consumers(self) -> dict[Op, list[Op]]:
        found: dict[Op, list[Op]] = {}
        for op in self.ops:
            for tensor in op.inputs:
                found.setdefault(tensor.op, []).append(op)
        return found

    def ancestors(self, tensors: Iterable[Tensor], stop: Iterable[Tensor] = ()) -> set[Op]:
        """The operations that these tensors are computed from, themselves included; the walk ends at `stop`."""
        ends = {tensor.op for tensor in stop}
        seen: set[Op] = set()
        todo = [tensor.op for tensor in tensors]
        while todo:
            op = todo.pop()
            if op in seen or op in ends:
                continue
            seen.add(op)
            todo.extend(tensor.op for tensor in op.inputs)
        return seen

    def _reaches_layer(self, op: Op) -> bool:
        """Whether the output feeds another layer: an operation with weights of its own, downstream."""
        seen = {op}
        todo = list(self.consumers.get(op, []))
        while todo:
            consumer = todo.pop()
            if consumer in seen or isinstance(consumer, Training):
                continue
            seen.add(consumer)
            if uses_weights(consumer):
                return True
            todo.extend(self.consumers.get(consumer, []))
        return False

    @cached_property
    def weighted(self) -> set[Op]:
        """Operations downstream of at least one layer: what a network computes."""
        found: set[Op] = set()
        for op in self.ops:
            if uses_weights(op) and any(not isinstance(t, Variable) for t in op.inputs) or any(t.op in found for t in op.inputs):
                found.add(op)
        return found

    @cached_property
    def hidden(self) -> set[Op]:
        """Operations whose output is a hidden activation: produced by a layer and consumed by another one."""
        return {op for op in self.weighted if not isinstance(op, Training) and op.kind in ("op", "loss") and self._reaches_layer(op)}

    def terms(self, tensor: Tensor) -> list[Tensor]:
        """The summands of a loss: its additions and subtractions taken apart, through names and functions."""
        if tensor.op.symbol in ("add", "subtract", "add_n") and tensor.op.inputs:
            parts = [t for t in tensor.op.inputs if not isinstance(t, Variable)]
            if parts:
                return [term for part in parts for term in self.terms(part)]
        if tensor.op.symbol in ("multiply", "divide", "truediv", "negative", "reduce_mean", "reduce_sum", "identity") and tensor.shape == ():
            inner = [t for t in tensor.op.inputs if t.op.kind != "placeholder" and t.op in self.weighted]
            if len(inner) == 1 and inner[0].op.symbol in ("add", "subtract", "add_n"):
                return self.terms(inner[0])
        return [tensor]

    def read_hidden(self, term: Tensor, main_outputs: set[Op]) -> tuple[Tensor, ...]:
        """The hidden tensors that a loss term reads directly: reached without passing another layer."""
        found: list[Tensor] = []
        seen: set[Op] = set()
        todo = [term]
        while todo:
            tensor = todo.pop(0)
            if tensor.op in seen:
                continue
            seen.add(tensor.op)
            if tensor.op in self.hidden:
                found.append(tensor)
            elif tensor.op in self.weighted and not uses_weights(tensor.op) and tensor.op not in main_outputs:
                todo.extend(tensor.op.inputs)
        return tuple(found)

    @cached_property
    def loss_terms(self) -> list[LossTerm]:
        """Per minimised loss: each summand that reads a hidden tensor."""
        found: list[LossTerm] = []
        done: set[tuple[cst.CSTNode, cst.CSTNode]] = set()
        for training in self.trainings:
            for loss in tensors_in(training.loss):
                for term in self.terms(loss):
                    hidden = self.read_hidden(term, set())
                    key = (term.op.node, training.node)
                    if hidden and key not in done:
                        done.add(key)
                        found.append(LossTerm(training, term, hidden))
        return found

    def producer(self, tensor: Tensor) -> Op:
        """The operation with weights that a hidden tensor comes from: the layer that made it."""
        op, seen = tensor.op, set()
        while not uses_weights(op) and op not in seen:
            seen.add(op)
            op = next((t.op for t in op.inputs if t.op in self.weighted), op)
        return op

    def layer_name(self, op: Op) -> str:
        """What to call the layer of an operation: its TF1 name, or its weight's."""
        if op.layer is not None:
            return op.layer.variables[0].name.rpartition("/")[0] if op.layer.variables else op.symbol
        variable = next((t for t in op.inputs if isinstance(t, Variable)), None)
        return variable.name if variable is not None else op.symbol

    def needed(self, run: Run) -> set[Op]:
        """The operations that a run executes: from what it fetches back to what it feeds."""
        fed = [key for key, _ in run.feeds if isinstance(key, Tensor)]
        return self.ancestors([t for leaf in run.leaves for t in tensors_in(leaf)], fed)

    def walk_training_runs(self) -> Iterator[Run]:
        return (run for run in self.runs if run.trains)


def uses_weights(op: Op) -> bool:
    """Whether the operation applies weights to its input: a layer, or an operation with a variable among its inputs."""
    return op.layer is not None or any(isinstance(t, Variable) and t.trainable for t in op.inputs) and op.kind not in ("summary", "train")
