"""Assignments to variables that runs make: their form in each target, and those whose order TF1 leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.refusals import Reason
from actlint.migrate.source import code, is_atom, parenthesized
from actlint.program.binding import is_host
from actlint.program.values import Const, Op, Run, Tensor, Value, Variable

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter
    from actlint.migrate.expression import Rewriter
    from actlint.migrate.flow import Flow

SCATTERS = ("scatter_update", "scatter_add", "scatter_sub")
_ELEMENTWISE = frozenset(
    {"add", "subtract", "multiply", "divide", "truediv", "negative", "clip_by_value", "maximum", "minimum", "identity"}
    | {"square", "sqrt", "abs", "sign", "stop_gradient"}
)


# -- what a run does to variables


def updates(run: Run) -> list[Op]:
    """The assignments among what a run fetches, also in groups and below other tensors."""
    found: dict[Op, None] = {}
    todo = [leaf.op for leaf in run.leaves if isinstance(leaf, Tensor)]
    seen: set[Op] = set()
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        if op.kind == "assign":
            found[op] = None
        todo.extend(tensor.op for tensor in op.inputs)
    return sorted(found, key=lambda op: op.index)


def target_of(op: Op) -> Variable | None:
    """The variable that an assignment changes."""
    value = op.arguments.get("ref")
    while isinstance(value, Tensor) and value.op.kind == "assign":
        value = value.op.arguments.get("ref")
    return value if isinstance(value, Variable) else None


def races(flow: Flow, run: Run) -> list[Reason]:
    """Why TF1 leaves open what a run with assignments gives."""
    program, found = flow.program, []
    made = updates(run)

    def refuse(text: str, help: str) -> None:
        found.append(flow.building.reason("REF111", run.node, text, help))

    if made and run.trains:
        refuse("variables are assigned in the run of a training operation", "Run the assignments by themselves.")
        return found
    changed: dict[Variable, list[Op]] = {}
    for op in made:
        variable = target_of(op)
        if variable is None:
            refuse("which variable is assigned isn't known", "Assign to each variable by name.")
        else:
            changed.setdefault(variable, []).append(op)
    needed = program.needed(run)
    for variable, ops in changed.items():
        before = [program.ancestors(op.inputs) for op in ops]
        if any(one not in known and other not in own for one, own, other, known in _pairs(ops, before)):
            refuse(
                f"{variable.name} is assigned twice in one run, in an order that TensorFlow 1 leaves open",
                "Run one after the other.",
            )
        after = {op for op in needed if any(other in program.ancestors([Tensor(op)]) for other in ops)}
        reads = [op for op in needed if variable in op.inputs and op not in ops and op not in after]
        if any(leaf is variable for leaf in run.leaves) or any(
            read not in ancestors for read in reads for ancestors in before
        ):
            refuse(
                f"{variable.name} is read in the run that assigns it, before or after that as TensorFlow 1 happens to",
                "Read it in a run of its own.",
            )
    return list(dict.fromkeys(found))


def _pairs(ops: list[Op], before: list[set[Op]]):  # noqa: ANN202
    return [(ops[i], before[i], ops[j], before[j]) for i in range(len(ops)) for j in range(len(ops)) if i < j]


# -- their form


def form(emitter: Emitter, rewriter: Rewriter, original: cst.Call, updated: cst.Call) -> cst.BaseExpression | None:
    """An assignment in the target; None when the call isn't one."""
    ops = [v.op for v in rewriter.values(original) if isinstance(v, Tensor) and v.op.kind == "assign"]
    if not ops:
        return None
    arguments = _arguments(original, updated)
    values = [op.arguments.get("value") for op in ops]
    if rewriter.at.target == "tf2":
        return _tf2(rewriter, ops[0], arguments)
    if ops[0].symbol in SCATTERS:
        return _scattered(emitter, rewriter, original, ops, arguments)
    text = _laid_out(emitter, rewriter, original, ops, arguments["ref"])
    method = {"assign": "copy_", "assign_add": "add_", "assign_sub": "sub_"}[ops[0].symbol]
    value = code(arguments["value"])
    if all(isinstance(v, Const) for v in values):
        method = "fill_" if method == "copy_" else method
    elif all(v is not None and is_host(v) for v in values):
        dtype = ops[0].arguments["ref"].dtype  # type: ignore[attr-defined]
        value = f"torch.as_tensor({value}, dtype=torch.{dtype})"
    return rewriter.expression(f"{text}.{method}({value})")


