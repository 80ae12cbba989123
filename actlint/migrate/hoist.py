"""Graph built while the program runs it: its statements move in front of the loop, what changes there is passed in.

TF1 adds a new copy of the operations at each iteration; a function computes the same. Python values that the graph took
as constants at that moment become inputs (`Given`): the run passes what they are then.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from actlint.migrate.edit import Edit, Edited, assignment
from actlint.migrate.ground import Ground, builds, names_read
from actlint.migrate.late import is_pure, mutations
from actlint.migrate.names import Names
from actlint.migrate.refusals import Refused, reason
from actlint.migrate.scalars import is_number
from actlint.migrate.source import code, walk
from actlint.program.binding import BoundCall, tensor_dtype
from actlint.program.values import Given, Host, Op, Optimizer, Training, Value, runs_in, tensors_in
from actlint.syntax.walk import children

OPERANDS = frozenset(
    "x y a b value values tensor input inputs input_tensor t params labels predictions logits features targets"
    " indices initial_value".split()
)
_WORDS = {cst.Multiply: "factor", cst.Divide: "factor", cst.Add: "term", cst.Subtract: "term"}
_BUILT = ("variable", "placeholder", "layer_variable")


class Block:
    """A statement of the building scope that runs the session, and the statements in it that build the graph."""

    def __init__(self, ground: Ground, node: cst.CSTNode) -> None:
        self.ground, self.node = ground, node
        function = node if isinstance(node, cst.FunctionDef) else None
        runs = ground.program.runs
        self.runs = [r for r in runs if (at := ground.at(r, function)) is not None and ground.within(at, node)]
        self.lines: dict[cst.SimpleStatementLine, list[Op]] = {}
        self.makes_weights = False
        for op in ground.program.ops if self.runs else ():
            at = ground.at(op, function)
            if at is None or at not in ground.parent or not ground.within(at, node) or ground.in_run(op, self.runs):
                continue
            line = ground.statement(at)
            self.makes_weights |= op.kind in _BUILT
            if (builds(op) or op.kind == "optimizer") and isinstance(line, cst.SimpleStatementLine):
                self.lines.setdefault(line, []).append(op)
        self.bound = bindings(node)

    def changing(self, name: str) -> bool:
        """Whether what a name stands for differs from one iteration or call to the next."""
        if isinstance(self.node, cst.FunctionDef):
            parameters = self.node.params
            if name in {p.name.value for p in (*parameters.params, *parameters.kwonly_params)}:
                return True
            if name not in self.bound and self._varies(name):
                return True
        return name in self.bound or any(True for _ in mutations(self.node, name))

    def _varies(self, name: str) -> bool:
        """Whether a name from outside of a function isn't bound just once."""
        module = self.ground.tree.module
        places = [
            *bindings(module).get(name, []),
            *(bindings(self.ground.body).get(name, []) if self.ground.depth else []),
        ]
        loops = (cst.For, cst.While)
        looped = any(isinstance(part, loops) for place in places for part in self.ground.ancestors(place))
        declared = any(
            isinstance(part, (cst.Global, cst.Nonlocal)) and any(item.name.value == name for item in part.names)
            for part in walk(module)
        )
        return len(places) > 1 or looped or declared or any(True for _ in mutations(module, name))

    def changed_after(self, name: str, place: cst.CSTNode) -> bool:
        """Whether a name gets another value behind a statement."""
        here = self.ground.position[place]
        later = [*self.bound.get(name, []), *mutations(self.node, name)]
        return any(self.ground.position[node] > here for node in later)

    def late(self, node: cst.CSTNode) -> bool:
        """Whether a Python value has to be taken where it stands: it changes, or computing it does something."""
        return any(self.changing(name.value) for name in names_read(node)) or any(
            isinstance(part, cst.Call) and not is_pure(self.ground.program, part) for part in walk(node)
        )


