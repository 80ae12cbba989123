"""Feeds: a dict literal that one run reads is written out at the call; any other dict stays, with strings as keys, and
is unpacked at the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.late import mutations
from actlint.migrate.source import walk
from actlint.migrate.units import Building
from actlint.migrate.zipped import Zipped, members, zipped
from actlint.program.calls import assigned_names
from actlint.program.values import Const, Mapping, Run, Sequence, Tensor

if TYPE_CHECKING:
    from actlint.migrate.flow import Parameter


class Feeds:
    """How every run of a program is fed."""

    def __init__(self, building: Building) -> None:
        self.building = building
        self.program = building.program
        self.inlined: dict[cst.CSTNode, Run] = {}
        """Statements that only make the feed of one run: they disappear."""
        self.unpacked: set[Run] = set()
        """Runs whose feed is a dict that is passed with two stars."""
        self.keys: set[cst.CSTNode] = {
            node
            for run in self.program.runs
            if isinstance(run.feed, Mapping)
            for nodes in run.feed.keys.values()
            for node in nodes
        }
        """The expressions of tensors as keys of dicts that are fed."""
        self.zipped: dict[Run, Zipped] = {}
        """Runs whose feed pairs a list of tensors with a list of values."""
        self.names: dict[cst.CSTNode, str | list[str]] = {}
        """The key expressions of dicts that stay, with the strings that they become."""
        for run in self.program.runs:
            if isinstance(run.feed, Mapping) and (pairs := zipped(self.program, run.feed)) is not None:
                self.zipped[run] = pairs
                self.keys.add(pairs.keys)
        self._names = {id(part) for key in self.keys for part in walk(key)}

    def is_key(self, name: cst.CSTNode) -> bool:
        """Whether a name is read as the key of a feed."""
        return id(name) in self._names

    def problem(self, run: Run) -> tuple[cst.CSTNode, str] | None:
        """Why the rewrite can't pass what a run is fed."""
        feed = run.feed
        if not isinstance(feed, Mapping):
            return None if feed is None or feed == Const(None) else (run.node, "isn't a dict whose keys are known")
        if not all(isinstance(key, Tensor) for key in feed.items):
            return run.node, "has a key that isn't a tensor that is known here"
        change = self._change(run)
        if change is not None:
            return change, "is changed after it was made, in a way that isn't followed"
        for key in feed.items if run not in self.zipped else ():
            nodes = feed.keys.get(key, [])
            if not nodes or any(self._ambiguous(node, key) for node in nodes):
                return run.node, "has a key that isn't written where the dict is made or grows"
        if len(run.feeds) != len(feed.items) and not self._made_in_loop(run):
            return run.node, "grows later, in the loop that feeds it"
        return None

    def _ambiguous(self, node: cst.CSTNode, key: Tensor) -> bool:
        return any(not isinstance(v, Tensor) or v.op is not key.op for v in self.program.values(node))

    def _made_in_loop(self, run: Run) -> bool:
        """Whether each iteration of the loop around a run makes its feed anew."""
        made = run.feed.node if isinstance(run.feed, Mapping) else None
        return not run.loops or made is not None and self.building.within(made, run.loops[-1])

    def _change(self, run: Run) -> cst.CSTNode | None:
        """A statement that changes the dict of a run otherwise than by setting elements and `update`."""
        if not isinstance(run.feed_node, cst.Name):
            return None
        for node in mutations(self.program.trees[run.file].module, run.feed_node.value):
            if isinstance(node, cst.Assign) and isinstance(target := node.targets[0].target, cst.Subscript):
                index = target.slice[0].slice
                if isinstance(index, cst.Index) and index.value in self.keys:
                    continue
            if (
                isinstance(node, cst.Call)
                and isinstance(node.func, cst.Attribute)
                and node.func.attr.value == "update"
                and all(isinstance(v, Mapping) and v.keys for a in node.args for v in self.program.values(a.value))
            ):
                continue
            return node
        return next(
            (
                part
                for part in walk(self.program.trees[run.file].module)
                if isinstance(part, cst.Del)
                and isinstance(part.target, cst.Subscript)
                and isinstance(part.target.value, cst.Name)
                and part.target.value.value == run.feed_node.value
            ),
            None,
        )

    def decide(self, run: Run) -> None:
        """Whether a run's feed is written out at its call or unpacked there."""
        feed = run.feed
        if not isinstance(feed, Mapping) or not feed.items:
            return
        literal = not feed.grown and feed.node is not None and all(key in feed.nodes for key in feed.items)
        literal = literal or self.taken(run) is not None
        if literal and self._inside(run):
            return
        statement, body, place = self._assignment(feed.node) if feed.node is not None else (None, None, -1)
        if (
            literal
            and isinstance(statement, cst.SimpleStatementLine)
            and len(statement.body) == 1
            and isinstance(statement.body[0], cst.Assign)
            and body is not None
            and sum(r.feed is feed for r in self.program.runs) == 1
            and self._adjacent(run, body, place)
        ):
            self.inlined[statement] = run
        else:
            self.unpacked.add(run)

    def taken(self, run: Run) -> cst.BaseExpression | None:
        """The list that a run feeds to a list of placeholders as a whole."""
        pairs = self.zipped.get(run)
        if pairs is None or not members(Sequence(list(pairs.tensors))):
            return None
        listed = any(isinstance(v, Sequence) and v.kind == "list" for v in self.program.values(pairs.values))
        if listed or isinstance(pairs.values, (cst.List, cst.ListComp)):
            return pairs.values
        return cst.Call(cst.Name("list"), [cst.Arg(pairs.values)])

    def _read(self, run: Run) -> list[cst.BaseExpression]:
        """The expressions of the values that a run is fed."""
        assert isinstance(run.feed, Mapping)
        taken = self.taken(run)
        return [pair[1] for pair in run.feed.nodes.values()] if taken is None else [taken]

    def _inside(self, run: Run) -> bool:
        """Whether the dict is written in the run's own call."""
        assert isinstance(run.feed, Mapping)
        return any(node is run.feed.node for node in walk(run.node))

    def optional(self, run: Run, parameter: Parameter) -> bool:
        """Whether only a condition decides that a dict has a key."""
        assert isinstance(run.feed, Mapping)
        nodes = [n for key, nodes in run.feed.keys.items() if key.op is parameter.tensor.op for n in nodes]
        return all(self._conditional(node) for node in nodes)

    def _conditional(self, node: cst.CSTNode) -> bool:
        current = self.building.parent.get(node)
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.For, cst.While)):
            if isinstance(current, (cst.If, cst.Try, cst.IfExp)) and not self.building.transparent(current):
                return True
            current = self.building.parent.get(current)
        return False

    def _assignment(self, node: cst.CSTNode) -> tuple[cst.CSTNode | None, list[cst.CSTNode] | None, int]:
        parent = self.building.parent
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.SimpleStatementLine):
            current = parent.get(current)
        block = parent.get(current) if current is not None else None
        body = list(getattr(block, "body", [])) if block is not None else None
        return current, body, body.index(current) if body and current in body else -1

    def _adjacent(self, run: Run, body: list[cst.CSTNode], place: int) -> bool:
        """Whether the run follows in the same block, with nothing in between that could change what is fed."""
        assert isinstance(run.feed, Mapping)
        follower = next((i for i, node in enumerate(body) if i > place and self.building.within(run.node, node)), None)
        if follower is None or not isinstance(body[follower], cst.SimpleStatementLine):
            return False
        parts = [part for node in self._read(run) for part in walk(node)]
        read = {part.value for part in parts if isinstance(part, cst.Name)}
        calls = any(isinstance(part, cst.Call) for part in parts)
        between = body[place + 1 : follower]
        return not between or not calls and not any(assigned_names(node) & read for node in between)
