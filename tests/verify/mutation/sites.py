"""Where edits go: the nodes of a rewritten program with their texts, parents and purposes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

FRAMEWORKS = {"tf", "torch", "nn", "F"}
STEPS = "apply_gradients", "backward"


class Sites:
    """A program's syntax tree. `nodes` are those with a place in the text, in its order."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode()
        self.tree = ast.parse(text)
        self._parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        starts = [0]
        for line in self._bytes.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        self._starts = starts
        placed = [node for node in ast.walk(self.tree) if isinstance(node, (ast.expr, ast.stmt))]
        self.nodes = sorted(placed, key=lambda node: (node.lineno, node.col_offset, -(node.end_lineno or 0)))
        self.target = "tf2" if "import tensorflow" in text else "torch"
        self.runs = {
            node.name for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef) and self._is_run(node)
        }

    def text(self, node: ast.AST | None) -> str:
        """The source text of a node."""
        if not isinstance(node, (ast.expr, ast.stmt, ast.keyword)):
            return ""
        start, end = self._span(node)
        return self._bytes[start:end].decode()

    def _span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def replaced(self, node: ast.AST, new: str) -> str:
        """The program with another text in place of a node."""
        assert isinstance(node, (ast.expr, ast.stmt))
        start, end = self._span(node)
        if isinstance(node, ast.expr) and not isinstance(node, ast.Tuple) and not new.isidentifier():
            parent = self.parent(node)
            new = f"({new})" if isinstance(parent, (ast.BinOp, ast.UnaryOp, ast.Attribute, ast.Subscript)) else new
        return (self._bytes[:start] + new.encode() + self._bytes[end:]).decode()

    def parent(self, node: ast.AST | None) -> ast.AST | None:
        """The node around a node."""
        return self._parents.get(node) if node is not None else None

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, the innermost first."""
        current = self.parent(node)
        while current is not None:
            yield current
            current = self.parent(current)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node belongs to."""
        return next(each for each in [node, *self.above(node)] if isinstance(each, ast.stmt))

    def in_function(self, node: ast.AST) -> bool:
        """Whether a node is in the body of a function."""
        return any(isinstance(each, ast.FunctionDef) for each in self.above(node))

    def is_framework(self, node: ast.AST) -> bool:
        """Whether an attribute is one of a framework's, or a method of something that a framework's function gave."""
        while isinstance(node, (ast.Attribute, ast.Call)):
            node = node.value if isinstance(node, ast.Attribute) else node.func
        return isinstance(node, ast.Name) and node.id in FRAMEWORKS

    def is_model(self, node: ast.AST) -> bool:
        """Whether a node is part of what is computed in runs: in a function that neither makes data nor drives runs."""
        functions = [each for each in self.above(node) if isinstance(each, ast.FunctionDef)]
        if not functions or functions[0].name in ("main", "init", "__init__"):
            return False
        names = {each.id for each in ast.walk(functions[0]) if isinstance(each, ast.Name)}
        return "np" not in names and "rng" not in names

    def has_run(self, node: ast.AST | None) -> bool:
        """Whether a run is called within a node."""
        return node is not None and any(
            isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in self.runs
            for each in ast.walk(node)
        )

    def in_run(self, node: ast.AST) -> bool:
        """Whether a node is within a call of a run."""
        return any(isinstance(each, ast.Call) and self.has_run(each) for each in self.above(node))

    def in_steps(self, node: ast.AST) -> bool:
        """Whether a node is in the driver: in a call of a run, or in a loop or statement beside it."""
        if self.in_run(node):
            return True
        loops = [each for each in self.above(node) if isinstance(each, (ast.For, ast.While))]
        return bool(loops) and self.has_run(loops[0]) and not any(self._prints(each) for each in self.above(node))

    def _prints(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and self.text(node.func) == "print"

    def _is_run(self, node: ast.FunctionDef) -> bool:
        decorated = any(
            "no_grad" in self.text(each) or "tf.function" in self.text(each) for each in node.decorator_list
        )
        own = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        return decorated and node.name != "step" or (bool(own.intersection(STEPS)) and node.name != "main")
