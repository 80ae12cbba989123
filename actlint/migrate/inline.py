"""Functions that run the session while they build the graph are written out where they are called."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from actlint.migrate.edit import Edit, Edited, assignment
from actlint.migrate.ground import Ground, builds, names_read, same
from actlint.migrate.hoist import bindings
from actlint.migrate.names import Names, own_names
from actlint.migrate.refusals import Refused, reason
from actlint.migrate.source import walk
from actlint.migrate.statements import is_docstring
from actlint.program.values import tensors_in


def inline(ground: Ground, names: Names) -> Edited | None:
    """The file with one mixed function written out at its only call, or None where there is none."""
    for node in ground.program.calls:
        if isinstance(node, cst.FunctionDef) and node in ground.parent:
            call = _only_call(ground, node)
            if call is None:
                _check_calls(ground, node)
            elif _is_mixed(ground, node, call):
                edited = _Inlining(ground, names, node, call).apply()
                if edited is not None:
                    return edited
    return None


def _only_call(ground: Ground, node: cst.FunctionDef) -> cst.Call | None:
    """The only call of a function, on the level of the building scope."""
    paths = ground.program.calls[node]
    found = [part for part in walk(ground.tree.module) if isinstance(part, cst.Name) and part.value == node.name.value]
    if len(paths) != 1 or len(paths[0]) != ground.depth + 1 or not same(paths[0][:-1], ground.prefix):
        return None
    call = paths[0][-1].node
    plain = isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call in ground.parent
    return call if plain and len(found) == 2 and not node.decorators else None  # type: ignore[return-value]


def _check_calls(ground: Ground, node: cst.FunctionDef) -> None:
    """A mixed function that is called from several places stays what it is: refused, where its calls give tensors."""
    paths = ground.program.calls[node]
    called = [path[-1].node for path in paths if len(path) == ground.depth + 1]
    mixed = any(isinstance(call, cst.Call) and _is_mixed(ground, node, call) for call in called)
    trains = any(frame.function.node is node for training in ground.program.trainings for frame in training.calls)
    if len(called) > 1 and mixed and (trains or any(_gives_tensors(ground, call) for call in called)):
        raise Refused(
            [
                reason(
                    "REF103",
                    ground.program.entry,
                    ground.line(node),
                    f"{node.name.value} runs the session while it builds the graph, and is called several times",
                    "Split it: a function that runs and returns values, and one that builds the graph from them.",
                )
            ]
        )


def _is_mixed(ground: Ground, node: cst.FunctionDef, call: cst.Call) -> bool:
    """Whether a function runs the session and gives tensors, or trains within a loop, from one and the same call."""
    runs = [run for run in ground.program.runs if any(frame.function.node is node for frame in run.calls)]
    made = [op for op in ground.program.ops if any(frame.function.node is node for frame in op.calls)]
    built = [op for op in made if builds(op) and not ground.in_run(op, runs)]
    if not runs or not built or any(op.kind in ("variable", "placeholder") for op in made):
        return False
    looped = any(isinstance(part, (cst.For, cst.While)) for part in ground.ancestors(call))
    return looped or _gives_tensors(ground, call)


def _gives_tensors(ground: Ground, call: cst.CSTNode) -> bool:
    return any(True for value in ground.values(call) for _ in tensors_in(value))


class _Inlining:
    def __init__(self, ground: Ground, names: Names, node: cst.FunctionDef, call: cst.Call) -> None:
        self.ground, self.names, self.node, self.call = ground, names, node, call
        self.edit = Edit(ground.tree)
        self.bound = bindings(node)
        self.renames: dict[str, cst.BaseExpression] = {}

    def apply(self) -> Edited | None:
        line = self.ground.statement(self.call)
        body, returned = self._body()
        arguments = bound_arguments(self.node, self.call, _is_plain)
        if body is None or arguments is None or not self._fits(line):
            return None
        assert isinstance(line, cst.SimpleStatementLine)
        target = _target(line, self.call)
        outside = self._outside()
        for name in self.bound:
            if target and isinstance(returned, cst.Name) and returned.value == name and target not in self.bound:
                self.renames[name] = cst.Name(target)
            elif name in outside and name != target:
                self.renames[name] = cst.Name(self.names.fresh(name))
        first: list[cst.BaseStatement] = []
        for name, argument in arguments.items():
            if name not in self.bound and isinstance(argument, cst.Name):
                self.renames[name] = argument
            elif any(part.value == name for part in names_read(self.node.body)):
                local = self.renames.get(name, cst.Name(self.names.fresh(name) if name in outside else name))
                self.renames[name] = local
                first.append(assignment(self.edit, local.value, argument))  # type: ignore[attr-defined]
        moved = [self._renamed(statement) for statement in body]
        last = self._last(line, returned, target)
        statements = [*first, *moved, *last]
        if not statements:
            return None
        lines = [*line.leading_lines, *(part for part in statements[0].leading_lines if part.comment is not None)]  # type: ignore[attr-defined]
        statements[0] = statements[0].with_changes(leading_lines=lines)  # type: ignore[call-arg]
        self.edit.changes.clear()
        self.edit.replace(line, statements)
        self.edit.replace(self.node, [])
        return self.edit.made()

    def _last(
        self, line: cst.SimpleStatementLine, returned: cst.BaseExpression | None, target: str
    ) -> list[cst.BaseStatement]:
        """The calling statement, with what the function returned instead of the call."""
        if returned is None:
            return [] if isinstance(line.body[0], cst.Expr) else [line]
        value = self._renamed(returned)
        if isinstance(value, cst.Name) and value.value == target:
            return []
        self.edit.changes[self.call] = value
        changed = self.edit.edited(line)
        assert isinstance(changed, cst.SimpleStatementLine)
        return [changed.with_changes(leading_lines=[])]

    def _fits(self, line: cst.CSTNode) -> bool:
        """Whether a statement can be written out in front of the calling one."""
        if not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1:
            return False
        small = line.body[0]
        plain = isinstance(small, (cst.Assign, cst.Expr)) and isinstance(
            self.ground.parent[line], (cst.IndentedBlock, cst.Module)
        )
        return plain and not any(isinstance(part, (cst.Lambda, cst.CompFor)) for part in walk(small))

    # -- the function

    def _body(self) -> tuple[list[cst.BaseStatement] | None, cst.BaseExpression | None]:
        """The statements in front of the only `return`, and what that returns."""
        statements = without_docstring(self.node)
        returned = None
        final = statements[-1] if statements else None
        if isinstance(final, cst.SimpleStatementLine) and isinstance(final.body[-1], cst.Return):
            if len(final.body) > 1:
                return None, None
            returned, statements = final.body[0].value, statements[:-1]  # type: ignore[union-attr]
        stops = (cst.Return, cst.Yield, cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef, cst.Lambda)
        if any(isinstance(part, stops) for statement in statements for part in walk(statement)):
            return None, None
        return statements, returned  # type: ignore[return-value]

    def _outside(self) -> set[str]:
        """The names that the file uses outside of the function."""
        inside = {id(part) for part in walk(self.node)}
        return {p.value for p in walk(self.ground.tree.module) if isinstance(p, cst.Name) and id(p) not in inside}

    def _renamed(self, node: cst.CSTNode) -> cst.CSTNode:
        self.edit.changes.clear()
        for name in own_names(node):
            other = self.renames.get(name.value)
            if other is not None and not (isinstance(other, cst.Name) and other.value == name.value):
                new = other.deep_clone()
                self.edit.replace(name, new)
        return self.edit.edited(node) if node not in self.edit.changes else self.edit.changes[node]  # type: ignore[return-value]


def without_docstring(node: cst.FunctionDef) -> list[cst.BaseStatement]:
    """The statements of a function, without its documentation."""
    statements = list(node.body.body)
    return statements[1:] if statements and is_docstring(statements[0]) else statements  # type: ignore[return-value]


def bound_arguments(
    node: cst.FunctionDef,
    call: cst.Call,
    plain: Callable[[cst.BaseExpression], bool],
    receiver: cst.BaseExpression | None = None,
) -> dict[str, cst.BaseExpression] | None:
    """The expression that each parameter stands for in a call; None where that can't be told, or where a default isn't
    `plain`."""
    parameters = node.params
    if parameters.star_kwarg is not None or isinstance(parameters.star_arg, cst.Param) or parameters.posonly_params:
        return None
    known = [p.name.value for p in (*parameters.params, *parameters.kwonly_params)]
    defaults = [p for p in (*parameters.params, *parameters.kwonly_params) if p.default is not None]
    found: dict[str, cst.BaseExpression] = {p.name.value: p.default for p in defaults}  # type: ignore[misc]
    if not all(map(plain, found.values())):
        return None
    places = [p.name.value for p in parameters.params]
    if receiver is not None:
        found[places.pop(0)] = receiver
    for place, argument in enumerate(call.args):
        if argument.star or argument.keyword is None and place >= len(places):
            return None
        found[argument.keyword.value if argument.keyword is not None else places[place]] = argument.value
    return found if set(found) == set(known) else None


def _is_plain(node: cst.BaseExpression) -> bool:
    """Whether a default value is the same wherever it is written."""
    return isinstance(node, (cst.Name, cst.Integer, cst.Float, cst.SimpleString)) and not node.lpar


def _target(line: cst.SimpleStatementLine, call: cst.Call) -> str:
    """The name that the call's value is assigned to."""
    small = line.body[0]
    if isinstance(small, cst.Assign) and small.value is call and len(small.targets) == 1:
        target = small.targets[0].target
        return target.value if isinstance(target, cst.Name) else ""
    return ""
