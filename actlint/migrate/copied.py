"""Functions that build part of the graph are written out at each of their calls, where no function can stand for them.

That is so for a function that makes a training operation and is called several times, for one whose results don't need
the same inputs, when a run fetches one of them and doesn't feed what the others need, and for one that shares the
weights of a function which it calls with others that call it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import building_paths, nodes
from actlint.migrate.edit import Edit, Edited
from actlint.migrate.ground import names_read
from actlint.migrate.hoist import bindings
from actlint.migrate.inline import bound_arguments, without_docstring
from actlint.migrate.names import Names, own_names
from actlint.migrate.source import code, walk
from actlint.program.model import Program
from actlint.program.values import Frame, Function, Instance, Tensor
from actlint.syntax.walk import children

_CONSTANTS = ("None", "True", "False")
_Block = list[cst.BaseStatement]


def copied(program: Program, names: Names, shared: bool = False) -> tuple[Path, Edited] | None:
    """A file with one such function written out at its calls, or None where there is none.

    Functions around those that make weights are written out where `shared` asks for it: most are fine as they are.
    """
    kinds = (_summarising(program), _repeated(program), partly_fed(program), around(program) if shared else ())
    for function in dict.fromkeys(function for kind in kinds for function in kind):
        if isinstance(function.node, cst.FunctionDef):
            edited = _Copying(program, names, function, function.node).apply()
            if edited is not None:
                return function.file, edited
    return None


def _summarising(program: Program) -> Iterator[Function]:
    """Functions that return nothing and make summaries."""
    bodies = {frames[-1].function.node for frames in building_paths(program).values()}
    for op in program.ops:
        function = op.calls[-1].function if op.kind == "summary" and op.calls else None
        if function is not None and function.node not in bodies and not _returns(function.node):
            yield function


def _returns(node: cst.CSTNode) -> list[cst.Return]:
    return [part for part in walk(node) if isinstance(part, cst.Return)]


def _repeated(program: Program) -> Iterator[Function]:
    """Functions that build in their own body and are called at several places, inner ones first."""
    runs = {frame.function.node for run in program.runs for frame in run.calls}
    paths = sorted(building_paths(program).values(), key=len, reverse=True)
    for frames in paths:
        function = frames[-1].function
        bound = [f[-1].function.bound for f in paths if f[-1].function.node is function.node]
        places = {id(f[-1].node) for f in paths if f[-1].function.node is function.node}
        if len(places) > 1 and function.node not in runs and all(owner is bound[0] for owner in bound):
            yield function


def partly_fed(program: Program, around_weights: bool = False) -> Iterator[Function]:
    """Functions of which a run needs a part, and doesn't feed what the other part needs.

    `around_weights` asks for those as well that call functions which make weights.
    """
    building = {frames[-1].function.node for frames in building_paths(program).values()}
    made: dict[Function, list[tuple[Frame, ...]]] = {}
    for node, paths in program.calls.items():
        if len(paths) == 1 and node not in building:
            made.setdefault(paths[0][-1].function, []).append(paths[0])
    makers = [op.calls[-1:] if around_weights else op.calls for op in program.ops if op.kind == "variable" or op.layer]
    weights = {frame.function.node for frames in makers for frame in frames}
    inputs = {tensor.op for tensor in program.placeholders}
    for function, (path, *_) in made.items():
        inside = {op for op in program.ops if nodes(op.calls[: len(path)]) == nodes(path)}
        for run in program.runs if inside and function.node not in weights else ():
            needed = program.needed(run)
            fed = {key.op for key, _ in run.feeds if isinstance(key, Tensor)}
            rest = {t.op for op in inside - needed for t in op.inputs} & inputs
            if inside & needed and rest - needed - fed:
                yield function
                break


def around(program: Program) -> Iterator[Function]:
    """Functions around those that make weights, which may have to be written out."""
    yield from partly_fed(program, around_weights=True)
    yield from _sharing(program)


def _sharing(program: Program) -> Iterator[Function]:
    """Functions that call one which makes weights, where others call it for the same weights."""
    runs = {frame.function.node for run in program.runs for frame in run.calls}
    callers: dict[cst.CSTNode, dict[cst.CSTNode | None, Function | None]] = {}
    for variable in program.variables:
        made = variable.op.calls
        for path in (made, *(op.calls for op in program.consumers.get(variable.op, []))) if made else ():
            maker = made[-1].function.node
            place = next((n for n, frame in enumerate(path) if frame.function.node is maker), None)
            if place is not None:
                caller = path[place - 1].function if place else None
                callers.setdefault(maker, {})[caller.node if caller else None] = caller
    for found in callers.values():
        for caller in found.values() if len(found) > 1 else ():
            if caller is not None and caller.node not in runs and caller.bound is None:
                yield caller


def may_be_written_out(program: Program, names: Names, function: Function, node: cst.FunctionDef) -> bool:
    """Whether the body of a function can stand at a call: plain statements, and a single return at its end."""
    return _Copying(program, names, function, node).can_move()


class _Copying:
    def __init__(self, program: Program, names: Names, function: Function, node: cst.FunctionDef) -> None:
        self.program, self.names, self.function, self.node = program, names, function, node
        self.tree = program.trees[function.file]
        self.edit = Edit(self.tree)
        self.parent = {child: part for part in walk(self.tree.module) for child in children(part)}
        self.bound = bindings(node)
        inside = {id(part) for part in walk(node)}
        parts = [p for p in walk(self.tree.module) if isinstance(p, cst.Name) and id(p) not in inside]
        self.outside = {part.value for part in parts}
        self.constants: dict[str, str] = {}
        """Names for the values that are the same in all copies."""
        self.words: dict[int, str] = {}
        """What tells a target of the calls from the others: `d` in `opt_d`."""

    def apply(self) -> Edited | None:
        calls = self._calls()
        if not calls or not self.can_move():
            return None
        lines = [self._line(call) for call in calls]
        if None in lines or len(set(lines)) < len(lines) or not all(map(self._fits, calls)):
            return None
        self._distinguish(calls)
        near = len({self.parent[line] for line in lines}) == 1  # type: ignore[index]
        comments = [part for part in self.node.leading_lines if part.comment is not None]
        for call, line in zip(calls, lines, strict=True):
            assert isinstance(line, cst.SimpleStatementLine)
            statements = self._copy(call, line, len(calls) > 1, near)
            if statements is None:
                return None
            first = statements[0]
            leading = [*line.leading_lines, *comments, *(p for p in first.leading_lines if p.comment is not None)]  # type: ignore[attr-defined]
            statements[0] = self._like(first, first.with_changes(leading_lines=leading))  # type: ignore[call-arg]
            self.edit.replace(line, statements)
            comments = []
        self.edit.replace(self.node, [])
        return self.edit.made()

    # -- what can be written out

    def _calls(self) -> list[cst.Call] | None:
        """The calls of the function in the order of the file; None where it is used in another way."""
        name = self.node.name.value
        known = {id(path[-1].node) for path in self.program.calls.get(self.node, ())}
        found = []
        for file, tree in self.program.trees.items():
            for part in walk(tree.module):
                if not isinstance(part, cst.Name) or part.value != name or part is self.node.name:
                    continue
                user = self.parent.get(part)
                if isinstance(user, cst.Arg) and user.keyword is part:
                    continue
                if not isinstance(user, cst.Attribute) and name in self._locals(part):
                    continue
                func = user if isinstance(user, cst.Attribute) and user.attr is part else part
                call = self.parent.get(func)
                method = isinstance(self.function.bound, Instance)
                if func is part and part in self.parent and not method and not isinstance(call, cst.Call):
                    return None
                if not isinstance(call, cst.Call) or call.func is not func or file != self.function.file:
                    return None
                if id(call) not in known or method != isinstance(func, cst.Attribute):
                    return None
                found.append(call)
        return found

    def can_move(self) -> bool:
        """Whether the body is plain statements, and a single return at its end."""
        home = self.parent.get(self.node)
        owner = self.parent.get(home) if home is not None else None
        top = isinstance(home, cst.Module) or isinstance(owner, cst.ClassDef) and len(home.body) > 1  # type: ignore[union-attr]
        stops = (cst.Yield, cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.Await, cst.Try)
        parts = list(walk(self.node.body))
        looped = {
            n.value for p in parts if isinstance(p, cst.CompFor) for n in walk(p.target) if isinstance(n, cst.Name)
        }
        local = {*self.bound, *(p.name.value for p in self._parameters())}
        if not top or self.node.decorators or any(isinstance(part, stops) for part in parts) or looped & local:
            return False
        if any(isinstance(part, cst.Name) and part.value == "super" for part in parts):
            return False
        returns = _returns(self.node.body)
        if not returns:
            return all(isinstance(self.parent[call], cst.Expr) for call in self._calls() or ())
        return len(returns) == 1 and returns[0].value is not None and returns[0] is last_statement(self.node.body)

    def _parameters(self) -> list[cst.Param]:
        return [*self.node.params.params, *self.node.params.kwonly_params]

    def _line(self, call: cst.CSTNode) -> cst.CSTNode | None:
        part: cst.CSTNode | None = call
        while part is not None and not isinstance(part, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            if isinstance(part, (cst.Lambda, cst.CompFor, cst.IfExp, cst.BooleanOperation)):
                return None
            part = self.parent.get(part)
        return part if isinstance(part, cst.SimpleStatementLine) and len(part.body) == 1 else None

    def _around(self, node: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
        while node is not None:
            yield node
            node = self.parent.get(node)

    def _locals(self, node: cst.CSTNode | None) -> set[str]:
        """The names that the functions around a node bind."""
        around = [part for part in self._around(node) if isinstance(part, cst.FunctionDef)]
        parameters = [p for part in around for p in (*part.params.params, *part.params.kwonly_params)]
        return {*(name for part in around for name in bindings(part)), *(p.name.value for p in parameters)}

    def _fits(self, call: cst.Call) -> bool:
        """Whether the body means the same at a call."""
        line = self._line(call)
        if any(part is self.node for part in self._around(line)):
            return False
        local = self._locals(line)
        own = {*self.bound, *(p.name.value for p in self._parameters())}
        free = {part.value for part in names_read(self.node.body)} - own
        small = line.body[0]  # type: ignore[union-attr]
        return isinstance(small, (cst.Assign, cst.Expr, cst.Return)) and not free & local

    def _distinguish(self, calls: list[cst.Call]) -> None:
        targets = [found for call in calls if len(found := _targets(self.parent[call])) == 1]
        words = [_word(target).split("_") for (target,) in targets]
        shared = set.intersection(*map(set, words)) if words else set()
        for (target,), parts in zip(targets, words, strict=True):
            self.words[id(target)] = "_".join(part for part in parts if part not in shared) or _word(target)

    # -- one copy

    def _copy(self, call: cst.Call, line: cst.SimpleStatementLine, many: bool, near: bool) -> _Block | None:
        """The statements that stand for a calling one."""
        given = self._arguments(call)
        if given is None:
            return None
        small = line.body[0]
        targets = _targets(small) if getattr(small, "value", None) is call else []
        read = {part.value for value in given.values() for part in names_read(value)}
        own = {*self.bound, *given}
        read |= {part.value for part in names_read(self.node.body)} - own
        parts = [part for value in (self.node.body, *given.values()) for part in walk(value)]
        read |= {f".{part.attr.value}" for part in parts if isinstance(part, cst.Attribute)}
        free = not read & {_key(target) for target in targets}
        renames = self._local_names(targets if free else [], targets, many, near)
        first: _Block = []
        texts = {code(target) for target in targets}
        for name, value in given.items():
            if name not in self.bound and _is_stable(value) and code(value) not in texts:
                renames[name] = value
            elif any(part.value == name for part in names_read(self.node.body)):
                local = renames.get(name) or cst.Name(self.names.fresh(name) if name in self.outside else name)
                renames[name] = local
                made = cst.parse_statement(f"{code(local)} = value")
                made = made.with_changes(body=[made.body[0].with_changes(value=value)])  # type: ignore[union-attr]
                self.edit.came_from(made, value)
                first.append(made)  # type: ignore[arg-type]
        body = [s for s in without_docstring(self.node) if not self._is_shared(s, near)]
        return [*first, *(part for statement in body for part in self._moved(statement, renames, call, line, targets))]

    def _is_shared(self, statement: cst.BaseStatement, near: bool) -> bool:
        """Whether an earlier copy has given this constant its name already."""
        name = self._constant(statement)
        if not near or not name:
            return False
        key = f"written {name}"
        known = key in self.constants
        self.constants[key] = name
        return known

    def _constant(self, statement: cst.BaseStatement) -> str:
        """The name that a statement gives to a literal, for good."""
        small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
        if not isinstance(small, cst.Assign) or not isinstance(small.value, (cst.Integer, cst.Float, cst.SimpleString)):
            return ""
        target = small.targets[0].target
        plain = len(small.targets) == 1 and isinstance(target, cst.Name) and len(self.bound[target.value]) == 1
        return target.value if plain else ""  # type: ignore[union-attr]

    def _local_names(
        self, free: list[cst.BaseExpression], targets: list[cst.BaseExpression], many: bool, near: bool
    ) -> dict[str, cst.BaseExpression]:
        """What the names of the function's body are called in a copy."""
        returned = getattr(last_statement(self.node.body), "value", None)
        given = [e.value for e in returned.elements] if isinstance(returned, cst.Tuple) else [returned]
        constants = {name for s in without_docstring(self.node) if (name := self._constant(s))} if near else set()
        found: dict[str, cst.BaseExpression] = {}
        word = self.words.get(id(targets[0]), "") if len(targets) == 1 else ""
        for name in self.bound:
            place = next(
                (i for i, value in enumerate(given) if isinstance(value, cst.Name) and value.value == name), -1
            )
            target = free[place] if 0 <= place < len(free) and len(free) == len(given) else None
            if name in constants:
                if name not in self.constants:
                    self.constants[name] = self.names.fresh(name) if name in self.outside else name
                found[name] = cst.Name(self.constants[name])
            elif target is not None and (_key(target) == name or _key(target) not in self.bound):
                found[name] = target
            elif many:
                found[name] = cst.Name(self.names.fresh(f"{name}_{word}" if word else name))
            else:
                found[name] = cst.Name(self.names.fresh(name) if name in self.outside else name)
        return found

    def _moved(
        self,
        statement: cst.BaseStatement,
        renames: dict[str, cst.BaseExpression],
        call: cst.Call,
        line: cst.SimpleStatementLine,
        targets: list[cst.BaseExpression],
    ) -> Iterator[cst.BaseStatement]:
        """A statement of the body in a copy; what was returned stands in the calling statement."""
        small = statement.body[-1] if isinstance(statement, cst.SimpleStatementLine) else None
        if isinstance(small, cst.Return):
            assert small.value is not None
            yield from self._assigned(self._cloned(small.value, renames), call, line, targets)
        elif isinstance(statement, cst.With) and isinstance(last_statement(statement.body), cst.Return):
            items = [self._cloned(item, renames) for item in statement.items]
            inner = [p for s in statement.body.body for p in self._moved(s, renames, call, line, targets)]  # type: ignore[arg-type]
            block = self._like(statement.body, statement.body.with_changes(body=inner))
            yield self._like(statement, statement.with_changes(items=items, body=block))
        else:
            yield self._cloned(statement, renames)  # type: ignore[misc]

    def _assigned(
        self, value: cst.CSTNode, call: cst.Call, line: cst.SimpleStatementLine, targets: list[cst.BaseExpression]
    ) -> Iterator[cst.BaseStatement]:
        """The calling statement with a value instead of the call: one for each target, where that is the same."""
        bare = self._like(line, line.with_changes(leading_lines=[]))
        values = [e.value for e in value.elements] if isinstance(value, cst.Tuple) else [value]
        texts = [code(target) for target in targets]
        changed = [code(self.edit.edited(self.edit.changes.get(part, part))) for part in values]  # type: ignore[arg-type]
        later = [part for n, text in enumerate(changed) for part in texts[:n] if part in text]
        if not targets or len(values) != len(targets) or later:
            self.edit.changes[call] = value
            yield bare
            return
        for target, part, text in zip(targets, values, changed, strict=True):
            if code(target) != text:
                made = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(target)], part)])  # type: ignore[arg-type]
                self.edit.came_from(made, line)
                yield made

    def _cloned(self, node: cst.CSTNode, renames: dict[str, cst.BaseExpression]) -> cst.CSTNode:
        """A copy of a node, with other names, and the place of the node."""
        clone = node.deep_clone()
        pairs = dict(zip(walk(node), walk(clone), strict=True))
        for old, new in pairs.items():
            self.edit.origins[new] = old
            if old in self.tree.given:
                self.edit.given[new] = self.tree.given[old]
        for name in own_names(node):
            other = renames.get(name.value)
            if other is not None and code(other) != name.value:
                made = other.deep_clone()
                self.edit.origins.update({part: name for part in walk(made)})
                self.edit.changes[pairs[name]] = made
        return self.edit.changes.pop(clone, clone)  # type: ignore[return-value]

    def _like(self, old: cst.CSTNode, new: cst.CSTNode) -> cst.BaseStatement:
        self.edit.origins[new] = self.edit.origins.get(old, old)
        return new  # type: ignore[return-value]

    def _arguments(self, call: cst.Call) -> dict[str, cst.BaseExpression] | None:
        """The expression that each parameter stands for."""
        if not isinstance(self.function.bound, Instance):
            return bound_arguments(self.node, call, _is_literal)
        receiver = call.func.value  # type: ignore[attr-defined]
        return bound_arguments(self.node, call, _is_literal, receiver) if isinstance(receiver, cst.Name) else None


