"""Which branches, loops and functions of a program were never entered: marks at their beginnings, set as they run."""

from __future__ import annotations

import ast

MARK = "__actlint_mark__"
MOST = 20
BRANCH, LOOP, FUNCTION = "branch not taken", "loop not entered", "function {} not called"


class Marks:
    """The marks of one program's files."""

    def __init__(self):
        self.hits = set()
        self.places = []

    def insert(self, file, text, tree):
        """Put marks into a syntax tree.

        Args:
            file: the file's path as it is reported.
            text: the file's text.
            tree: its tree, which may hold the harness's own calls already.

        Returns:
            The tree.
        """
        _Inserter(self, file, text.split("\n")).body(tree.body, None)
        return ast.fix_missing_locations(tree)

    def gaps(self):
        """``(sentence, key)`` for each outermost place that was never entered; keys tell places apart by their text."""
        missed = {number for number in range(len(self.places)) if number not in self.hits}
        found = [place for number, place in enumerate(self.places) if number in missed and place[0] not in missed]
        return [(f"{file}:{line}: {what}", key) for _, file, line, what, key in found]


class _Inserter:
    def __init__(self, marks, file, lines):
        self.marks, self.file, self.lines = marks, file, lines

    def body(self, statements, outer):
        for statement in statements:
            self.statement(statement, outer)

    def statement(self, node, outer):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            place = self.block(node.body, outer, node, FUNCTION.format(node.name), node.lineno)
            self.body(node.body, place)
            self.mark(node.body, place, int(ast.get_docstring(node, clean=False) is not None))
        elif isinstance(node, ast.If):
            self.entered(node.body, outer, node, BRANCH, "if")
            self.entered(node.orelse, outer, node, BRANCH, "else")
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            self.entered(node.body, outer, node, LOOP, "loop")
            self.body(node.orelse, outer)
        else:
            for part in ("body", "orelse", "finalbody"):
                inner = getattr(node, part, None)
                if isinstance(inner, list):
                    self.body(inner, outer)
            for handler in getattr(node, "handlers", []) + getattr(node, "cases", []):
                self.body(handler.body, outer)

    def entered(self, statements, outer, node, what, part):
        if statements:
            place = self.block(statements, outer, node, what, statements[0].lineno, part)
            self.body(statements, place)
            self.mark(statements, place, 0)

    def block(self, statements, outer, node, what, line, part=""):
        key = (self.file, what, part, self.lines[node.lineno - 1].strip())
        self.marks.places.append((outer, self.file, line, what, key))
        return len(self.marks.places) - 1

    def mark(self, statements, place, position):
        call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Num(place) if _OLD else ast.Constant(place)], [])
        at = statements[min(position, len(statements) - 1)]
        statements.insert(position, ast.copy_location(ast.Expr(call), at))


_OLD = not hasattr(ast, "unparse")


def listed(own, other=()):
    """Sentences on gaps, without those of places that the other side has missed too, and bounded in number."""
    known = {key for _, key in other}
    sentences = list(dict.fromkeys(sentence for sentence, key in own if key not in known))
    left = len(sentences) - MOST
    return sentences[:MOST] + (["and {} more places not entered".format(left)] if left > 0 else [])
