"""Calls of methods that aren't followed: of tensors, containers, library objects, tapes, handles, unknown values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager import objects, tracing
from actlint.program.eager.values import (
    OPAQUE,
    Arguments,
    Bound,
    Either,
    Hook,
    Items,
    Method,
    Object,
    Opaque,
    Partial,
    Super,
    Table,
    Tape,
    Tensor,
    join,
    parts,
)
from actlint.program.values import NONE, Const, Function, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_REGISTRATIONS = (
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_backward_hook",
)
_SAME = ("to", "cuda", "cpu", "train", "eval", "float", "double", "half", "apply", "build", "share_memory", "xpu")
_MODULES = ("modules", "children", "named_modules", "named_children")


def call_method(self: Interpreter, method: Method, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`receiver.name(...)`."""
    receiver, name = method.receiver, method.name
    if name in _REGISTRATIONS and isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return objects.register(self, name, receiver, arguments, node)
    if name in ("backward", "manual_backward"):
        value = receiver if isinstance(receiver, Tensor) else arguments.get(0, "loss")
        if value is None and isinstance(receiver, Opaque):
            value = receiver
        if value is not None:
            self.record_sink("backward", value, node)
        return NONE
    if isinstance(receiver, Tape):
        return _of_tape(self, receiver, name, arguments, node)
    if isinstance(receiver, Hook):
        if name == "remove":
            receiver.removals.append(self.place(node))
        return NONE
    if isinstance(receiver, Items):
        return _of_items(self, receiver, name, arguments, node)
    if isinstance(receiver, Table):
        return _of_table(self, receiver, name, arguments, node)
    if isinstance(receiver, Tensor):
        return _of_tensor(self, receiver, name, arguments, node)
    if isinstance(receiver, Object):
        return _of_object(self, receiver, name, arguments, node)
    if isinstance(receiver, Super):
        if name == "__init__" and isinstance(receiver.receiver, Object) and receiver.receiver.symbol in apis.CONTAINERS:
            objects.fill(receiver.receiver, arguments)
        return NONE if name == "__init__" else Opaque(arguments.all, self.place(node))
    if isinstance(receiver, Either):
        return join([call_method(self, Method(option, name), arguments, node) for option in receiver.options])
    return _of_unknown(self, receiver, name, arguments, node)


