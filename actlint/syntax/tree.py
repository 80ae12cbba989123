"""A parsed file, and where its nodes are."""

from __future__ import annotations

import gc
from bisect import bisect_right
from copy import copy
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from actlint.files.source import Source
from actlint.findings import Position
from actlint.syntax.errors import Invalid, compiles, explain, may_be_too_deep

__all__ = ["Invalid", "Tree", "parse", "parsed"]


class Tree:
    """A LibCST module with the source that it came from."""

    def __init__(self, source: Source, module: cst.Module) -> None:
        self.source = source
        self.module = module
        self.given: dict[cst.CSTNode, Any] = {}
        """Names that stand for an input of the graph, whatever they are bound to; see `actlint.migrate.hoist`."""
        self.copied: dict[cst.CSTNode, cst.CSTNode] = {}
        """Copies of nodes, which have the places of those they are copies of; see `actlint.program.copies`."""

        self.opened: set[cst.CSTNode] = set()
        """Conditions of which an analysis walks every branch; see `actlint.program.opened`."""

    @property
    def path(self) -> Path:
        return self.source.path

    def position(self, node: cst.CSTNode) -> tuple[Position, Position]:
        """Start and end (exclusive) of a node, without the white space that belongs to it."""
        start, end = self.span(node)
        return self._place(start), self._place(end)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Start and end (exclusive) of a node as offsets into `source.text`. Raises KeyError for a foreign node."""
        first, last = self._recorder.spans[self.copied.get(node, node)]
        return self._offsets[first], self._offsets[last]

    def is_open(self, node: cst.CSTNode) -> bool:
        """Whether an `if` is among the opened ones."""
        return bool(self.opened) and self.copied.get(node, node) in self.opened

    def text(self, node: cst.CSTNode) -> str:
        """The node's own source text."""
        start, end = self.span(node)
        return self.source.text[start:end]

    def apart(self) -> Tree:
        """The same file for another analysis, which makes its own copies."""
        made = copy(self)
        made.given, made.copied, made.opened = dict(self.given), {}, set(self.opened)
        return made

    @cached_property
    def _recorder(self) -> _Recorder:
        recorder = _Recorder(self.module.default_indent, self.module.default_newline)
        self.module._codegen(recorder)
        return recorder

    @cached_property
    def _offsets(self) -> list[int]:
        return list(accumulate(map(len, self._recorder.tokens), initial=0))

    @cached_property
    def _line_starts(self) -> list[int]:
        lines = self.source.text.replace("\r\n", " \n").replace("\r", "\n").split("\n")
        return list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))

    def _place(self, offset: int) -> Position:
        row = bisect_right(self._line_starts, offset)
        return Position(row, offset - self._line_starts[row - 1] + 1)


def parse(source: Source) -> Tree:
    """Parse a file. Raises Invalid with the place of the first error."""
    if may_be_too_deep(source) and not compiles(source):
        raise explain(source, RecursionError())
    collecting = gc.isenabled()
    gc.disable()
    try:
        return Tree(source, cst.parse_module(source.text))
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise explain(source, error) from None
    finally:
        if collecting:
            gc.enable()


class _Recorder(CodegenState):
    """Remembers between which tokens each node was written; cheaper than LibCST's position metadata."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self._open: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._open.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self._open.pop()
        if node not in self.spans:
            self.spans[node] = start, len(self.tokens)

    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Any:
        return _Syntactic(self, node, start_node, end_node)


class _Syntactic:
    __slots__ = ("end_node", "node", "recorder", "start", "start_node")

    def __init__(
        self, recorder: _Recorder, node: cst.CSTNode, start_node: cst.CSTNode | None, end_node: cst.CSTNode | None
    ) -> None:
        self.recorder, self.node, self.start_node, self.end_node = recorder, node, start_node, end_node

    def __enter__(self) -> None:
        self.start = len(self.recorder.tokens)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        spans = self.recorder.spans
        start = self.start if self.start_node is None else spans[self.start_node][0]
        end = len(self.recorder.tokens) if self.end_node is None else spans[self.end_node][1]
        spans[self.node] = start, end


parsed = lru_cache(maxsize=128)(parse)
"""`parse`, but for the files of the last programs: files of one package import one another, and each is read as graph
code and as eager code."""
