"""Symbols that shape the program rather than compute: placeholders, variables, sessions, training, collections,
scopes, summaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis.catalogue import lookup
from actlint.apis.infer import INTEGERS
from actlint.program.binding import BoundCall, dimensions, dtype_of, tensor_dtype, tensor_shape
from actlint.program.values import (
    EFFECTS,
    NONE,
    Const,
    Function,
    Handle,
    Host,
    Mapping,
    Op,
    Optimizer,
    Picked,
    Run,
    Sequence,
    Session,
    ShapeValue,
    Tensor,
    Training,
    Unknown,
    Value,
    Variable,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

Handler = Callable[["Interpreter", BoundCall, cst.Call], Value]


@dataclass(frozen=True)
class Structural:
    """The signature of a structural symbol and what a call of it means."""

    signature: str
    handler: Handler


STRUCTURE: dict[str, Structural] = {}


def structural(names: str, signature: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for name in names.split():
            STRUCTURE[name] = Structural(signature, handler)
        return handler

    return register


# -- inputs and variables


@structural("placeholder", "dtype, shape=None, name=None")
def _placeholder(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    call.source = _source(self)
    shape = call.dimensions("shape")
    tensor = self.operation(
        "placeholder", dict(call.values), node, shape, dtype_of(call.values.get("dtype")), kind="placeholder"
    )
    tensor.op.name = self.unique(call.const("name") if isinstance(call.const("name"), str) else "Placeholder")
    self.program.placeholders.append(tensor)
    return tensor


@structural("placeholder_with_default", "input, shape, name=None")
def _placeholder_with_default(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    tensor = self.operation(
        "placeholder_with_default",
        dict(call.values),
        node,
        call.dimensions("shape"),
        tensor_dtype(call.values.get("input")),
    )
    given = call.const("name")
    tensor.op.name = self.unique(given if isinstance(given, str) else "PlaceholderWithDefault")
    return tensor


def _source(self: Interpreter) -> Callable[[cst.BaseExpression], str | None]:
    from actlint.program.calls import global_source

    scope = self.program.scopes[self.file]
    return lambda node: (
        global_source(self, node, scope)
        if not self.frames or isinstance(node, cst.Name) and _is_global(self, node)
        else None
    )


def _is_global(self: Interpreter, node: cst.Name) -> bool:
    function = self.frames[-1].function.node
    parameters = getattr(function, "params", None)
    names = {p.name.value for p in (*parameters.params, *parameters.kwonly_params)} if parameters is not None else set()
    from actlint.program.calls import assigned_names

    return node.value not in names and node.value not in assigned_names(function.body)


@structural(
    "Variable",
    "initial_value=None, trainable=True, collections=None, validate_shape=True, caching_device=None, name=None,"
    " variable_def=None, dtype=None, expected_shape=None, import_scope=None, constraint=None, use_resource=None,"
    " synchronization=None, aggregation=None, shape=None",
)
def _variable(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    given = call.const("name")
    initial = call.values.get("initial_value")
    if isinstance(initial, Function):
        initial = self.call_function(initial, [], [], node)
    name = self.unique(given if isinstance(given, str) else "Variable")
    dtype = dtype_of(call.values.get("dtype")) or tensor_dtype(initial)
    made = make_variable(
        self, node, name, tensor_shape(initial), dtype, initial, call.const("trainable", True) is not False
    )
    return _collected(self, made, call)


def _collected(self: Interpreter, variable: Variable, call: BoundCall) -> Variable:
    """Let a new variable join the collections that its call names."""
    from actlint.program.collected import collection_key, join

    if call.given("collections"):
        named = call.values["collections"]
        keys = [collection_key(item) for item in named.items] if isinstance(named, Sequence) else [None]
        variable.everywhere = "variables" in keys
        for key in keys:
            if key not in ("variables", "trainable_variables"):
                join(self, key, variable)
    return variable


def make_variable(
    self: Interpreter, node: cst.Call, name: str, shape: Any, dtype: str | None, initial: Value | None, trainable: bool
) -> Variable:
    """A new variable."""
    op = self.operation("variable", {}, node, shape, dtype, kind="variable").op
    op.arguments = {"initial_value": initial} if initial is not None else {}
    op.name = name
    variable = Variable(op, shape, dtype, name=name, trainable=trainable, initial=initial)
    variable.imagined = bool(self.imagined)
    self.program.variables.append(variable)
    return variable


@structural(
    "get_variable",
    "name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=None, collections=None,"
    " caching_device=None, partitioner=None, validate_shape=True, use_resource=None, custom_getter=None,"
    " constraint=None, synchronization=None, aggregation=None",
)
def _get_variable(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    given = call.const("name")
    if not isinstance(given, str):
        given = f"<{len(self.program.variables)}>"
    name = self.variable_scopes.full(given)
    if name in self.shared:
        return self.shared[name]
    initial = call.values.get("initializer")
    shape = call.dimensions("shape") if call.given("shape") else tensor_shape(initial)
    variable = make_variable(
        self,
        node,
        name,
        shape,
        dtype_of(call.values.get("dtype")) or "float32",
        initial,
        call.const("trainable", True) is not False,
    )
    self.shared[name] = variable
    if initial is None or initial == NONE:
        self.variable_scopes.fill(node, "initializer")
    if call.given("regularizer"):
        from actlint.program.collected import penalize

        penalize(self, call.values["regularizer"], variable, node)
    return _collected(self, variable, call)


# -- sessions and runs


@structural(
    "Session InteractiveSession train.MonitoredTrainingSession train.SingularMonitoredSession",
    "target='', graph=None, config=None, *rest, **kwargs",
)
def _session(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    graph = call.values.get("graph")
    session = Session(node, self.file, graph.op.index + 1 if isinstance(graph, Handle) else None)
    self.program.sessions.append(session)
    if (
        self.default_session is None
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value == "InteractiveSession"
    ):
        self.default_session = session
    return session


@structural("get_default_session", "")
def _default_session(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.default_session or Session(node, self.file)


def session_method(
    self: Interpreter, session: Session, name: str, positional: Any, keywords: Any, node: cst.Call
) -> Value:
    from actlint.program.calls import _argument

    if name in ("run", "partial_run"):
        return run_call(
            self,
            node,
            "session",
            None,
            _argument(positional, keywords, 0, "fetches"),
            _argument(positional, keywords, 1, "feed_dict"),
        )
    if name == "as_default":
        return session
    return Host(f"session.{name}")


def run_call(
    self: Interpreter,
    node: cst.Call,
    form: str,
    owner: Value | None,
    fetch: tuple[Value, Any] | None,
    feed: tuple[Value, Any] | None,
) -> Value:
    """Record a run and answer what it returns: the fetches' structure, with numpy values."""
    fetches = (
        owner
        if owner is not None
        else fetch[0]
        if fetch is not None
        else Unknown("nothing is fetched", node, self.file)
    )
    fetches = by_name(self, fetches)
    pairs: list[tuple[Value, Value]] = []
    feed_value = feed[0] if feed is not None else None
    if isinstance(feed_value, Mapping):
        _key_by_tensors(self, feed_value)
    if isinstance(feed_value, Mapping):
        pairs = [(key if isinstance(key, Value) else Const(key), value) for key, value in feed_value.items.items()]
    chosen = _variants(fetches)
    made: list[Run] = []
    for fetched in chosen:
        run = Run(
            len(self.program.runs),
            node,
            self.file,
            self.frames,
            self.loops,
            form,
            fetched,
            list(_leaves(fetched)),
            pairs,
            feed_value,
            fetch[1] if fetch is not None else None,
            feed[1] if feed is not None else None,
            *self.place,
            variants=len(chosen) if len(chosen) > 1 else 0,
        )
        self.program.runs.append(run)
        made.append(run)
    return _result(chosen[0], *made)


