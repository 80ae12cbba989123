"""The interpreter of eager code: statements in order, with loops walked twice and branches joined."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Series
from pathlib import Path

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager.expressions import binary, element, evaluate, iterated, remainder
from actlint.program.eager.imports import import_from, import_names
from actlint.program.eager.losses import first_loss, is_loss_function
from actlint.program.eager.model import Binding, EagerProgram, Inplace, Leak, Returned, Sink, Store
from actlint.program.eager.narrowing import narrowed
from actlint.program.eager.objects import freeze
from actlint.program.eager.tracing import leaked
from actlint.program.eager.values import (
    OPAQUE,
    Arguments,
    Either,
    Hook,
    Items,
    Loop,
    Method,
    Object,
    Place,
    State,
    Table,
    Tape,
    Tensor,
    cuts,
    join,
    parts,
    strongest,
)
from actlint.program.imports import dotted
from actlint.program.scope import Scope
from actlint.program.values import NONE, Class, Const, Frame, Function, Module, Symbol, Value

MAX_STEPS = 40_000
MAX_DEPTH = 24


class Leave(Exception):
    """A return, raise, break or continue that is surely executed."""


class Interpreter:
    """Interprets one entry file as `__main__`."""

    def __init__(self, program: EagerProgram, load: Callable[[Path], Scope | None]) -> None:
        self.program = program
        self.load = load
        self.file = program.entry
        self.frames: tuple[Frame, ...] = ()
        self.loops: tuple[Loop, ...] = ()
        self.tapes: tuple[Tape, ...] = ()
        self.no_grad = False
        self.hook: Hook | None = None
        self.returned: list[list[Value]] = []
        self.called: set[cst.CSTNode] = set()
        self.outer_names: set[str] = set()
        """Names that functions bound outside of themselves."""
        self.generators: set[cst.CSTNode] = set()
        self.branches_open = 0
        self.quiet = 0
        self.steps = 0
        self.count = 0

    # -- recording

    def place(self, node: cst.CSTNode) -> Place:
        """Here and now."""
        self.count += 1
        around = self.frames, self.loops, self.tapes, self.no_grad, self.hook
        return Place(node, self.file, *around, self.count, self.branches_open)

    def tensor(
        self,
        symbol: str,
        inputs: Series[Value],
        node: cst.CSTNode,
        *,
        effect: apis.Effect = "keep",
        arguments: Arguments | None = None,
        via: Value | None = None,
        state: State | None = None,
    ) -> Tensor:
        """A new tensor, with its state by what it is computed from and what the operation does to gradients."""
        found = strongest(list(inputs)) if state is None else state
        cut = ""
        if effect == "data":
            found = "plain"
        elif effect != "keep" or self.no_grad:
            if found == "attached":
                found, cut = "cut", effect if effect != "keep" else "no_grad"
            elif found == "maybe" or effect == "round" and any(t.cut != "round" for v in inputs for t in cuts(v)):
                found = "plain"
        host = effect == "host" or bool(inputs) and all(isinstance(v, Tensor) and v.host for v in inputs)
        symbolic = effect == "keep" and any(isinstance(v, Tensor) and v.symbolic for v in inputs)
        made = Tensor(
            apis.short(symbol),
            symbol,
            tuple(inputs),
            self.place(node),
            found,
            arguments or Arguments(),
            cut,
            host,
            symbolic,
            via,
        )
        if not self.quiet:
            self.program.tensors.append(made)
        return made

    def record_sink(
        self, kind: str, value: Value, node: cst.CSTNode, sources: Value | None = None, tape: Tape | None = None
    ) -> None:
        """Remember that a value is differentiated here."""
        if not self.quiet:
            self.program.sinks.append(Sink(kind, value, self.place(node), sources, tape))  # type: ignore[arg-type]

    def record_store(self, value: Value, target: Value, node: cst.CSTNode) -> None:
        """Remember that a value is kept in an attribute or a container."""
        if isinstance(value, Hook):
            value.kept = True
        self._updated(target)
        if not self.quiet:
            self.program.stores.append(Store(value, target, self.place(node)))

    def record_leaks(self, value: Value, node: cst.CSTNode) -> None:
        """Remember that what was stored elsewhere is read, if it is a tensor of a trace and this is outside of it."""
        if not self.quiet and isinstance(value, (Tensor, Items, Either)):
            self.program.leaks.extend(Leak(tensor, self.place(node)) for tensor in leaked(value, self.frames))

    def record_inplace(self, value: Value, node: cst.CSTNode) -> None:
        """Remember that a tensor is overwritten."""
        self._updated(value)
        if isinstance(value, Tensor) and not self.quiet:
            self.program.inplace.append(Inplace(value, self.place(node)))

    def _updated(self, value: Value) -> None:
        """A module whose weights the program itself overwrites needs no optimizer."""
        while isinstance(value, Tensor) and value.op in ("data", "detach") and value.inputs:
            value = value.inputs[0]
        if isinstance(value, Tensor) and value.op in ("parameters", "parameter") and isinstance(value.via, Object):
            value.via.told.add("updated")

    # -- modules and blocks

    def run_module(self, file: Path) -> None:
        """Interpret a file's statements in a scope of its own."""
        scope = self.program.scopes[file] = Scope(file, None, "module")
        outer = self.file, self.frames, self.loops, self.tapes, self.no_grad, self.hook, self.branches_open
        self.file, self.frames, self.loops, self.tapes, self.no_grad, self.hook, self.branches_open = (
            (file,) + ((),) * 3 + (False, None, 0)  # type: ignore[assignment]
        )
        try:
            self.block(self.program.trees[file].module.body, scope)
        except Leave:
            pass
        finally:
            self.file, self.frames, self.loops, self.tapes, self.no_grad, self.hook, self.branches_open = outer

    def block(self, body: Series[cst.CSTNode], scope: Scope) -> None:
        for statement in body:
            self.statement(statement, scope)

    def statement(self, node: cst.CSTNode, scope: Scope) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.program.exhausted = True
            return
        method = getattr(self, "_" + type(node).__name__, None)
        if method:
            method(node, scope)

    evaluate = evaluate

    def _SimpleStatementLine(self, node: cst.SimpleStatementLine, scope: Scope) -> None:
        self.block(node.body, scope)

    _SimpleStatementSuite = _SimpleStatementLine

    def _IndentedBlock(self, node: cst.IndentedBlock, scope: Scope) -> None:
        self.block(node.body, scope)

    def _Expr(self, node: cst.Expr, scope: Scope) -> None:
        self.evaluate(node.value, scope)

    def _Assert(self, node: cst.Assert, scope: Scope) -> None:
        self.evaluate(node.test, scope)

    def _Assign(self, node: cst.Assign, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.assign(target.target, value, scope)

    def _AnnAssign(self, node: cst.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, scope), scope)

    def _AugAssign(self, node: cst.AugAssign, scope: Scope) -> None:
        left, right = self.evaluate(node.target, scope), self.evaluate(node.value, scope)
        if isinstance(left, Items) and isinstance(node.operator, cst.AddAssign):
            for item in parts(right):
                self.append(left, item, node)
            return
        self.record_inplace(left, node)
        operator = type(node.operator).__name__.removesuffix("Assign")
        self.assign(node.target, binary(self, operator, left, right, node), scope)

    def append(self, items: Items, value: Value, node: cst.CSTNode) -> None:
        """A list that grows, in a loop or branch by elements that aren't counted."""
        self.record_store(value, items, node)
        if not self.quiet:
            items.grown.append((value, self.place(node)))
        if len(items.place.loops) < len(self.loops) or self.branches_open or self.hook is not None:
            items.rest = value if items.rest is None else join([items.rest, value])
        else:
            items.items.append(value)

    def assign(self, target: cst.CSTNode, value: Value, scope: Scope) -> None:
        """Bind a name, an attribute, an element, or several of them."""
        if isinstance(target, cst.Name):
            self._replaced(scope.lookup(target.value), value)
            if target.value in scope.redirected:
                self.outer_names.add(target.value)
                self.record_store(value, OPAQUE, target)
            scope.bind(target.value, value)
            if not self.quiet:
                function = self.frames[-1].function if self.frames else None
                self.program.bindings.append(Binding(target.value, value, self.place(target), function))
        elif isinstance(target, cst.Attribute):
            self._assign_attribute(target, value, scope)
        elif isinstance(target, cst.Subscript):
            self._assign_element(target, value, scope)
        elif isinstance(target, (cst.Tuple, cst.List)):
            self._unpack(target, value, scope)
        elif isinstance(target, cst.StarredElement):
            self.assign(target.value, OPAQUE, scope)

    def _replaced(self, old: Value | None, new: Value) -> None:
        """A fresh container in the place of an old one: the old one is dropped."""
        if isinstance(old, (Items, Table)) and isinstance(new, (Items, Table)) and new is not old:
            old.emptied = True

    def _unpack(self, target: cst.Tuple | cst.List, value: Value, scope: Scope) -> None:
        behind = 0
        for position, item in enumerate(target.elements):
            if isinstance(item, cst.StarredElement):
                behind = len(target.elements)
                self.assign(item.value, remainder(self, value, position, behind - position - 1, target), scope)
            else:
                self.assign(item.value, element(self, value, Const(position - behind), target), scope)

    def _assign_attribute(self, target: cst.Attribute, value: Value, scope: Scope) -> None:
        owner, name = self.evaluate(target.value, scope), target.attr.value
        if name in ("requires_grad", "trainable") and isinstance(value, Const):
            self.set_requires_grad(owner, bool(value.value), target)
            return
        self.record_store(value, owner, target)
        if isinstance(owner, Object):
            old = owner.attributes.get(name)
            self._replaced(old, value)
            weak = old is not None and (self.branches_open or self.hook is not None or self.loops)
            owner.attributes[name] = join([old, value]) if weak and old is not None else value
        elif isinstance(owner, Module):
            owner.scope.names[name] = value

    def set_requires_grad(self, value: Value, flag: bool, node: cst.CSTNode) -> None:
        """`requires_grad = ...`, `requires_grad_(...)`, `trainable = ...`."""
        if flag and not self.quiet:
            self.program.requires.append((value, self.place(node)))
        if isinstance(value, Object):
            freeze(value, not flag)
        elif isinstance(value, Tensor):
            if isinstance(value.via, Object) and (not flag or value.op in ("parameters", "parameter")):
                freeze(value.via, not flag)
            if flag:
                value.state = "attached"

    def _assign_element(self, target: cst.Subscript, value: Value, scope: Scope) -> None:
        owner = self.evaluate(target.value, scope)
        index = target.slice[0].slice if len(target.slice) == 1 else None
        key = self.evaluate(index.value, scope) if isinstance(index, cst.Index) else None
        self.set_element(owner, key, value, target)

    def set_element(self, owner: Value, key: Value | None, value: Value, target: cst.CSTNode) -> None:
        """`owner[key] = value`; a slice has no key."""
        self.record_store(value, owner, target)
        if isinstance(owner, Items) and key is None:
            owner.emptied = True
        elif isinstance(owner, Items):
            owner.rest = value if owner.rest is None else join([owner.rest, value])
        elif isinstance(owner, Table):
            if not isinstance(key, Const):
                owner.rest = value if owner.rest is None else join([owner.rest, value])
            else:
                old = owner.items.get(key.value)
                weak = old is not None and (self.branches_open or self.hook is not None)
                owner.items[key.value] = join([old, value]) if weak and old is not None else value
        else:
            self.record_inplace(owner, target)

    def _Return(self, node: cst.Return, scope: Scope) -> None:
        value = self.evaluate(node.value, scope) if node.value is not None else NONE
        if self.returned and self.frames:
            self.returned[-1].append(value)
            function = self.frames[-1].function
            if not self.quiet and node.value is not None:
                self.program.returns.append(Returned(value, function, self.place(node.value)))
                if is_loss_function(function.name) and not self.no_grad:
                    self.record_sink("return", first_loss(value), node.value)
        raise Leave

    def _Raise(self, node: cst.Raise, scope: Scope) -> None:
        raise Leave

    def _Break(self, node: cst.Break, scope: Scope) -> None:
        raise Leave

    _Continue = _Break

    def _Del(self, node: cst.Del, scope: Scope) -> None:
        targets = [e.value for e in node.target.elements] if isinstance(node.target, cst.Tuple) else [node.target]
        for target in targets:
            value = self.evaluate(target.value if isinstance(target, cst.Subscript) else target, scope)
            if isinstance(value, (Items, Table)):
                value.emptied = True

    def _Global(self, node: cst.Global, scope: Scope) -> None:
        for item in node.names:
            scope.redirected[item.name.value] = scope.module

    def _Nonlocal(self, node: cst.Nonlocal, scope: Scope) -> None:
        for item in node.names:
            owner = scope.parent.owner(item.name.value) if scope.parent else None
            if owner:
                scope.redirected[item.name.value] = owner

    def _Import(self, node: cst.Import, scope: Scope) -> None:
        import_names(self, node, scope)

    def _ImportFrom(self, node: cst.ImportFrom, scope: Scope) -> None:
        import_from(self, node, scope)

    # -- definitions

    def _FunctionDef(self, node: cst.FunctionDef, scope: Scope) -> None:
        decorators = []
        for decorator in node.decorators:
            value = self.evaluate(decorator.decorator, scope)
            symbol = value.symbol if isinstance(value, Object) else value.name if isinstance(value, Symbol) else ""
            called = decorator.decorator
            if isinstance(called, cst.Call) and not symbol:
                maker = self.evaluate(called.func, scope)
                symbol = maker.name if isinstance(maker, Symbol) else dotted(called.func)
            decorators.append(symbol or dotted(called))
        function = Function(
            node,
            scope,
            self.file,
            node.name.value,
            {
                parameter.name.value: self.evaluate(parameter.default, scope)
                for parameter in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params)
                if parameter.default is not None
            },
            decorators=tuple(decorators),
        )
        self.program.functions[node] = function
        scope.bind(node.name.value, function)

    def _ClassDef(self, node: cst.ClassDef, scope: Scope) -> None:
        bases = tuple(self.evaluate(base.value, scope) for base in node.bases)
        inner = Scope(self.file, scope, "class")
        self.block(node.body.body, inner)
        cls = Class(node, scope, self.file, node.name.value, bases, inner.names)
        for value in inner.names.values():
            if isinstance(value, Function) and value.owner is None:
                value.owner = cls
        scope.bind(node.name.value, cls)

    # -- control flow

    def _If(self, node: cst.If, scope: Scope) -> None:
        test = node.test
        if isinstance(test, cst.Comparison) and isinstance(test.left, cst.Name) and test.left.value == "__name__":
            if self.file == self.program.entry:
                self.block(node.body.body, scope)
            return
        self.evaluate(test, scope)
        known = narrowed(self, test, scope)

        def follow() -> None:
            scope.names.update({name: value for name, value in known.items() if name in scope.names})
            self.block(node.body.body, scope)

        alternatives: list[Callable[[], None]] = [follow]
        if isinstance(node.orelse, cst.If):
            alternatives.append(lambda: self._If(node.orelse, scope))  # type: ignore[arg-type]
        elif node.orelse is not None:
            alternatives.append(lambda: self.block(node.orelse.body.body, scope))  # type: ignore[union-attr]
        else:
            alternatives.append(lambda: None)
        self.branches(alternatives, scope)

    def branches(self, alternatives: list[Callable[[], None]], scope: Scope) -> None:
        """Walk every alternative from the same start, then join the names that they bound."""
        before = dict(scope.names)
        ends: list[dict[str, Value]] = []
        self.branches_open += 1
        try:
            for alternative in alternatives:
                scope.names = dict(before)
                try:
                    alternative()
                    ends.append(scope.names)
                except Leave:
                    pass
        finally:
            self.branches_open -= 1
        if not ends:
            scope.names = before
            raise Leave
        scope.names = ends[0] if len(ends) == 1 else _merged(ends)

    def _For(self, node: cst.For, scope: Scope) -> None:
        iterable = self.evaluate(node.iter, scope)
        items = iterated(self, iterable, node.iter)
        self._loop(node, scope, lambda: self.assign(node.target, items, scope))

    def _While(self, node: cst.While, scope: Scope) -> None:
        self._loop(node, scope, lambda: self.evaluate(node.test, scope))

    def _loop(self, node: cst.For | cst.While, scope: Scope, start: Callable[[], object]) -> None:
        """The body once in silence, for what one turn leaves to the next, then once for all turns."""
        before = dict(scope.names)
        for silent in (True, False) if len(self.loops) < 4 else (False,):
            self.loops = (*self.loops, Loop(node, len(self.frames)))
            self.quiet += silent
            try:
                start()
                self.block(node.body.body, scope)
            except Leave:
                pass
            finally:
                self.loops = self.loops[:-1]
                self.quiet -= silent
            names = {**before, **scope.names}
            scope.names = {n: join([before[n], v]) if before.get(n, v) is not v else v for n, v in names.items()}
        if node.orelse is not None:
            self.block(node.orelse.body.body, scope)

    def _With(self, node: cst.With, scope: Scope) -> None:
        outer = self.no_grad, self.tapes
        try:
            for item in node.items:
                value = self.evaluate(item.item, scope)
                self._enter(value)
                if item.asname is not None:
                    self.assign(item.asname.name, value, scope)
            self.block(node.body.body, scope)
        finally:
            self.no_grad, self.tapes = outer

    def _enter(self, value: Value) -> None:
        symbol = value.symbol if isinstance(value, Object) else ""
        if symbol in apis.NO_GRAD:
            self.no_grad = True
        elif symbol == "torch.set_grad_enabled" and isinstance(value, Object):
            flag = value.arguments.get(0, "mode")
            if isinstance(flag, Const):
                self.no_grad = not flag.value
        elif symbol == "torch.enable_grad":
            self.no_grad = False
        elif isinstance(value, Tape):
            self.tapes = (*self.tapes, value)
        elif isinstance(value, Hook):
            value.removals.append(self.place(value.place.node))
        elif isinstance(value, Method) and value.name == "stop_recording":
            self.tapes = self.tapes[:-1]

    def _Try(self, node: cst.Try, scope: Scope) -> None:
        alternatives: list[Callable[[], None]] = [lambda: self.block(node.body.body, scope)]
        alternatives += [lambda handler=handler: self.block(handler.body.body, scope) for handler in node.handlers]  # type: ignore[misc]
        try:
            self.branches(alternatives, scope)
        finally:
            if node.finalbody is not None:
                self.block(node.finalbody.body.body, scope)

    def _Match(self, node: cst.Match, scope: Scope) -> None:
        self.evaluate(node.subject, scope)
        self.branches([lambda case=case: self.block(case.body.body, scope) for case in node.cases], scope)  # type: ignore[misc]


def _merged(ends: list[dict[str, Value]]) -> dict[str, Value]:
    """The names that several ends of a branch left, each one of the values that they gave it."""
    found: dict[str, Value] = {}
    for name in {name: None for end in ends for name in end}:
        values = [end[name] for end in ends if name in end]
        first = values[0]
        found[name] = first if all(value is first for value in values) else join(values)
    return found
