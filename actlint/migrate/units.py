"""The building scope of a program, taken apart into units: what each statement makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst

from actlint.apis.catalogue import is_part, lookup
from actlint.migrate.aside import Aside
from actlint.migrate.bodies import Bodies, Body, Home, name_of
from actlint.migrate.plumbing import is_registration, only_serves_session
from actlint.migrate.refusals import Reason, Refused, reason
from actlint.migrate.source import walk
from actlint.program.calls import framework_name
from actlint.program.model import Program
from actlint.program.values import (
    Frame,
    Handle,
    Layer,
    Op,
    Run,
    Sequence,
    Session,
    Symbol,
    Tensor,
    Training,
    Value,
    Variable,
    tensors_in,
)
from actlint.syntax.walk import children

Statement = cst.BaseStatement
_WITHOUT_VALUE = ("variable", "scope", "initializer", "initial", "context", "saver", "writer")


@dataclass(eq=False)
class Unit:
    """One statement of the building scope, and what its evaluation made."""

    node: Statement
    order: int
    ops: list[Op] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    kind: str = "host"
    body: Body = None  # type: ignore[assignment]
    enters: list[Body] = field(default_factory=list)

    @property
    def home(self) -> Home:
        """Where the functions are defined that this statement moves into."""
        return self.body.home

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
    """What builds the graph: the statements of all bodies, in the order in which they are executed."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.file = program.entry
        self.tree = program.trees[program.entry]
        self.parent: dict[cst.CSTNode, cst.CSTNode] = {}
        self.modules = {program.trees[file].module: file for file in program.files}
        for module in self.modules:
            self._link(module)
        for copy, node in program.copies.items():
            self.parent[copy] = self.parent[node]
            self._link(copy)
        self.bodies = Bodies(program, lambda node, text: Refused([self.reason("REF103", node, text)]))
        self.needed = self._needed()
        self.aside = Aside(program, self.bodies.of_node)
        self.penalised = {op: p.depth for p in program.penalties.values() for op in p.ops}
        """Operations that only collections of losses hold, and how many calls lead to the code that joined them."""
        for op in program.ops if self.aside.statements else ():
            if depth := self.aside.inner(op.statement, op.calls):
                self.penalised.setdefault(op, depth)
        self.initial = program.ancestors(t for v in program.variables for t in tensors_in(v.initial))
        self.units: list[Unit] = []
        self.unit_of: dict[cst.CSTNode, Unit] = {}
        self.split: dict[cst.CSTNode, list[cst.SimpleStatementLine]] = {}
        self._entries: dict[cst.CSTNode, Body] = {
            body.prefix[-1].node: body for body in self.bodies.of_path.values() if body.prefix
        }
        for module in reversed(self.modules):
            self._collect(self.bodies.of_node[module], module)
        self._attach()
        self.makes = self._functions()
        for unit in self.units:
            unit.kind = self._classify(unit)
        self.aliases = self._aliases()

    def _aliases(self) -> dict[str, Unit]:
        """Names that stand throughout for a framework function or a part: `dense = tf.layers.dense`, `slim`."""
        found: dict[str, Unit] = {}
        bound: dict[str, int] = {}
        for part in self.everything():
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
            held = framework_name(symbol) or ""
            if (lookup(held) is not None or is_part(held)) and bound[name] == 1:
                found[name] = unit
        return found

    # -- places

    def _link(self, node: cst.CSTNode) -> None:
        todo = [node]
        while todo:
            parent = todo.pop()
            for child in children(parent):
                self.parent[child] = parent
                todo.append(child)

    def file_of(self, node: cst.CSTNode) -> Path:
        """The file that a node stands in."""
        current: cst.CSTNode | None = node
        while current is not None and current not in self.modules:
            current = self.parent.get(current)
        return self.modules[current] if current is not None else self.file

    def body_of(self, node: cst.CSTNode) -> Body | None:
        """The body that a node belongs to; None inside of other functions."""
        current = self.parent.get(node)
        while current is not None and not isinstance(current, (cst.FunctionDef, cst.Lambda)):
            if current in self.modules:
                break
            current = self.parent.get(current)
        return self.bodies.of_node.get(current) if current is not None else None

    def line(self, node: cst.CSTNode) -> int:
        tree = self.program.trees[self.file_of(node)]
        for part in walk(node):
            try:
                return tree.position(part)[0].row
            except KeyError:
                continue
        return 0

    def reason(self, code: str, node: cst.CSTNode, text: str, help: str | None = None) -> Reason:
        return reason(code, self.file_of(node), self.line(node), text, help)

    def first_line(self, name: str, file: Path | None = None) -> int:
        """The line where a name first occurs in a file; 0 when it doesn't."""
        module = self.program.trees[file or self.file].module
        return next((self.line(part) for part in walk(module) if isinstance(part, cst.Name) and part.value == name), 0)

    def is_none_by_default(self, node: cst.CSTNode) -> bool:
        """Whether an expression is a parameter of the function around it that is None where it isn't given."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, cst.FunctionDef):
            current = self.parent.get(current)
        if current is None or not isinstance(node, cst.Name):
            return False
        defaults = {p.name.value: p.default for p in (*current.params.params, *current.params.kwonly_params)}
        default = defaults.get(node.value)
        return isinstance(default, cst.Name) and default.value == "None"

    def qualified(self, node: cst.CSTNode) -> str:
        """The name of a function or class with those around it: `Model.build`."""
        names = []
        current: cst.CSTNode | None = node
        while current is not None:
            if isinstance(current, (cst.FunctionDef, cst.ClassDef)):
                names.append(current.name.value)
            current = self.parent.get(current)
        return ".".join(reversed(names))

    def within(self, node: cst.CSTNode, ancestor: cst.CSTNode) -> bool:
        current: cst.CSTNode | None = node
        while current is not None:
            if current is ancestor:
                return True
            current = self.parent.get(current)
        return False

    def _needed(self) -> set[Op]:
        found: set[Op] = set()
        for run in self.program.runs:
            found |= self.program.needed(run)
        return found

    # -- units

    def _collect(self, body: Body, block: cst.CSTNode) -> None:
        for node in block.body:  # type: ignore[attr-defined]
            if self.transparent(node):
                self._collect(body, node.body)
            elif isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1 and self._graph_line(node):
                self.split[node] = self._parts(node)
                for part in self.split[node]:
                    self._add(body, part)
            else:
                self._add(body, node)

    def _add(self, body: Body, node: Statement) -> None:
        definition = isinstance(node, (cst.FunctionDef, cst.ClassDef))
        parts = list(walk(node))
        enters = [] if definition else [self._entries[part] for part in parts if part in self._entries]
        for inner in enters:
            if not isinstance(node, cst.SimpleStatementLine):
                raise Refused(
                    [
                        self.reason(
                            "REF103", node, f"{inner.name}, which builds the graph, is called in a loop or branch"
                        )
                    ]
                )
            self._collect(inner, inner.node.body)
        unit = Unit(node, len(self.units), body=body, enters=enters)
        self.units.append(unit)
        outer = self.unit_of.get(node)
        for part in parts:
            if not definition or self.unit_of.get(part) in (None, outer):
                self.unit_of[part] = unit
        for copy in (copy for copy, original in self.program.copies.items() if original is node):
            for part in walk(copy):
                self.unit_of.setdefault(part, unit)

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
            for child in children(alone):
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

    def everything(self) -> Iterator[cst.CSTNode]:
        """Every node of every file."""
        for module in self.modules:
            yield from walk(module)

    def below(self, calls: tuple[Frame, ...]) -> tuple[Frame, ...]:
        """The calls of a path that lead out of the building statements into other functions."""
        return calls[self.bodies.depth(calls) :]

    def unit(self, calls: tuple[Frame, ...], node: cst.CSTNode) -> Unit | None:
        """The building statement during which something was made."""
        rest = self.below(calls)
        return self.unit_of.get(rest[0].node if rest else node)

    def _attach(self) -> None:
        reasons: list[Reason] = []
        for op in self.program.ops:
            unit = self.unit(op.calls, op.node)
            if unit is not None and not isinstance(unit.node, (cst.FunctionDef, cst.ClassDef)):
                unit.ops.append(op)
            elif op.kind not in _WITHOUT_VALUE and op not in self.initial:
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

        def note(calls: tuple[Frame, ...], what: str, depth: int = 0) -> None:
            for frame in calls[max(depth, self.bodies.depth(calls)) :]:
                found.setdefault(frame.function.node, set()).add(what)

        for op in self.program.ops:
            if op.layer is not None:
                note(op.calls, "layer")
            if op.kind in ("op", "loss", "summary", "assign"):
                note(
                    op.calls,
                    "forward"
                    if op in self.needed and op not in self.initial
                    else "initial"
                    if op in self.initial
                    else "dead",
                    self.penalised.get(op, 0),
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
        kinds = ("op", "loss", "summary", "assign")
        return op in self.needed and op.kind in kinds and op not in self.penalised

    def registers(self, unit: Unit) -> bool:
        """Whether a statement only adds a loss to a collection."""
        return isinstance(unit.small, cst.Expr) and is_registration(self.program, unit.small)

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
        if self.is_summary(unit.small) or self._summarises(unit):
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
        if unit.made("optimizer") and unit.small is not None:
            return "constructor"
        if forward or unit.made("placeholder"):
            return "forward" if forward else "placeholder"
        tensors = [op for op in unit.ops if op.kind in ("op", "loss")]
        if (
            unit.made("variable")
            or unit.made("cell")
            or unit.made("optimizer")
            or unit.layers
            or tensors
            and all(op in self.initial for op in tensors)
        ):
            return "constructor"
        if only_serves_session(self.program, unit.small):
            return "dropped"
        if unit.ops and all(op.kind in ("op", "loss", "assign") and op not in self.initial for op in unit.ops):
            return "dead"
        return "host"

    def training_names(self, unit: Unit) -> list[str]:
        """The names of training operations: they disappear with the statement that makes them."""
        if unit.kind != "training" or not isinstance(unit.small, cst.Assign):
            return []
        return [name for t in unit.small.targets if (name := name_of(t.target))]

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

    def _summarises(self, unit: Unit) -> bool:
        """Whether a statement only makes summaries in a loop or branch, or keeps them in a list."""
        small = unit.small
        if isinstance(small, cst.Assign):
            value = next((e.value for e in self.program.facts.get(small.value, [])), None)
            return not unit.ops and _are_summaries(value)
        if isinstance(small, cst.Expr):
            call = small.value if isinstance(small.value, cst.Call) else None
            owners = self.program.values(call.func.value) if call and isinstance(call.func, cst.Attribute) else []
            return not unit.ops and bool(owners) and all(map(_are_summaries, owners))
        if not unit.made("summary") or unit.runs or not isinstance(unit.node, (cst.For, cst.If, cst.With)):
            return False
        ops = set(unit.ops)
        return all(
            op.kind == "summary" or op.kind in ("op", "loss") and set(self.program.consumers.get(op, ())) <= ops
            for op in unit.ops
        )

    def building_reason(self, unit: Unit) -> Reason:
        return self.reason("REF102", unit.node, "which tensor or operation is run here depends on a condition")

    def within_run(self, op: Op, run: Run) -> bool:
        """Whether an operation is built by an argument of a run, in itself or in a function that it calls."""
        return any(self.within(node, run.node) for node in (op.node, *(frame.node for frame in op.calls)))


def _are_summaries(value: Value | None) -> bool:
    """Whether a value is a list of summaries."""
    tensors = list(tensors_in(value)) if isinstance(value, Sequence) else []
    return bool(tensors) and all(tensor.op.kind == "summary" for tensor in tensors)


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


def graph_tensors(value: Value) -> list[Tensor]:
    """The tensors in a value that a run computes: not variables, not training operations."""
    return [t for t in tensors_in(value) if not isinstance(t, Variable) and not isinstance(t.op, Training)]