def _variants(fetches: Value) -> list[Value]:
    """What a run fetches, one time for each element that the program may pick."""
    widths = {len(leaf.items) for leaf in _leaves(fetches) if isinstance(leaf, Picked)}
    if len(widths) != 1:
        return [fetches]
    return [_variant(fetches, place) for place in range(widths.pop())]


def _variant(value: Value, place: int) -> Value:
    if isinstance(value, Sequence):
        items = [_variant(item, place) for item in value.items]
        return value if items == value.items else Sequence(items, value.kind, value.partial)
    if isinstance(value, Mapping):
        return Mapping({key: _variant(item, place) for key, item in value.items.items()}, value.nodes, value.node)
    return value.items[place] if isinstance(value, Picked) else value


def by_name(self: Interpreter, value: Value) -> Value:
    """Fetches with names such as "loss:0" replaced by the tensors that bear them."""
    if isinstance(value, Sequence):
        items = [by_name(self, item) for item in value.items]
        return value if items == value.items else Sequence(items, value.kind, value.partial)
    if isinstance(value, Const) and isinstance(value.value, str):
        return tensor_named(self, value.value) or value
    return value


def tensor_named(self: Interpreter, name: str) -> Tensor | None:
    """The tensor with a name of TF1's, where the code gives it."""
    base, _, index = name.partition(":")
    variable = next((v for v in self.program.variables if v.name == base), None)
    if index != "0" or variable is not None:
        return variable if index == "0" else None
    named = [op for op in self.program.ops if op.name == base and op.kind in ("op", "loss", "placeholder")]
    if len(named) != 1 or named[0].loops:
        return None
    return self.outputs.get(named[0])


