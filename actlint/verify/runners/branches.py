"""Which branches, loops and functions of a program were never entered: marks at their beginnings, set as they run."""

from __future__ import annotations

import ast
import re

MARK = "__actlint_mark__"
MOST = 20
BRANCH, LOOP, FUNCTION = "branch not taken", "loop not entered", "function {} not called"
CALLED = re.compile("function (.*) not called")


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

    def marking(self, transform):
        """A transformation ``(file, text) -> tree`` that marks what another one yields."""
        return lambda file, text: self.insert(file, text, transform(file, text))

    def gaps(self):
        """``(file, line, what, key)`` for each outermost place that was never entered; the key is made of its text."""
        missed = {number for number in range(len(self.places)) if number not in self.hits}
        found = [place for number, place in enumerate(self.places) if number in missed and place[0] not in missed]
        return [place[1:] for place in found]


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
        key = "|".join((self.file, what, part, self.lines[node.lineno - 1].strip()))
        self.marks.places.append((outer, self.file, line, what, key))
        return len(self.marks.places) - 1

    def mark(self, statements, place, position):
        call = ast.Call(ast.Name(MARK, ast.Load()), [ast.Constant(place)], [])
        at = statements[min(position, len(statements) - 1)]
        statements.insert(position, ast.copy_location(ast.Expr(call), at))


def original(gaps):
    """Sentences on what the original program has not entered, bounded in number."""
    sentences = list(dict.fromkeys(f"{file}:{line}: {what}" for file, line, what, _ in gaps))
    left = len(sentences) - MOST
    return sentences[:MOST] + ([f"and {left} more places that were not entered"] if left > 0 else [])


def rewritten(gaps, known):
    """Sentences on what the rewrite has not entered, over the places that the original hasn't entered either."""
    texts = {key for _, _, _, key in known}
    lines, functions = {}, {}
    for file, line, what, key in gaps:
        function = CALLED.match(what)
        if key not in texts and function:
            functions.setdefault(file, []).append((line, function.group(1)))
        elif key not in texts:
            lines.setdefault((file, what), []).append(line)
    sentences = [f"rewritten {file}:{', '.join(map(str, at[:MOST]))}: {what}" for (file, what), at in lines.items()]
    for file, found in functions.items():
        names = ", ".join(name for _, name in found[:MOST])
        sentences.append(f"rewritten {file}:{found[0][0]}: function{'s' * (len(found) > 1)} {names} not called")
    return sentences
