"""Files of a checkpoint that a program asks for by name, such as `path + ".index"`.

TF1 writes `path.index`, `path.meta` and `path.data-*`; tf.train.Checkpoint has no `.meta`, and torch.save writes `path`
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.savers import is_saver, session_argument
from actlint.migrate.source import code, walk
from actlint.program.binding import python_value
from actlint.program.model import Program

if TYPE_CHECKING:
    from actlint.migrate.expression import Rewriter

_FILES = (".index", ".meta")


def checkpoint_file(rewriter: Rewriter, original: cst.BinaryOperation) -> cst.BaseExpression | None:
    """What the target writes instead of a file that TF1's saver writes, or None where this isn't one."""
    if not isinstance(original.operator, cst.Add) or not isinstance(original.right, cst.SimpleString):
        return None
    if original.right.evaluated_value not in _FILES or not _is_path(rewriter.program, original.left):
        return None
    left = original.left.visit(rewriter)
    assert isinstance(left, cst.BaseExpression)
    if rewriter.at.target == "torch":
        return left
    index = original.right.with_changes(value=original.right.value.replace(".meta", ".index"))
    return original.with_changes(left=left, right=index)


def _is_path(program: Program, node: cst.BaseExpression) -> bool:
    """Whether a saver of the program is given this path."""
    known = [value for v in program.values(node) if isinstance(value := python_value(v), str)]
    return any(
        code(path) == code(node) or any(python_value(v) in known for v in program.values(path))
        for path in _saved_to(program)
    )


def _saved_to(program: Program) -> Iterator[cst.BaseExpression]:
    for tree in program.trees.values():
        for part in walk(tree.module):
            if isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute):
                session = session_argument(program, part) if is_saver(program.values(part.func.value)) else None
                yield from (argument.value for argument in part.args if argument is not session)
