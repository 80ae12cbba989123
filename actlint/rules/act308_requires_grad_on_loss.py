"""ACT308: a computed loss is told to require a gradient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Edit, Finding, Fix, Position
from actlint.rules.rule import Rule
from actlint.rules.trace import replace, report, spot, text

if TYPE_CHECKING:
    from libcst import CSTNode, SimpleStatementLine

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Place
    from actlint.program.values import Value


def check(program: Program) -> Iterator[Finding]:
    """One finding per place that makes the result of a computation a leaf and differentiates that very value."""
    from actlint.program.eager.losses import options
    from actlint.program.eager.values import Opaque, Tensor

    def computed(value: Value) -> bool:
        if isinstance(value, Tensor):
            return bool(value.inputs) and value.op not in ("Parameter", "detach", "data", "clone", "index")
        return isinstance(value, Opaque) and value.place is not None and bool(value.inputs)

    eager = program.eager
    seen: set[object] = set()
    for marked, place in eager.requires:
        if place.node in seen or not any(computed(value) for value in options(marked)):
            continue
        for sink in eager.sinks:
            same = any(value is other for value in options(marked) for other in options(sink.value))
            if sink.kind in ("backward", "grad") and same:
                seen.add(place.node)
                message = "requires_grad set on a computed loss hides a cut graph: backward() runs and trains nothing"
                help = "delete it; if backward() then fails, the gradient is cut before the loss, and that is the bug"
                where = [spot(eager, sink.place, f"differentiated here: {text(eager, sink.place)}")]
                yield report(RULE, eager, place, message, help, (), where, _fix(eager, place))
                break


def _fix(program: EagerProgram, place: Place) -> Fix | None:
    """Delete the statement, where it says nothing else, so that the error shows where the gradient is cut."""
    import libcst as cst

    tree = program.trees[place.file]
    todo: list[CSTNode] = [tree.module]
    while todo:
        block = todo.pop()
        if not isinstance(block, (cst.Module, cst.IndentedBlock)):
            todo.extend(block.children)
            continue
        for line in block.body:
            if isinstance(line, cst.SimpleStatementLine) and _says_only(line, place.node):
                start, end = tree.position(line)
                rows = re.split("\r\n|\r|\n", tree.source.text)[start.row - 1 : end.row]
                if "#" in "".join(rows):
                    return None
                if len(block.body) == 1:
                    return replace(program, place, "Delete the statement", [(line.body[0], "pass")])
                edit = Edit(Position(start.row, 1), Position(end.row + 1, 1), "")
                return Fix("Delete the statement", (edit,))
            todo.append(line)
    return None


def _says_only(line: SimpleStatementLine, node: CSTNode) -> bool:
    """Whether a line is one statement that evaluates, or assigns to, a node."""
    import libcst as cst

    (statement, *others) = line.body
    if isinstance(statement, cst.Expr):
        return not others and statement.value is node
    return not others and isinstance(statement, cst.Assign) and [t.target for t in statement.targets] == [node]


RULE = Rule(
    code="ACT308",
    name="requires-grad-on-loss",
    message="requires_grad set on a computed loss",
    what="`loss.requires_grad_(True)` or `loss.requires_grad = True` on a value that was computed, followed by "
    "`loss.backward()`.",
    why="On a loss that is attached to its parameters it does nothing. Where it has an effect, it silences the error "
    "`element 0 of tensors does not require grad`: the loss becomes a leaf, `backward()` runs, and no weight ever "
    "moves. Inputs that need a gradient (saliency, gradient penalties) are not what `backward()` is called on, and "
    "not reported.",
    bad="""\
import torch
from torch import nn

net = nn.Linear(4, 8)
hidden = torch.relu(net(torch.ones(2, 4))).detach()
loss = hidden.abs().mean()
loss.requires_grad_(True)
loss.backward()
""",
    good="""\
import torch
from torch import nn

net = nn.Linear(4, 8)
x = torch.ones(2, 4)
x.requires_grad_(True)
loss = torch.relu(net(x)).abs().mean()
loss.backward()
""",
    sources=(
        "https://github.com/replicate/cog/issues/1681",
        "https://github.com/ronghuaiyang/arcface-pytorch/issues/56",
        "https://github.com/brian6091/Dreambooth/issues/23",
        "https://github.com/pytorch/xla/pull/9313",
    ),
    fix="safe",
    check=check,
    triggers=(b"requires_grad",),
    reads="torch",
)
