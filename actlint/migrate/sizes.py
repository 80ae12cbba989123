"""Sizes of tensors as Python expressions that a constructor can read.

TF1 reads a tensor's static shape wherever it builds; a constructor has no tensors. A size becomes the argument of the
call that made the tensor, a number, a parameter of the constructor, or, where a loop changes it from turn to turn, a
variable that the loop carries along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.shape import ANY, Dim
from actlint.migrate.expressed import Expressed, InBody, InBuilder
from actlint.migrate.parts import Step
from actlint.migrate.refusals import Refused
from actlint.migrate.sites import Path, Site, same_path
from actlint.migrate.source import code, walk
from actlint.migrate.statements import statement
from actlint.migrate.units import graph_tensors
from actlint.program.binding import BoundCall, formula_of, python_value
from actlint.program.calls import assigned_names
from actlint.program.values import Const, DimValue, Tensor, Turns, Value, is_host

if TYPE_CHECKING:
    from actlint.migrate.staging import Staging


@dataclass(frozen=True)
class Size:
    """A size in one evaluation; `source` is an expression that gives it, `dim` the dimension that it is."""

    calls: Path
    turns: Turns
    value: object
    source: str | None = None
    dim: Dim = ANY

    @property
    def text(self) -> str | None:
        return self.source or (repr(self.value) if self.is_fixed else None)

    @property
    def is_fixed(self) -> bool:
        """Whether its number is the program's own, and no option's default."""
        return self.dim.formula is None and isinstance(self.value, (int, str))

    @property
    def is_known(self) -> bool:
        return self.source is not None or isinstance(self.value, (int, str))


@dataclass(eq=False)
class Track:
    """A size that a loop carries along in a variable of the constructor."""

    loop: cst.For
    tensor: str
    name: str
    place: int
    start: str
    current: dict[tuple, object] = field(default_factory=dict)


class Sizes:
    """The sizes that one body needs."""

    def __init__(self, body: Staging, tracks: list[Track]) -> None:
        self.body = body
        self.tracks = tracks
        self.emitter = body.emitter
        self.program = body.emitter.program
        self._started: set[Track] = set()

    def start(self) -> None:
        """The constructor is written anew."""
        if self.body.owner is not None:
            self.tracks.clear()
        self._started = set()

    def refuse(self, node: cst.CSTNode, text: str) -> Refused:
        return Refused([self.emitter.building.reason("REF102", node, text)])

    # -- what the constructor asks for

    def statement(self, step: Step) -> list[cst.BaseStatement]:
        """A name for a static size (`n_in = int(x.shape[1])`), where the constructor reads it."""
        small = step.small
        if step.name not in self._needed() or not isinstance(small, cst.Assign):
            return []
        owner = self.body.owner
        tensor = _tensor_name(self, small.value)
        values = self.evaluations(small.value)
        if owner is not None and tensor in owner.tensors and not step.loops:
            owner.derive(step.name, values)
            return []
        text = self.text(values, tensor, step, small.value, wanted=step.name)
        return [] if text == step.name else [statement(f"{step.name} = {text}")]

    def computes(self, step: Step) -> bool:
        """Whether the forward pass reads the name of a static size."""
        return any(
            name.value == step.name
            for other in self.body.steps
            if other.kind in ("forward", "return")
            for name in self._forward_names(other)
        )

    def _forward_names(self, step: Step) -> Iterator[cst.Name]:
        inside = {id(part) for site in step.sites for part in self.body._constructed(site)}
        return (p for p in walk(step.node) if isinstance(p, cst.Name) and id(p) not in inside)

    def _needed(self) -> set[str]:
        found: set[str] = set()
        for step in self.body.steps:
            if step.kind == "weight":
                found |= {p.value for p in walk(step.node) if isinstance(p, cst.Name)}
            for site in step.sites:
                found |= {p.value for p in self.body._constructed(site) if isinstance(p, cst.Name)}
        for step in reversed(self.body.steps):
            if step.kind in ("host", "shape") and assigned_names(step.node) & found:
                found |= {p.value for p in walk(step.node) if isinstance(p, cst.Name)}
        return found

    def within(self, node: cst.CSTNode, step: Step | None) -> None:
        """Give a name to the sizes of tensors inside an expression that the constructor evaluates."""
        if isinstance(node, cst.BaseExpression) and node in self.program.facts:
            values = self.program.values(node)
            tensor = _tensor_name(self, node)
            sized = all(isinstance(v, DimValue) or isinstance(v, Const) and type(v.value) is int for v in values)
            scoped = all(isinstance(v, Const) and isinstance(v.value, str) for v in values) and _reads_scope(self, node)
            if values and (tensor and sized or scoped):
                text = self.text(self.evaluations(node), tensor, step, node, wanted=self._wanted(node, tensor))
                self.emitter.surroundings.substituted[node] = text
                return
        for child in node.children:
            self.within(child, step)

    def _wanted(self, node: cst.CSTNode, tensor: str) -> str:
        if tensor:
            return f"{tensor}_size"
        owner = self.body.owner
        return owner.scope_name(node) if owner is not None else "scope_name"

    def fan_in(self, site: Site, step: Step) -> str | None:
        """The size of a layer's input, where it isn't the same number in every evaluation or has a name here."""
        layers = [layer for layer in self.program.layers if layer.node is site.node]
        entry = layers[0].entry
        sizes: list[Size] = []
        for layer in layers:
            shape = layer.call.shape(entry.input)
            if not shape:
                return None
            sizes.append(self.sized(layer.calls, layer.turns, shape[-1].value, shape[-1], site.node))
        node = layers[0].call.nodes.get(entry.input)
        name = _tensor_name(self, node) if node is not None else ""
        if len({size.text for size in sizes}) == 1 and sizes[0].source:
            return sizes[0].source
        return self.text(sizes, name, step, site.node, wanted=f"{name or 'input'}_size", dimension=-1)

    def argument(self, values: list[Size], node: cst.BaseExpression, step: Step | None, wanted: str) -> str:
        """A size that an inner object's constructor takes, as an expression of this body."""
        here = [self._in_reach(size, node) for size in values]
        return self.text(here, _tensor_name(self, node), step, node, wanted=wanted)

    # -- texts

    def evaluations(self, node: cst.BaseExpression) -> list[Size]:
        found = []
        for e in self.program.facts.get(node, []):
            value, dim = _known(e.value)
            found.append(self.sized(e.calls, e.turns, value, dim, node))
        return found

    def sized(self, calls: Path, turns: Turns, value: object, dim: Dim, node: cst.CSTNode) -> Size:
        """The size of a tensor, for which an expression at `node` is wanted."""
        return self._in_reach(Size(calls, turns, value, None, dim), node)

    def _in_reach(self, size: Size, node: cst.CSTNode) -> Size:
        """A size with what the program has for it at a node."""
        owner = self.body.owner
        place: Expressed
        if owner is not None:
            place = InBuilder(owner, size.calls, size.turns)
        else:
            place = InBody(self.emitter, self.body.rewriter(False), size.calls, size.turns, node)
        return replace(size, source=place.size(size.dim))

    def text(
        self,
        values: list[Size],
        tensor: str,
        step: Step | None,
        node: cst.CSTNode,
        wanted: str,
        dimension: int | None = None,
    ) -> str:
        """An expression that has the given values."""
        if not values or any(not size.is_known for size in values):
            raise self.refuse(node, f"{wanted} comes from a tensor's shape, which isn't known here")
        if step is not None and tensor:
            found = self._carried(values, tensor, step) or self._argument_of(values, tensor, step)
            if found:
                return found
        texts = {size.text for size in values}
        if len(texts) == 1 and None not in texts:
            return texts.pop()  # type: ignore[return-value]
        if len({size.value for size in values}) == 1 and all(size.is_fixed for size in values):
            return repr(values[0].value)
        if step is not None and step.loops and tensor:
            return self._track(values, tensor, step, node, wanted, dimension)
        owner = self.body.owner
        if owner is None:
            raise self.refuse(node, _reason(values, wanted))
        for path in {id(size.calls): size.calls for size in values}.values():
            if len({size.value for size in values if same_path(size.calls, path)}) > 1:
                raise self.refuse(node, f"{wanted} differs within one call of {owner.node.name.value}")
        return owner.derive(wanted, values)

    def _carried(self, values: list[Size], tensor: str, step: Step) -> str | None:
        """The variable of a loop that carries this size already."""
        for track in reversed(self.tracks):
            if track.tensor != tensor:
                continue
            last = {}
            for (calls, turns), value in track.current.items():
                last[calls] = value
                last[calls, turns] = value
            key = lambda size: _key(size.calls, size.turns)  # noqa: E731
            if track.loop in step.loops:
                if all(track.current.get(key(size)) == size.value for size in values):
                    return track.name
            elif all(last.get(key(size)[0]) == size.value for size in values):
                return track.name
        return None

    def _argument_of(self, values: list[Size], tensor: str, step: Step, depth: int = 0) -> str | None:
        """The argument of the call that made the tensor which is its size: `n_hidden` for `dense(x, n_hidden)`."""
        steps = self.body.steps
        before = steps[: steps.index(step)] if step in steps else steps
        maker = next(
            (
                s
                for s in reversed(before)
                if s.kind == "forward" and tensor in assigned_names(s.node) and s.loops == step.loops[: len(s.loops)]
            ),
            None,
        )
        if maker is None or depth > 4:
            return None
        return self._argument_in(values, maker, depth)

    def _argument_in(self, values: list[Size], maker: Step, depth: int = 0) -> str | None:
        for candidate in self._candidates(maker):
            if self._equals(candidate, values):
                return code(candidate)
        for name in self._forward_names(maker):
            if name.value in self.body.tensor_names and name.value not in assigned_names(maker.node):
                found = self._argument_of(values, name.value, maker, depth + 1)
                if found:
                    return found
        return None

    def _candidates(self, maker: Step) -> Iterator[cst.BaseExpression]:
        for site in reversed(maker.sites):
            if site.kind == "weight":
                yield from reversed([p for p in walk(site.node) if isinstance(p, (cst.Name, cst.Attribute))])  # type: ignore[misc]
            elif isinstance(site.node, cst.Call):
                for argument in site.node.args:
                    if not self.emitter.is_forward_argument(site.node, argument):
                        yield argument.value
        read = {name.value for name in self._forward_names(maker)}
        for step in self.body.steps:
            if step.kind == "weight" and step.name in read and step.loops == maker.loops:
                yield from reversed([p for p in walk(step.node) if isinstance(p, (cst.Name, cst.Attribute))])  # type: ignore[misc]

    def _equals(self, node: cst.BaseExpression, values: list[Size]) -> bool:
        """Whether an expression of plain Python has these values wherever they were read."""
        known = self.program.facts.get(node, [])
        if (
            not known
            or not all(is_host(e.value) for e in known)
            or not isinstance(node, (cst.Name, cst.Attribute, cst.Subscript, cst.BinaryOperation))
        ):
            return False
        if any(isinstance(p, cst.Name) and p.value in self.body.rebound for p in walk(node)):
            return False
        for size in values:
            here = [e for e in known if same_path(e.calls, size.calls) and e.turns == size.turns[: len(e.turns)]]
            if not here or size.value is None or any(not _is(e.value, size) for e in here):
                return False
        return True

    # -- loops

    def _track(
        self, values: list[Size], tensor: str, step: Step, node: cst.CSTNode, wanted: str, dimension: int | None
    ) -> str:
        loop = step.loops[-1]
        first = [size for size in values if dict(size.turns).get(loop) == 0]
        outside = next((s for s in self.body.steps if loop in s.loops), step)
        if (
            not first
            or len(step.loops) > 1
            or not any(loop in s.loops and tensor in assigned_names(s.node) for s in self.body.steps)
        ):
            raise self.refuse(node, f"the size of {tensor} changes in a loop in a way that isn't followed")
        start = self._start(first, tensor, outside, node, wanted)
        owner = self.body.owner
        if wanted.endswith("_size"):
            wanted = self.body.local("n_in") if not (owner is not None and start in owner.derived) else start
        track = Track(loop, tensor, wanted, dimension if dimension is not None else _dimension(node), start)
        for size in values:
            track.current[_key(size.calls, size.turns)] = size.value
        self.tracks.append(track)
        return track.name

    def _start(self, first: list[Size], tensor: str, step: Step, node: cst.CSTNode, wanted: str) -> str:
        outer = Step(step.node, step.kind)
        steps = self.body.steps
        before = steps[: steps.index(step)]
        maker = next((s for s in reversed(before) if s.kind == "forward" and tensor in assigned_names(s.node)), None)
        trimmed = [replace(size, turns=()) for size in first]
        if maker is not None and not maker.loops:
            found = self._argument_in(trimmed, maker)
            if found:
                return found
        if len({size.text for size in trimmed}) == 1 and trimmed[0].text and self.body.owner is None:
            return trimmed[0].text
        owner = self.body.owner
        if owner is None:
            return self.text(trimmed, "", outer, node, wanted)
        return owner.derive("n_in" if wanted.endswith("_size") else wanted, trimmed)

    def before(self, loop: cst.For) -> list[cst.BaseStatement]:
        """The statements in front of a loop that give the sizes it carries their first values."""
        made = []
        for track in self.tracks:
            if track.loop is loop and track not in self._started:
                self._started.add(track)
                if track.start != track.name:
                    made.append(statement(f"{track.name} = {track.start}"))
        return made

    def after(self, step: Step) -> list[cst.BaseStatement]:
        """The statement that gives a carried size its next value, behind the one that makes the tensor."""
        made = []
        for track in self.tracks:
            if track.loop not in step.loops or track.tensor not in assigned_names(step.node):
                continue
            small = step.small
            if not isinstance(small, cst.Assign):
                raise self.refuse(step.node, f"the size of {track.tensor} changes in a way that isn't followed")
            values = self._sizes_of(small.value, track.place)
            before = {_key(s.calls, s.turns): s.value for s in values}
            if any(track.current.get(key) != value for key, value in before.items()):
                text = self._argument_in(values, step)
                if text is None:
                    raise self.refuse(step.node, f"the size of {track.tensor} has no name after this statement")
                made.append(statement(f"{track.name} = {text}"))
            track.current.update(before)
        return made

    def _sizes_of(self, node: cst.BaseExpression, place: int) -> list[Size]:
        found = []
        for e in self.program.facts.get(node, []):
            shape = e.value.shape if isinstance(e.value, Tensor) else None
            dim = shape[place] if shape and -len(shape) <= place < len(shape) else ANY
            found.append(self.sized(e.calls, e.turns, dim.value, dim, node))
        return found


