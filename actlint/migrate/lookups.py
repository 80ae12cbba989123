"""Gradients of lookups: where only lookups read a variable, TF1 has its gradient as the rows that were read.

Most optimizers of TF1 then leave the other rows and their slots alone, and norms count a row as often as it was read.
In TensorFlow 2 the gradients have the same form; in PyTorch a lookup has to ask for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.catalogue import lookup
from actlint.apis.entry import Entry, OptimizerEntry
from actlint.program.values import Const, Op, Tensor, Training, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter

READS = frozenset({"gather", "nn.embedding_lookup"})
CLIPS = frozenset({"clip_by_global_norm", "global_norm", "clip_by_norm", "clip_by_value"})


class Lookups:
    """What lookups mean for the training operations of a program."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.program = emitter.program
        self._read: dict[tuple[int, int], list[Op] | None] = {}

    def options(self, entry: Entry, call: cst.Call) -> dict[str, Callable[[], str]]:
        """What the form of a call is told: whether gradients have `rows`, and whether a lookup makes `sparse` ones."""
        if entry.kind == "optimizer":
            return {"rows": lambda: self.rows(call)}
        if entry.name in READS:
            return {"sparse": lambda: self.sparse(call)}
        return {"rows": lambda: self.clipped(call)} if entry.name in CLIPS else {}

    def summed(self, training: Training) -> bool:
        """Whether a training operation has gradients of lookups, whose rows are to be summed ahead of an update."""
        return _treatment(training) == "summed" and any(self.reads(training, v) for v in training.variables)

    def rows(self, call: cst.CSTNode) -> str:
        """Whether the optimizer that a call makes updates only the rows that were looked up; "" for no."""
        if self.emitter.target.name == "torch":
            self._asked  # noqa: B018 - refuses what torch has no gradient of rows for
        trainings = [t for t in self.program.trainings if t.optimizer is not None and t.optimizer.op.node is call]
        chosen = [t for t in trainings if _treatment(t) == "rows"]
        return "True" if any(self.reads(t, v) for t in chosen for v in t.variables) else ""

    def sparse(self, call: cst.CSTNode) -> str:
        """Whether a lookup has to ask torch for a gradient of rows; "" for no."""
        return "True" if any(op.node is call for ops in self._asked.values() for op in ops) else ""

    def clipped(self, call: cst.CSTNode) -> str:
        """Whether a call that clips gradients, or takes their norm, is given one of rows; "" for no."""
        ops = [op for op in self.program.ops if op.node is call and op.symbol in CLIPS]
        found = {id(v) for op in ops for v in self._differentiated_by(op)}
        return "True" if found & {id(v) for v in self._asked} else ""

    def applied(self, training: Training) -> bool:
        """Whether rows are to be summed in PyTorch, ahead of an update that takes whole gradients."""
        return _treatment(training) != "rows" and any(v in self._asked for v in training.variables)

    def reads(self, training: Training, variable: Variable) -> list[Op]:
        """The lookups that alone read a variable on the way to a loss; none where something else does, too."""
        key = training.index, variable.op.index
        if key not in self._read:
            below = self.program.ancestors(tensors_in(training.loss))
            self._read[key] = _only_reads(self.program.consumers, variable.op, below)
        return self._read[key] or []

    @cached_property
    def _asked(self) -> dict[Variable, list[Op]]:
        """The variables whose lookups ask torch for gradients of rows, with these lookups."""
        found: dict[Variable, list[Op]] = {}
        for training in self.program.trainings:
            for variable in training.variables:
                reads = self.reads(training, variable)
                if reads and (_treatment(training) == "rows" or _is_clipped(self._uses(training, variable))):
                    self._check(training, variable, reads)
                    known = found.setdefault(variable, [])
                    known += [op for op in reads if op not in known]
        return found

    def _check(self, training: Training, variable: Variable, reads: list[Op]) -> None:
        """Refuse what PyTorch has no gradient of rows for."""
        rank = None if variable.shape is None else len(variable.shape)
        trainings = [t for t in self.program.trainings if variable in t.variables]
        uses = self._uses(training, variable)
        text = ""
        if rank not in (1, 2) or any(op.symbol not in READS for op in reads):
            text = "is looked up in a way that has no gradient of rows in PyTorch"
        elif not all(self.reads(t, variable) for t in trainings) or len(set(map(_treatment, trainings))) > 1:
            text = "is trained by its rows, and as a whole"
        elif not all(isinstance(op, Training) or op.symbol in CLIPS for op in uses):
            text = "is looked up, and its gradient is used for more than to be clipped and applied"
        elif _is_clipped(uses) and (len(reads) > 1 or any(op.loops for op in reads)):
            text = "is looked up several times, and each counts by itself where its gradient is clipped"
        if text:
            raise self.emitter.refused("REF109", training.node, f"{variable.name} {text}", _HELP)

    def _uses(self, training: Training, variable: Variable) -> list[Op]:
        """What reads the gradient of a variable that the program takes itself, directly or once it is clipped."""
        above = self.program.ancestors(training.inputs)
        todo = [Tensor(op) for op in above if op.symbol == "gradients" and _of(op) is variable]
        found: dict[Op, None] = {}
        while todo:
            tensor = todo.pop()
            for consumer in self.program.consumers.get(tensor.op, ()):
                if consumer in found or all(_is_other(t, tensor) for t in consumer.inputs):
                    continue
                found[consumer] = None
                if consumer.symbol == "clip_by_global_norm":
                    listed = list(tensors_in(consumer.arguments.get("t_list")))
                    todo += [Tensor(consumer, index=1 + i) for i, t in enumerate(listed) if not _is_other(t, tensor)]
                elif consumer.symbol in CLIPS - {"global_norm"}:
                    todo.append(Tensor(consumer))
        return list(found)

    def _differentiated_by(self, op: Op) -> list[Variable]:
        """The variables by which the inputs of an operation are gradients."""
        inputs = {op for tensor in op.inputs for op in self.program.ancestors([tensor])}
        return [v for made in inputs if made.symbol == "gradients" and (v := _of(made)) is not None]


