"""What a file of the user's program holds, as far as it matters for standing in: functions, guarded statements, tries.

A function *builds* where the plan's placeholders, probes, runs or weights lie in it, where it uses the framework, or
where it calls such a function. What builds is never stood in for.
"""

from __future__ import annotations

import ast

from . import instrument

MARKS = (
    instrument.PROBE,
    instrument.ENTER,
    instrument.EXIT,
    instrument.CALL,
    instrument.VALUE,
    instrument.LOCAL,
)
FRAMEWORKS = ("tensorflow", "torch", "keras", "tf_keras", "numpy", "torchvision", "tflearn", "tf_slim")
DATA = ("gfile", "io", "python_io", "flags", "app", "logging", "errors", "examples", "compat", "datasets", "utils")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FEW = 3


class Function:
    """A function or, with the name ``<module>``, a file's top level."""

    def __init__(self, name, owner, first, last):
        self.name, self.owner, self.first, self.last = name, owner, first, last
        self.marked, self.calls = False, set()


class Guarded:
    """A statement in whose place stand-ins may come."""

    def __init__(self, file, function, node, label, called, marked):
        self.file, self.function, self.label = file, function, label
        self.first, self.last = node.lineno, last_line(node)
        self.calls, self.marked = called, marked
        self.names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        self.module = None


class Caught:
    """The body of a ``try`` and what its handlers take; None is everything."""

    def __init__(self, function, node, builds):
        self.function, self.first, self.last = function, node.body[0].lineno, last_line(node.body[-1])
        self.types = [handler.type for handler in node.handlers]
        self.broad_counts = len(node.body) <= FEW and not builds


class Outline:
    """The outline of one file.

    Args:
        file: its path relative to the program's root.
        tree: its syntax tree, instrumented by the plan.
        is_local: whether the module of a name is one of the program's files.
    """

    def __init__(self, file, tree, is_local):
        self.file, self.is_local = file, is_local
        self.functions = [Function("<module>", None, 0, 1 << 30)]
        self.tries = []
        self.bases, self.frameworks = set(), set()
        for node in ast.walk(tree):
            self._import(node)
        self._visit(tree, self.functions[0], None)

    def _import(self, node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.split(".")[0]
                if not self.is_local(alias.name.split(".")[0]):
                    self.bases.add(name)
                if alias.name.split(".")[0] in FRAMEWORKS[:4]:
                    self.frameworks.add(name)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] in FRAMEWORKS[:4] and not set(node.module.split(".")) & set(DATA):
                self.frameworks.update(alias.asname or alias.name for alias in node.names)

    def _visit(self, node, function, owner):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, FUNCTIONS):
                inner = Function(child.name, owner, child.lineno, last_line(child))
                inner.marked, inner.calls = self.used(child)
                self.functions.append(inner)
                self._visit(child, inner, None)
            elif isinstance(child, ast.ClassDef):
                self._visit(child, function, child.name)
            else:
                if isinstance(child, ast.Try) and child.handlers:
                    builds = any(self.used(statement)[0] for statement in child.body)
                    self.tries.append(Caught(function, child, builds))
                self._visit(child, function, owner)

    def used(self, node):
        """``(marked, called names)`` of a piece of the tree."""
        marked, called = False, set()
        partial = {id(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                marked = marked or inner.id in MARKS
            if isinstance(inner, ast.Attribute) and id(inner) not in partial:
                marked = marked or self._builds(inner)
            if isinstance(inner, ast.Call):
                function = inner.func
                if isinstance(function, ast.Name):
                    called.add(function.id)
                    marked = marked or function.id in self.frameworks
                elif isinstance(function, ast.Attribute) and not self._is_foreign(function):
                    called.add(function.attr)
        return marked, called

    def _chain(self, node):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        return [node.id] + parts[::-1] if isinstance(node, ast.Name) else []

    def _builds(self, node):
        chain = self._chain(node)
        return bool(chain) and chain[0] in self.frameworks and not set(chain) & set(DATA)

    def _is_foreign(self, node):
        chain = self._chain(node)
        return bool(chain) and chain[0] in self.bases

    def function_at(self, line):
        """The innermost function that holds a line."""
        return max((f for f in self.functions if f.first <= line <= f.last), key=lambda f: f.first)


def last_line(node):
    """The last line of a statement, as far as the tree tells (Python 3.7 keeps no end)."""
    return max(getattr(n, "end_lineno", None) or getattr(n, "lineno", 0) for n in ast.walk(node))


def building(outlines):
    """The functions, of several files, that build a graph or a model; a class builds as a whole."""
    functions = [f for outline in outlines for f in outline.functions[1:]]
    found = {f for f in functions if f.marked}
    while True:
        owners = {f.owner for f in found if f.owner}
        names = {f.name for f in found} | owners
        more = {f for f in functions if f not in found and (f.owner in owners or f.calls & names)}
        if not more:
            return found, names
        found |= more
