"""Objects: made of local and library classes, called as modules, with hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager.attributes import member
from actlint.program.eager.model import Application
from actlint.program.eager.values import (
    OPAQUE,
    Arguments,
    Const,
    Either,
    Hook,
    Items,
    Object,
    Opaque,
    Table,
    Tensor,
    Value,
    ancestors,
    parts,
    strongest,
    tensors_in,
)
from actlint.program.values import Class, Function, Symbol

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_LISTS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "keras.Sequential", "keras.models.Sequential"})
_FORWARD = ("forward", "call")


def library_base(cls: Class) -> str:
    """The library class that a local class derives from, or ""."""
    for base in cls.bases:
        if isinstance(base, Symbol):
            return base.name
        if isinstance(base, Class) and (found := library_base(base)):
            return found
    return ""


def instantiate(self: Interpreter, cls: Class, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A call of a local class."""
    known = all(isinstance(base, (Symbol, Class)) for base in cls.bases)
    made = Object(cls, library_base(cls), arguments, self.place(node), complete=known)
    self.program.objects.append(made)
    init = member(cls, "__init__")
    if isinstance(init, Function):
        from actlint.program.eager.calls import invoke

        outer, self.loops = self.loops, self.loops
        invoke(self, init, made, arguments, node)
        self.loops = outer
    return made


