"""Calls: into the user's functions, of Python's builtins, of framework symbols, of methods of modelled values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis import catalogue, refused
from actlint.apis.catalogue import lookup
from actlint.apis.entry import UNKNOWN, CellEntry, Entry, LayerEntry
from actlint.apis.formula import option
from actlint.apis.shape import Dim
from actlint.program import (
    argscopes,
    arrays,
    averages,
    builtins_,
    collected,
    decorators,
    options,
    recurrent,
    settings,
    structure,
)
from actlint.program import counting as counting
from actlint.program import moving as moving
from actlint.program import optimizing as optimizing
from actlint.program import repeated as repeated
from actlint.program.binding import (
    BoundCall,
    bind,
    computed,
    dtype_of,
    formula_of,
    framework_name,
    parameters,
    python_value,
    tensor_dtype,
    tensor_shape,
)
from actlint.program.expressions import Method, class_attribute, evaluate
from actlint.program.model import Unsupported
from actlint.program.scope import Scope
from actlint.program.settings import is_auto
from actlint.program.values import (
    NONE,
    Cell,
    Class,
    Const,
    Distribution,
    Function,
    Handle,
    Host,
    Instance,
    Layer,
    Mapping,
    Optimizer,
    Picked,
    Sequence,
    Session,
    ShapeValue,
    Symbol,
    Tensor,
    Unknown,
    Value,
    Variable,
    is_host,
    runs_in,
    tensors_in,
)
from actlint.syntax.walk import below

_SIMPLE = (str, int, bool, list, tuple)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

Arguments = list[tuple[Value, "cst.BaseExpression | None"]]
Keywords = list[tuple[str, Value, cst.BaseExpression]]
OF_LAYER = "<layer>/"
"""What begins the scope of a normalisation that `normalizer_fn` makes within that of its layer."""
_RUN_NAMES = {"run", "eval", "fit", "train_on_batch"}


def call(self: Interpreter, node: cst.Call, scope: Scope) -> Value:
    """The value of a call expression."""
    return called(self, _callee(self, node, scope), node, scope)


def called(self: Interpreter, callee: Value, node: cst.Call, scope: Scope) -> Value:
    """Call a value with the arguments of a call expression."""
    positional: Arguments = []
    keywords: Keywords = []
    for argument in node.args:
        value = evaluate(self, argument.value, scope)
        if argument.star == "*":
            items = self.iterate(value)
            positional.extend((item, None) for item in items or [])
            if items is None:
                positional.append((self.element(value, argument), None))
        elif argument.star == "**":
            if isinstance(value, Mapping):
                keywords.extend((str(key), item, argument.value) for key, item in value.items.items())
        elif argument.keyword is not None:
            keywords.append((argument.keyword.value, value, argument.value))
        else:
            positional.append((value, argument.value))
    return apply(self, callee, positional, keywords, node, scope)


def _callee(self: Interpreter, node: cst.Call, scope: Scope) -> Value:
    """What is called; `super()` is resolved to the bases of the class that the method belongs to."""
    function = node.func
    if (
        isinstance(function, cst.Attribute)
        and isinstance(function.value, cst.Call)
        and isinstance(function.value.func, cst.Name)
    ):
        if function.value.func.value == "super" and self.frames:
            frame = self.frames[-1].function
            owner = frame.owner
            if owner is not None and frame.bound is not None:
                for base in owner.bases:
                    found = class_attribute(base, function.attr.value) if isinstance(base, Class) else None
                    if isinstance(found, Function):
                        return Function(
                            found.node, found.scope, found.file, found.name, found.defaults, frame.bound, base
                        )
            return Host("super")
    return evaluate(self, function, scope)


def apply(
    self: Interpreter, callee: Value, positional: Arguments, keywords: Keywords, node: cst.Call, scope: Scope
) -> Value:
    """Call a value."""
    values = [value for value, _ in positional]
    named = [(name, value) for name, value, _ in keywords]
    if isinstance(callee, Function):
        return self.call_function(callee, values, named, node)
    if isinstance(callee, Class):
        return self.instantiate(callee, values, named, node)
    if isinstance(callee, builtins_.NamedTupleClass):
        return callee.made(values, dict(named))
    if isinstance(callee, Instance):
        method = class_attribute(callee.cls, "__call__")
        if isinstance(method, Function):
            return self.call_function(
                Function(method.node, method.scope, method.file, method.name, method.defaults, callee, method.owner),
                values,
                named,
                node,
            )
    if isinstance(callee, Cell):
        return recurrent.apply(self, callee, _named(("inputs", "state", "scope"), values, named), node)
    if isinstance(callee, Partial):
        return apply(self, callee.callee, [*callee.positional, *positional], [*callee.keywords, *keywords], node, scope)
    if isinstance(callee, Symbol):
        return _symbol(self, callee.name, positional, keywords, node, scope)
    if isinstance(callee, Method):
        return _method(self, callee, positional, keywords, node, scope)
    if isinstance(callee, Host) and all(
        is_host(value) or isinstance(value, Symbol) for value in (*values, *(value for _, value in named))
    ):
        return arrays.called(callee, positional, keywords)
    return opaque(self, callee, values + [value for _, value in named], node)


def _named(names: tuple[str, ...], values: list[Value], named: list[tuple[str, Value]]) -> dict[str, Value]:
    """Arguments by their parameters' names."""
    return {**dict(zip(names, values, strict=False)), **dict(named)}


