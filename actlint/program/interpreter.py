"""The interpreter: walks statements in order, follows calls, and records the graph that the code builds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from collections.abc import Sequence as Items
from functools import partial
from pathlib import Path

import libcst as cst

from actlint.apis.shape import Shape
from actlint.program import calls, conditions, decorators, expressions, imports, options
from actlint.program.argscopes import Given as ArgScopes
from actlint.program.binding import computed, formula_of
from actlint.program.copies import Copies
from actlint.program.expressions import NamedSequence, binary, evaluate, truthiness
from actlint.program.model import Program
from actlint.program.opened import walk_both
from actlint.program.scope import Scope
from actlint.program.values import (
    FETCHED,
    NONE,
    Class,
    Const,
    DimValue,
    Frame,
    Function,
    Given,
    Handle,
    Host,
    Instance,
    Mapping,
    OneOf,
    Op,
    Picked,
    Property,
    Run,
    Sequence,
    Session,
    ShapeValue,
    Symbol,
    Tensor,
    Turns,
    Unknown,
    Value,
    Variable,
    chosen,
    runs_in,
    tensors_in,
)
from actlint.program.varscopes import VariableScopes

MAX_DEPTH = 40
MAX_STEPS = 60_000
MAX_UNROLLED = 64


class _Return(Exception):
    """A return statement that is surely executed."""


class _Break(Exception):
    """A break statement that is surely executed."""


class _Continue(Exception):
    """A continue statement that is surely executed."""


class Interpreter:
    """Interprets one entry file as `__main__`."""

    def __init__(
        self, program: Program, load: Callable[[Path], Scope | None], apart: Collection[cst.CSTNode] = ()
    ) -> None:
        self.program = program
        self.copies = Copies(program, apart)
        self.load = load
        self.file = program.entry
        self.frames: tuple[Frame, ...] = ()
        self.loops: tuple[cst.CSTNode, ...] = ()
        self.turns: Turns = ()
        self.returned: list[list[Value]] = []
        self.name_scopes: list[str] = []
        self.variable_scopes = VariableScopes()
        self.names: dict[str, int] = {}
        self.shared: dict[str, Value] = {}
        self.outputs: dict[Op, Tensor] = {}
        self.flags = options.Options("options")
        self.set_attributes: list[tuple[Instance, str]] = []
        """The attributes of objects that the function entered last has set."""
        self.default_session: Session | None = None
        self.graph = 0
        self._graphs: dict[int, tuple[dict[str, int], dict[str, Value], dict[str, list[Value]]]] = {}
        self.controls: tuple[Op, ...] = ()
        self.reads: list[decorators.Read] = []
        self.arg_scopes: ArgScopes = {}
        self.open_loops = 0
        self.open_branches = 0
        self.imagined = 0
        self.steps = 0
        self.step_limit = MAX_STEPS
        self.place: tuple[Items[cst.CSTNode], cst.CSTNode | None] = ((), None)
        self._name_depths: dict[Tensor, int] = {}

    # -- statements

    def run_module(self, tree: cst.Module, scope: Scope) -> None:
        self.block(tree.body, scope)

    def block(self, body: Items[cst.CSTNode], scope: Scope) -> None:
        outer = self.place
        try:
            for statement in body:
                self.place = body, statement
                self.statement(statement, scope)
        finally:
            self.place = outer

    def suite(self, body: cst.BaseSuite, scope: Scope) -> None:
        self.block(body.body, scope)

    def statement(self, node: cst.CSTNode, scope: Scope) -> None:
        self.steps += 1
        if self.steps > self.step_limit:
            return
        method = getattr(self, "_" + type(node).__name__, None)
        if method:
            method(node, scope)

    def _SimpleStatementLine(self, node: cst.SimpleStatementLine, scope: Scope) -> None:
        for statement in node.body:
            self.statement(statement, scope)

    _SimpleStatementSuite = _SimpleStatementLine

    def _Expr(self, node: cst.Expr, scope: Scope) -> None:
        evaluate(self, node.value, scope)

    def _Assign(self, node: cst.Assign, scope: Scope) -> None:
        value = evaluate(self, node.value, scope)
        for target in node.targets:
            self.assign(target.target, value, scope)
            self.name_tensors(target.target, value, node.value)

    def _AnnAssign(self, node: cst.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            value = evaluate(self, node.value, scope)
            self.assign(node.target, value, scope)
            self.name_tensors(node.target, value, node.value)

    def _AugAssign(self, node: cst.AugAssign, scope: Scope) -> None:
        left, right = evaluate(self, node.target, scope), evaluate(self, node.value, scope)
        if isinstance(left, Sequence) and left.kind == "list" and isinstance(node.operator, cst.AddAssign):
            items = self.iterate(right)
            left.items.extend(items or [])
            left.partial |= items is None or bool(self.open_loops)
            return
        self.assign(node.target, binary(self, type(node.operator), left, right, node), scope)

    def _Return(self, node: cst.Return, scope: Scope) -> None:
        if self.returned:
            self.returned[-1].append(evaluate(self, node.value, scope) if node.value is not None else NONE)
            raise _Return

    def _Assert(self, node: cst.Assert, scope: Scope) -> None:
        evaluate(self, node.test, scope)

    def _Raise(self, node: cst.Raise, scope: Scope) -> None:
        if self.returned:
            raise _Return

    def _Break(self, node: cst.Break, scope: Scope) -> None:
        if not self.open_branches:
            raise _Break

    def _Continue(self, node: cst.Continue, scope: Scope) -> None:
        if not self.open_branches:
            raise _Continue

    def _Del(self, node: cst.Del, scope: Scope) -> None:
        return

    def _Global(self, node: cst.Global, scope: Scope) -> None:
        for item in node.names:
            scope.redirected[item.name.value] = scope.module

    def _Nonlocal(self, node: cst.Nonlocal, scope: Scope) -> None:
        for item in node.names:
            owner = scope.parent.owner(item.name.value) if scope.parent else None
            if owner:
                scope.redirected[item.name.value] = owner

    def _Import(self, node: cst.Import, scope: Scope) -> None:
        imports.import_names(self, node, scope)

    def _ImportFrom(self, node: cst.ImportFrom, scope: Scope) -> None:
        imports.import_from(self, node, scope)

    def _FunctionDef(self, node: cst.FunctionDef, scope: Scope) -> None:
        names = tuple(
            imports.dotted(d.decorator.func if isinstance(d.decorator, cst.Call) else d.decorator)
            for d in node.decorators
        )
        function = Function(
            node, scope, self.file, node.name.value, self.default_values(node.params, scope), decorators=names
        )
        self.program.functions[node] = function
        scope.bind(node.name.value, decorators.decorated(self, function, scope))

    def _ClassDef(self, node: cst.ClassDef, scope: Scope) -> None:
        bases = tuple(evaluate(self, base.value, scope) for base in node.bases)
        inner = Scope(self.file, scope, "class")
        self.suite(node.body, inner)
        cls = Class(node, scope, self.file, node.name.value, bases, inner.names)
        for value in inner.names.values():
            method = value.method if isinstance(value, Property) else value
            if isinstance(method, Function):
                method.owner = cls
        scope.bind(node.name.value, cls)

    def _If(self, node: cst.If, scope: Scope) -> None:
        test = self.test(node.test, scope)
        truth = truthiness(test)
        chosen, other = (node.body, node.orelse) if truth else (node.orelse, node.body)
        if truth is not None and other is not None and self.program.trees[self.file].is_open(node):
            conditions.taken(self, partial(walk_both, self, node, chosen, other, scope), formula_of(test), scope)
        elif truth is not None and (other is None or not self._may_run(node.test, other, scope)):
            if chosen is not None:
                conditions.taken(self, partial(self.alternative, chosen, scope), formula_of(test), scope)
        else:
            known = [branch for branch in (node.body, node.orelse) if branch is not None]
            self.branches([partial(self.alternative, branch, scope) for branch in known], scope, node)

    def alternative(self, branch: cst.CSTNode, scope: Scope) -> None:
        """One branch of an `if`: a block, an `else` or an `elif`."""
        if isinstance(branch, cst.If):
            self._If(branch, scope)
        else:
            self.suite(branch.body if isinstance(branch, cst.Else) else branch, scope)  # type: ignore[arg-type]

    def guarded_branch(self, branch: cst.CSTNode, scope: Scope) -> None:
        """One branch of an `if`, as far as it goes."""
        self.open_branches += 1
        try:
            self.alternative(branch, scope)
        except _Return:
            pass
        finally:
            self.open_branches -= 1

    def _may_run(self, test: cst.BaseExpression, branch: cst.CSTNode, scope: Scope) -> bool:
        """Whether a branch that isn't taken now holds runs that another choice of the user's would take."""
        if isinstance(test, cst.Comparison) and isinstance(test.left, cst.Name) and test.left.value == "__name__":
            return False
        return calls.has_run(self, branch, scope)

    def test(self, node: cst.BaseExpression, scope: Scope) -> Value:
        """The value of a condition; `__name__ == "__main__"` holds in the entry file alone."""
        if isinstance(node, cst.Comparison) and isinstance(node.left, cst.Name) and node.left.value == "__name__":
            return Const(self.file == self.program.entry and scope.module.file == self.program.entry)
        return evaluate(self, node, scope)

    def branches(self, alternatives: list[Callable[[], None]], scope: Scope, node: cst.CSTNode) -> None:
        """Walk every alternative from the same start, then join the names that they bound."""
        before = dict(scope.names)
        ends: list[dict[str, Value]] = []
        left = 0
        self.open_branches += 1
        sizes = {key: len(values) for key, values in self.program.collections.items()}
        for alternative in alternatives:
            scope.names = dict(before)
            try:
                alternative()
                ends.append(scope.names)
            except _Return:
                left += 1
        self.open_branches -= 1
        self.program.uncertain |= {k for k, v in self.program.collections.items() if len(v) != sizes.get(k, 0)}
        if len(alternatives) == 1:
            ends.append(before)
        if not ends:
            scope.names = before
            raise _Return
        joined = dict(ends[0])
        for end in ends[1:]:
            for name, value in end.items():
                joined[name] = self.either(joined[name], value, node) if name in joined else value
        scope.names = joined

    def either(self, left: Value, right: Value, node: cst.CSTNode) -> Value:
        """A value that is one of two; tensors stay a tensor that may come from both."""
        if left is right or left == right:
            return left
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            return self.operation("either", {"x": left, "y": right}, node, left.shape, left.dtype)
        if isinstance(left, Tensor) != isinstance(right, Tensor):
            tensor = left if isinstance(left, Tensor) else right
            other = right if tensor is left else left
            return (
                tensor
                if other == NONE
                else Unknown("a tensor or a Python value, depending on a condition", node, self.file)
            )
        if isinstance(left, Sequence) and isinstance(right, Sequence) and len(left.items) == len(right.items):
            return Sequence([self.either(a, b, node) for a, b in zip(left.items, right.items, strict=False)], left.kind)
        if any(isinstance(v, (Function, Class, Instance, Handle, Sequence, Mapping)) for v in (left, right)):
            return (
                left
                if right == NONE
                else right
                if left == NONE
                else Unknown("the value depends on a condition", node, self.file)
            )
        return Host("", runs_in(left) + runs_in(right))

    def _For(self, node: cst.For, scope: Scope) -> None:
        iterable = evaluate(self, node.iter, scope)
        items = self.iterate(iterable)
        if items is not None and 0 < len(items) <= MAX_UNROLLED and not calls.has_run(self, node, scope):
            self.unrolled(node, items, scope)
        elif items is None or items:
            element = self.loop_element(iterable, items, node)
            self.repeated(node.body, scope, node, lambda: self.assign(node.target, element, scope))
        if node.orelse is not None:
            self.suite(node.orelse.body, scope)

    def loop_element(self, iterable: Value, items: list[Value] | None, node: cst.CSTNode) -> Value:
        """One element that stands for all of a loop."""
        if items and all(isinstance(item, Const) for item in items):
            return OneOf("element", constants=tuple(items))  # type: ignore[arg-type]
        return self._one_of(items) if items else self.element(iterable, node)

    def _one_of(self, items: list[Value]) -> Value:
        if all(isinstance(item, Variable) for item in items):
            return chosen(items)  # type: ignore[arg-type]
        rows = [item.items for item in items if isinstance(item, Sequence)]
        if len(rows) == len(items) and len({len(row) for row in rows}) == 1:
            return Sequence([self._one_of(list(column)) for column in zip(*rows, strict=True)], "tuple")
        if all(isinstance(item, Const) for item in items):
            return items[0] if all(item == items[0] for item in items) else OneOf("element", constants=tuple(items))
        if len(items) > 1 and all(isinstance(item, Tensor) and item.op.kind in FETCHED for item in items):
            return Picked("one of the tensors that a loop goes through", None, self.file, items=tuple(items))  # type: ignore[arg-type]
        return items[0]

    def unrolled(self, loop: cst.For, items: list[Value], scope: Scope) -> None:
        """A loop whose elements are known, turn by turn."""
        outer, branches = self.turns, self.open_branches
        self.loops, self.open_branches = (*self.loops, loop), 0
        try:
            for turn, item in enumerate(items):
                self.turns = (*outer, (loop, turn))
                self.assign(loop.target, item, scope)
                try:
                    self.suite(loop.body, scope)
                except _Continue:
                    continue
        except _Break:
            pass
        finally:
            self.loops, self.turns, self.open_branches = self.loops[:-1], outer, branches

    def guarded(self, body: cst.BaseSuite, scope: Scope, loop: cst.CSTNode) -> None:
        """A loop's body, which may be left by `return`, `break` or not at all."""
        outer = self.turns
        self.loops, self.turns = (*self.loops, loop), (*outer, (loop, 0))
        self.open_branches += 1
        try:
            self.suite(body, scope)
        except _Return:
            pass
        finally:
            self.loops, self.turns = self.loops[:-1], outer
            self.open_branches -= 1

    def repeated(self, body: cst.BaseSuite, scope: Scope, loop: cst.CSTNode, start: Callable[[], object]) -> None:
        """A loop that isn't unrolled: one walk stands for all, so constants that it changes aren't known, before and
        after."""
        assigned = calls.assigned_names(body)

        def forget() -> None:
            for name in assigned:
                value = scope.names.get(name)
                if isinstance(value, Const) and value != NONE:
                    scope.names[name] = Host("changed in a loop")

        forget()
        start()
        self.open_loops += 1
        try:
            self.guarded(body, scope, loop)
        finally:
            self.open_loops -= 1
        forget()

    def _While(self, node: cst.While, scope: Scope) -> None:
        self.repeated(node.body, scope, node, lambda: self.test(node.test, scope))

    def _Try(self, node: cst.Try, scope: Scope) -> None:
        try:
            self.suite(node.body, scope)
            if node.orelse is not None:
                self.suite(node.orelse.body, scope)
        finally:
            if node.finalbody is not None:
                self.suite(node.finalbody.body, scope)

    def _With(self, node: cst.With, scope: Scope) -> None:
        undo: list[Callable[[], None]] = []
        for item in node.items:
            value = evaluate(self, item.item, scope)
            entered, leave = calls.enter(self, value)
            undo.append(leave)
            if item.asname is not None:
                self.assign(item.asname.name, entered, scope)
        try:
            self.suite(node.body, scope)
        finally:
            for leave in reversed(undo):
                leave()

    def _Match(self, node: cst.Match, scope: Scope) -> None:
        evaluate(self, node.subject, scope)
        self.branches([lambda case=case: self.suite(case.body, scope) for case in node.cases], scope, node)  # type: ignore[misc]

    # -- names and containers

    def assign(self, target: cst.CSTNode, value: Value, scope: Scope) -> None:
        """Bind a target: a name, an attribute, an element, or a pattern of these."""
        if isinstance(target, cst.Name):
            scope.bind(target.value, value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self.unpack(target, value, scope)
        elif isinstance(target, cst.Attribute):
            base = evaluate(self, target.value, scope)
            if isinstance(base, Instance):
                base.attributes[target.attr.value] = value
                self.set_attributes.append((base, target.attr.value))
            elif isinstance(base, Class):
                base.attributes[target.attr.value] = value
            elif isinstance(base, options.Options):
                base.set(target.attr.value, value)
            elif options.is_flags(base):
                self.flags.set(target.attr.value, value)
        elif isinstance(target, cst.Subscript):
            base = evaluate(self, target.value, scope)
            first = target.slice[0].slice
            key = evaluate(self, first.value, scope) if isinstance(first, cst.Index) else None
            if isinstance(base, Mapping) and key is not None:
                base.items[expressions.mapping_key(key)] = value
                base.keys.setdefault(expressions.mapping_key(key), []).append(first.value)  # type: ignore[union-attr]
                base.grown = True
            elif (
                isinstance(base, Sequence)
                and isinstance(key, Const)
                and isinstance(key.value, int)
                and -len(base.items) <= key.value < len(base.items)
            ):
                base.items[key.value] = value
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, value, scope)

    def name_tensors(self, target: cst.BaseExpression, value: Value, source: cst.BaseExpression | None) -> None:
        """Remember what the user calls an expression's tensor, and a tensor: by its first name in the outermost
        function that has one."""
        if isinstance(target, (cst.Tuple, cst.List)):
            for element, part in zip(target.elements, self.iterate(value) or (), strict=False):
                self.name_tensors(element.value, part, None)
        elif isinstance(value, Tensor):
            name = cst.Module([]).code_for_node(target)
            if source is not None:
                self.program.targets.setdefault(source, name)
            depth = len(self.frames)
            if depth < self._name_depths.get(value, depth + 1):
                self._name_depths[value] = depth
                self.program.names[value] = name

    def unpack(self, target: cst.Tuple | cst.List, value: Value, scope: Scope) -> None:
        elements = [element for element in target.elements]
        items = self.iterate(value)
        star = next((i for i, e in enumerate(elements) if isinstance(e, cst.StarredElement)), None)
        if items is not None and star is not None and len(items) >= len(elements) - 1:
            width = len(items) - len(elements) + 1
            items = [*items[:star], Sequence(items[star : star + width]), *items[star + width :]]
        for place, element in enumerate(elements):
            if items is not None and len(items) == len(elements):
                part = items[place]
            else:
                part = self.element(value, element)
            self.assign(element.value, part, scope)

    def iterate(self, value: Value) -> list[Value] | None:
        """The elements of an iterable, when they are known one by one."""
        if isinstance(value, Sequence):
            return None if value.partial else list(value.items)
        if isinstance(value, Mapping):
            return [key if isinstance(key, Value) else Const(key) for key in value.items]
        if isinstance(value, Const) and isinstance(value.value, (str, tuple, list, range, dict)):
            if len(value.value) > 4096:
                return None
            return [computed(item, "element", value, Const(place)) for place, item in enumerate(value.value)]
        if isinstance(value, ShapeValue) and value.shape is not None:
            return [DimValue(dim) for dim in value.shape]
        return None

    def element(self, value: Value, node: cst.CSTNode) -> Value:
        """Some element of an iterable whose elements aren't known one by one."""
        if isinstance(value, (Host, Const, ShapeValue, DimValue)):
            return Host("element", runs_in(value))
        if isinstance(value, (Sequence, Mapping)):
            items = value.items if isinstance(value, Sequence) else list(value.items.values())
            if not any(True for _ in tensors_in(value)):
                return Host("element", runs_in(value))
            first = items[0]
            if all(isinstance(item, Variable) for item in items):
                return chosen(items)  # type: ignore[arg-type]
            reason = "an element of a container, chosen by a value that isn't known here"
            if not all(isinstance(item, Tensor) for item in items):
                return Unknown(reason, node, self.file)
            return first if len(items) == 1 else Picked(reason, node, self.file, items=tuple(items))  # type: ignore[arg-type]
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Tensor) and not value.op.known:
            return Tensor(value.op, None, value.dtype)
        return Unknown("an element of something that isn't known here", node, self.file)

    def default_values(self, parameters: cst.Parameters, scope: Scope) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
            if parameter.default is not None:
                found[parameter.name.value] = evaluate(self, parameter.default, scope)
        return found

    # -- calls

    def call(self, node: cst.Call, scope: Scope) -> Value:
        return calls.call(self, node, scope)

    def call_function(
        self, function: Function, positional: list[Value], keywords: list[tuple[str, Value]], node: cst.CSTNode
    ) -> Value:
        """Follow a call into a function of the analysed files."""
        if len(self.frames) >= MAX_DEPTH or sum(frame.function.node is function.node for frame in self.frames) > 3:
            return Unknown("recursion", node, self.file)
        scope = Scope(function.file, function.scope)
        if not self.bind_parameters(function, positional, keywords, scope, node):
            return Unknown(f"the arguments don't fit {function.name}", node, self.file)
        outer = self.file, self.loops, self.turns, self.open_branches, self.set_attributes
        self.open_branches, self.set_attributes = 0, []
        self.frames = (*self.frames, Frame(node, function, self.file, self.turns, dict(scope.names)))
        self.program.calls.setdefault(function.node, []).append(self.frames)
        self.file = function.file
        self.returned.append([])
        try:
            if isinstance(function.node, cst.Lambda):
                return evaluate(self, function.node.body, scope)
            try:
                self.suite(function.node.body, scope)
            except _Return:
                pass
            found = self.returned[-1]
        finally:
            results = self.returned.pop()
            self.file, self.loops, self.turns, self.open_branches, self.set_attributes = outer
            self.frames = self.frames[:-1]
        if not found:
            return NONE
        result = results[0]
        for other in results[1:]:
            result = self.either(result, other, node)
        return result

    def bind_parameters(
        self,
        function: Function,
        positional: list[Value],
        keywords: list[tuple[str, Value]],
        scope: Scope,
        node: cst.CSTNode,
    ) -> bool:
        parameters = function.node.params
        plain = [p.name.value for p in (*parameters.posonly_params, *parameters.params)]
        only = [p.name.value for p in parameters.kwonly_params]
        arguments = [function.bound, *positional] if function.bound is not None else list(positional)
        bound = dict(zip(plain, arguments, strict=False))
        rest: list[Value] = list(arguments[len(plain) :])
        extra: dict[str, Value] = {}
        for keyword, value in keywords:
            if keyword in plain or keyword in only:
                bound[keyword] = value
            else:
                extra[keyword] = value
        if isinstance(parameters.star_arg, cst.Param):
            bound[parameters.star_arg.name.value] = Sequence(rest, "tuple")
        elif rest:
            return False
        if parameters.star_kwarg is not None:
            bound[parameters.star_kwarg.name.value] = Mapping(dict(extra))
        elif extra:
            return False
        for name in (*plain, *only):
            if name not in bound:
                bound[name] = function.defaults.get(name) or Unknown(f"argument {name} isn't passed", node, self.file)
        scope.names.update(bound)
        return True

    def instantiate(
        self, cls: Class, positional: list[Value], keywords: list[tuple[str, Value]], node: cst.CSTNode
    ) -> Value:
        """Make an object of a class of the analysed files."""
        fields = next((base.fields for base in cls.bases if isinstance(base, NamedSequence)), None)
        if fields:
            made = NamedSequence([*positional, *(value for _, value in keywords)], "tuple")
            made.fields = fields
            return made
        cls = self.copies.of(cls)
        instance = Instance(cls)
        init = expressions.class_attribute(cls, "__init__")
        if isinstance(init, Function):
            self.call_function(
                Function(init.node, init.scope, init.file, init.name, init.defaults, instance, init.owner or cls),
                positional,
                keywords,
                node,
            )
        return instance

    # -- the graph

    def operation(
        self,
        symbol: str,
        arguments: dict[str, Value],
        node: cst.CSTNode,
        shape: Shape | None,
        dtype: str | None,
        *,
        kind: str = "op",
        known: bool = True,
        extra: list[Tensor] | None = None,
    ) -> Tensor:
        """Record an operation; host values that came out of a session run are remembered."""
        inputs = [t for value in arguments.values() for t in tensors_in(value)] + (extra or [])
        fetched = tuple(dict.fromkeys(run for value in arguments.values() for run in runs_in(value)))
        op = Op(
            len(self.program.ops),
            symbol,
            arguments,
            inputs,
            node,
            self.file,
            self.frames,
            self.loops,
            kind,
            fetched,
            known,
            statement=self.place[1],
            graph=self.graph,
            turns=self.turns,
            controls=self.controls if kind != "variable" else (),
        )
        self.program.ops.append(op)
        self.outputs[op] = Tensor(op, shape, dtype)
        return self.outputs[op]

    def given(self, given: Given, node: cst.CSTNode) -> Tensor:
        """The input that stands for a Python value which the graph takes as a constant."""
        if given not in self.program.given:
            made = self.operation("placeholder", {}, node, given.shape, given.dtype, kind="placeholder")
            self.program.given[given] = made
        return self.program.given[given]

    def handle(self, kind: str, symbol: str, arguments: dict[str, Value], node: cst.CSTNode) -> Handle:
        """Record a graph-side object that has no value."""
        return Handle(kind, self.operation(symbol, arguments, node, None, None, kind=kind).op)

    def variables(self, graph: int | None = None) -> list[Variable]:
        """The variables of the default graph, or of another one."""
        wanted = self.graph if graph is None else graph
        return [variable for variable in self.program.variables if variable.op.graph == wanted]

    def enter_graph(self, graph: int) -> int:
        """Make another graph the default one; answers which it was. Each has its own names and collections."""
        before, self.graph = self.graph, graph
        self._graphs[before] = self.names, self.shared, self.program.collections
        self.names, self.shared, self.program.collections = self._graphs.get(graph, ({}, {}, {}))
        return before

    def tag(self, name: str) -> str:
        """The tag of a summary: its name below the open scopes, unique among the tags of the graph; a name that begins
        with a slash is the tag itself."""
        full = name[1:] if name.startswith("/") else "/".join([*self.name_scopes, name])
        tags = {op.name for op in self.program.ops if op.kind == "summary" and op.graph == self.graph}
        return next(tag for n in itertools.count() if (tag := f"{full}_{n}" if n else full) not in tags)

    def unique(self, name: str) -> str:
        """A name made unique in the graph as TF1 does: `name`, `name_1`, ..."""
        full = "/".join([*self.name_scopes, name])
        count = self.names.get(full, 0)
        self.names[full] = count + 1
        return full if count == 0 else f"{full}_{count}"


def record_run(self: Interpreter, run: Run) -> None:
    self.program.runs.append(run)


__all__ = ["Interpreter", "Op", "Symbol", "record_run"]
