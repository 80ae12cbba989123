"""`tf.cond`: the branch that isn't taken is computed neither by TF1 nor by the rewritten program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.source import code, has_defaults, parenthesized, walk
from actlint.program.binding import BoundCall
from actlint.program.values import Function, Tensor, Training, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.expression import Rewriter

_BRANCHES = (("true_fn", "fn1"), ("false_fn", "fn2"))
_WITHOUT_SLOTS = ("train.GradientDescentOptimizer",)
_HELP = "Let both branches be lambdas or functions without parameters that compute one tensor each."


def conditional(rewriter: Rewriter, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
    """The form of a `tf.cond` call."""
    by_node = {id(before.value): after.value for before, after in zip(original.args, updated.args, strict=True)}
    nodes = [next((binding.nodes[name] for name in names if name in binding.nodes), None) for names in _BRANCHES]
    condition = binding.nodes.get("pred")
    known = condition is not None and binding.is_tensor("pred") and all(node is not None for node in nodes)
    if not known or binding.given("strict"):
        rewriter.refuse("REF108", original, "tf.cond has a condition or branches that aren't followed here", _HELP)
    _refuse_lost_gradients(rewriter, original)
    texts = [_branch(rewriter, original, node, by_node[id(node)]) for node in nodes]  # type: ignore[arg-type]
    test = by_node[id(condition)]
    if rewriter.at.target == "tf2":
        return rewriter.expression(f"tf.cond({code(test)}, lambda: {texts[0]}, lambda: {texts[1]})")
    return rewriter.expression(f"({texts[0]} if {code(parenthesized(test))} else {texts[1]})")


def _refuse_lost_gradients(rewriter: Rewriter, call: cst.Call) -> None:
    """TF1 updates the variables of the other branch with gradients of 0, which move slots; eager code skips them."""
    program = rewriter.program
    for op in program.ops:
        if op.symbol != "cond" or op.node is not call:
            continue
        for training in program.trainings:
            results = [list(tensors_in(op.arguments[side])) for side in ("x", "y")]
            reached, other = (program.ancestors(tensors) & {v.op for v in training.variables} for tensors in results)
            if reached != other and not is_plain(training):
                text = (
                    "only one branch of tf.cond reads a variable, and the optimizer moves it where the other is taken"
                )
                rewriter.refuse("REF109", call, text, "Compute both, and choose with tf.where.")


def is_plain(training: Training) -> bool:
    """Whether a gradient of 0 moves nothing."""
    return training.optimizer is not None and training.optimizer.op.symbol in _WITHOUT_SLOTS


def _branch(rewriter: Rewriter, call: cst.Call, node: cst.BaseExpression, written: cst.BaseExpression) -> str:
    """What a branch computes, as an expression."""
    function = followed(rewriter, call, node, "a branch of tf.cond", _HELP)
    found = returned(function)
    if not found or not all(isinstance(v, Tensor) for part in found for v in rewriter.values(part) or [None]):
        rewriter.refuse("REF108", call, "a branch of tf.cond gives something else than one tensor", _HELP)
    if isinstance(function, cst.Lambda) and isinstance(written, cst.Lambda):
        return code(parenthesized(written.body))
    spelled = {name: rewriter.renames.get(name, name) for name in rewriter.at.captures.get(function, [])}
    names = [f"{name}={text}" if has_defaults(function) else text for name, text in spelled.items()]
    return f"{code(written)}({', '.join(names)})"


def followed(
    rewriter: Rewriter, call: cst.Call, node: cst.BaseExpression, what: str, help: str
) -> cst.FunctionDef | cst.Lambda:
    """The function that a framework call is handed; refused if it does more than compute tensors."""
    functions = [v for v in rewriter.values(node) if isinstance(v, Function)]
    if not functions or any(f.node is not functions[0].node for f in functions):
        rewriter.refuse("REF108", call, f"{what} isn't a function that is known here", help)
    function = functions[0].node
    made = rewriter.at.building.makes.get(function, set())
    if made - {"forward"}:
        rewriter.refuse("REF108", call, f"{what} makes more than tensors: {', '.join(sorted(made))}", help)
    if any(op.kind == "assign" and _inside(op.calls, call, function) for op in rewriter.program.ops):
        rewriter.refuse("REF108", call, f"{what} assigns to a variable", help)
    return function


def _inside(calls: tuple, call: cst.Call, function: cst.CSTNode) -> bool:  # type: ignore[type-arg]
    return any(frame.node is call and frame.function.node is function for frame in calls)


def returned(function: cst.FunctionDef | cst.Lambda) -> list[cst.BaseExpression]:
    """The expressions whose values a function returns."""
    if isinstance(function, cst.Lambda):
        return [function.body]
    return [part.value for part in walk(function.body) if isinstance(part, cst.Return) and part.value is not None]
