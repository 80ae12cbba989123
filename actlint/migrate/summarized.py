"""Summaries that functions make of their own tensors: made where the functions are called instead, of what they
return. Those that no run fetches disappear."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from actlint.migrate.bodies import building_paths
from actlint.migrate.copied import last_statement
from actlint.migrate.edit import Edit, assignment
from actlint.migrate.hoist import bindings
from actlint.migrate.names import Names
from actlint.migrate.source import code, walk
from actlint.migrate.summaries import KINDS
from actlint.program.binding import BoundCall
from actlint.program.model import Program
from actlint.program.values import Op
from actlint.syntax.tree import Tree

_Trees = dict[Path, Tree]


def summarized(program: Program, names: Names) -> _Trees | None:
    """The changed files of a program with the summaries of one function out of it; None where there are none."""
    made = [op for op in program.ops if op.symbol in KINDS and isinstance(op.node, cst.Call)]
    bodies = {frames[-1].function.node for frames in building_paths(program).values()}
    inner = [op for op in made if op.calls and op.calls[-1].function.node not in bodies]
    if not inner:
        return None
    needed = {op for run in program.runs for op in program.needed(run)}
    if spent := [op for op in inner if op not in needed]:
        edits = _without(program, [op for op in spent if not any(o in needed for o in inner if o.node is op.node)])
        if edits:
            return edits
    for function in dict.fromkeys(op.calls[-1].function.node for op in inner):
        ops = [op for op in inner if op.calls[-1].function.node is function]
        if isinstance(function, cst.FunctionDef) and (trees := _Outward(program, names, function, ops).apply()):
            return trees
    return None


def _lines(tree: Tree) -> Iterator[tuple[cst.SimpleStatementLine, cst.IndentedBlock]]:
    for block in walk(tree.module):
        if isinstance(block, cst.IndentedBlock):
            yield from ((line, block) for line in block.body if isinstance(line, cst.SimpleStatementLine))


def _without(program: Program, ops: list[Op]) -> _Trees | None:
    """The files without the statements that only make these summaries."""
    calls = {op.node for op in ops}
    found: _Trees = {}
    for file, tree in program.trees.items():
        edit = Edit(tree)
        for line, block in _lines(tree):
            alone = len(line.body) == 1 and isinstance(line.body[0], cst.Expr) and line.body[0].value in calls
            if (
                alone
                and len(block.body) > 1
                and not all(part in edit.changes for part in block.body if part is not line)
            ):
                edit.replace(line, [])
        if edit.changes:
            found[file] = edit.made()
    return found or None


class _Outward:
    """One function whose summaries move to its calls."""

    def __init__(self, program: Program, names: Names, function: cst.FunctionDef, ops: list[Op]) -> None:
        self.program, self.names, self.function = program, names, function
        self.calls = list(dict.fromkeys(op.calls[-1].node for op in ops))
        self.ops = ops
        self.file = ops[0].calls[-1].function.file
        self.edits = {file: Edit(tree) for file, tree in program.trees.items()}

    def apply(self) -> _Trees | None:
        """The changed files; None where the function or its calls are too involved."""
        nodes = list(dict.fromkeys(op.node for op in self.ops))
        lines = {l.body[0].value: l for l, _ in _lines(self.program.trees[self.file]) if _is_expression(l)}  # type: ignore[attr-defined]  # noqa: E741
        returned = last_statement(self.function.body)
        returns = [part for part in walk(self.function.body) if isinstance(part, cst.Return)]
        if not isinstance(returned, cst.Return) or returned.value is None or returns != [returned]:
            return None
        if not all(node in lines for node in nodes) or any(op.turns for op in self.ops):
            return None
        given = returned.value.elements if isinstance(returned.value, cst.Tuple) else None
        kept = [element.value for element in given] if given is not None else [returned.value]
        results = [code(part) for part in kept]
        place: dict[cst.CSTNode, int] = {}
        edit = self.edits[self.file]
        for node in nodes:
            binding = self.program.bindings.get(node)
            value = (
                binding.nodes.get("tensor") or binding.nodes.get("values") if isinstance(binding, BoundCall) else None
            )
            if value is None:
                return None
            stays = isinstance(value, cst.Name) and not self._rebound(value, lines[node])
            text = code(value) if stays else ""
            if text not in results:
                name = text or self.names.fresh(value.value if isinstance(value, cst.Name) else self._word(node))
                edit.replace(lines[node], [] if text else [assignment(edit, name, value)])
                results.append(name)
                text = name
            else:
                edit.replace(lines[node], [])
            place[node] = results.index(text)
        if not all(self._call(call, place, len(kept), results) for call in self.calls):
            return None
        if len(results) > len(kept):
            new = cst.Tuple(
                [cst.Element(part) for part in (*kept, *map(cst.Name, results[len(kept) :]))], lpar=[], rpar=[]
            )
            edit.replace(returned, cst.Return(new))
        return {file: own.made() for file, own in self.edits.items() if own.changes}

    def _word(self, node: cst.CSTNode) -> str:
        """The name of a summary, without scopes."""
        word = next(op.name.rpartition("/")[2] for op in self.ops if op.node is node)
        return f"{word}_value" if hasattr(builtins, word) else word

    def _rebound(self, name: cst.Name, line: cst.CSTNode) -> bool:
        """Whether a name gets another value after a statement of the function."""
        parts = list(walk(self.function.body))
        place = {id(part): n for n, part in enumerate(parts)}
        return any(place.get(id(p), 0) > place[id(line)] for p in bindings(self.function).get(name.value, []))

    def _call(self, call: cst.CSTNode, place: dict[cst.CSTNode, int], width: int, results: list[str]) -> bool:
        """Let a calling statement unpack the further results, and make the summaries of them."""
        file = next(op.calls[-1].file for op in self.ops if op.calls[-1].node is call)
        own = [op for op in self.ops if op.calls[-1].node is call]
        line = next((part for part in walk(self.program.trees[file].module) if _calls(part, call)), None)
        if line is None or len({op.node for op in own}) < len(own) or any(not op.name for op in own):
            return False
        edit, small = self.edits[file], line.body[0]
        targets = self._targets(small, width)
        if targets is None:
            return False
        more = [cst.Name(self._local(name, file)) for name in results[width:]]
        made = [self._summary(edit, op, [*targets, *more][place[op.node]]) for op in own]
        bound = (
            cst.Tuple([cst.Element(part) for part in (*targets, *more)], lpar=[], rpar=[])
            if len(targets) + len(more) > 1
            else targets[0]
        )
        assigned = cst.SimpleStatementLine(
            [cst.Assign([cst.AssignTarget(bound)], small.value)], line.leading_lines, line.trailing_whitespace
        )  # type: ignore[union-attr,arg-type]
        after = []
        if isinstance(small, cst.Return):
            value = cst.Tuple([cst.Element(part) for part in targets], lpar=[], rpar=[]) if width > 1 else targets[0]
            after = [cst.SimpleStatementLine([cst.Return(value)])]
        edit.replace(line, [assigned, *made, *after])
        return True

    def _local(self, name: str, file: Path) -> str:
        """The name of a result in the calling code: the function's own, where that is free."""
        inside = {id(part) for part in walk(self.function)}
        parts = (part for part in walk(self.program.trees[file].module) if id(part) not in inside)
        free = not any(isinstance(part, cst.Name) and part.value == name for part in parts)
        return name if free and len(self.calls) == 1 else self.names.fresh(name)

    def _targets(self, small: cst.CSTNode, width: int) -> list[cst.BaseExpression] | None:
        """What a calling statement binds the results to; new names for what it returns."""
        if isinstance(small, cst.Return):
            return [cst.Name(self.names.fresh("result")) for _ in range(width)]
        if not isinstance(small, cst.Assign) or len(small.targets) > 1:
            return None
        target = small.targets[0].target
        found = [e.value for e in target.elements] if width > 1 and isinstance(target, cst.Tuple) else [target]
        return found if len(found) == width and all(isinstance(p, (cst.Name, cst.Attribute)) for p in found) else None

    def _summary(self, edit: Edit, op: Op, value: cst.BaseExpression) -> cst.SimpleStatementLine:
        """The statement that makes a summary of a result, under the tag that it had."""
        binding = self.program.bindings[op.node]
        assert isinstance(op.node, cst.Call) and isinstance(binding, BoundCall)
        tag = cst.SimpleString(f'"/{op.name}"')
        parameter = "values" if "values" in binding.nodes else "tensor"
        arguments = [cst.Arg(tag, keyword=cst.Name("name")), cst.Arg(value, keyword=cst.Name(parameter))]
        if "max_outputs" in binding.nodes:
            arguments.append(cst.Arg(binding.nodes["max_outputs"], keyword=cst.Name("max_outputs")))
        made = cst.SimpleStatementLine([cst.Expr(cst.Call(op.node.func, arguments))])
        edit.came_from(made, op.node)
        return made


def _is_expression(line: cst.SimpleStatementLine) -> bool:
    return len(line.body) == 1 and isinstance(line.body[0], cst.Expr)


def _calls(line: cst.CSTNode, call: cst.CSTNode) -> bool:
    """Whether a statement does nothing but bind or return what a call gives."""
    return (
        isinstance(line, cst.SimpleStatementLine)
        and len(line.body) == 1
        and isinstance(line.body[0], (cst.Assign, cst.Return))
        and line.body[0].value is call
    )