def _key_by_tensors(self: Interpreter, feed: Mapping) -> None:
    """Let a feed whose keys are names have the tensors as keys."""
    for key in [key for key in feed.items if isinstance(key, str)]:
        tensor = tensor_named(self, key)
        if tensor is not None:
            feed.items[tensor] = feed.items.pop(key)
            feed.keys[tensor] = feed.keys.pop(key, [])
            if key in feed.nodes:
                feed.nodes[tensor] = feed.nodes.pop(key)


def _leaves(value: Value) -> Any:
    if isinstance(value, Sequence):
        for item in value.items:
            yield from _leaves(item)
    elif isinstance(value, Mapping):
        for item in value.items.values():
            yield from _leaves(item)
    else:
        yield value


def _result(value: Value, *runs: Run) -> Value:
    if isinstance(value, Sequence):
        return Sequence([_result(item, *runs) for item in value.items], value.kind, value.partial)
    if isinstance(value, Mapping):
        return Mapping({key: _result(item, *runs) for key, item in value.items.items()})
    if isinstance(value, Tensor) and value.op.kind in EFFECTS:
        return NONE
    if isinstance(value, Handle) and value.kind in ("initializer", "op"):
        return NONE
    if isinstance(value, Tensor):
        return Host("fetched", runs, value.shape if len(runs) == 1 else None, value.dtype)
    return Host("fetched", runs)


