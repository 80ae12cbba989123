"""Augmented assignments of tensors. TF1's `loss += x` makes a tensor; torch's changes the one that is there, whoever
else holds it: another name, the caller's array, or the backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.source import binds_tighter, is_atom, parenthesized
from actlint.program.values import Tensor

if TYPE_CHECKING:
    from actlint.migrate.expression import Rewriter

_OPERATORS: dict[type[cst.BaseAugOp], type[cst.BaseBinaryOp]] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.DivideAssign: cst.Divide,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
    cst.PowerAssign: cst.Power,
    cst.MatrixMultiplyAssign: cst.MatrixMultiply,
}


def out_of_place(rewriter: Rewriter, original: cst.AugAssign, updated: cst.AugAssign) -> cst.BaseSmallStatement:
    """`a = a + b` for the `a += b` of tensors in torch; any other statement as it is."""
    operator = _OPERATORS.get(type(original.operator))
    if (
        rewriter.at.target != "torch"
        or operator is None
        or not any(isinstance(value, Tensor) for value in rewriter.values(original.target))
    ):
        return updated
    before = cst.BinaryOperation(original.target, operator(), original.value)
    after = before.with_changes(left=updated.target, right=updated.value)
    if not is_atom(after.right) and not binds_tighter(after.right, after, left=False):
        after = after.with_changes(right=parenthesized(after.right))
    return cst.Assign([cst.AssignTarget(updated.target)], rewriter.leave_BinaryOperation(before, after))
