"""Summaries: what `tf.summary.merge_all()` merged becomes a dict of values, written by one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.helpers import Helper
from actlint.migrate.expression import Rewriter
from actlint.migrate.hoist import bindings
from actlint.migrate.source import code, walk
from actlint.program.binding import BoundCall
from actlint.program.values import Const, Op, Sequence, Tensor, Value, Variable

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter

KINDS = {
    "summary.scalar": "scalar",
    "scalar_summary": "scalar",
    "summary.histogram": "histogram",
    "histogram_summary": "histogram",
    "summary.image": "image",
    "image_summary": "image",
}
MOST_ROWS = 10
"""How many summaries the writing function names one by one."""
IMAGES = Helper(
    "summary_images",
    '''\
def summary_images(images):
    """Images in bytes, each scaled to its own range as TF1's image summaries did it: with negative
    values, 0 becomes 128."""
    images = np.asarray(images)
    if images.dtype == np.uint8:
        return images
    axes = tuple(range(1, images.ndim))
    low, high = images.min(axis=axes, keepdims=True), np.abs(images).max(axis=axes, keepdims=True)
    scale = np.where(high < 1e-6, 0.0, np.where(low < 0, 127.0, 255.0) / np.maximum(high, 1e-6))
    return (images * scale + np.where(low < 0, 128.0, 0.0)).astype(np.uint8)
''',
    imports=("import numpy as np",),
)


class Summaries:
    """The summaries of a program, and the function that writes them."""

    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.writer = ""
        self.fetched = False
        """Whether a function that has been written returns summaries."""

    def parts(self, merged: Op) -> list[Op]:
        """The single summaries that a merge holds, also in merges of merges."""
        if merged.symbol in KINDS:
            return [merged]
        inputs = merged.arguments.get("inputs")
        open_ = self.emitter.program.uncertain & {"summaries"} if merged.symbol == "summary.merge" else set()
        known = (
            not open_ and isinstance(inputs, Sequence) and not any(_is_open(item) for item in (inputs, *inputs.items))
        )
        if not known and not isinstance(inputs, Tensor):
            raise self.emitter.refused("REF102", merged.node, "which summaries are merged here isn't known")
        return list(dict.fromkeys(part for tensor in merged.inputs for part in self.parts(tensor.op)))

    def merges(self) -> list[list[Op]]:
        """The different sets of summaries that runs fetch."""
        leaves = [leaf.op for run in self.emitter.program.runs for leaf in run.leaves if is_merged(leaf)]  # type: ignore[union-attr]
        return list({frozenset(parts): parts for parts in map(self.parts, leaves)}.values())

    def _call(self, op: Op) -> tuple[BoundCall, cst.Call]:
        binding = self.emitter.program.bindings[op.node]
        assert isinstance(binding, BoundCall) and isinstance(op.node, cst.Call)
        return binding, op.node

    def _name(self, op: Op) -> str:
        if not op.name:
            raise self.emitter.refused("REF102", op.node, "the name of a summary isn't known")
        return op.name

    def values(self, merged: Op) -> str:
        """The dict of the merged values, as an expression of the building scope."""
        self.fetched = True
        rows = []
        for op in self.parts(merged):
            binding, node = self._call(op)
            value = binding.nodes.get("tensor") or binding.nodes.get("values")
            if value is None:
                raise self.emitter.refused("REF103", node, "the value of a summary isn't passed in the usual way")
            if self.emitter.building.below(op.calls):
                raise self.emitter.refused(
                    "REF103",
                    node,
                    "a function that is called several times, or makes weights, makes a summary of its own tensors",
                    "Make the summary of what the function returns.",
                )
            text = self.emitter.target.summary_value(self._value(op, value))
            rows.append(f'"{self._name(op)}": {text}')
        return "{" + ", ".join(rows) + "}"

    def _value(self, op: Op, node: cst.BaseExpression) -> str:
        """The value of a summary."""
        surroundings = self.emitter.surroundings
        stand_ins = self._stand_ins(op, node)
        surroundings.substituted.update(stand_ins)
        try:
            return code(node.visit(Rewriter(surroundings)))  # type: ignore[arg-type]
        finally:
            for part in stand_ins:
                del surroundings.substituted[part]

    def _stand_ins(self, op: Op, node: cst.BaseExpression) -> dict[cst.CSTNode, str]:
        """What stands for the names that loops around a summary bind, in the turn that made it."""
        loops = [loop for loop, _ in op.turns]
        bound = {name for loop in loops for name in bindings(loop)}
        found: dict[cst.CSTNode, str] = {}
        for part in walk(node) if bound else ():
            if not isinstance(part, cst.Name) or part.value not in bound or part not in self.emitter.program.facts:
                continue
            known = [e.value for e in self.emitter.program.facts[part] if e.turns == op.turns]
            value = known[0] if known else None
            if isinstance(value, Variable):
                found[part] = self.emitter.target.laid_out(value)
            elif isinstance(value, Tensor):
                text = self.emitter.flow.named(value, len(self.emitter.building.units))
                if text is None:
                    raise self.emitter.refused("REF103", part, f"{part.value}, which a summary is of, has no name")
                found[part] = text
            elif isinstance(value, Const):
                found[part] = repr(value.value)
            else:
                raise self.emitter.refused("REF102", part, f"what {part.value} is in each turn isn't known here")
        return found

    def width(self, merged: Op) -> int:
        """How many values the dict of a merge has."""
        return len({self._name(op) for op in self.parts(merged)})

    def function_name(self) -> str:
        self.writer = self.writer or self.emitter.names.fresh("write_summaries")
        return self.writer

    def rows(self) -> list[tuple[str, str, str, str]]:
        """(kind, name, value expression, further arguments) of each summary, for the writing function; none where it
        goes through what it is given, numbers and histograms."""
        merges = self.merges()
        if len(merges) == 1 and len(merges[0]) <= MOST_ROWS:
            return [self._row(op) for op in merges[0]]
        alike = all(_is_number(op) == (KINDS[op.symbol] == "scalar") for parts in merges for op in parts)
        if not alike or any(KINDS[op.symbol] == "image" for parts in merges for op in parts):
            if len(merges) == 1:
                return [self._row(op) for op in merges[0]]
            raise self.emitter.refused("REF103", merges[1][0].node, "several different merged summaries are fetched")
        return []

    def _row(self, op: Op) -> tuple[str, str, str, str]:
        binding, _ = self._call(op)
        name, kind = self._name(op), KINDS[op.symbol]
        value = f'summaries["{name}"]'
        outputs = ""
        if kind == "image":
            value = f"{self.emitter.surroundings.ask_helper('summary_images')}({value})"
            argument = binding.nodes.get("max_outputs")
            outputs = code(argument.visit(Rewriter(self.emitter.surroundings))) if argument is not None else "3"  # type: ignore[arg-type]
        return kind, name, value, outputs


def _is_open(value: Value) -> bool:
    """Whether a list of summaries may hold more than is known, or something else."""
    return isinstance(value, Sequence) and value.partial or not isinstance(value, (Sequence, Tensor))


def _is_number(op: Op) -> bool:
    """Whether a summary is of a single number."""
    return all(tensor.shape == () for tensor in op.inputs)


def is_merged(value: object) -> bool:
    """Whether a fetched value is a summary."""
    return isinstance(value, Tensor) and value.op.kind == "summary"