_HELP = "Look the variable up once, or migrate to TensorFlow 2."


def _treatment(training: Training) -> str:
    """What the optimizer makes of gradients of rows."""
    entry = lookup(training.optimizer.op.symbol) if training.optimizer is not None else None
    return entry.lookups if isinstance(entry, OptimizerEntry) else ""


def _of(op: Op) -> Variable | None:
    value = op.arguments.get("with_respect_to")
    return value if isinstance(value, Variable) else None


def _only_reads(consumers: dict[Op, list[Op]], op: Op, below: set[Op]) -> list[Op] | None:
    """The lookups among what reads an operation, None where something else has a gradient for it."""
    found: list[Op] = []
    for consumer in dict.fromkeys(c for c in consumers.get(op, ()) if c in below):
        entry = lookup(consumer.symbol)
        if entry is not None and not entry.differentiable:
            continue
        inner: list[Op] | None = None
        if consumer.symbol in READS:
            params = list(tensors_in(consumer.arguments.get("params")))
            inner = [consumer] if any(t.op is op for t in params) and _by_rows(consumer) else None
        elif consumer.symbol == "identity" or consumer.symbol == "concat" and _axis(consumer) == 0:
            deeper = _only_reads(consumers, consumer, below)
            inner = (
                None if deeper is None else [consumer, *deeper] if deeper and consumer.symbol == "concat" else deeper
            )
        if inner is None:
            return None
        found += inner
    return found


def _by_rows(op: Op) -> bool:
    return _axis(op) == 0 and op.arguments.get("batch_dims") in (None, Const(0))


def _axis(op: Op) -> object:
    value = op.arguments.get("axis", Const(0))
    return (value.value or 0) if isinstance(value, Const) else None


def _is_other(tensor: Tensor, wanted: Tensor) -> bool:
    return tensor.op is not wanted.op or tensor.index != wanted.index


def _is_clipped(uses: list[Op]) -> bool:
    """Whether a gradient is clipped, or its norm taken."""
    return any(op.symbol in CLIPS for op in uses)
