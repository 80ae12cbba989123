"""The program as a graph and its runs, and the questions that rules and the plan ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program import losses
from actlint.program.losses import LossTerm
from actlint.program.values import (
    Frame,
    Function,
    Given,
    Layer,
    Op,
    Penalty,
    Run,
    Session,
    Tensor,
    Training,
    Turns,
    Unknown,
    Value,
    Variable,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.files.source import Source
    from actlint.program.decorators import Read
    from actlint.program.eager import EagerProgram
    from actlint.program.scope import Scope
    from actlint.program.varscopes import ScopeInitial
    from actlint.syntax.tree import Tree


@dataclass(frozen=True)
class Evaluation:
    """One evaluation of an expression: its value, and the call path and the turns of loops that it happened in."""

    value: Value
    calls: tuple[Frame, ...]
    turns: Turns = ()


@dataclass(frozen=True)
class Unsupported:
    """A framework symbol that the catalogue doesn't know, or not in this form, where it was used."""

    symbol: str
    node: cst.CSTNode
    file: Path
    why: str = "isn't known to the catalogue"


@dataclass
class Program:
    """What one entry file builds and runs, with the local modules that it imports."""

    files: list[Path]
    trees: dict[Path, Tree]
    ops: list[Op] = field(default_factory=list)
    variables: list[Variable] = field(default_factory=list)
    placeholders: list[Tensor] = field(default_factory=list)
    given: dict[Given, Tensor] = field(default_factory=dict)
    layers: list[Layer] = field(default_factory=list)
    trainings: list[Training] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    unknowns: list[Unknown] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    collections: dict[str, list[Value]] = field(default_factory=dict)
    uncertain: set[str | None] = field(default_factory=set)
    """Collections whose contents can't be listed; None where some value joined an unknown one."""
    penalties: dict[Op, Penalty] = field(default_factory=dict)
    facts: dict[cst.CSTNode, list[Evaluation]] = field(default_factory=dict)
    bindings: dict[cst.CSTNode, object] = field(default_factory=dict)
    inherited: dict[cst.CSTNode, list[dict[str, cst.BaseExpression]]] = field(default_factory=dict)
    """The arguments that each evaluation of a call took from an `arg_scope`."""
    functions: dict[cst.CSTNode, Function] = field(default_factory=dict)
    calls: dict[cst.CSTNode, list[tuple[Frame, ...]]] = field(default_factory=dict)
    scopes: dict[Path, Scope] = field(default_factory=dict)
    names: dict[Tensor, str] = field(default_factory=dict)
    targets: dict[cst.CSTNode, str] = field(default_factory=dict)
    scope_initials: list[ScopeInitial] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    """Reads of properties that made a part of the graph, in their order."""
    copies: dict[cst.ClassDef, cst.ClassDef] = field(default_factory=dict)
    """Definitions of classes that a further object has for itself, each with the one that stands in the file."""

    read: Callable[[Path], Source] | None = None
    """How the files were read."""

    @property
    def entry(self) -> Path:
        return self.files[0]

    @cached_property
    def eager(self) -> EagerProgram:
        """The same files as eager code; analysed when a rule asks for the first time."""
        from actlint.files.source import read
        from actlint.program.eager import analyze_eager

        return analyze_eager(self.entry, self.read or read, {self.entry: self.trees[self.entry]})

    @cached_property
    def keras(self) -> frozenset[str]:
        """The kinds of Keras that the program may be run with: see `program.versions`."""
        from actlint.program.versions import keras_versions

        return keras_versions(self.entry, [tree.source.text for tree in self.eager.trees.values()])

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

    @cached_property
    def _reaching(self) -> set[Op]:
        """Operations whose output feeds another layer: an operation with weights of its own, downstream."""
        found: set[Op] = set()
        for op in reversed(self.ops):
            if any(c in found or uses_weights(c) for c in self.consumers.get(op, ()) if not isinstance(c, Training)):
                found.add(op)
        return found

    @cached_property
    def weighted(self) -> set[Op]:
        """Operations downstream of at least one layer: what a network computes."""
        found: set[Op] = set()
        for op in self.ops:
            if (
                uses_weights(op)
                and any(not isinstance(t, Variable) for t in op.inputs)
                or any(t.op in found for t in op.inputs)
            ):
                found.add(op)
        return found

    @cached_property
    def hidden(self) -> set[Op]:
        """Operations whose output is a hidden activation: produced by a layer and consumed by another one."""
        return {op for op in self.weighted & self._reaching if op.kind in ("op", "loss")}

    def read_hidden(self, tensor: Tensor) -> tuple[Tensor, ...]:
        """The hidden tensors that a tensor is computed from directly: reached without passing another layer."""
        found: list[Tensor] = []
        seen: set[Tensor] = set()
        todo = [tensor]
        while todo:
            tensor = todo.pop(0)
            if tensor in seen:
                continue
            seen.add(tensor)
            if tensor.op in self.hidden:
                found.append(tensor)
            elif tensor.op in self.weighted and not uses_weights(tensor.op):
                todo.extend(tensor.op.inputs)
        return tuple(found)

    @cached_property
    def loss_terms(self) -> list[LossTerm]:
        """Per differentiated loss: each summand that reads a hidden tensor."""
        return losses.loss_terms(self)

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
        start = [t for leaf in run.leaves for t in tensors_in(leaf)]
        while True:
            found = self.ancestors(start, fed)
            more = [Tensor(c) for op in found for c in op.controls if c not in found]
            if not more:
                return found
            start += more

    def walk_training_runs(self) -> Iterator[Run]:
        return (run for run in self.runs if run.trains)


_CONTRACTIONS = frozenset(
    {"matmul", "tensordot", "einsum", "nn.conv1d", "nn.conv2d", "nn.conv2d_transpose", "nn.conv3d"}
)
_REARRANGEMENTS = frozenset({"transpose", "reshape", "identity", "cast", "nn.l2_normalize", "either"})


def uses_weights(op: Op) -> bool:
    """Whether the operation applies weights to its input: a layer, or an operation with a variable among its inputs."""
    if op.layer is not None:
        return True
    if op.kind in ("summary", "train", "assign", "group") or op.symbol == "gradients":
        return False
    return (
        any(isinstance(t, Variable) and t.trainable for t in op.inputs)
        or op.symbol in _CONTRACTIONS
        and any(_is_rearranged_variable(t) for t in op.inputs)
    )


def _is_rearranged_variable(tensor: Tensor) -> bool:
    """Whether a tensor is a variable in another layout, such as the transposed kernel of tied weights."""
    while not isinstance(tensor, Variable):
        if tensor.op.symbol not in _REARRANGEMENTS or not tensor.op.inputs:
            return False
        tensor = tensor.op.inputs[0]
    return tensor.trainable
