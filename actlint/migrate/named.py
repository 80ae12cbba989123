"""What stands for a tensor where its own expression can't be used: the name that the building code gave it."""

from __future__ import annotations

import libcst as cst

from actlint.program.calls import assigned_names
from actlint.program.values import Mapping, Sequence, Tensor, Value


def expression_of(value: Value | None, text: str, tensor: Tensor) -> str | None:
    """The expression for a tensor in a value that is written `text`, through containers; None if it isn't in there."""
    if isinstance(value, Tensor):
        return text if value.op is tensor.op and value.index == tensor.index else None
    items = (
        enumerate(value.items)
        if isinstance(value, Sequence)
        else value.items.items()
        if isinstance(value, Mapping)
        else ()
    )
    for key, item in items:
        if not isinstance(key, Value) and (found := expression_of(item, f"{text}[{key!r}]", tensor)) is not None:
            return found
    return None


def locals_of(function: cst.FunctionDef | cst.Lambda) -> set[str]:
    """The names that a function binds itself: parameters and assignments."""
    parameters = function.params
    names = {p.name.value for p in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)}
    return names | assigned_names(function.body)
