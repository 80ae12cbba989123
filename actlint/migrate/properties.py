"""Properties that make a part of the graph when they are first read become methods, called where that was.

@lazy_property
def loss(self): ...                 def build_loss(self): ...

self.loss                           with tf.variable_scope('loss'):
                                        self.loss = self.build_loss()
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import receiver_of
from actlint.migrate.edit import Edit, Edited
from actlint.migrate.names import Names, own_names
from actlint.migrate.source import code, walk
from actlint.program.decorators import Read
from actlint.program.model import Program
from actlint.program.values import Class, Const, Function


@dataclass
class _Made:
    """A property that becomes a method: where it is read first, and the statement that calls it there."""

    method: cst.FunctionDef
    name: str
    place: cst.BaseStatement | None
    """The statement that reads it first; None for the end of the constructor."""
    node: cst.CSTNode
    text: str


def plain(program: Program, names: Names) -> tuple[Path, Edited] | None:
    """A file with the properties of one class as methods, or None where no property makes a part of the graph."""
    for read in program.reads:
        owner = (read.property.method or read.property.getter).owner
        if owner is not None:
            edited = _Properties(program, names, owner).apply()
            if edited is not None:
                return owner.file, edited
    return None


class _Properties:
    def __init__(self, program: Program, names: Names, owner: Class) -> None:
        self.program, self.names, self.owner = program, names, owner
        self.tree = program.trees[owner.file]

    def apply(self) -> Edited | None:
        reads: dict[cst.CSTNode, list[Read]] = {}
        for read in self.program.reads:
            method = read.property.method
            if method is not None and method.owner is self.owner:
                reads.setdefault(method.node, []).append(read)
        made = [self._made(found) for found in reads.values()]
        if not made or not all(made):
            return None
        return self._edited([one for one in made if one is not None])

    def _made(self, reads: list[Read]) -> _Made | None:
        method = reads[0].property.method
        node = method.node if method is not None else None
        if not isinstance(node, cst.FunctionDef) or len({id(read.instance) for read in reads}) < len(reads):
            return None
        inside = {id(read.node) if self._is_inside(read) else 0 for read in reads}
        scopes = [self._scopes(read, node) for read in reads]
        if len(inside) > 1 or None in scopes or len(set(scopes)) > 1:
            return None
        place, receiver = None, self._constructor_receiver()
        if 0 not in inside:
            place = self._statement(reads[0])
            assert isinstance(reads[0].node, cst.Attribute)
            receiver = code(reads[0].node.value)
        if not receiver or 0 not in inside and place is None:
            return None
        own = node.name.value
        name = self.names.fresh(f"build_{own}" if self._builds(node) else f"{own}_fn")
        text = f"{receiver}.{node.name.value} = {receiver}.{name}()"
        return _Made(node, name, place, reads[0].node, f"with {scopes[0]}:\n    {text}\n" if scopes[0] else text)

    def _is_inside(self, read: Read) -> bool:
        """Whether a method of the object reads the property of its own object."""
        function = read.calls[-1].function.node if read.calls else None
        if not isinstance(function, cst.FunctionDef) or not isinstance(read.node, cst.Attribute):
            return False
        value = read.node.value
        return (
            isinstance(value, cst.Name) and value.value == receiver_of(function) and self._statement(read) is not None
        )

    def _builds(self, method: cst.FunctionDef) -> bool:
        """Whether a method makes weights or training operations, also in others that it reads first."""
        own = [op for op in self.program.ops if any(frame.function.node is method for frame in op.calls)]
        return any(op.kind in ("variable", "train") or op.layer is not None for op in own)

    def _scopes(self, read: Read, method: cst.FunctionDef) -> str | None:
        """The scopes that the getter opens around the method, as the items of a `with`; None where one can't be
        written."""
        items = []
        for call, bound in read.scopes:
            root = next(own_names(call.func)).value
            files = (read.property.getter.file, self.owner.file)
            if len({repr(self.program.scopes[file].names.get(root)) for file in files}) > 1:
                return None
            arguments = []
            for place, (name, value) in enumerate(bound.values.items()):
                text = repr(value.value) if isinstance(value, Const) else self._decorator_argument(method, value)
                if text is None:
                    return None
                arguments.append(text if place == 0 and not name.startswith("default") else f"{name}={text}")
            items.append(f"{code(call.func)}({', '.join(arguments)})")
        return ", ".join(items)

    def _decorator_argument(self, method: cst.FunctionDef, value: object) -> str | None:
        for decorator in method.decorators:
            call = decorator.decorator
            for argument in call.args if isinstance(call, cst.Call) else ():
                if any(found is value for found in self.program.values(argument.value)):
                    return code(argument.value)
        return None

    def _constructor(self) -> cst.FunctionDef | None:
        found = self.owner.attributes.get("__init__")
        node = found.node if isinstance(found, Function) else None
        return node if isinstance(node, cst.FunctionDef) and isinstance(node.body, cst.IndentedBlock) else None

    def _constructor_receiver(self) -> str:
        constructor = self._constructor()
        return receiver_of(constructor) if constructor is not None else ""

    def _statement(self, read: Read) -> cst.BaseStatement | None:
        """The statement that a read belongs to: a whole loop where it is read in one."""
        function = read.calls[-1].function.node
        todo: list[cst.CSTNode] = [*function.body.children] if isinstance(function, cst.FunctionDef) else []
        found: cst.BaseStatement | None = None
        while todo:
            node = next((part for part in todo if any(below is read.node for below in walk(part))), None)
            if isinstance(node, (cst.SimpleStatementLine, cst.For, cst.While)):
                return node
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                return None
            if isinstance(node, cst.BaseCompoundStatement):
                found = node
            todo = [*node.children] if node is not None and not isinstance(node, cst.BaseExpression) else []
        return found

    # -- the edit

    def _edited(self, made: list[_Made]) -> Edited:
        edit = Edit(self.tree)
        new: dict[cst.BaseStatement, list[_Made]] = {}
        for one in made:
            if one.place is not None:
                new.setdefault(one.place, []).append(one)
        read = {id(one.node) for one in made}
        for place, several in new.items():
            statements = self._statements(edit, several)
            statements[0] = statements[0].with_changes(leading_lines=place.leading_lines)  # type: ignore[attr-defined]
            edit.changes[place] = statements
            if not self._only_reads(place, read):
                bare = place.with_changes(leading_lines=[])  # type: ignore[attr-defined]
                edit.origins[bare] = place
                edit.changes[place] = [*statements, bare]
        last = [one for one in made if one.place is None]
        constructor = self._constructor()
        if last and constructor is not None:
            end = constructor.body.body[-1]
            edit.changes[end] = [*edit.changes.get(end, [end]), *self._statements(edit, last)]  # type: ignore[misc, list-item]
        for one in made:
            method = edit.edited(one.method)
            bare = method.with_changes(  # type: ignore[assignment]
                name=cst.Name(one.name),
                decorators=[],
                leading_lines=[*one.method.leading_lines, *one.method.lines_after_decorators],
            )
            edit.came_from(bare, one.method)
            edit.origins[bare] = one.method
            edit.changes[one.method] = bare
        self._remove_decorators(edit, made)
        return edit.made()

    def _statements(self, edit: Edit, several: list[_Made]) -> list[cst.BaseStatement]:
        statements: list[cst.BaseStatement] = []
        for one in several:
            statement = cst.parse_statement(one.text)
            edit.came_from(statement, one.node)
            statements.append(statement)  # type: ignore[arg-type]
        return statements

    def _only_reads(self, place: cst.BaseStatement, read: set[int]) -> bool:
        """Whether a statement does nothing but to read properties."""
        small = place.body if isinstance(place, cst.SimpleStatementLine) else ()
        if not small or not all(isinstance(part, cst.Expr) for part in small):
            return False
        values = [part.value for part in small if isinstance(part, cst.Expr)]
        flat = [e.value for v in values for e in v.elements] if isinstance(values[0], cst.Tuple) else values  # type: ignore[attr-defined]
        properties = {one.property.method.node.name.value for one in self.program.reads if one.property.method}  # type: ignore[union-attr]
        return any(id(part) in read for part in flat) and all(
            isinstance(part, cst.Attribute) and (id(part) in read or part.attr.value in properties) for part in flat
        )

    def _remove_decorators(self, edit: Edit, made: list[_Made]) -> None:
        """Leave out the decorators that nothing uses any more, and what only they import."""
        module = self.tree.module
        gone: set[cst.CSTNode] = {decorator for one in made for decorator in one.method.decorators}
        tops = [node for node in module.body if isinstance(node, cst.FunctionDef)]
        imports = [node for node in module.body if isinstance(node, cst.SimpleStatementLine) and _imported(node)]
        wanted = {name.value for part in gone for name in own_names(part)}
        while True:
            kept = set(self._names_outside(gone))
            unused = [top for top in tops if top not in gone and top.name.value in wanted - kept]
            if not unused:
                break
            gone.update(unused)
            wanted.update(name.value for top in unused for name in own_names(top))
        for top in tops:
            if top in gone:
                edit.changes[top] = []
        for node in imports:
            name = _imported(node)
            if name in wanted and name not in kept:
                edit.changes[node] = []

    def _names_outside(self, gone: set[cst.CSTNode]) -> Iterator[str]:
        """The names that the program reads outside of some definitions."""
        for tree in self.program.trees.values():
            todo: list[cst.CSTNode] = [tree.module]
            while todo:
                node = todo.pop()
                if node in gone or isinstance(node, (cst.Import, cst.ImportFrom)) and tree is self.tree:
                    continue
                if isinstance(node, cst.Name):
                    yield node.value
                todo.extend(
                    child for child in node.children if not (isinstance(node, cst.FunctionDef) and child is node.name)
                )


def _imported(node: cst.SimpleStatementLine) -> str:
    """The module that a line imports, where it does nothing else."""
    small = node.body[0]
    if len(node.body) > 1 or not isinstance(small, cst.Import) or len(small.names) > 1 or small.names[0].asname:
        return ""
    return code(small.names[0].name)
