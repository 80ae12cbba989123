"""Methods that make weights in several calls become functions, which are handed what they read of their object."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import building_paths, receiver_of
from actlint.migrate.edit import Edit, Edited
from actlint.migrate.ground import names_read
from actlint.migrate.names import Names
from actlint.migrate.source import code, walk
from actlint.program.model import Program
from actlint.program.values import Function, Instance


def released(program: Program, names: Names) -> tuple[Path, Edited] | None:
    """A file with one such method as a function in front of its class, or None where there is none."""
    bodies = {frames[-1].function.node for frames in building_paths(program).values()}
    weights = [op for op in program.ops if op.kind == "variable" or op.layer is not None]
    makers = dict.fromkeys(frame.function for op in weights for frame in reversed(op.calls))
    seen: set[cst.CSTNode] = set()
    for function in makers:
        node = function.node
        if node in seen or node in bodies or not isinstance(node, cst.FunctionDef):
            continue
        seen.add(node)
        if len(program.calls.get(node, ())) < 2:
            continue
        if isinstance(function.bound, Instance) and not node.decorators and receiver_of(node):
            edited = _Release(program, names, function, node).apply()
            if edited is not None:
                return function.file, edited
    return None


class _Release:
    def __init__(self, program: Program, names: Names, function: Function, node: cst.FunctionDef) -> None:
        self.program, self.names, self.node = program, names, node
        self.function = function
        self.tree = program.trees[function.file]
        self.receiver = receiver_of(node)
        self.reads: dict[str, list[cst.Attribute]] = {}

    def apply(self) -> Edited | None:
        module = self.tree.module
        owner = next((c for c in module.body if isinstance(c, cst.ClassDef) and self.node in c.body.body), None)
        calls = self._calls()
        if owner is not None and self.node is owner.body.body[0]:
            return None
        if owner is None or calls is None or not self._find_reads():
            return None
        edit = Edit(self.tree)
        local = {part.value for part in walk(self.node) if isinstance(part, cst.Name)} - set(self.reads)
        inside = {name: name if name not in self._bound() else self.names.fresh(name) for name in self.reads}
        if any(new in local for new in inside.values() if new not in self.reads):
            return None
        for name, parts in self.reads.items():
            for part in parts:
                edit.replace(part, cst.Name(inside[name]))
        called = self._name()
        changed = edit.edited(self.node)
        assert isinstance(changed, cst.FunctionDef)
        made = changed.with_changes(
            name=cst.Name(called), params=self._parameters(changed.params, list(inside.values())), leading_lines=[]
        )
        edit.came_from(made, self.node)
        edit.changes.clear()
        for call in calls:
            edit.replace(call, self._call(call, called, inside))
        made = made.with_changes(leading_lines=owner.leading_lines)
        edit.came_from(made, self.node)
        gap = [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)]
        edit.changes[self.node] = []
        body = edit.edited(owner)
        assert isinstance(body, cst.ClassDef)
        edit.changes[owner] = [made, body.with_changes(leading_lines=gap)]
        edit.origins[edit.changes[owner][1]] = owner
        return edit.made()

    def _name(self) -> str:
        """The method's own name, where that is free among the names of the files."""
        name = self.node.name.value
        parts = [part for tree in self.program.trees.values() for part in walk(tree.module)]
        attributes = {id(part.attr) for part in parts if isinstance(part, cst.Attribute)}
        alike = [p for p in parts if isinstance(p, cst.Name) and p.value == name and id(p) not in attributes]
        return name if len(alike) == 1 else self.names.fresh(name)

    def _calls(self) -> list[cst.Call] | None:
        """The calls of the method, all in its file; None where it is used in another way."""
        found: list[cst.Call] = []
        for file, tree in self.program.trees.items():
            parents = {id(part.func): part for part in walk(tree.module) if isinstance(part, cst.Call)}
            for part in walk(tree.module):
                if not isinstance(part, cst.Attribute) or part.attr.value != self.node.name.value:
                    continue
                values = self.program.values(part)
                call = parents.get(id(part))
                plain = call is not None and not any(argument.star for argument in call.args)
                if not values or any(not isinstance(v, Function) or v.node is not self.node for v in values):
                    return None
                if not plain or file != self.function.file or not isinstance(part.value, (cst.Name, cst.Attribute)):
                    return None
                found.append(call)  # type: ignore[arg-type]
        return found or None

    def _bound(self) -> set[str]:
        parameters = self.node.params
        return {p.name.value for p in (*parameters.params, *parameters.kwonly_params)} | {
            name.value for name in names_read(self.node.body)
        }

    def _find_reads(self) -> bool:
        """Find what the method reads of its object; whether that is all that it does with it."""
        if self.node.params.star_kwarg is not None or isinstance(self.node.params.star_arg, cst.Param):
            return False
        stored = {
            id(part)
            for target in walk(self.node.body)
            if isinstance(target, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del))
            for part in walk(target.target)
        }
        own: set[int] = set()
        for part in walk(self.node.body):
            if isinstance(part, cst.Attribute) and isinstance(part.value, cst.Name):
                if part.value.value == self.receiver:
                    values = self.program.values(part)
                    method = any(isinstance(v, Function) and v.bound is not None for v in values)
                    if id(part) in stored or not values or method:
                        return False
                    own.add(id(part.value))
                    self.reads.setdefault(part.attr.value, []).append(part)
        return not any(
            isinstance(part, cst.Name) and part.value in (self.receiver, "super") and id(part) not in own
            for part in walk(self.node.body)
        )

    def _parameters(self, parameters: cst.Parameters, extra: list[str]) -> cst.Parameters:
        plain = [p for p in parameters.params[1:] if p.default is None]
        rest = [p for p in parameters.params[1:] if p.default is not None]
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        made = [*plain, *(cst.Param(cst.Name(name)) for name in extra), *rest]
        spaced = [p.with_changes(comma=comma) for p in made[:-1]]
        last = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in made[-1:]]
        return parameters.with_changes(params=[*spaced, *last])

    def _call(self, call: cst.Call, name: str, inside: dict[str, str]) -> cst.Call:
        assert isinstance(call.func, cst.Attribute)
        owner = code(call.func.value)
        required = sum(p.default is None for p in self.node.params.params[1:])
        args = list(call.args)
        at = required if all(a.keyword is None for a in args[:required]) and len(args) >= required else None
        extra = []
        for read, parameter in inside.items():
            value = cst.parse_expression(f"{owner}.{read}")
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            keyword = {"keyword": cst.Name(parameter), "equal": equal} if at is None else {}
            extra.append(cst.Arg(value, **keyword))  # type: ignore[arg-type]
        place = len(args) if at is None else at
        args[place:place] = extra
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        args = [a.with_changes(comma=comma) if isinstance(a.comma, cst.MaybeSentinel) else a for a in args[:-1]] + [
            a.with_changes(comma=cst.MaybeSentinel.DEFAULT) for a in args[-1:]
        ]
        return call.with_changes(func=cst.Name(name), args=args)