@structural(
    "global_variables_initializer initialize_all_variables local_variables_initializer tables_initializer"
    " variables_initializer initialize_local_variables initialize_variables initialize_all_tables"
    " initializers.global_variables",
    "var_list=None, name=None",
)
def _initializers(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    made = self.handle("initializer", "initializer", {}, node)
    chosen = call.values.get("var_list", NONE)
    if "local" in call.entry.name or "tables" in call.entry.name or chosen == Host("slots"):
        made.covers = ()
    elif chosen == NONE:
        made.covers = tuple(v for v in self.variables() if v.everywhere)
    elif isinstance(chosen, Sequence) and not chosen.partial and all(isinstance(v, Variable) for v in chosen.items):
        made.covers = tuple(v for v in chosen.items if isinstance(v, Variable))
    return made


# -- training


def optimizer_method(
    self: Interpreter, optimizer: Optimizer, name: str, positional: Any, keywords: Any, node: cst.Call
) -> Value:
    from actlint.program.calls import _argument

    get = lambda place, key: (_argument(positional, keywords, place, key) or (None,))[0]  # noqa: E731
    if name == "minimize":
        loss, variables = get(0, "loss"), get(2, "var_list")
        return train(self, node, optimizer, loss, variables, get(1, "global_step"))
    if name == "compute_gradients":
        loss, variables = get(0, "loss"), get(1, "var_list")
        reached = differentiable_ancestors(tensors_in(loss))
        graph = loss.op.graph if isinstance(loss, Tensor) else None
        chosen = _variable_list(self, variables, graph)
        return Sequence([Sequence([_gradient(self, node, loss, v, reached), v], "tuple") for v in chosen])
    if name == "apply_gradients":
        pairs = get(0, "grads_and_vars")
        items = [self.iterate(item) for item in self.iterate(pairs) or []] if pairs is not None else []
        variables = [pair[1] for pair in items if pair is not None and len(pair) == 2 and isinstance(pair[1], Variable)]
        losses = {
            id(op.arguments.get("loss")): op.arguments["loss"]
            for op in self.program.ancestors(tensors_in(pairs))
            if op.symbol == "gradients" and "loss" in op.arguments
        }
        loss = next(iter(losses.values()), None) or Unknown(
            "gradients that don't come from a loss seen here", node, self.file
        )
        return train(self, node, optimizer, loss, Sequence(variables), get(1, "global_step"), list(tensors_in(pairs)))
    return Host("slots" if name == "variables" else name)


def _variable_list(self: Interpreter, value: Value | None, graph: int | None = None) -> list[Variable]:
    """The variables that are differentiated by; none where they aren't known."""
    if value is None or value == NONE:
        return [v for v in self.variables(graph) if v.trainable and v.dtype not in INTEGERS]
    if isinstance(value, Variable):
        return [value]
    if isinstance(value, Sequence) and value.partial:
        return []
    return [v for v in tensors_in(value) if isinstance(v, Variable)]


def _gradient(self: Interpreter, node: cst.Call, loss: Value | None, variable: Tensor, reached: set[Op]) -> Value:
    """The gradient by one tensor; None where the loss doesn't depend on it."""
    if isinstance(loss, Tensor) and variable.op not in reached:
        return NONE
    return self.operation(
        "gradients", {"loss": loss or NONE, "with_respect_to": variable}, node, variable.shape, variable.dtype
    )


def differentiable_ancestors(tensors: Iterable[Tensor]) -> set[Op]:
    """The operations that gradients of these tensors reach."""
    seen: set[Op] = set()
    todo = [tensor.op for tensor in tensors]
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        entry = lookup(op.symbol)
        if entry is None or entry.differentiable:
            todo.extend(tensor.op for tensor in op.inputs)
    return seen


def train(
    self: Interpreter,
    node: cst.Call,
    optimizer: Optimizer,
    loss: Value | None,
    variables: Value | None,
    global_step: Value | None,
    inputs: list[Tensor] | None = None,
) -> Tensor:
    """A training operation."""
    if isinstance(loss, Function):
        loss = self.call_function(loss, [], [], node)
    chosen = _variable_list(self, variables, loss.op.graph if isinstance(loss, Tensor) else None)
    if (variables is None or variables == NONE) and isinstance(loss, Tensor):
        ends = [Tensor(op) for op in self.program.ops if op.symbol == "stop_gradient"]
        reached = self.program.ancestors([loss], ends)
        # TF1 skips variables without a gradient
        chosen = [v for v in chosen if v.op in reached] or chosen
    arguments: dict[str, Value] = {"loss": loss or NONE}
    if global_step is not None:
        arguments["global_step"] = global_step
    sources = inputs if inputs is not None else list(tensors_in(loss))
    sources = [
        *sources,
        *(t for value in optimizer.op.arguments.values() for t in tensors_in(value)),
        *tensors_in(global_step),
    ]
    training = Training(
        len(self.program.ops),
        "train",
        arguments,
        sources,
        node,
        self.file,
        self.frames,
        self.loops,
        "train",
        statement=self.place[1],
        graph=self.graph,
        turns=self.turns,
        controls=self.controls,
        optimizer=optimizer,
        loss=loss,
        variables=chosen,
    )
    self.program.ops.append(training)
    self.program.trainings.append(training)
    return Tensor(training)


@structural(
    "gradients",
    "ys, xs, grad_ys=None, name='gradients', colocate_gradients_with_ops=False, gate_gradients=False,"
    " aggregation_method=None, stop_gradients=None",
)
def _gradients(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    loss = call.values.get("ys")
    xs = list(tensors_in(call.values.get("xs")))
    if not xs:
        return Unknown("gradients with respect to something that isn't known", node, self.file)
    reached = differentiable_ancestors(tensors_in(loss))
    return Sequence([_gradient(self, node, loss, x, reached) for x in xs])


@structural("clip_by_global_norm", "t_list, clip_norm, use_norm=None, name=None")
def _clip_by_global_norm(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    items = self.iterate(call.values.get("t_list", NONE))
    if items is None:
        return Unknown("a list of tensors that isn't known is clipped", node, self.file)
    tensors = [item for item in items if isinstance(item, Tensor)]
    made = self.operation("clip_by_global_norm", dict(call.values), node, (), tensors[0].dtype if tensors else None)
    clipped = (Tensor(made.op, t.shape, t.dtype, 1 + place) for place, t in enumerate(tensors))
    return Sequence([Sequence([next(clipped) if isinstance(item, Tensor) else item for item in items]), made], "tuple")


@structural("group", "*inputs, **kwargs")
def _group(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    parts = getattr(call.values.get("inputs"), "items", [])
    if parts and all(isinstance(part, Handle) and part.kind == "initializer" for part in parts):
        return parts[0]
    return self.operation("group", {"inputs": call.values.get("inputs", NONE)}, node, None, None, kind="group")


@structural("no_op", "name=None")
def _no_op(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return self.operation("no_op", {}, node, None, None, kind="group")


@structural("assign assign_add assign_sub", "ref, value, validate_shape=None, use_locking=None, name=None")
def _assign(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return assignment(self, call.entry.name, dict(call.values), node)


@structural("scatter_update scatter_add scatter_sub", "ref, indices, updates, use_locking=None, name=None")
def _scatter(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    return assignment(self, call.entry.name, dict(call.values), node)


def assignment(self: Interpreter, symbol: str, arguments: dict[str, Value], node: cst.Call) -> Tensor:
    """An operation that changes a variable, and gives its value afterwards."""
    target = arguments.get("ref")
    return self.operation(symbol, arguments, node, tensor_shape(target), tensor_dtype(target), kind="assign")


def handle_method(
    self: Interpreter, handle: Handle, name: str, positional: Any, keywords: Any, node: cst.Call
) -> Value:
    if name == "reuse_variables":
        (getattr(handle, "scope", None) or self.variable_scopes.current).reuse = True
        return NONE
    if name in ("as_default", "graph"):
        return handle
    if name == "get_tensor_by_name" and positional and isinstance(positional[0][0], Const):
        return tensor_named(self, str(positional[0][0].value)) or Unknown(
            f"the tensor {positional[0][0].value}, whose name TF1 makes", node, self.file
        )
    return Host(name, tuple(r for value, *_ in positional for r in getattr(value, "runs", ())))


def tensor_method(
    self: Interpreter, tensor: Tensor, name: str, positional: Any, keywords: Any, node: cst.Call
) -> Value:
    if name == "get_shape":
        return ShapeValue(tensor.shape)
    if name == "set_shape":
        shape = dimensions(positional[0][0]) if positional else None
        tensor.shape = shape or tensor.shape
        return NONE
    values = [value for value, *_ in positional]
    if name in ("assign", "assign_add", "assign_sub", "scatter_sub"):
        parameters = ("indices", "updates") if name.startswith("scatter") else ("value",)
        given = {{"delta": "value"}.get(key, key): value for key, value, _ in keywords}
        return assignment(self, name, {"ref": tensor, **dict(zip(parameters, values, strict=False)), **given}, node)
    if name in ("initialized_value", "read_value", "value"):
        return tensor
    if name == "load":
        return NONE
    return self.operation(
        f"Tensor.{name}",
        {"self": tensor, **{str(i): v for i, v in enumerate(values)}},
        node,
        None,
        tensor.dtype,
        known=False,
    )
