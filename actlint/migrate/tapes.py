"""Gradients within a forward pass in TensorFlow 2: tapes around the statements that are differentiated.

The rewriter leaves a marked call where TF1 differentiated. Here, per body of a function, each gets a tape that records
from the statement that makes its sources to the one that makes its target.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst

from actlint.migrate.source import code, walk
from actlint.migrate.statements import is_docstring, local_name, statement, tidy
from actlint.program.calls import assigned_names

MARK = "differentiated"
"""The name of a marked call: `differentiated(target, sources, watched)`."""

Statements = list[cst.BaseStatement]


class Outside(Exception):
    """What is differentiated isn't computed in the body that differentiates it; `call` is the marked call."""

    def __init__(self, call: cst.Call) -> None:
        super().__init__(code(call))
        self.call = call


@dataclass
class _Tape:
    """Statements `start` to `end` are recorded; `watched` says which names are watched behind which statement."""

    start: int
    end: int
    calls: list[cst.Call]
    watched: dict[int, list[str]] = field(default_factory=dict)
    name: str = ""


def taped(body: Sequence[cst.BaseStatement], alias: str, parameters: Iterable[str], wanted: str = "tape") -> Statements:
    """A body with its marked calls written as gradients of tapes; raises Outside where that isn't possible."""
    statements, calls = _named_targets(list(body), parameters)
    if not calls:
        return statements
    tapes: list[_Tape] = []
    for call, place in calls:
        tape = _tape(call, place, statements)
        known = next((t for t in tapes if (t.start, t.end) == (tape.start, tape.end)), None)
        if known is None:
            tapes.append(tape)
            continue
        known.calls.append(call)
        for position, names in tape.watched.items():
            known.watched[position] = list(dict.fromkeys([*known.watched.get(position, []), *names]))
    _nest(tapes)
    taken = {part.value for node in statements for part in walk(node) if isinstance(part, cst.Name)} | {*parameters}
    free = (name for name in (wanted, *(f"{wanted}_{i}" for i in range(2, 99))) if name not in taken)
    for tape, name in zip(sorted(tapes, key=lambda t: (t.end, -t.start)), free, strict=False):
        tape.name = name
    names = {call: tape.name for tape in tapes for call in tape.calls}
    written = [node.visit(_Gradients(names)) for node in statements]
    return _block(written, 0, len(written), sorted(tapes, key=lambda t: (t.start, -t.end)), alias)  # type: ignore[arg-type]


def marked(node: cst.CSTNode) -> list[cst.Call]:
    """The marked calls below a node."""
    return [
        part
        for part in walk(node)
        if isinstance(part, cst.Call) and isinstance(part.func, cst.Name) and part.func.value == MARK
    ]


def _named_targets(body: Statements, parameters: Iterable[str]) -> tuple[Statements, list[tuple[cst.Call, int]]]:
    """The body with a name for each target, and its marked calls with their places."""
    made: Statements = []
    calls: list[tuple[cst.Call, int]] = []
    for node in body:
        found = marked(node)
        if found and not isinstance(node, cst.SimpleStatementLine):
            raise Outside(found[0])
        for call in found:
            target = call.args[0].value
            if not all(isinstance(part, cst.Name) for part in _elements(target)):
                name = local_name("target", [*body, *made], parameters)
                made.append(statement(f"{name} = {code(target)}"))
                named = call.with_changes(args=[call.args[0].with_changes(value=cst.Name(name)), *call.args[1:]])
                node = node.deep_replace(call, named)  # type: ignore[assignment]
        made.append(node)
        calls += [(call, len(made) - 1) for call in marked(node)]
    return made, calls


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [e.value for e in node.elements] if isinstance(node, (cst.List, cst.Tuple)) else [node]


def _tape(call: cst.Call, place: int, body: Statements) -> _Tape:
    def made(name: str) -> int:
        return next((i for i in range(place - 1, -1, -1) if name in assigned_names(body[i])), -1)

    ends = [made(part.value) for part in _elements(call.args[0].value) if isinstance(part, cst.Name)]
    watched: dict[int, list[str]] = {}
    for part in _elements(call.args[2].value):
        if isinstance(part, cst.Name):
            watched.setdefault(made(part.value), []).append(part.value)
    start = max(min(watched, default=-1) + 1, is_docstring(body[0]))
    if max(ends, default=-1) < start:
        raise Outside(call)
    return _Tape(start, max(ends) + 1, [call], watched)


def _nest(tapes: list[_Tape]) -> None:
    """Let tapes that overlap begin together."""
    changed = True
    while changed:
        changed = False
        for one in tapes:
            for other in tapes:
                if one.start < other.start < one.end < other.end:
                    other.start = one.start
                    changed = True


def _block(body: Statements, start: int, end: int, tapes: list[_Tape], alias: str) -> Statements:
    """The statements of a range, those of each tape in a block of its own."""
    made: Statements = []
    place = start
    while place < end:
        tape = next((t for t in tapes if t.start == place and t.end <= end), None)
        if tape is None:
            made.append(body[place])
            place += 1
            continue
        rest = [t for t in tapes if t is not tape]
        parts: list[int] = sorted({tape.start, tape.end, *(p + 1 for p in tape.watched if tape.start <= p < tape.end)})
        inner = [statement(_watch(tape, names)) for p, names in tape.watched.items() if p < tape.start]
        for low, high in zip(parts, parts[1:], strict=False):
            inner += _block(body, low, high, rest, alias)
            if high - 1 in tape.watched and high - 1 >= tape.start:
                inner.append(statement(_watch(tape, tape.watched[high - 1])))
        arguments = "persistent=True" if len(tape.calls) > 1 else ""
        with_ = cst.parse_statement(f"with {alias}.GradientTape({arguments}) as {tape.name}:\n    pass\n")
        kept = [tidy(node, first=position == 0) for position, node in enumerate(inner)]
        made.append(with_.with_changes(body=cst.IndentedBlock(kept)))  # type: ignore[call-arg]
        place = tape.end
    return made


def _watch(tape: _Tape, names: list[str]) -> str:
    return f"{tape.name}.watch({names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'})"


class _Gradients(cst.CSTTransformer):
    """Writes marked calls as `tape.gradient(target, sources)`."""

    def __init__(self, names: dict[cst.Call, str]) -> None:
        super().__init__()
        self.names = names

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = self.names.get(original_node)
        if name is None:
            return updated_node
        text = ", ".join(code(argument.value) for argument in (*updated_node.args[:2], *updated_node.args[3:]))
        return cst.parse_expression(f"{name}.gradient({text})")
