"""The building scope of a program, taken apart into units: what each statement makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from actlint.apis.catalogue import lookup
from actlint.migrate.refusals import Reason, Refused, reason
from actlint.program.calls import framework_name
from actlint.program.model import Program
from actlint.program.values import (
    Frame,
    Handle,
    Host,
    Layer,
    Op,
    Run,
    Session,
    Symbol,
    Tensor,
    Training,
    Value,
    Variable,
    tensors_in,
)

Statement = cst.BaseStatement


@dataclass(eq=False)
class Unit:
    """One statement of the building scope, and what its evaluation made."""

    node: Statement
    order: int
    ops: list[Op] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    kind: str = "host"

    @property
    def small(self) -> cst.BaseSmallStatement | None:
        """The statement itself where the unit is a single simple one."""
        return (
            self.node.body[0] if isinstance(self.node, cst.SimpleStatementLine) and len(self.node.body) == 1 else None
        )

    def made(self, kind: str) -> list[Op]:
        return [op for op in self.ops if op.kind == kind]

    @property
    def layers(self) -> list[Layer]:
        return [op.layer for op in self.ops if op.layer is not None]

    @property
    def trainings(self) -> list[Training]:
        return [op for op in self.ops if isinstance(op, Training)]


class Building:
    """The scope that builds the graph: the module, or the one function that is called to do it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.file = program.entry
        self.tree = program.trees[program.entry]
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self._link(self.tree.module)
        self.prefix = self._prefix()
        self.function: cst.FunctionDef | None = None
        if self.prefix:
            node = self.prefix[-1].function.node
            if (
                not isinstance(node, cst.FunctionDef)
                or len(program.calls.get(node, [])) > 1
                or self.prefix[-1].function.file != self.file
            ):
                raise Refused(
                    [self.reason("REF103", node, "the graph is built in a function that is called several times")]
                )
            self.function = node
        body = self.function.body if self.function is not None else self.tree.module
        self.needed = self._needed()
        self.initial = program.ancestors(t for v in program.variables for t in tensors_in(v.initial))
        self.units: list[Unit] = []
        self.unit_of: dict[cst.CSTNode, Unit] = {}
        self.split: dict[cst.CSTNode, list[cst.SimpleStatementLine]] = {}
        self._collect(body)
        self._attach()
        self.makes = self._functions()
        for unit in self.units:
            unit.kind = self._classify(unit)
        self.aliases = self._aliases()

    def _aliases(self) -> dict[str, Unit]:
        """Names that stand for a framework function throughout: `dense = tf.layers.dense`."""
        found: dict[str, Unit] = {}
        bound: dict[str, int] = {}
        for part in walk(self.tree.module):
            if isinstance(part, cst.AssignTarget) and isinstance(part.target, cst.Name):
                bound[part.target.value] = bound.get(part.target.value, 0) + 1
        for unit in self.units:
            small = unit.small
            if (
                not isinstance(small, cst.Assign)
                or not isinstance(small.value, cst.Attribute)
                or not isinstance(small.targets[0].target, cst.Name)
            ):
                continue
            values = self.program.values(small.value)
            symbol = values[0].name if values and isinstance(values[0], Symbol) else ""
            name = small.targets[0].target.value
            if lookup(framework_name(symbol) or "") is not None and bound[name] == 1:
                found[name] = unit
        return found

    # -- places

    def _link(self, node: cst.CSTNode) -> None:
        todo = [node]
        while todo:
            parent = todo.pop()
            for child in parent.children:
                self.parent[child] = parent
                todo.append(child)

    def line(self, node: cst.CSTNode) -> int:
        for part in walk(node):
            try:
                return self.tree.position(part)[0].row
            except KeyError:
                continue
        return 0

    def reason(self, code: str, node: cst.CSTNode, text: str, help: str | None = None) -> Reason:
        return reason(code, self.file, self.line(node), text, help)

    def first_line(self, name: str) -> int:
        """The line where a name first occurs; 0 when it doesn't."""
        return next(
            (self.line(part) for part in walk(self.tree.module) if isinstance(part, cst.Name) and part.value == name), 0
        )

    def within(self, node: cst.CSTNode, ancestor: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None:
            if current is ancestor:
                return True
            current = self.parent.get(current)
        return False

    def _prefix(self) -> tuple[Frame, ...]:
        paths = (
            [t.calls for t in self.program.trainings]
            or [r.calls for r in self.program.runs]
            or [p.op.calls for p in self.program.placeholders]
        )
        if not paths:
            return ()
        shortest = min(paths, key=len)
        for path, training in zip(paths, self.program.trainings, strict=False):
            if path != shortest:
                raise Refused(
                    [
                        self.reason(
                            "REF103", training.node, "training operations are made on different levels of functions"
                        )
                    ]
                )
        while shortest and shortest[-1].function.owner is not None:
            shortest = shortest[:-1]
        return shortest

    def _needed(self) -> set[Op]:
        found: set[Op] = set()
        for run in self.program.runs:
            found |= self.program.needed(run)
        return found

    # -- units

    def _collect(self, block: cst.CSTNode) -> None:
        for node in block.body:  # type: ignore[attr-defined]
            if self.transparent(node):
                self._collect(node.body)
            elif isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1 and self._graph_line(node):
                self.split[node] = self._parts(node)
                for part in self.split[node]:
                    self._add(part)
            else:
                self._add(node)

    def _add(self, node: Statement) -> None:
        unit = Unit(node, len(self.units))
        self.units.append(unit)
        for part in walk(node):
            self.unit_of[part] = unit

    def _graph_line(self, node: cst.SimpleStatementLine) -> bool:
        """Whether one of the statements on a line has to do with the graph."""
        inside = {id(part) for part in walk(node)}
        made = (
            [op.node for op in self.program.ops]
            + [run.node for run in self.program.runs]
            + [s.node for s in self.program.sessions]
        )
        made += [frame.node for op in self.program.ops for frame in op.calls]
        return any(id(part) in inside for part in made)

    def _parts(self, node: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
        """The statements of a line, each on a line of its own."""
        parts = []
        for place, small in enumerate(node.body):
            alone = small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            line = cst.SimpleStatementLine([alone], leading_lines=node.leading_lines if place == 0 else [])
            self.parent[line] = self.parent[node]
            for child in (alone, *walk(alone)):
                self.parent.setdefault(child, line)
            self.parent[alone] = line
            for child in alone.children:
                self.parent[child] = alone
            parts.append(line)
        return parts

    def transparent(self, node: cst.CSTNode) -> bool:
        """Whether a block disappears or only stands around building code: a session, a scope, a main guard."""
        if isinstance(node, cst.With):
            values = [value for item in node.items for value in self.program.values(item.item)]
            graph = [isinstance(v, (Session, Handle)) for v in values]
            return bool(graph) and all(graph)
        return is_main_guard(node)

    def unit(self, calls: tuple[Frame, ...], node: cst.CSTNode) -> Unit | None:
        """The unit of the building scope during which something was made."""
        depth = len(self.prefix)
        if tuple(f.node for f in calls[:depth]) != tuple(f.node for f in self.prefix):
            return None
        return self.unit_of.get(calls[depth].node if len(calls) > depth else node)

    def _attach(self) -> None:
        reasons: list[Reason] = []
        owners = {
            frame.function.owner.node
            for op in self.program.ops
            for frame in op.calls
            if frame.function.owner is not None and op.kind != "scope"
        }
        if owners:
            raise Refused(
                [self.reason("REF103", node, f"the graph is built in the class {node.name.value}") for node in owners]
            )
        for op in self.program.ops:
            unit = self.unit(op.calls, op.node)
            if unit is not None and op.file == self.file:
                unit.ops.append(op)
            elif op.file != self.file and op.kind != "scope":
                reasons.append(
                    reason(
                        "REF105",
                        op.file,
                        self.program.trees[op.file].position(op.node)[0].row,
                        f"the graph is built in {op.file.name} as well, which the entry file imports",
                    )
                )
            elif op.kind not in ("variable", "scope", "initializer", "initial") and op not in self.initial:
                reasons.append(self.reason("REF103", op.node, "the graph is built in several functions"))
        for run in self.program.runs:
            unit = self.unit(run.calls, run.node) or self.unit_of.get(run.node)
            if unit is not None:
                unit.runs.append(run)
        if reasons:
            raise Refused(list(dict.fromkeys(reasons))[:20])

    def _functions(self) -> dict[cst.CSTNode, set[str]]:
        """What each function of the file makes when it is called while the graph is built."""
        found: dict[cst.CSTNode, set[str]] = {}
        depth = len(self.prefix)

        def note(calls: tuple[Frame, ...], what: str) -> None:
            for frame in calls[depth:]:
                found.setdefault(frame.function.node, set()).add(what)

        for op in self.program.ops:
            if op.layer is not None:
                note(op.calls, "layer")
            if op.kind in ("op", "loss", "summary"):
                note(
                    op.calls,
                    "forward"
                    if op in self.needed and op not in self.initial
                    else "initial"
                    if op in self.initial
                    else "dead",
                )
            elif op.kind not in ("scope",):
                note(op.calls, op.kind)
        for run in self.program.runs:
            note(run.calls, "run")
        return found

    def is_builder(self, function: cst.CSTNode) -> bool:
        """Whether a function makes weights or inputs as well as tensors, so that it becomes a class."""
        made = self.makes.get(function, set())
        return bool(made & {"variable", "layer", "placeholder"}) and bool(made & {"forward", "placeholder"})

    def forward(self, op: Op) -> bool:
        """Whether a run computes this operation (rather than a variable's initial value, or nobody)."""
        return op in self.needed and op.kind in ("op", "loss", "summary")

    def _classify(self, unit: Unit) -> str:
        """What becomes of a unit: see the table in `actlint.migrate.plan`."""
        node = unit.node
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            return "definition"
        if isinstance(node, cst.SimpleStatementLine) and any(
            isinstance(s, (cst.Import, cst.ImportFrom)) for s in node.body
        ):
            return "import"
        if unit.trainings:
            if unit.small is None:
                raise Refused([self.reason("REF104", unit.node, "a training operation is made in a loop or branch")])
            return "training"
        if self.is_summary(unit.small):
            return "summary"
        runs = [run for run in unit.runs if not initialises(run)]
        forward = [
            op
            for op in unit.ops
            if self.forward(op)
            and op.symbol != "summary.merge"
            and not any(op.calls[: len(r.calls)] == r.calls and self.within_run(op, r) for r in unit.runs)
        ]
        if unit.runs:
            if forward and forward[0].symbol == "either":
                raise Refused([self.building_reason(unit)])
            if forward:
                raise Refused(
                    [
                        self.reason(
                            "REF104",
                            forward[0].node,
                            f"{forward[0].symbol} is added to the graph by a statement that also runs the session",
                        )
                    ]
                )
            return "host" if runs or not isinstance(unit.small, cst.Expr) else "dropped"
        if forward or unit.made("placeholder"):
            return "forward" if forward else "placeholder"
        tensors = [op for op in unit.ops if op.kind in ("op", "loss")]
        if (
            unit.made("variable")
            or unit.made("optimizer")
            or unit.layers
            or tensors
            and all(op in self.initial for op in tensors)
        ):
            return "constructor"
        if self._only_session(unit):
            return "dropped"
        if unit.ops and all(op.kind in ("op", "loss") and op not in self.initial for op in unit.ops):
            return "dead"
        return "host"

    def training_names(self, unit: Unit) -> list[str]:
        """The names of training operations: they disappear with the statement that makes them."""
        if unit.kind != "training" or not isinstance(unit.small, cst.Assign):
            return []
        return [t.target.value for t in unit.small.targets if isinstance(t.target, cst.Name)]

    def is_summary(self, small: cst.BaseSmallStatement | None) -> bool:
        """Whether a statement only makes or merges summaries."""
        value = small.value if isinstance(small, (cst.Expr, cst.Assign)) else None
        binding = self.program.bindings.get(value) if isinstance(value, cst.Call) else None
        name = binding.entry.name if binding is not None else ""  # type: ignore[attr-defined]
        return (
            name.startswith("summary.")
            and name != "summary.FileWriter"
            or name in ("merge_all_summaries", "merge_summary", "scalar_summary", "histogram_summary", "image_summary")
        )

    def building_reason(self, unit: Unit) -> Reason:
        return self.reason("REF102", unit.node, "which tensor or operation is run here depends on a condition")

    def within_run(self, op: Op, run: Run) -> bool:
        """Whether an operation is built by an argument of a run."""
        return self.within(op.node, run.node)

    def _only_session(self, unit: Unit) -> bool:
        """Whether a statement only serves the session or the graph as such: it has no counterpart in eager code."""
        small = unit.small
        if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
            called = small.value
            binding = self.program.bindings.get(called)
            name = binding.entry.name if binding is not None else ""  # type: ignore[attr-defined]
            if name in (
                "reset_default_graph",
                "disable_v2_behavior",
                "disable_eager_execution",
                "disable_resource_variables",
                "disable_v2_tensorshape",
            ):
                return True
            if isinstance(called.func, cst.Attribute) and called.func.attr.value != "run":
                owners = self.program.values(called.func.value)
                if called.func.attr.value == "add_graph" and any(
                    isinstance(v, Handle) and v.kind == "writer" for v in owners
                ):
                    return True
                return bool(owners) and all(
                    isinstance(v, Session) or isinstance(v, Handle) and v.kind in ("initializer", "context")
                    for v in owners
                )
            return False
        if isinstance(small, cst.Assign):
            values = self.program.values(small.value)
            if values and all(_is_plumbing(v) for v in values):
                return True
            target = small.targets[0].target
            while isinstance(target, cst.Attribute):
                target = target.value
                if any(isinstance(v, Host) and v.what.startswith("config") for v in self.program.values(target)):
                    return True
        return False


def _is_plumbing(value: Value) -> bool:
    return (
        isinstance(value, Session)
        or isinstance(value, Handle)
        and value.kind in ("initializer", "context")
        or value == Host("config")
    )


def is_main_guard(node: cst.CSTNode) -> bool:
    """`if __name__ == "__main__":`."""
    return (
        isinstance(node, cst.If)
        and isinstance(node.test, cst.Comparison)
        and isinstance(node.test.left, cst.Name)
        and node.test.left.value == "__name__"
    )


def initialises(run: Run) -> bool:
    """Whether a run only initialises variables."""
    return bool(run.leaves) and all(
        isinstance(leaf, Handle) and leaf.kind in ("initializer", "op") for leaf in run.leaves
    )


def reads_variables(run: Run) -> bool:
    """Whether a run only reads variables: no callable is needed for it."""
    return bool(run.leaves) and all(isinstance(leaf, Variable) for leaf in run.leaves)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and everything below it, in source order."""
    yield node
    for child in node.children:
        yield from walk(child)


def graph_tensors(value: Value) -> list[Tensor]:
    """The tensors in a value that a run computes: not variables, not training operations."""
    return [t for t in tensors_in(value) if not isinstance(t, Variable) and not isinstance(t.op, Training)]