class Partial(Value):
    """`functools.partial(f, ...)`."""

    def __init__(self, callee: Value, positional: Arguments, keywords: Keywords) -> None:
        self.callee, self.positional, self.keywords = callee, positional, keywords


def opaque(self: Interpreter, callee: Value, values: list[Value], node: cst.CSTNode) -> Value:
    """A call of something that isn't analysed: a Python value unless a tensor went in."""
    runs = tuple(dict.fromkeys(r for v in (callee, *values) for r in runs_in(v)))
    if any(True for value in values for _ in tensors_in(value)) or any(
        isinstance(v, (Instance, Session)) for v in values
    ):
        unknown = Unknown("a call that isn't analysed took a tensor", node, self.file, runs)
        self.program.unknowns.append(unknown)
        return unknown
    if isinstance(callee, Unknown):
        return callee
    return Host("", runs)


def _symbol(
    self: Interpreter, name: str, positional: Arguments, keywords: Keywords, node: cst.Call, scope: Scope
) -> Value:
    values = [value for value, _ in positional] + [value for _, value, _ in keywords]
    if name == "functools.partial" and positional:
        return Partial(positional[0][0], positional[1:], keywords)
    short = framework_name(name)
    if short is None:
        known = builtins_.call(self, name, positional, keywords, node)
        if (
            known is None
            and name.startswith("numpy.")
            and all(is_host(value) or isinstance(value, Symbol) for value in values)
        ):
            return arrays.called(Host(name), positional, keywords)
        return known or opaque(self, Host(name), values, node)
    found = structure.STRUCTURE.get(short)
    if found is not None:
        entry = Entry(short, found.signature, kind="structure")
        bound = bind(entry, positional, keywords)
        bound.calls, bound.turns = self.frames, self.turns
        self.program.bindings.setdefault(node, bound)
        decorators.entering(self, bound, node)
        return found.handler(self, bound, node)
    entry = lookup(short)
    if entry is None:
        return _unsupported(self, short, values, node)
    bound = bind(entry, positional, keywords)
    bound.calls, bound.turns = self.frames, self.turns
    bound.source = lambda expression: global_source(self, expression, scope)
    argscopes.inherit(self, short, bound, node)
    self.program.bindings.setdefault(node, bound)
    return _catalogued(self, entry, bound, node)