def overridden(call: BoundCall, parameter: str, text: str) -> BoundCall:
    """A layer's call with another text for the size of its input."""
    value = call.values[parameter]
    assert isinstance(value, Tensor) and value.shape
    shape = (*value.shape[:-1], Dim(value.shape[-1].value, text))
    return replace(call, values={**call.values, parameter: Tensor(value.op, shape, value.dtype, value.index)})


def _key(calls: Path, turns: Turns) -> tuple:
    return tuple((f.node, f.turns) for f in calls), turns


def _is(value: Value, size: Size) -> bool:
    """Whether a Python value is a size, whatever the options are."""
    return _known(value)[0] == size.value and formula_of(value) == size.dim.formula


def _reason(values: list[Size], wanted: str) -> str:
    if all(size.is_fixed for size in values):
        return f"{wanted} differs from turn to turn of a loop"
    return f"{wanted} follows from an option of the command line, for which nothing stands here"


def _known(value: Value) -> tuple[object, Dim]:
    """The Python value of a size, and the dimension that it is."""
    if isinstance(value, DimValue):
        return value.dim.value, value.dim
    found = python_value(value)
    if not isinstance(value, Const) or not isinstance(found, (int, str)):
        return found if isinstance(found, (int, str)) else None, ANY
    return found, Dim(found if isinstance(found, int) else None, None, value.origin, value.formula)


def _tensor_name(sizes: Sizes, node: cst.CSTNode) -> str:
    """The first name in an expression that is a tensor."""
    for part in walk(node):
        if isinstance(part, cst.Name) and any(graph_tensors(v) for v in sizes.program.values(part)):
            return part.value
    return ""


def _reads_scope(sizes: Sizes, node: cst.CSTNode) -> bool:
    from actlint.migrate.parts import is_scope

    return (
        isinstance(node, cst.Attribute)
        and node.attr.value == "name"
        and any(is_scope(v) for v in sizes.program.values(node.value))
    )


def _dimension(node: cst.CSTNode) -> int:
    """The dimension that an expression such as `int(x.get_shape()[-1])` asks for."""
    for part in walk(node):
        if isinstance(part, cst.Index):
            try:
                return int(code(part.value))
            except ValueError:
                continue
    return -1