def last_statement(block: cst.BaseSuite) -> cst.CSTNode | None:
    """The last statement of a block, or of the `with` block at its end."""
    final = block.body[-1] if block.body else None
    if isinstance(final, cst.With):
        return last_statement(final.body)
    return final.body[-1] if isinstance(final, cst.SimpleStatementLine) and len(final.body) == 1 else None


def _targets(small: cst.CSTNode) -> list[cst.BaseExpression]:
    """The names and attributes that a statement assigns to, one by one."""
    if not isinstance(small, cst.Assign) or len(small.targets) != 1:
        return []
    target = small.targets[0].target
    found = [e.value for e in target.elements] if isinstance(target, (cst.Tuple, cst.List)) else [target]
    return found if all(isinstance(part, (cst.Name, cst.Attribute)) for part in found) else []


def _word(target: cst.BaseExpression) -> str:
    return target.attr.value if isinstance(target, cst.Attribute) else target.value  # type: ignore[attr-defined]


def _key(target: cst.BaseExpression) -> str:
    return f".{_word(target)}" if isinstance(target, cst.Attribute) else _word(target)


def _is_literal(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.Name):
        return node.value in _CONSTANTS
    return isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)) and not node.lpar


def _is_stable(node: cst.BaseExpression) -> bool:
    """Whether an expression may be read any number of times: a name, an attribute, a literal."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, cst.Name) or _is_literal(node)
