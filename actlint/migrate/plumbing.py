"""What only serves TF1's graph and its sessions (sessions, graphs, scopes, devices, settings): it has no counterpart
in eager code, and disappears."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.binding import BoundCall, framework_name
from actlint.program.moving import are_updates
from actlint.program.options import FLAG_MODULES
from actlint.program.values import Handle, Host, Sequence, Session, Symbol, Tensor, Value

if TYPE_CHECKING:
    from actlint.program.model import Program

_SETTINGS = (
    "reset_default_graph",
    "disable_v2_behavior",
    "disable_eager_execution",
    "disable_resource_variables",
    "disable_v2_tensorshape",
)
_REGISTRATIONS = ("add_to_collection", "add_to_collections", "losses.add_loss")
LISTS = ("get_collection", "get_collection_ref", "losses.get_losses", "losses.get_regularization_losses")
"""What answers a collection as a list."""
SUMS = ("losses.get_total_loss", "losses.get_regularization_loss")
"""What answers the sum of collections."""
WRITERS = ("summary.FileWriter", "train.SummaryWriter")
_AWAITED = ("assign", "train", "update")
_PLUMBING = ("initializer", "context", "variable_scope", "name_scope")


def is_registration(program: Program, small: cst.BaseSmallStatement) -> bool:
    """Whether a statement adds something to a collection: who reads the collection names what it holds."""
    binding = program.bindings.get(small.value) if isinstance(small, cst.Expr) else None
    return isinstance(binding, BoundCall) and binding.entry.name in _REGISTRATIONS


def is_reading(program: Program, node: cst.CSTNode) -> bool:
    """Whether an expression reads a collection."""
    binding = program.bindings.get(node)
    return isinstance(binding, BoundCall) and binding.entry.name in (*LISTS, *SUMS)


def only_serves_session(program: Program, small: cst.BaseSmallStatement | None) -> bool:
    """Whether a statement only serves the session or the graph as such."""
    if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call):
        return _is_plumbing_call(program, small.value)
    if not isinstance(small, cst.Assign):
        return False
    values = program.values(small.value)
    if values and all(_is_plumbing(v) for v in values):
        return True
    target = small.targets[0].target
    while isinstance(target, cst.Attribute):
        target = target.value
        if any(isinstance(v, Host) and v.what.startswith("config") for v in program.values(target)):
            return True
    return False


def _is_plumbing_call(program: Program, call: cst.Call) -> bool:
    binding = program.bindings.get(call)
    if isinstance(binding, BoundCall) and binding.entry.name in (*_SETTINGS, *_REGISTRATIONS):
        return True
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value == "run":
        return False
    owners = program.values(call.func.value)
    if call.func.attr.value == "add_graph" and any(isinstance(v, Handle) and v.kind == "writer" for v in owners):
        return True
    return bool(owners) and all(isinstance(v, Session) or isinstance(v, Handle) and v.kind in _PLUMBING for v in owners)


def _is_plumbing(value: Value) -> bool:
    return (
        isinstance(value, Session)
        or isinstance(value, Handle)
        and value.kind in _PLUMBING
        or value == Host("config")
        or is_flag_module(value)
        or are_updates(value)
    )


def prints(program: Program, small: cst.BaseSmallStatement | None) -> bool:
    """Whether a statement only prints tensors as objects of the graph, such as `print(x)` of a placeholder."""
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.Call):
        return False
    call = small.value
    return program.values(call.func) == [Symbol("builtins.print")] and all(
        argument.keyword is None
        and not argument.star
        and (
            isinstance(argument.value, (cst.SimpleString, cst.Integer, cst.Float))
            or isinstance(argument.value, (cst.Name, cst.Attribute))
            and all(_holds_tensors(v) for v in program.values(argument.value))
        )
        for argument in call.args
    )


def _holds_tensors(value: Value) -> bool:
    """Whether a value is a tensor, or a list of nothing else."""
    if isinstance(value, Sequence):
        return bool(value.items) and all(map(_holds_tensors, value.items))
    return isinstance(value, Tensor)


def is_flag_module(value: Value) -> bool:
    """Whether a value is `tf.app` or `tf.app.flags`."""
    return isinstance(value, Symbol) and framework_name(value.name) in FLAG_MODULES


def dissolved(program: Program, original: cst.With, updated: cst.With) -> cst.BaseStatement | cst.FlattenSentinel:
    """A `with` block of a function without its sessions, graphs, scopes and devices; where nothing else is entered,
    its statements alone."""
    kept = [
        after
        for before, after in zip(original.items, updated.items, strict=True)
        if not enters_plumbing(program, before)
    ]
    if len(kept) == len(original.items):
        return updated
    if kept:
        return updated.with_changes(items=[*kept[:-1], kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    body = list(updated.body.body)
    if isinstance(updated.body, cst.SimpleStatementSuite):
        body = [cst.SimpleStatementLine(updated.body.body)]
    if body:
        comments = [line for line in getattr(body[0], "leading_lines", ()) if line.comment is not None]
        body[0] = body[0].with_changes(leading_lines=[*updated.leading_lines, *comments])  # type: ignore[call-arg,arg-type]
    return cst.FlattenSentinel(body)  # type: ignore[arg-type]


def enters_plumbing(program: Program, item: cst.WithItem) -> bool:
    """Whether a `with` item only enters a session, a graph, a scope or a device."""
    values = program.values(item.item)
    return bool(values) and all(
        isinstance(v, Session)
        or isinstance(v, Handle)
        and (v.op.symbol != "control_dependencies" or all(t.op.kind in _AWAITED for t in v.op.inputs))
        for v in values
    )


def dropped_arguments(binding: object) -> list[cst.BaseExpression]:
    """The arguments of a call that pass the graph on, and disappear with it."""
    if not isinstance(binding, BoundCall) or binding.entry.name not in WRITERS:
        return []
    return [node for name, node in binding.nodes.items() if name in ("graph", "graph_def") and node is not None]
