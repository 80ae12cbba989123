"""Structural symbols around the graph: collections, scopes, summaries, savers, settings, conditionals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.program import argscopes
from actlint.program.binding import BoundCall, python_value
from actlint.program.collected import REGULARIZATION, collection_key, contents, in_scope, join
from actlint.program.structure import structural
from actlint.program.values import (
    NONE,
    Const,
    Function,
    Handle,
    Host,
    OneOf,
    Op,
    Scoped,
    Sequence,
    Symbol,
    Tensor,
    Unknown,
    Value,
    Variable,
)
from actlint.program.varscopes import ScopeInitial

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter
    from actlint.program.varscopes import VariableScope


@structural("trainable_variables", "scope=None")
def _trainable(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _scoped(self, [v for v in self.variables() if v.trainable], call)


@structural("global_variables all_variables", "scope=None")
def _global(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _scoped(self, [v for v in self.variables() if v.everywhere], call)


def _scoped(self: Interpreter, variables: list[Variable], call: BoundCall) -> Value:
    asked = call.values.get("scope")
    scopes = [c.value for c in asked.constants] if isinstance(asked, OneOf) else [call.const("scope")]
    if not all(scope is None or isinstance(scope, str) for scope in scopes):
        return Sequence(list(variables), partial=True)
    by = {scope: [v for v in variables if not scope or in_scope(v, scope)] for scope in scopes}
    items = {id(v): v for found in by.values() for v in found}
    return Scoped(list(items.values()), partial=len(by) > 1, by=by, everything=list(variables))


@structural("get_collection get_collection_ref", "key, scope=None")
def _collection(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    key = collection_key(call.values.get("key"))
    if key in ("trainable_variables", "variables", "global_variables", "model_variables"):
        trainable = key == "trainable_variables"
        return _scoped(self, [v for v in self.variables() if (v.trainable if trainable else v.everywhere)], call)
    return contents(self, key, call.values.get("scope"))


class ScopeHandle(Handle):
    """A variable scope or name scope that a `with` enters."""

    name: str = ""
    reuse: bool | None = None
    initial: ScopeInitial | None = None
    scope: VariableScope | None = None
    """The variable scope that it stands for, once that is open."""


@structural(
    "variable_scope variable_op_scope",
    "name_or_scope=None, default_name=None, values=None, initializer=None, regularizer=None, caching_device=None,"
    " partitioner=None, custom_getter=None, reuse=None, dtype=None, use_resource=None, constraint=None,"
    " auxiliary_name_scope=True",
)
def _variable_scope(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    if call.given("regularizer"):
        self.program.uncertain.add(REGULARIZATION)
    made = _scope(
        self,
        "variable_scope",
        call.values.get("name_or_scope"),
        call.const("default_name"),
        call.values.get("reuse"),
        node,
    )
    if call.given("initializer") and "initializer" in call.nodes:
        made.initial = ScopeInitial(node, call.nodes["initializer"])
        self.program.scope_initials.append(made.initial)
    return made


@structural("name_scope op_scope", "name=None, default_name=None, values=None")
def _name_scope(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _scope(self, "name_scope", call.values.get("name"), call.const("default_name"), None, node)


def _scope(
    self: Interpreter, kind: str, name: Value | None, default: Any, reuse: Value | None, node: cst.Call
) -> ScopeHandle:
    op = self.operation(kind, {}, node, None, None, kind="scope").op
    made = ScopeHandle(kind, op)
    text = python_value(name)
    if isinstance(name, ScopeHandle):
        made.scope = name.scope
    elif isinstance(text, str):
        made.name = text
    else:
        made.name = default if isinstance(default, str) else "scope"
        if kind == "variable_scope":
            made.name = self.variable_scopes.unique(made.name)
    if reuse is not None and reuse != NONE:
        made.reuse = is_auto(reuse) or reuse == Const(True)
    return made


def is_auto(reuse: Value | None) -> bool:
    """Whether a `reuse` argument is `tf.AUTO_REUSE`."""
    return isinstance(reuse, Symbol) and reuse.name.endswith(".AUTO_REUSE")


@structural("get_variable_scope", "")
def _get_variable_scope(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    made = ScopeHandle("variable_scope", self.operation("get_variable_scope", {}, node, None, None, kind="scope").op)
    made.scope = self.variable_scopes.current
    return made


@structural("control_dependencies", "control_inputs")
def _control_dependencies(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.handle("context", "control_dependencies", dict(call.values), node)


@structural("device Graph get_default_graph", "*args, **kwargs")
def _context(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.handle("context", call.entry.name, {}, node)


def enter_scope(self: Interpreter, value: Value) -> tuple[Value, Callable[[], None]]:
    """Enter a `with` item that isn't a session."""
    if isinstance(value, Handle) and value.op.symbol == "Graph":
        before = self.enter_graph(value.op.index + 1)
        return value, lambda: (self.enter_graph(before), None)[1]
    if isinstance(value, Handle) and value.op.symbol == "control_dependencies":
        return value, _enter_controls(self, value.op)
    if isinstance(value, argscopes.ArgScope):
        return value, argscopes.enter(self, value)
    if not isinstance(value, ScopeHandle):
        return value, lambda: None
    if value.kind == "variable_scope":
        entered = ScopeHandle(value.kind, value.op)
        entered.scope, close = self.variable_scopes.enter(value.scope or value.name, value.reuse, value.initial)
        names = self.name_scopes
        last = entered.scope.name.rpartition("/")[2]
        self.name_scopes = self.unique(last if value.scope else value.name).split("/") if last else names

        def leave() -> None:
            close()
            self.name_scopes = names

        return entered, leave
    names = self.name_scopes
    self.name_scopes = self.unique(value.name).split("/")

    def leave_names() -> None:
        self.name_scopes = names

    return value, leave_names


