"""Recurrent cells: what their constructors are told, which TF1's cells find out when they are first applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import CellEntry
from actlint.migrate.refusals import Refused
from actlint.migrate.sizes import Sizes
from actlint.migrate.source import walk
from actlint.program.binding import BoundCall
from actlint.program.values import Cell

if TYPE_CHECKING:
    from actlint.migrate.expression import Rewriter
    from actlint.migrate.parts import Step
    from actlint.migrate.units import Building
    from actlint.program.model import Evaluation


class Cells:
    """The sizes of the inputs of all cells."""

    def __init__(self, building: Building) -> None:
        self.building = building
        self.program = building.program
        self._texts: dict[cst.Call, str] = {}

    def size(self, rewriter: Rewriter, call: cst.Call) -> str:
        """The size of a cell's input, as an expression; empty where the cell around it gives it."""
        found = self._outermost(call)
        if not found or call in self._texts:
            return self._texts.get(call, "")
        sizes = {str(e.value.input_size) for e in found}  # type: ignore[attr-defined]
        values = {e.value.input_size.value for e in found}  # type: ignore[attr-defined]
        if len(sizes) > 1 and None not in values and len(values) == 1:
            return str(values.pop())
        if len(sizes) > 1 or "?" in sizes:
            rewriter.refuse("REF102", call, "the size of the cell's input isn't known here, or differs between calls")
        return sizes.pop()

    def _outermost(self, call: cst.Call) -> list[Evaluation]:
        """The evaluations of a call that make a cell which is applied, and which no other one made as early holds."""
        found = [e for e in self.program.facts.get(call, []) if isinstance(e.value, Cell)]
        for e in found:
            if e.value.dtype not in (None, "float32"):
                text = f"a recurrent cell computes in {e.value.dtype}"
                raise Refused([self.building.reason("REF108", call, text, "Compute in float32.")])
        return [e for e in found if not e.value.wrapped and e.value.op.kind == "cell" and e.value.scope is not None]

    def within(self, node: cst.CSTNode, sizes: Sizes, step: Step | None) -> None:
        """Find expressions for the sizes of the cells that an expression of some body makes."""
        for part in walk(node):
            binding = self.program.bindings.get(part)
            if not isinstance(binding, BoundCall) or not isinstance(binding.entry, CellEntry):
                continue
            found = self._outermost(part)  # type: ignore[arg-type]
            if found:
                values = [
                    sizes.sized(e.calls, e.turns, e.value.input_size.value, e.value.input_size, part)  # type: ignore[attr-defined]
                    for e in found
                ]
                self._texts[part] = sizes.text(values, "", step, part, wanted="input_size")  # type: ignore[index]
