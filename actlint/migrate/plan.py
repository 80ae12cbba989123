"""The plan that the proof attaches to: runs, weights, placeholders and probes by name. See `actlint.verify`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.migrate.bodies import Home, name_of, nodes
from actlint.migrate.flow import Item, Leaf
from actlint.migrate.summaries import is_merged
from actlint.migrate.units import initialises
from actlint.migrate.updates import needs_callable
from actlint.program.values import Frame, Op, Run, Tensor, Variable

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter


def plan(emitter: Emitter) -> dict[str, Any]:
    """The plan of a rewritten program."""
    made = _Plan(emitter)
    return made.build()


class _Plan:
    def __init__(self, emitter: Emitter) -> None:
        self.emitter = emitter
        self.program = emitter.program
        self.building = emitter.building
        self.alike = emitter.regions.alike
        self.root = self.building.file.parent
        self.probes: list[dict[str, Any]] = []
        self._probe_ids: dict[tuple[int, int], str] = {}

    def build(self) -> dict[str, Any]:
        placeholders = [
            {"id": f"p{i}", "span": self.span(t.op.node, t.op)} for i, t in enumerate(self.program.placeholders)
        ]
        self._placeholder = {t.op.index: f"p{i}" for i, t in enumerate(self.program.placeholders)}
        self._probes()
        self._number(placeholders)
        runs = self._each_once([self._run(run) for run in self.program.runs], placeholders)
        return {"placeholders": placeholders, "probes": self.probes, "runs": runs, "weights": self._weights()}

    def _number(self, placeholders: list[dict[str, Any]]) -> None:
        """Tell placeholders apart that one expression makes, for one object after the other."""
        for entry, tensor in zip(placeholders, self.program.placeholders, strict=True):
            node = self.alike.original(tensor.op.node)
            same = [t for t in self.program.placeholders if self.alike.original(t.op.node) is node]
            if len({t.op.node for t in same}) > 1 and not any(t.op.loops for t in same):
                entry["nth"] = same.index(tensor)

    def _each_once(self, runs: list[dict[str, Any]], placeholders: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A run in a method that several objects have is one site, which takes the inputs of the object it is for."""
        found: list[dict[str, Any]] = []
        for run in runs:
            known = next((r for r in found if r["span"] == run["span"] and _same_place(r, run)), None)
            if known is not None and run.get("picked") and run["callable"] != known["callable"]:
                known.setdefault("others", []).append(run["callable"])
                known["trains"] |= run["trains"]
                continue
            if known is None:
                found.append(run)
                continue
            for name, ident in run["parameters"].items():
                other = known["parameters"].setdefault(name, ident)
                if other != ident:
                    known["parameters"][name] = self._any_of(other, placeholders)
        return found

    def _any_of(self, ident: str, placeholders: list[dict[str, Any]]) -> str:
        """A placeholder of whichever object it is."""
        span = next(p["span"] for p in placeholders if p["id"] == ident)
        known = next((p for p in placeholders if p["span"] == span and "nth" not in p), None)
        if known is None:
            known = {"id": f"p{len(placeholders)}", "span": span}
            placeholders.append(known)
        return known["id"]

    def span(self, node: cst.CSTNode, op: Op | None = None) -> dict[str, Any]:
        file = op.file if op is not None else self.building.file_of(node)
        start, end = self.program.trees[file].position(node)
        return {
            "file": file.relative_to(self.root).as_posix(),
            "line": start.row,
            "column": start.column - 1,
            "end_line": end.row,
            "end_column": end.column - 1,
        }

    # -- probes

    def _probes(self) -> None:
        """Hidden tensors that a loss reads or a run fetches, the loss terms that read them, and the losses."""
        seen: set[tuple[int, str]] = set()
        for term in self.program.loss_terms:
            self._probe(term.tensor, "loss term", seen)
            for hidden in term.hidden:
                self._probe(hidden, "hidden", seen)
        for training in self.program.trainings:
            if isinstance(training.loss, Tensor):
                self._probe(training.loss, "loss", seen)
        for run in self.program.runs:
            for leaf in run.leaves:
                if isinstance(leaf, Tensor) and leaf.op in self.program.hidden:
                    self._probe(leaf, "hidden", seen)
            for key, _ in run.feeds:
                if isinstance(key, Tensor) and key.op.kind != "placeholder":
                    self._probe(key, "fed", seen)

    def _probe(self, tensor: Tensor, role: str, seen: set[tuple[int, str]]) -> None:
        op = tensor.op
        if isinstance(tensor, Variable) or op.kind == "placeholder" or (op.index, role) in seen:
            return
        seen.add((op.index, role))
        if not isinstance(op.node, cst.BaseExpression):
            return
        node, calls = self._named(tensor)
        name, after = self._assigned(node, calls)
        if self._given_often(node):
            after = None
        ident = f"t{len(self.probes)}"
        self.probes.append(
            {"id": ident, "name": name or op.symbol, "role": role, "span": self.span(node), "after": after}
        )
        self._probe_ids[(op.index, tensor.index)] = ident

    def _given_often(self, node: cst.CSTNode) -> bool:
        """Whether an expression gives several tensors: the rewrite may compute them in another order."""
        made = {op.index for op in self.program.ops if op.node is node and op.kind in ("op", "loss")}
        return len(made | {v.op.index for v in self.program.values(node) if isinstance(v, Tensor)}) > 1

    def _named(self, tensor: Tensor) -> tuple[cst.CSTNode, tuple[Frame, ...]]:
        """The expression that gives a tensor and is assigned to a name: the operation itself, or a call that returns
        it."""
        op = tensor.op
        places = [(op.node, op.calls)] + [
            (op.calls[i].node, op.calls[:i])
            for i in range(len(op.calls) - 1, self.building.bodies.depth(op.calls) - 1, -1)
        ]
        for node, calls in places:
            parent = self.building.parent.get(node)
            if isinstance(parent, cst.Assign) and name_of(parent.targets[0].target):
                values = [e.value for e in self.program.facts.get(node, []) if nodes(e.calls) == nodes(calls)]
                if any(isinstance(v, Tensor) and v.op is op and v.index == tensor.index for v in values):
                    return node, calls
        return op.node, op.calls

    def _assigned(self, node: cst.CSTNode, calls: tuple[Frame, ...]) -> tuple[str, dict[str, Any] | None]:
        """The name that an expression's value is assigned to, and the function of the rewritten program that assigns
        it."""
        parent = self.building.parent.get(node)
        if not isinstance(parent, cst.Assign) or not name_of(parent.targets[0].target):
            return "", None
        target = parent.targets[0].target
        name = name_of(target)
        line = self.building.parent.get(parent)
        if self.building.below(calls):
            function = calls[-1].function.node
            builder = self.emitter.builders.get(function)
            if builder is not None:
                method = f"{builder.name}.{self.emitter.target.method(builder)}"
                nth = builder.body.assignments(name, node)
                return name, {"function": method, "variable": name, "nth": nth} if nth is not None else None
            if isinstance(function, cst.FunctionDef):
                return name, {
                    "function": self.building.qualified(function),
                    "variable": name,
                    "nth": _nth_in(function, line, name),
                }
            return name, None
        unit = self.building.unit_of.get(node)
        item = self.emitter.flow.items.get(unit) if unit is not None else None
        holder = next((f for f, items in self.emitter.functions.items() if item in items), None)
        key = self.emitter.flow.keys.key(target)
        if item is None or holder is None or key is None:
            return name, None
        before = [i for i in self.emitter.functions[holder] if i.order < item.order and key in i.defs]
        variable = self.emitter.spelled.get(holder, {}).get(key, key)
        return name, {"function": self._qualified(holder[1], holder[0]), "variable": variable, "nth": len(before)}

    def _qualified(self, name: str, home: Home) -> str:
        """The qualified name of a function of the rewritten program."""
        return name if isinstance(home.node, cst.Module) else f"{self.building.qualified(home.node)}.{name}"

    # -- runs

    def _run(self, run: Run) -> dict[str, Any]:
        start = self.program.trees[run.file].position(run.node)[0]
        found: dict[str, Any] = {
            "site": f"{run.file.name}:{start.row}",
            "span": self.span(run.node),
            "callable": None,
            "parameters": {},
            "returns": [],
            "trains": bool(self.emitter.regions.trainings(run)),
        }
        if initialises(run) or not needs_callable(run):
            return found
        call = self.emitter.runs.call_of[run]
        found["callable"] = self._qualified(call.name, call.home)
        found["parameters"] = {
            self.emitter.parameter_name(call, p.name): self._placeholder.get(p.tensor.op.index)
            or self._probe_ids[(p.tensor.op.index, p.tensor.index)]
            for p in call.parameters
            if p.tensor not in self.program.given.values()
        }
        found["unread"] = [place for place, leaf in enumerate(call.leaves) if leaf.unread]
        if run.variants:
            found["picked"] = True
        place = 0
        for leaf in call.leaves:
            found["returns"].append(None if leaf.trains or is_merged(leaf.value) else place)
            place += self._width(leaf)
        return found

    def _width(self, leaf: Leaf) -> int:
        """How many values of a call's flattened result belong to a fetch; merged summaries are a dict."""
        if isinstance(leaf.value, Tensor) and is_merged(leaf.value):
            return self.emitter.summaries.width(leaf.value.op)
        return 0 if leaf.trains else 1

    # -- weights

    def _weights(self) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for order, variable in enumerate(v for v in self.program.variables if not v.imagined):
            place = self.emitter.weights.place(variable)
            path = self.emitter.promotion.absolute(place.path, place.home)
            build = (
                [self.emitter.promotion.absolute(place.layer, place.home), list(place.input_shape)]
                if place.layer and place.input_shape is not None
                else None
            )
            made.append(
                {"order": order, "name": f"{variable.name}:0", "path": path, "layout": place.layout, "build": build}
            )
        return made


def _same_place(known: dict[str, Any], run: dict[str, Any]) -> bool:
    """Whether two runs at one place are one site: they call the same, or the program picks what they call."""
    return known["callable"] == run["callable"] or bool(known.get("picked") and run.get("picked"))


def _nth_in(function: cst.FunctionDef, line: cst.CSTNode | None, name: str) -> int:
    """How many assignments of a function to a name stand in front of one."""
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    count = 0
    for node in _statements(function.body):
        if node is small:
            break
        targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else []
        targets += [node.target] if isinstance(node, cst.AugAssign) else []
        parts = [e.value for t in targets if isinstance(t, (cst.Tuple, cst.List)) for e in t.elements]
        count += sum(isinstance(t, cst.Name) and t.value == name for t in (*targets, *parts))
    return count


def _statements(block: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The small statements of a block and of those in it, but of no function or class, in source order."""
    for node in block.children:
        if isinstance(node, cst.SimpleStatementLine):
            yield from node.body
        elif not isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            yield from _statements(node)


__all__ = ["Item", "plan"]
