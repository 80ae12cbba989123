"""Summaries: what `tf.summary.merge_all()` merged becomes a dict of values, written by one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import UNKNOWN
from actlint.apis.helpers import Helper
from actlint.migrate.expression import Rewriter
from actlint.migrate.source import code
from actlint.program.binding import BoundCall
from actlint.program.values import Op, Tensor

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
        self.merged: Op | None = None

    def parts(self, merged: Op) -> list[Op]:
        """The single summaries that a merge holds."""
        return [t.op for t in merged.inputs if t.op.symbol in KINDS] or ([merged] if merged.symbol in KINDS else [])

    def _call(self, op: Op) -> tuple[BoundCall, cst.Call]:
        binding = self.emitter.program.bindings[op.node]
        assert isinstance(binding, BoundCall) and isinstance(op.node, cst.Call)
        return binding, op.node

    def _name(self, op: Op) -> str:
        binding, node = self._call(op)
        name = binding.const("name")
        if name is UNKNOWN or not isinstance(name, str):
            raise self.emitter.refused("REF102", node, "the name of a summary isn't known")
        return name

    def values(self, merged: Op) -> str:
        """The dict of the merged values, as an expression of the building scope."""
        if self.merged is not None and {id(p) for p in self.parts(self.merged)} != {id(p) for p in self.parts(merged)}:
            raise self.emitter.refused("REF103", merged.node, "several different merged summaries are fetched")
        self.merged = merged
        rows = []
        for op in self.parts(merged):
            binding, node = self._call(op)
            value = binding.nodes.get("tensor") or binding.nodes.get("values")
            if value is None:
                raise self.emitter.refused("REF103", node, "the value of a summary isn't passed in the usual way")
            wrapped = code(value.visit(Rewriter(self.emitter.surroundings)))  # type: ignore[arg-type]
            rows.append(f'"{self._name(op)}": {self.emitter.target.summary_value(wrapped)}')
        return "{" + ", ".join(rows) + "}"

    def width(self, merged: Op) -> int:
        """How many values the dict of a merge has."""
        return len({self._name(op) for op in self.parts(merged)})

    def function_name(self) -> str:
        self.writer = self.writer or self.emitter.names.fresh("write_summaries")
        return self.writer

    def rows(self, merged: Op) -> list[tuple[str, str, str, str]]:
        """(kind, name, value expression, further arguments) of each summary, for the writing function."""
        found = []
        for op in self.parts(merged):
            binding, node = self._call(op)
            name, kind = self._name(op), KINDS[op.symbol]
            value = f'summaries["{name}"]'
            outputs = ""
            if kind == "image":
                value = f"{self.emitter.surroundings.ask_helper('summary_images')}({value})"
                argument = binding.nodes.get("max_outputs")
                outputs = code(argument.visit(Rewriter(self.emitter.surroundings))) if argument is not None else "3"  # type: ignore[arg-type]
            found.append((kind, name, value, outputs))
        return found


def is_merged(value: object) -> bool:
    """Whether a fetched value is a summary."""
    return isinstance(value, Tensor) and value.op.kind == "summary"