def construct(self: Interpreter, symbol: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A call of a library's class."""
    made = Object(None, symbol, arguments, self.place(node))
    if not self.quiet:
        self.program.objects.append(made)
    if symbol in _LISTS:
        fill(made, arguments)
    elif symbol == "torch.nn.ModuleDict":
        table = arguments.get(0, "modules")
        made.children = list(parts(table)) if isinstance(table, Table) else []
        made.attributes = {str(k): v for k, v in table.items.items()} if isinstance(table, Table) else {}
    elif apis.is_optimizer(symbol) and not self.quiet:
        self.program.optimizers.append((made, arguments.get(0, "params") or OPAQUE))
    return made


def fill(made: Object, arguments: Arguments) -> None:
    """The children of a container of modules."""
    found: list[Value] = list(arguments.positional)
    made.grown = arguments.open
    if len(found) == 1 and isinstance(found[0], (Items, Table)):
        made.grown = made.grown or found[0].rest is not None
        found = list(parts(found[0]))
    elif len(found) == 1 and isinstance(found[0], Opaque):
        made.complete = False
    layers = arguments.keywords.get("layers")
    if isinstance(layers, Items):
        found.extend(parts(layers))
    made.children = found
    if made.grown:
        kinds = [kind for child in found for kind in (child.options if isinstance(child, Either) else (child,))]
        made.complete = bool(kinds) and all(isinstance(kind, Object) for kind in kinds)


def apply(self: Interpreter, module: Object, arguments: Arguments, node: cst.CSTNode) -> Value:
    """A call of an object: a module's forward pass, a loss object, a callable object."""
    result = _applied(self, module, arguments, node)
    if not self.quiet:
        self.program.applications.append(Application(module, result, arguments.all, self.place(node), arguments))
    for hook in module.hooks:
        run_hook(self, hook, result)
    return result


def _applied(self: Interpreter, module: Object, arguments: Arguments, node: cst.CSTNode) -> Value:
    from actlint.program.eager.calls import escape, invoke

    if module.cls is not None:
        for name in (*_FORWARD, "__call__"):
            method = member(module.cls, name)
            if isinstance(method, Function):
                result = invoke(self, method, module, arguments, node)
                return _of_opaque_module(self, module, result, arguments, node)
        if module.symbol in apis.CONTAINERS:
            return _sequence(self, module, arguments, node)
        return escape(self, arguments, node, module)
    if module.symbol in apis.CONTAINERS:
        return _sequence(self, module, arguments, node)
    last = module.symbol.rpartition(".")[2]
    if module.symbol.startswith("torch.optim.") or not apis.framework(module.symbol):
        return escape(self, arguments, node, module)
    symbolic = any(t.symbolic for value in arguments.all for t in tensors_in(value))
    if last in apis.WEIGHTED:
        state = strongest(list(arguments.all)) if module.frozen else "attached"
        made = self.tensor(module.symbol, arguments.all, node, via=module, arguments=arguments, state=state)
        if _activation(module) is not None:
            made = self.tensor(f"{_activation(module)}", [made], node, via=module)
    elif module.symbol in apis.MODELS:
        made = self.tensor(module.symbol, arguments.all, node, via=module, arguments=arguments, state="attached")
    elif module.symbol.startswith(("torch.nn.", "keras.")):
        made = self.tensor(_functional(module), arguments.all, node, via=module, arguments=arguments)
        if (
            _is(module.arguments.keywords.get("inplace"), True)
            or _is(module.arguments.get(0), True)
            and last
            in (
                "ReLU",
                "SiLU",
                "ELU",
                "ReLU6",
            )
        ):
            self.record_inplace(arguments.get(0) or OPAQUE, node)
    else:
        return escape(self, arguments, node, module)
    if symbolic:
        made.symbolic, made.state, made.cut = True, "plain", ""
    return made


def _is(value: Value | None, what: object) -> bool:
    return isinstance(value, Const) and value.value is what


def _activation(module: Object) -> str | None:
    """The activation that a Keras layer applies, where it is named."""
    value = module.arguments.keywords.get("activation")
    if isinstance(value, Const) and isinstance(value.value, str) and value.value != "linear":
        return value.value
    return value.name if isinstance(value, Symbol) else None


def _functional(module: Object) -> str:
    """The operation of a layer without weights: `torch.nn.Softmax` is a `softmax`."""
    last = module.symbol.rpartition(".")[2]
    if last == "Activation":
        first = module.arguments.get(0, "activation")
        return str(first.value) if isinstance(first, Const) else first.name if isinstance(first, Symbol) else "call"
    simple = {"LogSoftmax": "log_softmax", "Identity": "identity", "Softmax2d": "softmax", "Reshape": "reshape"}
    if apis.is_loss(module.symbol):
        return module.symbol
    return f"{module.symbol.rpartition('.')[0]}.{simple.get(last, last.lower())}"


def _sequence(self: Interpreter, module: Object, arguments: Arguments, node: cst.CSTNode) -> Value:
    from actlint.program.eager.calls import call

    if not module.complete or module.grown or not module.children:
        return self.tensor(module.symbol, arguments.all, node, via=module, state="attached")
    mode = arguments.keywords.get("training")
    passed = {"training": mode} if isinstance(mode, Const) and module.symbol.startswith("keras.") else {}
    given = Arguments(arguments.positional[:1], passed)
    result: Value = OPAQUE
    for child in module.children:
        result = call(self, child, given, node)
        given = Arguments((result,), passed)
    if isinstance(result, Opaque):
        return self.tensor(module.symbol, [result], node, via=module, state="attached")
    return result


def _of_opaque_module(
    self: Interpreter, module: Object, result: Value, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A model's output that couldn't be followed still depends on its weights, if it surely has some."""
    if isinstance(result, Opaque) and module.symbol in apis.MODULE_BASES and has_weights(module):
        return self.tensor("call", [result, *arguments.all], node, via=module, state="attached")
    return result


def has_weights(module: Object) -> bool:
    """Whether a module surely owns parameters that need a gradient."""
    return any(isinstance(part, Object) and is_weighted(part) for part in descendants(module))


def is_weighted(module: Object) -> bool:
    """Whether a library's layer has parameters of its own that need a gradient."""
    last = module.symbol.rpartition(".")[2]
    return module.cls is None and last in apis.WEIGHTED and not module.frozen


def freeze(module: Object, frozen: bool = True) -> None:
    """Mark a module, and all that it holds, as told to need no gradient, or to need one again."""
    for part in descendants(module):
        if isinstance(part, Object):
            part.frozen = frozen


def descendants(module: Object) -> list[Value]:
    """A module, everything that it holds, and the parameters made in it."""
    found: list[Value] = []
    seen: set[int] = set()
    todo: list[Value] = [module]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Object):
            found.append(current)
            todo.extend((*current.attributes.values(), *current.children))
        elif isinstance(current, Tensor) and current.op == "Parameter":
            found.append(current)
        else:
            todo.extend(parts(current))
    return found


def copied(self: Interpreter, owner: Object, node: cst.CSTNode, deep: bool) -> Object:
    """A copy of an object; a deep one has copies of all objects that it holds, with the weights of the originals."""
    made: dict[int, Object] = {}

    def copy(value: Value) -> Value:
        if isinstance(value, Items):
            return Items(
                value.kind, [copy(v) for v in value.items], value.place, copy(value.rest) if value.rest else None
            )
        if isinstance(value, Table):
            items = {key: copy(v) for key, v in value.items.items()}
            return Table(items, value.place, copy(value.rest) if value.rest else None)
        if not isinstance(value, Object) or id(value) in made:
            return made.get(id(value), value)
        found = Object(value.cls, value.symbol, value.arguments, self.place(node), complete=value.complete)
        found.told = {"load_state_dict"}
        found.frozen = value.frozen
        made[id(value)] = found
        inner = copy if deep else lambda part: part
        found.attributes = {key: inner(v) for key, v in value.attributes.items()}
        found.children = [inner(v) for v in value.children]
        return found

    result = copy(owner)
    assert isinstance(result, Object)
    return result


def submodule(owner: Object, path: str) -> Value:
    """The module that PyTorch calls `path` within another one."""
    current: Value = owner
    for name in path.split("."):
        if not isinstance(current, Object):
            return OPAQUE
        if name.isdigit() and current.complete and int(name) < len(current.children):
            current = current.children[int(name)]
        else:
            current = current.attributes.get(name, OPAQUE)
    return current


def layers(model: Object) -> list[Object]:
    """The layers of a model: those that it holds, and of one made of symbolic tensors those that computed them."""
    found: list[Object] = []
    seen: set[int] = set()
    todo: list[Value] = [model]
    while todo:
        current = todo.pop()
        if not isinstance(current, Object) or id(current) in seen:
            continue
        seen.add(id(current))
        found.append(current)
        todo.extend(descendants(current))
        if current.symbol in apis.MODELS and current.cls is None:
            todo.extend(t.via for value in current.arguments.all for t in ancestors(value) if t.via is not None)
    return found


def registered(module: Object) -> list[Object]:
    """What a PyTorch module knows as its own, itself left out: modules in attributes and containers of modules."""
    found: list[Object] = []
    seen: set[int] = {id(module)}
    owners = [module]
    while owners:
        owner = owners.pop()
        todo: list[Value] = list(owner.attributes.values())
        for child in owner.children:
            todo.extend([child, *parts(child)])
        while todo:
            current = todo.pop()
            if isinstance(current, Either):
                todo.extend(current.options)
            elif isinstance(current, Object) and id(current) not in seen:
                seen.add(id(current))
                found.append(current)
                owners.append(current)
    return found


def register(self: Interpreter, kind: str, receiver: Value, arguments: Arguments, node: cst.Call) -> Value:
    """`module.register_forward_hook(function)`: the handle. The hook runs at once, for what it leaves behind."""
    function = arguments.get(0, "hook") or OPAQUE
    assert isinstance(node.func, cst.Attribute)
    hook = Hook(kind, receiver, node.func.value, function, self.place(node))
    if not self.quiet:
        self.program.hooks.append(hook)
    if kind == "register_forward_hook":
        for module in receiver.options if isinstance(receiver, Either) else (receiver,):
            if isinstance(module, Object):
                module.hooks.append(hook)
        run_hook(self, hook, None)
    return hook


def run_hook(self: Interpreter, hook: Hook, output: Value | None) -> None:
    """A forward hook's function, with an output of its module."""
    from actlint.program.eager.calls import call

    if self.hook is not None or hook.kind != "register_forward_hook":
        return
    if output is not None and (self.quiet or any(True for t in ancestors(output) if t.place.no_grad)):
        return
    outer, self.hook = self.hook, hook
    no_grad, self.no_grad = self.no_grad, False
    try:
        frozen = isinstance(hook.receiver, Object) and hook.receiver.frozen
        if hook.output is None:
            hook.output = self.tensor(
                "hook.output", (), hook.place.node, via=hook.receiver, state="maybe" if frozen else "attached"
            )
            inputs = self.tensor("hook.inputs", (), hook.place.node, via=hook.receiver, state="maybe")
            call(self, hook.function, Arguments((hook.receiver, inputs, hook.output)), hook.place.node)
    finally:
        self.hook, self.no_grad = outer, no_grad
