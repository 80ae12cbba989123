"""A function of another file that has to be written out at its calls moves to the file of the calls first."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from pathlib import Path

import libcst as cst

from actlint.migrate.copied import around, may_be_written_out, partly_fed
from actlint.migrate.edit import Edit
from actlint.migrate.ground import names_read
from actlint.migrate.hoist import bindings
from actlint.migrate.names import Names
from actlint.migrate.source import code, walk
from actlint.program.model import Program
from actlint.program.values import Function, Module, Symbol, Value
from actlint.syntax.tree import Tree


def brought(program: Program, names: Names, shared: bool) -> Mapping[Path, Tree] | None:
    """Both files with one such function moved, or None where there is none that can move."""
    for function in dict.fromkeys((*partly_fed(program), *(around(program) if shared else ()))):
        if isinstance(function.node, cst.FunctionDef) and may_be_written_out(program, names, function, function.node):
            files = {file for file in program.trees if any(True for _ in _uses(program, file, function))}
            if len(files) == 1 and function.file not in files:
                found = _Moving(program, function, function.node, files.pop()).trees()
                if found is not None:
                    return found
    return None


def _uses(program: Program, file: Path, function: Function) -> Iterator[cst.CSTNode]:
    """Expressions of a file that stand for a function: its name, or an attribute of its module."""
    for part in walk(program.trees[file].module):
        if isinstance(part, (cst.Name, cst.Attribute)):
            if any(isinstance(v, Function) and v.node is function.node for v in program.values(part)):
                yield part


class _Moving:
    def __init__(self, program: Program, function: Function, node: cst.FunctionDef, target: Path) -> None:
        self.program, self.function, self.node, self.target = program, function, node, target
        self.home, self.away = program.trees[function.file], program.trees[target]
        self.edit = Edit(self.away)
        self.uses = list(_uses(program, target, function))
        self.modules = {
            part.value
            for part in walk(self.away.module)
            if isinstance(part, cst.Name)
            for value in program.values(part)
            if isinstance(value, Module) and value.file == function.file
        }
        self.bound_here = _top(self.home.module)
        self.bound_there = _all(self.away.module)

    def trees(self) -> Mapping[Path, Tree] | None:
        """The files after the move; None where its body would mean something else there."""
        name = self.node.name.value
        qualified = all(isinstance(use, cst.Attribute) for use in self.uses)
        statement = None if qualified else self._import()
        line = self._statement(self.uses[0])
        if line is None or qualified and (len(self.modules) != 1 or name in self.bound_there):
            return None
        if not qualified and (statement is None or any(code(use) != name for use in self.uses)):
            return None
        changes = self._qualified(next(iter(self.modules)) if qualified else "")
        if changes is None:
            return None
        moved = self.node.deep_clone()
        pairs = dict(zip(walk(self.node), walk(moved), strict=True))
        self.edit.came_from(moved, line)
        for part, text in changes.items():
            made = cst.parse_expression(text)
            self.edit.came_from(made, line)
            self.edit.changes[pairs[part]] = made
        if statement is not None:
            self._reimport(statement, sorted(set(changes.values())))
        for use in self.uses if qualified else ():
            self.edit.replace(use, cst.Name(name))
        self.edit.changes[line] = [moved, self.edit.edited(line)]
        home = Edit(self.home)
        home.replace(self.node, [])
        return {self.function.file: home.made(), self.target: self.edit.made()}

    def _import(self) -> cst.ImportFrom | None:
        """The statement of the module's body that imports the function by its own name."""
        found = [
            part
            for statement in self.away.module.body
            for part in (statement.body if isinstance(statement, cst.SimpleStatementLine) else ())
            if isinstance(part, cst.ImportFrom) and not isinstance(part.names, cst.ImportStar)
            if any(a.evaluated_name == self.node.name.value and a.asname is None for a in part.names)
        ]
        return found[0] if len(found) == 1 else None

    def _imported(self) -> set[str]:
        """What that statement imports by its own name."""
        statement = self._import()
        names = () if statement is None or isinstance(statement.names, cst.ImportStar) else statement.names
        return {alias.evaluated_name for alias in names if alias.asname is None}

    def _reimport(self, statement: cst.ImportFrom, wanted: list[str]) -> None:
        """Import what the function needs, instead of the function."""
        assert not isinstance(statement.names, cst.ImportStar)
        kept = [alias for alias in statement.names if alias.evaluated_name != self.node.name.value]
        known = {alias.evaluated_name for alias in kept}
        names = [*kept, *(cst.ImportAlias(cst.Name(name)) for name in wanted if name not in known)]
        names = [alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in names]
        if names:
            self.edit.replace(statement, statement.with_changes(names=names))
        else:
            line = next(s for s in self.away.module.body if statement in getattr(s, "body", ()))
            self.edit.replace(line, [])

    def _statement(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The statement of the module's body that a node stands in."""
        return next((s for s in self.away.module.body if any(part is node for part in walk(s))), None)

    def _qualified(self, module: str) -> dict[cst.Name, str] | None:
        """What the names that the function has from its file are called in the other one."""
        parameters = self.node.params
        own = {*bindings(self.node.body), *(p.name.value for p in (*parameters.params, *parameters.kwonly_params))}
        changes: dict[cst.Name, str] = {}
        for part in (*names_read(parameters), *names_read(self.node.body)):
            name = part.value
            if name in own:
                continue
            if name not in self.bound_here:
                if not hasattr(builtins, name) or name in self.bound_there:
                    return None
            elif self._is_same(part):
                continue
            elif self.bound_here[name] == 1 and not self._is_import(name) and (module or name) not in own:
                if not module and name in self.bound_there - self._imported():
                    return None
                changes[part] = f"{module}.{name}" if module else name
            else:
                return None
        return changes

    def _is_same(self, part: cst.Name) -> bool:
        """Whether a name is the same package in both files."""
        here = {v.name for v in self._symbols(self.program.values(part))}
        there = {
            v.name
            for node in walk(self.away.module)
            if isinstance(node, cst.Name) and node.value == part.value
            for v in self._symbols(self.program.values(node))
        }
        return len(here) == 1 and here == there and self._is_import(part.value)

    def _is_import(self, name: str) -> bool:
        """Whether an import statement of its file binds a name."""
        return name in _imported(self.home.module)

    @staticmethod
    def _symbols(values: list[Value]) -> list[Symbol]:
        return [value for value in values if isinstance(value, Symbol)]


def _top(module: cst.Module) -> dict[str, int]:
    """How often the statements of a module bind each name."""
    found: dict[str, int] = {}
    for statement in module.body:
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            found[statement.name.value] = found.get(statement.name.value, 0) + 1
        else:
            for name, nodes in bindings(statement).items():
                found[name] = found.get(name, 0) + len(nodes)
    for name in _imported(module):
        found[name] = found.get(name, 0) + 1
    return found


def _imported(module: cst.Module) -> Iterator[str]:
    for node in walk(module):
        if isinstance(node, (cst.Import, cst.ImportFrom)) and not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                yield alias.evaluated_alias or alias.evaluated_name.partition(".")[0]


def _all(module: cst.Module) -> set[str]:
    """All names that a file binds anywhere."""
    found = {*bindings(module), *_imported(module)}
    for node in walk(module):
        if isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Param)):
            found.add(node.name.value)
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            found |= {*bindings(node)}
    return found
