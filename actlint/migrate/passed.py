"""What functions are handed. Parameters for the session, or always for the same tensor, disappear with the arguments at
their calls; functions that run the graph of a function they don't see are handed the callables that do so."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from actlint.migrate.docstrings import documented
from actlint.migrate.source import walk
from actlint.program.model import Program
from actlint.program.values import NONE, Class, Frame, Function, Session, Tensor, Value


class Passed:
    """Which parameters disappear or are added, and which arguments with them."""

    def __init__(
        self,
        program: Program,
        building: Iterable[cst.CSTNode],
        unread: dict[cst.CSTNode, set[str]],
        keys: set[cst.CSTNode],
    ) -> None:
        self.program = program
        self.unread = unread
        """By function: the parameters that nothing reads any more."""
        self.parameters: dict[cst.CSTNode, dict[str, Value]] = {}
        """By function: the parameters that disappear, each with what it always stands for."""
        self.arguments: dict[cst.CSTNode, set[int]] = {}
        """By call: the places of the arguments that disappear."""
        self.handed: dict[cst.CSTNode, list[str]] = {}
        """By function and by call: the names of the callables that come first among its parameters or arguments."""
        self._methods: set[cst.CSTNode] = set()
        self._emptied = {frame.function.node for run in program.runs for frame in run.calls} | set(building)
        self._keys = keys
        for node in program.calls:
            if isinstance(node, cst.FunctionDef):
                self._read(node)

    def names(self, node: cst.CSTNode) -> dict[str, Value]:
        return self.parameters.get(node, {})

    def dropped(self, call: cst.Call) -> list[cst.Arg]:
        """The arguments of a call that disappear."""
        return [call.args[place] for place in self.arguments.get(call, ())]

    def hand(self, name: str, through: Iterable[Frame]) -> None:
        """Hand a callable on by these calls."""
        for frame in through:
            if frame.function.bound is not None:
                self._methods.add(frame.function.node)
            for node in (frame.function.node, frame.node):
                if name not in self.handed.setdefault(node, []):
                    self.handed[node].append(name)

    def definition(self, node: cst.FunctionDef, updated: cst.FunctionDef) -> cst.FunctionDef:
        """A definition with the parameters that it has in the rewrite."""
        names = self.names(node)
        if names:
            updated = documented(_without_parameters(node, updated, names), names)
        made = [cst.Param(cst.Name(name)) for name in self.handed.get(node, ())]
        own = list(updated.params.params)
        place = 1 if node in self._methods else 0
        if not made:
            return updated
        head = [own[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if place else []
        return updated.with_changes(params=updated.params.with_changes(params=[*head, *made, *own[place:]]))

    def call(self, node: cst.Call, updated: cst.Call) -> cst.Call:
        """A call with the arguments that it has in the rewrite."""
        if node in self.arguments:
            updated = _without_arguments(updated, self.arguments[node])
        made = [cst.Arg(cst.Name(name)) for name in self.handed.get(node, ())]
        return updated.with_changes(args=[*made, *updated.args]) if made else updated

    def _read(self, node: cst.FunctionDef) -> None:
        parameters = node.params
        if parameters.posonly_params or isinstance(parameters.star_arg, cst.Param):
            return
        frames = [path[-1] for path in self.program.calls[node]]
        sites = {frame.node: frame.function for frame in frames}
        if not all(isinstance(site, cst.Call) for site in sites):
            return
        plain = [p.name.value for p in parameters.params]
        for name in [*plain, *(p.name.value for p in parameters.kwonly_params)]:
            places = {site: self._place(site, function, plain, name) for site, function in sites.items()}
            if any(place is None for place in places.values()):
                continue
            values = [
                value
                for site, place in places.items()
                for value in self.program.values(site.args[place].value)  # type: ignore[index,attr-defined]
            ]
            if not values or not _the_same(values):
                continue
            if not isinstance(values[0], Session) and node not in self._emptied and not self._only_key(node, name):
                continue
            self._drop(node, name, values[0], places)
        for name in self.unread.get(node, ()):
            places = {site: self._place(site, function, plain, name) for site, function in sites.items()}
            passed = [site.args[place] for site, place in places.items() if place is not None]  # type: ignore[attr-defined]
            if all(self._calls(site, node) for site in sites) and not any(map(_has_call, passed)):
                self._drop(node, name, NONE, places)

    def _only_key(self, node: cst.FunctionDef, name: str) -> bool:
        """Whether a function reads a parameter only as the key of what is fed."""
        read = [part for part in walk(node.body) if isinstance(part, cst.Name) and part.value == name]
        return bool(read) and all(part in self._keys for part in read)

    def _drop(self, node: cst.CSTNode, name: str, value: Value, places: dict[cst.CSTNode, int | None]) -> None:
        self.parameters.setdefault(node, {})[name] = value
        for site, place in places.items():
            if place is not None:
                self.arguments.setdefault(site, set()).add(place)

    def _calls(self, site: cst.CSTNode, node: cst.CSTNode) -> bool:
        """Whether a call surely enters a function, with arguments that are written one by one."""
        assert isinstance(site, cst.Call)
        functions = self.program.values(site.func)
        return not any(argument.star for argument in site.args) and all(
            isinstance(v, Function) and v.node is node or isinstance(v, Class) for v in functions
        )

    def _place(self, site: cst.CSTNode, function: Function, plain: list[str], name: str) -> int | None:
        """The place of a parameter's argument in a call; None where it can't be told or isn't passed."""
        assert isinstance(site, cst.Call)
        if not self._calls(site, function.node):
            return None
        skipped = 1 if function.bound is not None else 0
        for place, argument in enumerate(site.args):
            written = argument.keyword.value if argument.keyword is not None else None
            if written == name or written is None and plain[place + skipped : place + skipped + 1] == [name]:
                return place
        return None


def _has_call(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) or any(_has_call(child) for child in node.children)


def _the_same(values: list[Value]) -> bool:
    """Whether all values are sessions, or one and the same tensor."""
    first = values[0]
    if isinstance(first, Session):
        return all(isinstance(v, Session) for v in values)
    return isinstance(first, Tensor) and all(
        isinstance(v, Tensor) and v.op is first.op and v.index == first.index for v in values
    )


def _without_parameters(node: cst.FunctionDef, updated: cst.FunctionDef, names: dict[str, Value]) -> cst.FunctionDef:
    """A definition without the parameters of these names."""

    def kept(before: tuple[cst.Param, ...], after: tuple[cst.Param, ...]) -> list[cst.Param]:
        found = [new for old, new in zip(before, after, strict=True) if old.name.value not in names]
        if found and len(found) < len(after):
            found[-1] = found[-1].with_changes(comma=after[-1].comma)
        return found

    params = updated.params
    return updated.with_changes(
        params=params.with_changes(
            params=kept(node.params.params, params.params),
            kwonly_params=kept(node.params.kwonly_params, params.kwonly_params),
            star_arg=cst.MaybeSentinel.DEFAULT if not isinstance(params.star_arg, cst.Param) else params.star_arg,
        )
    )


def _without_arguments(updated: cst.Call, places: set[int]) -> cst.Call:
    """A call without the arguments at these places."""
    kept = [argument for place, argument in enumerate(updated.args) if place not in places]
    if kept and len(updated.args) - 1 in places:
        kept[-1] = kept[-1].with_changes(comma=updated.args[-1].comma)
    return updated.with_changes(args=kept)