class Hoist:
    """Moves the building statements of one block in front of it."""

    def __init__(self, block: Block, names: Names) -> None:
        self.block, self.ground, self.names = block, block.ground, names
        self.program = block.ground.program
        self.edit = Edit(self.ground.tree)
        self.lines = sorted(block.lines, key=self.ground.position.__getitem__)
        self.given: dict[str, Given] = {}
        self.tensors = {
            part.value
            for part in walk(self.ground.tree.module)
            if isinstance(part, cst.Name)
            and part not in self.ground.tree.given
            and any(True for v in self.program.values(part) for _ in tensors_in(v))
        }

    def refused(self, code_: str, node: cst.CSTNode, text: str, help: str | None = None) -> Refused:
        return Refused([reason(code_, self.program.entry, self.ground.line(node), text, help)])

    def apply(self) -> Edited | None:
        """The edited file; None where the block builds nothing that could move."""
        if not self.lines or self.block.makes_weights or not all(self._movable(line) for line in self.lines):
            return None
        trains = any(isinstance(op, Training) for ops in self.block.lines.values() for op in ops)
        if trains and isinstance(self.block.node, cst.FunctionDef):
            return None
        moved: list[cst.CSTNode] = []
        for line in self.lines:
            self._check_names(line)
            self._check_training(line)
            new, left = self._taken(line)
            moved.append(new)
            if not left and len(self.ground.parent[line].body) == 1:  # type: ignore[attr-defined]
                return None
            self.edit.replace(line, left)
        self.edit.replace(self.block.node, [*moved, self.block.node])
        return self.edit.made()

    def _movable(self, line: cst.SimpleStatementLine) -> bool:
        small = line.body[0]
        if len(line.body) > 1 or any(self.ground.within(run.node, line) for run in self.program.runs):
            return False
        return isinstance(small, cst.Expr) or isinstance(small, cst.Assign) and all(map(_plain, small.targets))

    # -- names

    def _check_names(self, line: cst.SimpleStatementLine) -> None:
        here = self.ground.position[line]
        for name in bindings(line):
            if len(self.block.bound[name]) > 1:
                raise self.refused(
                    "REF104", line, f"{name} is built at several places of a loop or branch that also runs the session"
                )
            before = any(name in bindings(s) for s in self.ground.statements[: self._place()])
            for read in self._reads_of(name) if before else ():
                if not (self.ground.position[read] > here and self.ground.within(read, self.ground.parent[line])):
                    raise self.refused(
                        "REF104",
                        line,
                        f"{name} is built again here, and line {self.ground.line(read)} reads what it was before",
                        "Give the tensor that is built in the loop a name of its own.",
                    )
        moved = {name for other in self.lines if self.ground.position[other] < here for name in bindings(other)}
        for name in names_read(line.body[0]):
            if name.value in self.block.bound and name.value not in moved and not self._is_python(name):
                raise self.refused(
                    "REF104", line, f"{name.value} is a tensor of another iteration or branch when {code(line.body[0])}"
                )

    def _place(self) -> int:
        return next((i for i, s in enumerate(self.ground.statements) if s is self.block.node), 0)

    def _reads_of(self, name: str) -> Iterator[cst.Name]:
        start = self._place()
        for statement in self.ground.statements[start:]:
            yield from (part for part in names_read(statement) if part.value == name)

    def _is_python(self, name: cst.Name) -> bool:
        return self.ground.host(name)

    def _check_training(self, line: cst.SimpleStatementLine) -> None:
        """An optimizer with slots that are first used here would need them initialised at each iteration."""
        inside = [p for p in self.ground.ancestors(line) if self.ground.within(p, self.block.node)]
        if not any(isinstance(part, (cst.For, cst.While)) for part in inside):
            return
        for op in self.block.lines[line]:
            made = op.optimizer.op if isinstance(op, Training) and isinstance(op.optimizer, Optimizer) else op
            if (made.kind == "optimizer") and "GradientDescent" not in made.symbol:
                raise self.refused(
                    "REF109",
                    line,
                    f"{made.symbol} keeps state of its own, which the program makes after it has initialised its"
                    " variables",
                    "Call minimize once, before the initialiser is run.",
                )

    # -- values

    def _taken(self, line: cst.SimpleStatementLine) -> tuple[cst.CSTNode, list[cst.CSTNode]]:
        """A building statement with inputs for what changes, and the statements that stay in its place."""
        left: list[cst.CSTNode] = []
        small = line.body[0]
        value = small.value  # type: ignore[attr-defined]
        found = list(self._late_values(value))
        for node in found:
            name, shared = self._name(node, line)
            if not shared:
                left.append(assignment(self.edit, name, node))
            new = cst.Name(name)
            self.edit.replace(self._converted(node), new)
            dtype, shape = self._kind(node)
            fetched = any(runs_in(value) for value in self.program.values(node))
            known = self.given.setdefault(name, Given(name, dtype, shape, fetched))
            if known.dtype != dtype:
                raise self.refused("REF102", line, f"{name} is used as {known.dtype} and as {dtype}")
            self.edit.given[new] = known
        if found:
            self._check_runs(line)
        moved = self.edit.edited(line)
        for node in found:
            del self.edit.changes[self._converted(node)]
        return moved, left

    def _converted(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """What an input stands for: the value, or `tf.constant` of it."""
        argument = self.ground.parent[node]
        call = self.ground.parent[argument]
        binding = self.program.bindings.get(call) if isinstance(call, cst.Call) and len(call.args) == 1 else None
        if isinstance(binding, BoundCall) and binding.entry.name in ("constant", "convert_to_tensor"):
            return call  # type: ignore[return-value]
        return node

    def _late_values(self, node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
        if isinstance(node, cst.BaseExpression) and self.ground.host(node):
            if self.block.late(node):
                yield node
            return
        if isinstance(node, (cst.Lambda, cst.CompFor)) and self.block.late(node):
            raise self.refused("REF104", node, "a function or comprehension reads what the loop changes")
        inner = [node.value] if isinstance(node, (cst.Arg, cst.Attribute)) else children(node)
        for child in inner:
            yield from self._late_values(child)

    def _name(self, node: cst.BaseExpression, line: cst.CSTNode) -> tuple[str, bool]:
        """The name of an input, and whether it is simply the user's own."""
        if isinstance(node, cst.Name) and node.value not in self.tensors:
            if not self.block.changed_after(node.value, line):
                return node.value, True
        if isinstance(node, cst.Name):
            return self.names.fresh(f"{node.value}_now"), False
        around = next(p for p in list(self.ground.ancestors(node))[1:] if isinstance(p, cst.BaseExpression))
        operator = getattr(around, "operator", None)
        return self.names.fresh(_WORDS.get(type(operator), "value")), False

    def _kind(self, node: cst.BaseExpression) -> tuple[str, object]:
        """The dtype that the graph gives the value, and its shape."""
        values = self.program.values(node)
        host = values[-1] if values else None
        shape = () if is_number(self.ground, node) else host.shape if isinstance(host, Host) else None
        around = next(p for p in list(self.ground.ancestors(node))[1:] if isinstance(p, cst.BaseExpression))
        if isinstance(around, cst.Subscript):
            dtype = "int32" if shape == () else None
        elif isinstance(around, (cst.BinaryOperation, cst.Comparison)):
            sides = [t for part in around.children for v in self.program.values(part) for t in tensors_in(v)]
            sides += [t for v in self.program.values(around) for t in tensors_in(v)]
            dtype = next((t.dtype for t in sides if t.dtype), None)
        else:
            dtype = self._argument_dtype(around, node, host)
        if dtype is None:
            raise self.refused("REF102", node, f"the dtype of {code(node)}, which the graph takes here, isn't known")
        return dtype, shape

    def _argument_dtype(self, call: cst.CSTNode, node: cst.BaseExpression, host: Value | None) -> str | None:
        binding = self.program.bindings.get(call)
        if not isinstance(binding, BoundCall):
            return tensor_dtype(host) if isinstance(call, cst.Call) else None
        parameter = next((p for p, n in binding.nodes.items() if n is node), "")
        if parameter not in OPERANDS:
            raise self.refused(
                "REF106",
                node,
                f"{code(node)} changes while the graph is built again and again, as {parameter or 'an argument'} of"
                f" {code(call.func)}",  # type: ignore[attr-defined]
                "Build the graph once, and feed what changes.",
            )
        if parameter == "indices":
            return tensor_dtype(host) or "int32"
        others = [t for v in binding.values.values() for t in tensors_in(v)]
        return tensor_dtype(host) or next((t.dtype for t in others if t.dtype), None) or _made_dtype(self, call)

    def _check_runs(self, line: cst.SimpleStatementLine) -> None:
        """The runs that compute it have to follow it in its own block, so that they see what it saw."""
        made = set(self.block.lines[line])
        holder, here = self.ground.parent[line], self.ground.position[line]
        for run in self.program.runs:
            if not made & self.program.needed(run):
                continue
            if not self.ground.within(run.node, holder) or self.ground.position[run.node] < here:
                raise self.refused(
                    "REF106",
                    run.node,
                    f"the run uses what line {self.ground.line(line)} built with the values of that moment",
                    "Run it in the block that builds it.",
                )


def _made_dtype(self: Hoist, call: cst.CSTNode) -> str | None:
    """The dtype of a call's result, or of what it is combined with."""
    made = [t for v in self.program.values(call) for t in tensors_in(v)]
    beside = [t for tensor in made for op in self.program.consumers.get(tensor.op, []) for t in op.inputs]
    return next((t.dtype for t in [*made, *beside] if t.dtype), None)


def bindings(node: cst.CSTNode) -> dict[str, list[cst.CSTNode]]:
    """The names that statements below a node bind, each with the places that bind it; nested functions apart."""
    found: dict[str, list[cst.CSTNode]] = {}

    def add(target: cst.CSTNode, place: cst.CSTNode) -> None:
        if isinstance(target, cst.Name):
            found.setdefault(target.value, []).append(place)
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                add(element.value, place)

    def visit(part: cst.CSTNode) -> None:
        if part is not node and isinstance(part, (cst.FunctionDef, cst.ClassDef)):
            found.setdefault(part.name.value, []).append(part)
            return
        if isinstance(part, cst.Lambda):
            return
        if isinstance(part, (cst.AssignTarget, cst.AugAssign, cst.For, cst.AnnAssign, cst.NamedExpr)):
            add(part.target, part)
        elif isinstance(part, cst.AsName):
            add(part.name, part)
        for child in children(part):
            visit(child)

    visit(node)
    return found


def _plain(target: cst.AssignTarget) -> bool:
    inner = target.target
    return isinstance(inner, cst.Name) or (
        isinstance(inner, (cst.Tuple, cst.List)) and all(isinstance(e.value, cst.Name) for e in inner.elements)
    )


__all__ = ["Block", "Hoist", "bindings"]
