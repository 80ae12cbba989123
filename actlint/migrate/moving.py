"""Moving averages of layers: which runs update them, and where TF1 leaves open what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from actlint.migrate.refusals import Reason
from actlint.migrate.sites import Made
from actlint.program.moving import is_on, kept, updated
from actlint.program.values import Layer, Op, Run, Variable

if TYPE_CHECKING:
    from actlint.migrate.units import Building

_HELP = "Compute what the run needs without training mode, or let it run the updates too."


def is_untracked(building: Building, made: Iterable[Made]) -> bool:
    """Whether the layers that a site makes have moving averages that no run updates, though they could."""
    weights = {variable for one in made for variable in one.weights}
    layers = [layer for layer in building.program.layers if weights & {*kept(layer)}]
    updates = {layer.update for layer in layers if layer.update is not None}
    return bool(updates) and not any(updates & updated(building.program, run) for run in building.program.runs)


def untracked(building: Building) -> list[str]:
    """What the user has to know of layers whose moving averages never change."""
    layers = [layer for layer in building.program.layers if layer.update is not None and layer.op in building.needed]
    ever = {op for run in building.program.runs for op in updated(building.program, run)}
    alike = {variable for layer in layers if layer.update in ever for variable in kept(layer)}
    lines = sorted({building.line(layer.node) for layer in layers if not alike & {*kept(layer)}})
    if not lines:
        return []
    where = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
    return [f"{where}: no run updates the moving averages of batch normalization (ACT105); they stay as they begin"]


def moves(building: Building, run: Run) -> Iterator[Reason]:
    """Why a run doesn't say what becomes of moving averages."""
    program = building.program
    needed, changed = program.needed(run), updated(program, run)
    layers = [layer for layer in program.layers if layer.update is not None or kept(layer)]
    writers: dict[Variable, Layer] = {}
    for layer in layers:
        on = is_on(program, layer, run)
        if on is False or layer.update not in changed:
            continue
        text = ""
        if layer.op not in needed:
            text = "the run updates moving averages of a layer that nothing else in it needs"
        elif any(variable in writers for variable in kept(layer)):
            text = f"{kept(layer)[0].name} is updated twice in one run, in an order that TensorFlow 1 leaves open"
        writers.update(dict.fromkeys(kept(layer), layer))
        if text:
            help = "Run the updates one after the other, under tf.control_dependencies."
            yield building.reason("REF111", run.node, text, help)
            return
    for layer in layers:
        if layer.op not in needed or layer.update in changed:
            continue
        on = is_on(program, layer, run) if layer.update is not None else False
        if any(variable in writers for variable in kept(layer)) and on is not True:
            text = f"{kept(layer)[0].name} is read in the run that updates it"
            yield building.reason("REF111", run.node, text, "Read it in a run of its own.")
        elif on is not False and layer.update is not None and _elsewhere(building, layer):
            text = "the run takes a batch's mean and variance without updating their moving averages, as other runs do"
            yield building.reason("REF108", run.node, text, _HELP)
        else:
            continue
        return


def _elsewhere(building: Building, layer: Layer) -> set[Op]:
    """The updates that some run makes of a layer's moving averages."""
    mine = {*kept(layer)}
    alike = {other.update for other in building.program.layers if mine & {*kept(other)}}
    return {op for run in building.program.runs for op in updated(building.program, run) if op in alike}