def global_source(self: Interpreter, node: cst.BaseExpression, scope: Scope) -> str | None:
    """The text of an expression made of module-level names of the entry file only, so that it is valid anywhere in
    it."""
    names: list[str] = []

    def collect(part: cst.CSTNode) -> bool:
        if isinstance(part, cst.Name):
            names.append(part.value)
            return True
        if isinstance(part, cst.Attribute):
            return collect(part.value)
        if isinstance(part, cst.Subscript):
            return collect(part.value) and all(
                isinstance(e.slice, cst.Index) and collect(e.slice.value) for e in part.slice
            )
        if isinstance(part, cst.BinaryOperation):
            return collect(part.left) and collect(part.right)
        return isinstance(part, (cst.Integer, cst.SimpleString))

    if not collect(node) or not names:
        return None
    for name in names:
        owner = scope.owner(name)
        if owner is None or owner.kind != "module" or owner.file != self.program.entry:
            return None
    return cst.Module([]).code_for_node(node)


def _unsupported(self: Interpreter, short: str, values: list[Value], node: cst.Call) -> Value:
    """A framework symbol that the catalogue doesn't know: never guessed, but the dataflow goes on."""
    reason = refused.why(short)
    self.program.unsupported.append(Unsupported(short, node, self.file, *([reason] if reason else [])))
    if any(True for value in values for _ in tensors_in(value)):
        return self.operation(short, {str(i): value for i, value in enumerate(values)}, node, None, None, known=False)
    return Unknown(f"tf.{short} isn't known", node, self.file)


def _shape(entry: Entry, bound: BoundCall) -> Any:
    """The shape that an entry's rule gives, or the shapes of several outputs. A size that a rule worked out follows
    from options wherever something does that the rule may have read."""
    shape = entry.shape(bound) if entry.shape else None
    read = [*bound.values.values(), *(v for value in bound.values.values() for v in tensors_in(value))]
    found = [formula_of(ShapeValue(v.shape) if isinstance(v, Tensor) else v) for v in read]
    followed = sorted({str(formula) for formula in found if formula is not None})
    if not followed or not isinstance(shape, tuple):
        return shape
    known = {id(dim) for value in read if isinstance(value, Tensor) for dim in value.shape or ()}
    return tuple(
        replace(dim, formula=option(f"{entry.name} of {', '.join(followed)}: {dim.value}"))
        if dim.value not in (None, 0, 1) and dim.formula is None and dim.origin is None and id(dim) not in known
        else dim
        for dim in shape
    )


def _catalogued(self: Interpreter, entry: Entry, bound: BoundCall, node: cst.Call) -> Value:
    if isinstance(entry, LayerEntry):
        return _layer(self, entry, bound, node)
    if isinstance(entry, CellEntry):
        return recurrent.make(self, entry, bound, node)
    if entry.kind == "rnn":
        return recurrent.run(self, entry, bound, node)
    if entry.kind == "state":
        return recurrent.state_tuple(bound)
    if entry.kind == "optimizer":
        return Optimizer(self.operation(entry.name, bound.values, node, None, None, kind="optimizer").op)
    if entry.kind == "initializer":
        return Handle("initial", self.operation(entry.name, bound.values, node, None, None, kind="initial").op)
    shape, dtype = _shape(entry, bound), entry.dtype(bound) if entry.dtype else None
    if entry.kind == "host":
        return Host(entry.name)
    if entry.kind == "distribution":
        return Distribution(self.operation(entry.name, bound.values, node, shape, dtype).op, shape, dtype)
    count = entry.outputs(bound) if entry.outputs else 1
    arguments = {name: value for name, value in bound.values.items() if name != "name"}
    tensor = self.operation(entry.name, arguments, node, shape, dtype)
    given = bound.const("name")
    tensor.op.name = self.unique(given) if isinstance(given, str) and given else ""
    if entry.kind == "loss":
        collected.add_loss(self, bound, tensor)
    if count != 1:
        shapes = shape if isinstance(shape, list) else [shape] * count
        dtypes = dtype if isinstance(dtype, list) else [dtype] * count
        return Sequence([Tensor(tensor.op, shapes[i], dtypes[i], i) for i in range(count)], "list")
    return tensor


