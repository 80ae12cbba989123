"""Mutators of what flows where: gradients, captures, noise, feeds, updates, returns, shared weights."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .mutators import mutator
from .sites import STEPS, Sites

HELPERS = ("to_numpy", "linear", "constant", "conv2d")


def _function(node: ast.AST, sites: Sites) -> ast.FunctionDef | None:
    return next((each for each in sites.above(node) if isinstance(each, ast.FunctionDef)), None)


def _trains(function: ast.FunctionDef, sites: Sites) -> bool:
    return function.name in sites.runs and any(step in sites.text(function) for step in STEPS)


def _stopped(sites: Sites, text: str) -> str:
    return f"tf.stop_gradient({text})" if sites.target == "tf2" else f"({text}).detach()"


@mutator("stopped gradient let through")
def let_through(node: ast.AST, sites: Sites) -> Iterator[str]:
    function = _function(node, sites)
    if not isinstance(node, ast.Call) or (function and function.name in HELPERS):
        return
    if isinstance(node.func, ast.Attribute) and node.func.attr == "detach":
        yield sites.text(node.func.value)
    if sites.text(node.func) == "tf.stop_gradient":
        yield sites.text(node.args[0])


@mutator("gradient stopped")
def stopped(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent, function = sites.parent(node), _function(node, sites)
    if not isinstance(parent, ast.Assign) or parent.value is not node or function is None or not sites.is_model(node):
        return
    if (function.name in sites.runs and not _trains(function, sites)) or function.name in ("step", "_update"):
        return
    text = sites.text(node)
    if isinstance(parent.targets[0], ast.Name) and isinstance(node, (ast.Call, ast.BinOp, ast.Subscript)):
        if not any(word in text for word in ("as_tensor", "tape.", "random", "randn", "permute", "net[")):
            yield _stopped(sites, text)


@mutator("captured once and kept")
def kept_capture(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Assign) and sites.text(node) == "store[name] = output":
        yield "store.setdefault(name, output)"


@mutator("input captured")
def input_capture(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Assign) and sites.text(node) == "store[name] = output":
        yield "store[name] = inputs[0]"


@mutator("captured before the activation")
def early_capture(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Attribute) and parent.attr == "register_forward_hook":
        yield f"{sites.text(node)}[0]"


@mutator("noise dropped")
def no_noise(node: ast.AST, sites: Sites) -> Iterator[str]:
    text = sites.text(node.func) if isinstance(node, ast.Call) else ""
    if isinstance(node, ast.Call) and sites.is_model(node):
        if text in ("tf.random.normal", "torch.randn"):
            yield f"{'tf' if sites.target == 'tf2' else 'torch'}.zeros({sites.text(node.args[0])})"
        if text in ("tf.nn.dropout", "F.dropout"):
            yield sites.text(node.args[0])


@mutator("noise reused")
def same_noise(node: ast.AST, sites: Sites) -> Iterator[str]:
    text = sites.text(node.func) if isinstance(node, ast.Call) else ""
    if text in ("tf.random.normal", "torch.randn") and sites.is_model(node):
        yield f"globals().setdefault('kept_noise', {sites.text(node)})"


@mutator("probability to keep for rate")
def rate(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    call = sites.parent(parent) if isinstance(parent, ast.keyword) and parent.arg in ("rate", "p") else parent
    if isinstance(call, ast.Call) and sites.text(call.func) in ("tf.nn.dropout", "F.dropout"):
        if parent is not call or call.args[1:2] == [node]:
            yield f"1 - ({sites.text(node)})"


@mutator("training for evaluation")
def training(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.keyword) and parent.arg == "training":
        yield f"not {sites.text(node)}"
        yield "True"
        yield "False"
    if isinstance(parent, ast.Call) and sites.text(parent.func) == "tf.cond" and parent.args[0] is node:
        yield f"tf.logical_not({sites.text(node)})"
        yield "tf.constant(True)"
        yield "tf.constant(False)"


@mutator("feed of the step before")
def stale(node: ast.AST, sites: Sites) -> Iterator[str]:
    function = sites.parent(node)
    if isinstance(function, ast.FunctionDef) and function.body[0] is node and _trains(function, sites):
        pad, name = " " * node.col_offset, function.name
        for argument in function.args.args:
            kept = f"{name}.kept_{argument.arg}"
            renewed = f"{argument.arg}, {kept} = getattr({name}, 'kept_{argument.arg}', {argument.arg}), {argument.arg}"
            yield f"{renewed}\n{pad}{sites.text(node)}"


@mutator("fetched after the update")
def late_fetch(node: ast.AST, sites: Sites) -> Iterator[str]:
    function = sites.parent(node)
    if not isinstance(node, ast.Return) or not isinstance(function, ast.FunctionDef) or not _trains(function, sites):
        return
    copies = [each for each in ast.walk(function) if isinstance(each, ast.Assign)]
    texts = [sites.text(each) for each in copies]
    texts = [text for text in texts if not any(word in text for word in ("tape", "variables", "as_tensor"))]
    yield ("\n" + " " * node.col_offset).join([*texts, sites.text(node)])


@mutator("statement of the update left out")
def left_out(node: ast.AST, sites: Sites) -> Iterator[str]:
    if _is_update(node, sites):
        yield "pass"


@mutator("update made twice")
def twice(node: ast.AST, sites: Sites) -> Iterator[str]:
    if _is_update(node, sites) and not any(word in sites.text(node) for word in ("backward", "zero_grad")):
        yield f"{sites.text(node)}\n{' ' * node.col_offset}{sites.text(node)}"  # type: ignore[attr-defined]


@mutator("statements of the update swapped")
def reordered(node: ast.AST, sites: Sites) -> Iterator[str]:
    if not isinstance(node, ast.FunctionDef) or node.name not in sites.runs:
        return
    for first, second in zip(node.body, node.body[1:], strict=False):
        if _is_update(first, sites) and _is_update(second, sites):
            texts = sites.text(first), sites.text(second)
            gap = "\n" + " " * first.col_offset
            yield sites.text(node).replace(gap.join(texts), gap.join(reversed(texts)))


def _is_update(node: ast.AST, sites: Sites) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    called = sites.text(node.value.func).rpartition(".")[2]
    function = _function(node, sites)
    named = called in ("zero_grad", "backward", "apply_gradients") or (called == "step" and not node.value.args)
    return named and function is not None and function.name in sites.runs


@mutator("loss x 1.01")
def loss_scaled(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Attribute) and parent.attr == "backward":
        yield f"1.01 * {sites.text(node)}"
    if isinstance(parent, ast.Call) and sites.text(parent.func) == "tape.gradient" and parent.args[0] is node:
        yield f"1.01 * {sites.text(node)}"


@mutator("variable left out")
def variable_left_out(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent, text = sites.parent(node), sites.text(node)
    assigned = isinstance(parent, ast.Assign) and sites.text(parent.targets[0]) in ("variables", "parameters")
    called = isinstance(parent, ast.Call) and parent.args[:1] == [node] and "optim" in sites.text(parent).split("(")[0]
    helper = isinstance(parent, ast.Call) and sites.text(parent.func) in ("adam", "RMSProp", "rmsprop")
    if (assigned or called or (helper and parent.args[:1] == [node])) and not isinstance(node, ast.Constant):  # type: ignore[union-attr]
        if sites.in_function(node) and _function(node, sites).name in ("adam", "rmsprop"):  # type: ignore[union-attr]
            return
        yield f"list({text})[:-1]"
        yield f"list({text})[1:]"


@mutator("returned values swapped")
def returns(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if not isinstance(parent, ast.Return) or not sites.is_model(node):
        return
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        texts = [sites.text(element) for element in node.elts]
        yield ", ".join([texts[1], texts[0], *texts[2:]])
    if isinstance(node, ast.Dict) and len(node.values) > 1:
        values = [sites.text(value) for value in node.values]
        values[0], values[1] = values[1], values[0]
        yield "{" + ", ".join(f"{sites.text(k)}: {v}" for k, v in zip(node.keys, values, strict=True)) + "}"


@mutator("unpacked values swapped")
def unpacked(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(node, ast.Tuple) and isinstance(parent, ast.Assign) and parent.targets == [node]:
        if sites.is_model(node):
            for place in range(len(node.elts) - 1):
                texts = [sites.text(element) for element in node.elts]
                texts[place], texts[place + 1] = texts[place + 1], texts[place]
                yield ", ".join(texts)


def _weights(sites: Sites) -> dict[str, str]:
    """Module-level weights, and how each is made."""
    made = {}
    for statement in sites.tree.body:
        if isinstance(statement, ast.Assign):
            pairs = [(statement.targets[0], statement.value)]
            target = statement.targets[0]
            if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
                pairs = list(zip(target.elts, statement.value.elts, strict=True))
            for name, value in pairs:
                text = sites.text(value)
                if isinstance(name, ast.Name) and text.startswith(
                    ("tf.Variable(", "nn.Parameter(", "matrix", "vector")
                ):
                    made[name.id] = text
                if isinstance(name, ast.Name) and isinstance(value, ast.Dict):
                    for key, inner in zip(value.keys, value.values, strict=True):
                        made[f"{name.id}[{sites.text(key)}]"] = sites.text(inner)
    return made


@mutator("shared weight unshared")
def unshared(node: ast.AST, sites: Sites) -> Iterator[str]:
    text, function = sites.text(node), _function(node, sites)
    if function is None or not sites.is_model(node) or not isinstance(node, (ast.Name, ast.Subscript)):
        return
    if text in _weights(sites) and isinstance(getattr(node, "ctx", None), ast.Load):
        uses = [each for each in sites.nodes if sites.text(each) == text and type(each) is type(node)]
        uses = [each for each in uses if _function(each, sites) is not None and "variables" not in sites.text(
            sites.statement(each)) and not isinstance(sites.parent(each), ast.List)]  # fmt: skip
        if len(uses) > 1 and node in uses[1:]:
            yield f"tf.Variable({text})" if sites.target == "tf2" else f"{text}.detach().clone()"


@mutator("layer copied instead of shared")
def copied(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent, text = sites.parent(node), sites.text(node)
    if isinstance(parent, ast.Call) and parent.func is node and isinstance(node, ast.Name) and sites.in_function(node):
        made = [
            each for each in sites.tree.body if isinstance(each, ast.Assign) and sites.text(each.targets[0]) == text
        ]
        if made and sum(sites.text(each) == text for each in sites.nodes if sites.in_function(each)) > 1:
            yield f"__import__('copy').deepcopy({text})"


@mutator("another weight or layer")
def another(node: ast.AST, sites: Sites) -> Iterator[str]:
    text = sites.text(node)
    if not sites.in_function(node) or isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
        return
    parent = sites.parent(node)
    weights = _weights(sites)
    if text in weights and isinstance(node, (ast.Name, ast.Subscript)) and not isinstance(parent, ast.List):
        alike = [name for name, made in weights.items() if made == weights[text] and name != text]
        yield from alike[:1]
    if isinstance(node, ast.Name) and isinstance(parent, ast.Call) and parent.func is node:
        for other in (f"{text}_2", text.removesuffix("_2")):
            if other != text and any(
                isinstance(each, ast.Assign) and sites.text(each.targets[0]) == other for each in sites.tree.body
            ):
                yield other


@mutator("returned array not copied")
def not_copied(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
        function = _function(node, sites)
        if function and function.name == "to_numpy":
            yield sites.text(node.func.value)