def _arguments(original: cst.Call, updated: cst.Call) -> dict[str, cst.BaseExpression]:
    """The rewritten arguments of an assignment, by TF1's names; a method's owner is `ref`."""
    scatter = _name(original).startswith("scatter")
    order = ["ref", "indices", "updates"] if scatter else ["ref", "value"]
    method = isinstance(original.func, cst.Attribute) and len(_plain(original)) < len(order)
    found: dict[str, cst.BaseExpression] = {}
    if method:
        assert isinstance(updated.func, cst.Attribute)
        found["ref"] = updated.func.value
        order = order[1:]
    place = 0
    for argument in updated.args:
        if argument.keyword is not None:
            name = argument.keyword.value
            found[{"delta": "value"}.get(name, name)] = argument.value
        elif place < len(order):
            found[order[place]] = argument.value
            place += 1
    return found


def _plain(call: cst.Call) -> list[cst.Arg]:
    known = {"ref", "value", "delta", "indices", "updates"}
    return [a for a in call.args if a.keyword is None or a.keyword.value in known]


def _name(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else code(call.func)


def _tf2(rewriter: Rewriter, op: Op, arguments: dict[str, cst.BaseExpression]) -> cst.BaseExpression:
    target = code(parenthesized(arguments["ref"]))
    if op.symbol in SCATTERS:
        slices = f"tf.IndexedSlices({code(arguments['updates'])}, {code(arguments['indices'])})"
        return rewriter.expression(f"{target}.{op.symbol}({slices})")
    return rewriter.expression(f"{target}.{op.symbol}({code(arguments['value'])})")


def _scattered(
    emitter: Emitter, rewriter: Rewriter, original: cst.Call, ops: list[Op], arguments: dict[str, cst.BaseExpression]
) -> cst.BaseExpression:
    target = _laid_out(emitter, rewriter, original, ops, arguments["ref"], exact=True)
    indices, changes = (code(parenthesized(arguments[name])) for name in ("indices", "updates"))
    known = [op.arguments.get(name) for op in ops for name in ("indices", "updates")]
    if not all(isinstance(value, Tensor) and value.shape for value in known):
        rewriter.refuse("REF108", original, f"tf.{ops[0].symbol}: the indices and updates aren't tensors of known rank")
    if any(len(op.arguments["indices"].shape) != 1 for op in ops):  # type: ignore[attr-defined]
        rewriter.refuse("REF108", original, f"tf.{ops[0].symbol}: the indices aren't a vector", "Flatten the indices.")
    if ops[0].symbol == "scatter_update":
        return rewriter.expression(f"{target}.index_copy_(0, {indices}.long(), {code(arguments['updates'])})")
    sign = ", alpha=-1" if ops[0].symbol == "scatter_sub" else ""
    return rewriter.expression(f"{target}.index_add_(0, {indices}.long(), {changes}{sign})")


def _laid_out(
    emitter: Emitter,
    rewriter: Rewriter,
    original: cst.Call,
    ops: list[Op],
    node: cst.BaseExpression,
    exact: bool = False,
) -> str:
    """The variable of an assignment, in TF1's layout where the value has it."""
    variables = [target_of(op) for op in ops]
    moved = [v for v in variables if v is None or emitter.weights.place(v).layout != "same"]
    text = code(node)
    if not moved or not exact and all(_alike(emitter, op) for op in ops):
        return text if is_atom(node) else f"({text})"
    if len({id(v) for v in variables}) == 1 and variables[0] is not None:
        return emitter.target.laid_out(variables[0])
    rewriter.refuse(
        "REF108",
        original,
        "a layer's weights are assigned values in TensorFlow's layout, which torch doesn't have",
        "Assign to each of them by name, or make the weights with tf.Variable.",
    )


def _alike(emitter: Emitter, op: Op) -> bool:
    """Whether a value has the layout of the variable that it is assigned to: elementwise of weights that have it."""
    variable = target_of(op)
    layout = emitter.weights.place(variable).layout if variable is not None else ""

    def follows(value: Value | None) -> bool:
        if isinstance(value, Variable):
            return emitter.weights.place(value).layout == layout or value.shape == ()
        if isinstance(value, Tensor):
            inner = [v for name, v in value.op.arguments.items() if name != "name"]
            return value.shape == () or value.op.symbol in _ELEMENTWISE and all(map(follows, inner))
        return isinstance(value, Const) and not isinstance(value.value, (list, tuple))

    return follows(op.arguments.get("value"))


__all__ = ["form", "races", "target_of", "updates"]