def _enter_controls(self: Interpreter, op: Op) -> Callable[[], None]:
    """Have what is made now wait for other operations; None lifts what waits outside."""
    before, given = self.controls, op.arguments.get("control_inputs", NONE)
    waits = [t.op for t in op.inputs if t.op.kind != "variable"]
    self.controls = () if given == NONE else tuple(dict.fromkeys([*before, *waits]))

    def leave() -> None:
        self.controls = before

    return leave


@structural("examples.tutorials.mnist.input_data.read_data_sets", "train_dir, **kwargs")
def _tutorial_data(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return Host("data sets")


@structural(
    "summary.scalar scalar_summary summary.text summary.audio", "name, tensor, collections=None, family=None, **kwargs"
)
def _summary(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    tensor = self.operation(call.entry.name, dict(call.values), node, (), "string", kind="summary")
    name = call.const("name")
    if isinstance(name, str):
        tensor.op.name = self.tag(re.sub(r"[^-/\w.]", "_", name))
    given = call.values.get("collections", NONE)
    keys = [Const("summaries")] if given == NONE else given.items if isinstance(given, Sequence) else [given]
    for key in keys:
        join(self, collection_key(key), tensor)
    return tensor


@structural("summary.histogram histogram_summary", "name, values, collections=None, family=None")
def _histogram(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _summary(self, call, node)


@structural("summary.image image_summary", "name, tensor, max_outputs=3, collections=None, family=None, **kwargs")
def _image_summary(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return _summary(self, call, node)


@structural("summary.merge_all merge_all_summaries", "key='summaries', scope=None, name=None")
def _merge_all(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    parts = self.program.collections.get(str(collection_key(call.values.get("key", Const("summaries")))), [])
    return self.operation("summary.merge", {"inputs": Sequence(list(parts))}, node, (), "string", kind="summary")


@structural("summary.merge merge_summary", "inputs, collections=None, name=None")
def _merge(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.operation("summary.merge", dict(call.values), node, (), "string", kind="summary")


@structural(
    "summary.FileWriter train.SummaryWriter",
    "logdir, graph=None, max_queue=10, flush_secs=120, graph_def=None, **kwargs",
)
def _writer(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.handle("writer", "summary.FileWriter", dict(call.values), node)


@structural("train.Saver", "var_list=None, reshape=False, sharded=False, max_to_keep=5, **kwargs")
def _saver(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.handle("saver", "train.Saver", dict(call.values), node)


@structural("train.latest_checkpoint train.get_checkpoint_state", "checkpoint_dir, latest_filename=None")
def _newest_checkpoint(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return Host("checkpoint")


@structural("train.checkpoint_exists", "checkpoint_prefix")
def _checkpoint_exists(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return Host("bool")


@structural("ConfigProto GPUOptions GraphOptions OptimizerOptions RunOptions RunMetadata", "**kwargs")
def _config(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return Host("config")


@structural("reset_default_graph", "")
def _reset(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    self.enter_graph(self.handle("context", "reset_default_graph", {}, node).op.index + 1)
    return NONE


@structural(
    "set_random_seed random.set_random_seed disable_v2_behavior disable_eager_execution "
    "disable_resource_variables disable_v2_tensorshape",
    "*args, **kwargs",
)
def _setting(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return NONE


@structural("logging.set_verbosity", "v")
def _verbosity(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return NONE


@structural("logging.debug logging.info logging.warn logging.warning logging.error logging.fatal", "msg, *args")
def _logged(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return NONE


@structural("app.run", "main=None, argv=None")
def _app_run(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    main = call.values.get("main") or self.program.scopes[self.file].names.get("main")
    if isinstance(main, Function):
        self.call_function(main, [Host("argv")] if main.node.params.params else [], [], node)
    return NONE


@structural("cond", "pred, true_fn=None, false_fn=None, strict=False, name=None, fn1=None, fn2=None")
def _cond(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    branches = [call.values.get(a) or call.values.get(b) for a, b in (("true_fn", "fn1"), ("false_fn", "fn2"))]
    results = [
        (
            self.call_function(branch, [], [], node)
            if isinstance(branch, Function)
            else Unknown("a branch that isn't a function seen here", node, self.file)
        )
        for branch in branches
    ]
    first = next((t for t in results if isinstance(t, Tensor)), None)
    return self.operation(
        "cond",
        {"pred": call.values.get("pred", NONE), "x": results[0], "y": results[1]},
        node,
        first.shape if first else None,
        first.dtype if first else None,
    )