def _layer(self: Interpreter, entry: LayerEntry, bound: BoundCall, node: cst.Call) -> Value:
    """A layer with weights: its variables, and the operation that applies it."""
    given = bound.const(entry.label)
    scopes = self.variable_scopes
    named = given if isinstance(given, str) else entry.base if bound.const("reuse") is True else None
    if isinstance(named, str) and named.startswith(OF_LAYER):
        scope = f"{_scope_of(bound.values.get(entry.input))}/{named.removeprefix(OF_LAYER)}"
    else:
        scope = scopes.full(named or scopes.unique(entry.base))
    scopes.open(scope)
    reuse = bound.const("reuse") is True or is_auto(bound.values.get("reuse")) or scopes.current.reuse
    layer = Layer(entry, node, [], bound, self.frames, self.turns)
    for weight in entry.weights(bound):
        name = f"{scope}/{weight.name}"
        if reuse and name in self.shared:
            layer.variables.append(self.shared[name])  # type: ignore[arg-type]
            continue
        op = self.operation("layer_variable", {}, node, weight.shape, "float32", kind="variable").op
        trainable = weight.trained and bound.const("trainable", True) is not False
        variable = Variable(
            op,
            weight.shape,
            "float32",
            name=name,
            trainable=trainable,
            layer=layer,
            weight=weight.name,
            imagined=bool(self.imagined),
        )
        self.shared[name] = variable
        self.program.variables.append(variable)
        layer.variables.append(variable)
        _fill(self, entry, bound, weight.name, node)
        if bound.given(f"{weight.name}_regularizer"):
            collected.penalize(self, bound.values[f"{weight.name}_regularizer"], variable, node)
    read = (entry.input, entry.activation, "training", "rate", *entry.applied)
    arguments = {name: value for name, value in bound.values.items() if name in read}
    shape, dtype = _shape(entry, bound), entry.dtype(bound) if entry.dtype else None
    moving.update(self, layer, arguments, scope)
    tensor = self.operation(entry.name, arguments, node, shape, dtype, extra=list(layer.variables))
    if layer.update is not None and entry.updates(bound) == "":
        tensor.op.controls = (*tensor.op.controls, layer.update)
    for key, value in bound.values.items():
        if key == entry.activation and isinstance(value, Function):
            tensor = _activated(self, value, tensor, node)
    if layer.variables:
        tensor.op.layer = layer
        layer.op = tensor.op
        self.program.layers.append(layer)
    return tensor


def _scope_of(value: Value | None) -> str:
    """The scope of the layer that gives a tensor."""
    layer = value.op.layer if isinstance(value, Tensor) else None
    return layer.variables[0].name.rpartition("/")[0] if layer is not None else ""


def _fill(self: Interpreter, entry: LayerEntry, bound: BoundCall, weight: str, node: cst.Call) -> None:
    """Have a weight whose initialiser is None take that of its scope."""
    defaults = dict(parameters(entry.signature))
    name = f"{weight}_initializer"
    if name not in defaults and weight.endswith("kernel"):
        self.variable_scopes.fill(node, "")
    elif defaults.get(name) == "None" and bound.values.get(name, NONE) == NONE:
        self.variable_scopes.fill(node, name)


def _activated(self: Interpreter, function: Function, tensor: Tensor, node: cst.Call) -> Tensor:
    result = self.call_function(function, [tensor], [], node)
    return result if isinstance(result, Tensor) else tensor


# -- methods of modelled values


