"""Dicts of tensors that a function which builds returns: its tensors are returned one by one, under names of their own,
and functions that were handed the dict are handed what they take out of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import building_paths, is_graph
from actlint.migrate.copied import last_statement
from actlint.migrate.edit import Edit, assignment
from actlint.migrate.hoist import bindings
from actlint.migrate.names import Names
from actlint.migrate.source import walk
from actlint.program.expressions import NamedSequence
from actlint.program.model import Program
from actlint.program.values import Frame, Function, Mapping, Value
from actlint.syntax.tree import Tree
from actlint.syntax.walk import children

_Scope = cst.Module | cst.FunctionDef


def unkeyed(program: Program, names: Names) -> dict[Path, Tree] | None:
    """The changed files of a program in which one function returns tensors instead of a dict of them, or None."""
    for frames in building_paths(program).values():
        node = frames[-1].function.node
        returned = last_statement(node.body) if isinstance(node, cst.FunctionDef) else None
        if isinstance(node, cst.FunctionDef) and isinstance(returned, cst.Return):
            once = sum(isinstance(part, cst.Return) for part in walk(node)) == 1
            values = list({id(v): v for v in program.values(frames[-1].node)}.values())
            if not once or len(values) != 1 or not isinstance(values[0], (Mapping, NamedSequence)):
                continue
            entries = dict(_entries(returned.value, values[0]))
            items = _items(values[0])
            if entries and list(items) == list(entries) and any(map(is_graph, items.values())):
                made = _Unkeying(program, names, values[0], entries).apply(frames[-1], returned)
                if made is not None:
                    return made
    return None


def _items(value: Mapping | NamedSequence) -> dict[object, Value]:
    return value.items if isinstance(value, Mapping) else dict(zip(value.fields, value.items, strict=True))


def _entries(
    node: cst.BaseExpression | None, value: Mapping | NamedSequence
) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The keys of a dict literal or named tuple, with their values; nothing where some key isn't an identifier."""
    pairs: list[tuple[object, cst.BaseExpression]] = []
    if isinstance(node, cst.Dict):
        for element in node.elements:
            key = element.key if isinstance(element, cst.DictElement) else None
            pairs.append((key.evaluated_value if isinstance(key, cst.SimpleString) else None, element.value))
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        pairs = [(a.keyword.value if a.keyword is not None else None, a.value) for a in node.args]
    elif isinstance(node, cst.Call) and isinstance(value, NamedSequence):
        fields = [a.keyword.value if a.keyword is not None else value.fields[n] for n, a in enumerate(node.args)]
        given = dict(zip(fields, node.args, strict=True))
        pairs = [(name, given[name].value) for name in value.fields if name in given and not given[name].star]
    if all(isinstance(key, str) and key.isidentifier() for key, _ in pairs):
        yield from pairs  # type: ignore[misc]


class _Failed(Exception):  # noqa: N818
    """The dict is used in a way that names can't stand for."""