def _of_tape(self: Interpreter, tape: Tape, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    if name in ("gradient", "jacobian"):
        target, sources = arguments.get(0, "target") or OPAQUE, arguments.get(1, "sources")
        self.record_sink("tape", target, node, sources, tape)
        return Opaque(arguments.all, self.place(node))
    return Method(tape, name) if name == "stop_recording" else NONE


def _of_items(self: Interpreter, items: Items, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    first = arguments.get(0)
    if name in ("append", "add", "insert") and arguments.positional:
        self.append(items, arguments.positional[-1], node)
    elif name == "extend" and first is not None:
        for value in list(parts(first)) or [first]:
            self.append(items, value, node)
    elif name in ("clear", "pop", "popleft", "remove"):
        items.emptied = True
        found = list(parts(items))
        return join(found) if found and name.startswith("pop") else OPAQUE
    elif name == "copy":
        return Items(items.kind, list(items.items), self.place(node), items.rest)
    return NONE


def _of_table(self: Interpreter, table: Table, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    from actlint.program.eager.expressions import element

    first = arguments.get(0)
    if name in ("get", "pop", "setdefault"):
        if name == "setdefault" and isinstance(first, Const) and len(arguments.positional) > 1:
            if first.value not in table.items:
                self.record_store(arguments.positional[1], table, node)
                table.items[first.value] = arguments.positional[1]
        table.emptied |= name == "pop"
        return element(self, table, first or OPAQUE, node)
    if name == "clear":
        table.emptied = True
    elif name == "update":
        if isinstance(first, Table):
            table.items.update(first.items)
            table.rest = first.rest if table.rest is None else table.rest
        elif first is not None:
            table.rest = OPAQUE
        table.items.update(arguments.keywords)
        for value in (*parts(first or OPAQUE), *arguments.keywords.values()):
            self.record_store(value, table, node)
    elif name == "__setitem__" and len(arguments.positional) == 2:
        self.set_element(table, *arguments.positional, node)
    elif name == "values":
        return Items("list", list(table.items.values()), self.place(node), table.rest)
    elif name == "items":
        pairs: list[Value] = [Items("tuple", [Const(k), v], self.place(node)) for k, v in table.items.items()]
        rest = Items("tuple", [OPAQUE, table.rest], self.place(node)) if table.rest is not None else None
        return Items("list", pairs, self.place(node), rest)
    elif name == "keys":
        return Items("list", [Const(key) for key in table.items], self.place(node), OPAQUE if table.rest else None)
    return NONE


def _of_tensor(self: Interpreter, tensor: Tensor, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    if name == "requires_grad_":
        flag = arguments.get(0, "requires_grad")
        self.set_requires_grad(tensor, not (isinstance(flag, Const) and flag.value is False), node)
        return tensor
    if name in ("retain_grad", "register_hook", "assign", "assign_add", "assign_sub", "zero_"):
        return NONE
    if name == "mark_shared_" or tensor.op == "batch" and name == "next":
        return tensor
    if name == "apply_":
        return tensor
    if name == "type" and not arguments.positional:
        return OPAQUE
    if name.endswith("_") and not name.endswith("__"):
        self.record_inplace(tensor, node)
    effect = apis.method_effect(name)
    if name in ("to", "type", "astype") and arguments.positional:
        kind = getattr(arguments.positional[0], "name", "")
        effect = "round" if kind.rpartition(".")[2] in ("long", "int", "int64", "int32", "bool", "uint8") else effect
    inputs = [tensor, *arguments.all]
    return self.tensor(f"method.{name}", inputs, node, effect=effect, arguments=arguments)


def _of_object(self: Interpreter, owner: Object, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    from actlint.program.eager.calls import escape

    owner.told.add(name)
    if name in _SAME:
        return owner
    if name == "scale" and owner.symbol.endswith("GradScaler") and arguments.positional:
        return arguments.positional[0]
    if name == "requires_grad_":
        flag = arguments.get(0, "requires_grad")
        if isinstance(flag, Const) and flag.value is False:
            self.set_requires_grad(owner, False, node)
        return owner
    if name in ("parameters", "named_parameters", "trainable_parameters"):
        made = self.tensor("parameters", (), node, via=owner, state="attached")
        if name == "named_parameters":
            return Items("list", [], self.place(node), Items("tuple", [OPAQUE, made], self.place(node)))
        return made
    if name in _MODULES:
        return _modules(self, owner, name, node)
    if name in ("forward", "call", "__call__"):
        if name == "forward" and not self.quiet:
            self.program.direct.append((owner, self.place(node)))
        hooks, owner.hooks = owner.hooks, []
        result = objects.apply(self, owner, arguments, node)
        owner.hooks = hooks
        return result
    if name == "get_submodule" and isinstance(path := arguments.get(0, "target"), Const):
        return objects.submodule(owner, str(path.value))
    if name in ("append", "add", "add_module", "register_module") and arguments.positional:
        child = arguments.positional[-1]
        if owner.symbol in apis.CONTAINERS or owner.symbol == "torch.nn.ModuleList":
            owner.children.append(child)
            owner.grown = owner.grown or bool(self.loops)
        else:
            owner.attributes[str(id(child))] = child
        return NONE
    if name in ("register_buffer", "register_parameter") and len(arguments.positional) > 1:
        key, value = arguments.positional[:2]
        if isinstance(key, Const):
            owner.attributes[str(key.value)] = value
        return NONE
    if (result := _of_model(self, owner, name, arguments, node)) is not None:
        return result
    if name in ("summary", "load_state_dict", "state_dict", "load_weights", "zero_grad", "step"):
        return OPAQUE
    if name == "add_param_group" and not self.quiet:
        self.program.optimizers.append((owner, arguments.get(0) or OPAQUE))
        return NONE
    return escape(self, arguments, node, owner)


def _modules(self: Interpreter, owner: Object, name: str, node: cst.CSTNode) -> Value:
    """The modules in a module: its children one by one, all of them as alternatives."""
    if name == "children" and owner.complete and owner.symbol.startswith("torch.nn."):
        held = [*owner.attributes.values(), *owner.children]
        return Items("list", [v for v in held if isinstance(v, Object)], self.place(node))
    found: list[Value] = [v for v in objects.descendants(owner) if v is not owner]
    kept = join(found) if found and owner.complete else Opaque((owner,), self.place(node))
    if name.startswith("named"):
        kept = Items("tuple", [OPAQUE, kept], self.place(node))
    return Items("list", [], self.place(node), kept)


def _of_model(self: Interpreter, owner: Object, name: str, arguments: Arguments, node: cst.CSTNode) -> Value | None:
    """Methods of Keras' models and optimizers; None for other methods."""
    from actlint.program.eager.calls import call

    if name == "get_layer":
        return Object(None, "keras.layers.Layer", arguments, self.place(node))
    if name == "compile":
        _compile(self, owner, arguments, node)
        return NONE
    if name == "add_loss" and arguments.positional:
        self.record_sink("backward", arguments.positional[0], node)
        return NONE
    if name == "minimize" and isinstance(tape := arguments.get(3, "tape"), Tape):
        self.record_sink("tape", arguments.get(0, "loss") or OPAQUE, node, arguments.get(1, "var_list"), tape)
        return NONE
    if name == "minimize" and isinstance(arguments.get(0), Function):
        self.record_sink("tape", call(self, arguments.positional[0], Arguments(), node), node, arguments.get(1))
        return NONE
    if name in ("predict", "predict_on_batch"):
        tracing.fit(self, owner, Arguments(), node)
        return self.tensor(f"keras.{name}", arguments.all, node, effect="host", via=owner, state="attached")
    if name in ("fit", "train_on_batch", "evaluate"):
        tracing.fit(self, owner, arguments, node)
        return OPAQUE
    return None


def _compile(self: Interpreter, model: Object, arguments: Arguments, node: cst.CSTNode) -> None:
    """`model.compile(loss=function)`: the function is called with labels and a prediction."""
    from actlint.program.eager.calls import call

    loss = arguments.get(1, "loss")
    for function in list(parts(loss)) if isinstance(loss, (Items, Table)) else [loss]:
        if (
            isinstance(function, (Function, Bound, Partial))
            or isinstance(function, Object)
            and function.cls is not None
        ):
            labels = self.tensor("labels", (), node, state="plain")
            prediction = self.tensor("prediction", (), node, via=model, state="attached")
            function = tracing.traced(function, tracing.FIT) if isinstance(function, Function) else function
            self.record_sink("compile", call(self, function, Arguments((labels, prediction)), node), node)


def _of_unknown(self: Interpreter, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode) -> Value:
    from actlint.program.eager.calls import escape

    if name == "scale" and len(arguments.positional) == 1:
        return arguments.positional[0]
    if isinstance(receiver, Opaque):
        if name in ("detach", "item", "numpy", "tolist", "size", "argmax"):
            effect = apis.method_effect(name)
            return self.tensor(f"method.{name}", [receiver], node, effect=effect, arguments=arguments)
        if name == "requires_grad_" and not arguments.positional and not self.quiet:
            self.program.requires.append((receiver, self.place(node)))
            return receiver
        if name in _SAME:
            return receiver
        if name in ("parameters", "named_parameters"):
            return Opaque((receiver,), self.place(node))
    return escape(self, arguments, node, receiver)