def _method(
    self: Interpreter, method: Method, positional: Arguments, keywords: Keywords, node: cst.Call, scope: Scope
) -> Value:
    owner, name = method.owner, method.name
    values = [value for value, _ in positional]
    if isinstance(owner, options.Options):
        return options.parser_method(owner, name, positional, keywords)
    if isinstance(owner, Session):
        return structure.session_method(self, owner, name, positional, keywords, node)
    if isinstance(owner, (Tensor, Handle, Picked)) and name in ("eval", "run"):
        return structure.run_call(self, node, name, owner, None, _argument(positional, keywords, 0, "feed_dict"))
    if isinstance(owner, Optimizer):
        return structure.optimizer_method(self, owner, name, positional, keywords, node)
    if isinstance(owner, Distribution) and (entry := catalogue.method(owner.op.symbol, name)) is not None:
        assert isinstance(node.func, cst.Attribute)
        bound = bind(entry, [(owner, node.func.value), *positional], keywords)
        self.program.bindings.setdefault(node, bound)
        return _catalogued(self, entry, bound, node)
    if isinstance(owner, averages.Averages):
        return averages.method(self, owner, name, [*values, *(value for _, value, _ in keywords)], node)
    if isinstance(owner, Tensor):
        return structure.tensor_method(self, owner, name, positional, keywords, node)
    if isinstance(owner, Cell) and name == "zero_state":
        named = [(key, value) for key, value, _ in keywords]
        return recurrent.zero_state(self, owner, _named(("batch_size", "dtype"), values, named), node)
    if isinstance(owner, Handle):
        return structure.handle_method(self, owner, name, positional, keywords, node)
    if isinstance(owner, (Sequence, Mapping)):
        found = builtins_.container_method(self, owner, name, values, node)
        if found is not None:
            return found
    if isinstance(owner, Const):
        arguments = [python_value(value) for value in values]
        named = {key: python_value(value) for key, value, _ in keywords}
        if isinstance(owner.value, str) and not any(a is UNKNOWN for a in (*arguments, *named.values())):
            try:
                result = getattr(owner.value, name)(*arguments, **named)
            except Exception:
                return Host("str")
            return computed(result, name, owner, *values) if isinstance(result, _SIMPLE) else Host("str")
        return Host("", tuple(r for v in [*values, *(v for _, v, _ in keywords)] for r in runs_in(v)))
    found = builtins_.shape_method(owner, name)
    if found is not None:
        return found
    return opaque(self, owner, values + [value for _, value, _ in keywords], node)


def _argument(positional: Arguments, keywords: Keywords, place: int, name: str) -> tuple[Value, Any] | None:
    for keyword, value, node in keywords:
        if keyword == name:
            return value, node
    return positional[place] if place < len(positional) else None


def enter(self: Interpreter, value: Value) -> tuple[Value, Callable[[], None]]:
    """Enter a `with` item; answers what `as` binds, and how to leave."""
    if isinstance(value, Session):
        before, self.default_session = self.default_session, value
        graph = self.enter_graph(value.graph if value.graph is not None else self.graph)

        def leave() -> None:
            self.default_session = before
            self.enter_graph(graph)

        return value, leave
    return settings.enter_scope(self, value)


_FUNCTIONS = (cst.FunctionDef, cst.Lambda)


def assigned_names(body: cst.CSTNode) -> set[str]:
    """Names that statements below a node bind."""
    found: set[str] = set()
    for node in below(body, _FUNCTIONS):
        todo = [node.target] if isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.For)) else []
        while todo:
            target = todo.pop()
            if isinstance(target, cst.Name):
                found.add(target.value)
            elif isinstance(target, (cst.Tuple, cst.List)):
                todo.extend(element.value for element in target.elements)
    return found


@dataclass(frozen=True)
class _Text:
    """What a block says, whatever its names mean: whether it calls a run, what it calls by name, all names."""

    runs: bool
    called: frozenset[str]
    names: frozenset[str]


@lru_cache(maxsize=4096)
def _text(block: cst.CSTNode) -> _Text:
    called: set[str] = set()
    names: set[str] = set()
    for node in below(block):
        if isinstance(node, cst.Name):
            names.add(node.value)
        elif isinstance(node, cst.Call):
            if isinstance(node.func, cst.Attribute) and node.func.attr.value in _RUN_NAMES:
                return _Text(True, frozenset(), frozenset())
            if isinstance(node.func, cst.Name):
                called.add(node.func.value)
    return _Text(False, frozenset(called), frozenset(names))


def has_run(self: Interpreter, node: cst.CSTNode, scope: Scope, depth: int = 2) -> bool:
    """Whether a block runs a session, hands one on, or does so in a function that it calls by name."""
    text = _text(node)
    if text.runs or depth == 0:
        return text.runs
    if any(isinstance(scope.lookup(name), Session) for name in text.names):
        return True
    functions = [scope.lookup(name) for name in sorted(text.called)]
    return any(has_run(self, f.node, f.scope, depth - 1) for f in functions if isinstance(f, Function))


__all__ = ["apply", "call", "dtype_of", "enter", "framework_name", "has_run", "tensor_dtype", "tensor_shape", "Dim"]