class _Unkeying:
    """One dict, with the changes of all files that use it."""

    def __init__(
        self, program: Program, names: Names, value: Mapping | NamedSequence, entries: dict[str, cst.BaseExpression]
    ) -> None:
        self.program, self.names, self.value, self.entries = program, names, value, entries
        self.edits = {file: Edit(tree) for file, tree in program.trees.items()}
        self.parents: dict[Path, dict[cst.CSTNode, cst.CSTNode]] = {}
        self.handed: dict[cst.CSTNode, dict[str, str]] = {}
        """Functions that take the dict, with the parameters that take its place."""
        self.passed: set[cst.CSTNode] = set()

    def apply(self, frame: Frame, returned: cst.Return) -> dict[Path, Tree] | None:
        """The changed files; None where names can't stand for the dict."""
        parent = self._parent(frame.file)
        assigned = parent.get(frame.node)
        target = assigned.targets[0].target if isinstance(assigned, cst.Assign) and len(assigned.targets) == 1 else None
        scope = next(
            (p for p in self._around(frame.node, frame.file) if isinstance(p, (cst.Module, cst.FunctionDef))), None
        )
        if not isinstance(target, cst.Name) or scope is None or len(bindings(scope).get(target.value, ())) != 1:
            return None
        try:
            own = self._replaced(target.value, scope, frame.file, target)
            calls = {path[-1].node for node in self.handed for path in self.program.calls.get(node, ())}
        except _Failed:
            return None
        if calls - self.passed or not own:
            return None
        bound = [cst.Element(cst.Name(own[key])) for key in self.entries if key in own]
        self.edits[frame.file].replace(target, cst.Tuple(bound, lpar=[], rpar=[]) if len(bound) > 1 else bound[0].value)
        self._return(frame.function, returned, [key for key in self.entries if key in own])
        return {file: edit.made() for file, edit in self.edits.items() if edit.changes}

    def _return(self, function: Function, returned: cst.Return, keys: list[str]) -> None:
        edit = self.edits[function.file]
        used = {part.value for part in walk(function.node) if isinstance(part, cst.Name)}
        made: list[cst.BaseStatement] = []
        values: list[cst.BaseExpression] = []
        for key in keys:
            value = self.entries[key]
            if not isinstance(value, (cst.Name, cst.Attribute)):
                name = self.names.fresh(key) if key in used else key
                made.append(assignment(edit, name, value))
                value = cst.Name(name)
            values.append(value)
        whole = cst.Tuple([cst.Element(v) for v in values], lpar=[], rpar=[]) if len(values) > 1 else values[0]
        line = self._parent(function.file)[returned]
        assert isinstance(line, cst.SimpleStatementLine)
        last = line.with_changes(
            body=[*line.body[:-1], cst.Return(whole)], leading_lines=[] if made else line.leading_lines
        )
        edit.replace(line, [*made, last])

    def _parent(self, file: Path) -> dict[cst.CSTNode, cst.CSTNode]:
        if file not in self.parents:
            nodes = walk(self.program.trees[file].module)
            self.parents[file] = {child: node for node in nodes for child in children(node)}
        return self.parents[file]

    def _around(self, node: cst.CSTNode, file: Path) -> Iterator[cst.CSTNode]:
        current = self._parent(file).get(node)
        while current is not None:
            yield current
            current = self._parent(file).get(current)

    def _reads(self, node: cst.CSTNode, name: str) -> Iterator[cst.Name]:
        """Where a scope reads a name, also in functions within it that don't bind it."""
        for child in children(node):
            if isinstance(child, (cst.FunctionDef, cst.Lambda)):
                given = {p.name.value for p in (*child.params.params, *child.params.kwonly_params)}
                if name in given or name in bindings(child):
                    continue
            if isinstance(child, cst.Name) and child.value == name:
                yield child
            yield from self._reads(child, name)

    def _replaced(self, name: str, scope: _Scope, file: Path, target: cst.Name | None) -> dict[str, str]:
        """The names for what a scope takes out of the dict, by key."""
        parent, edit = self._parent(file), self.edits[file]
        reads = [r for r in self._reads(scope, name) if r is not target and r in self.program.facts]
        wanted: dict[str, list[cst.BaseExpression]] = {}
        arguments: list[tuple[cst.Arg, cst.FunctionDef, str]] = []
        for read in reads:
            holder = parent[read]
            if any(v is not self.value for v in self.program.values(read)):
                raise _Failed
            plain = isinstance(holder, (cst.Subscript, cst.Attribute)) and holder.value is read
            if plain and (key := self._key(holder)) in self.entries:
                wanted.setdefault(key, []).append(holder)
            elif isinstance(holder, cst.Arg) and isinstance(parent.get(holder), cst.Call):
                function, parameter = self._parameter(parent[holder], holder)  # type: ignore[arg-type]
                self._hand(function, parameter)
                arguments.append((holder, function, parameter))
                for key in self.handed[function]:
                    wanted.setdefault(key, [])
            else:
                raise _Failed
        taken = {part.value for part in self._own(scope) if isinstance(part, cst.Name)}
        own = {key: self.names.fresh(key) if key in taken else key for key in self.entries if key in wanted}
        for key, nodes in wanted.items():
            for node in nodes:
                edit.replace(node, cst.Name(own[key]))
        for argument, function, _ in arguments:
            handed = self.handed[function].items()
            keyword = argument.keyword is not None
            edit.replace(
                argument,
                [cst.Arg(cst.Name(own[key]), keyword=cst.Name(given) if keyword else None) for key, given in handed],
            )
            self.passed.add(parent[argument])
        return own

    def _own(self, scope: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What stands in a scope itself, without the functions in it."""
        for child in children(scope):
            if not isinstance(child, cst.FunctionDef):
                yield child
                yield from self._own(child)

    def _parameter(self, call: cst.Call, argument: cst.Arg) -> tuple[cst.FunctionDef, str]:
        """The function that a call hands the dict to, and the parameter that takes it."""
        functions = {v.node: v for v in self.program.values(call.func) if isinstance(v, Function)}
        node = next(iter(functions), None)
        if len(functions) != 1 or not isinstance(node, cst.FunctionDef) or argument.star or functions[node].bound:
            raise _Failed
        plain = [p.name.value for p in node.params.params]
        name = argument.keyword.value if argument.keyword is not None else None
        place = call.args.index(argument)  # type: ignore[arg-type]
        if name is None and place < len(plain) and not any(a.star for a in call.args[:place]):
            name = plain[place]
        if name not in plain:
            raise _Failed
        return node, name  # type: ignore[return-value]

    def _hand(self, function: cst.FunctionDef, parameter: str) -> None:
        """Let a function take what it reads of the dict, instead of the dict."""
        if function in self.handed:
            return
        if parameter in bindings(function):
            raise _Failed
        self.handed[function] = {}
        file = self.program.functions[function].file
        self.handed[function] = own = self._replaced(parameter, function, file, None)
        param = next(p for p in function.params.params if p.name.value == parameter)
        if param.default is not None:
            raise _Failed
        self.edits[file].replace(param, [cst.Param(cst.Name(name)) for name in own.values()])

    def _key(self, node: cst.CSTNode) -> str:
        """The key of what an expression takes out of the dict or named tuple."""
        if isinstance(node, cst.Attribute):
            return node.attr.value if isinstance(self.value, NamedSequence) else ""
        return _string(node) if isinstance(node, cst.Subscript) and isinstance(self.value, Mapping) else ""


def _string(node: cst.Subscript) -> str:
    """The string that an element is chosen by."""
    index = node.slice[0].slice if len(node.slice) == 1 else None
    text = index.value if isinstance(index, cst.Index) else None
    return str(text.evaluated_value) if isinstance(text, cst.SimpleString) else ""
