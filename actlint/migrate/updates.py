"""Assignments to variables that runs make: their form in each target, and those whose order TF1 leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.migrate.refusals import Reason
from actlint.migrate.sites import below
from actlint.migrate.source import code, is_atom, parenthesized, walk
from actlint.migrate.units import reads_variables
from actlint.program.binding import is_host
from actlint.program.values import Choice, Const, Op, Run, Tensor, Training, Value, Variable, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.emit import Emitter
    from actlint.migrate.expression import Rewriter
    from actlint.migrate.flow import Flow
    from actlint.migrate.units import Building
    from actlint.program.model import Program

SCATTERS = ("scatter_update", "scatter_add", "scatter_sub")
_FORGETFUL = frozenset({"gather", "nn.embedding_lookup", "identity", "add", "subtract"})
"""Operations whose gradients don't read their inputs again."""
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
        todo.extend((*(tensor.op for tensor in op.inputs), *op.controls))
    return sorted(found, key=lambda op: op.index)


def sets_directly(run: Run) -> bool:
    """Whether a run only assigns a Python value, as a statement of its own: no callable is needed for it."""
    op = next((leaf.op for leaf in run.leaves if isinstance(leaf, Tensor)), None)
    small = run.statement.body[0] if isinstance(run.statement, cst.SimpleStatementLine) else run.statement
    return (
        op is not None
        and len(run.leaves) == 1
        and op.kind == "assign"
        and op.symbol not in SCATTERS
        and op.node is run.fetch_node
        and not run.feeds
        and is_host(op.arguments.get("value", op))  # type: ignore[arg-type]
        and target_of(op) is not None
        and isinstance(small, cst.Expr)
        and small.value is run.node
    )


def needs_callable(run: Run) -> bool:
    """Whether a run becomes the call of a function, rather than a statement that reads or sets variables."""
    return not (reads_variables(run) or sets_directly(run))


def counter(training: Training) -> Variable | None:
    """The variable that counts the updates of a training operation."""
    value = training.arguments.get("global_step")
    return value if isinstance(value, Variable) else None


def target_of(op: Op) -> Variable | None:
    """The variable that an assignment changes."""
    value = op.arguments.get("ref")
    while isinstance(value, Tensor) and value.op.kind == "assign":
        value = value.op.arguments.get("ref")
    return value if isinstance(value, Variable) else None


def is_counted_first(program: Program) -> bool:
    """Whether a counter that is fetched with the training operation is read after its increment: so TF1 does with its
    own kind of variables, and with resource variables it reads it before."""
    resource, modern, plain = False, False, False
    for tree in program.trees.values():
        for part in walk(tree.module):
            if isinstance(part, cst.Name):
                resource |= part.value in ("enable_resource_variables", "use_resource")
                plain |= part.value == "disable_v2_behavior"
            elif isinstance(part, (cst.Import, cst.ImportFrom)) and "tensorflow.compat.v1" in code(part):
                modern = True
    return not resource and (plain or not modern)


def _fetched(flow: Flow, run: Run) -> Iterator[Reason]:
    """Why TF1 leaves open which value a variable has that is fetched in the run of a training operation."""
    trained = {variable for training in run.trained for variable in training.variables}
    counters = [variable for training in run.trained if (variable := counter(training)) is not None]
    for leaf in dict.fromkeys(leaf for leaf in run.leaves if isinstance(leaf, Variable)):
        several = {leaf} if not isinstance(leaf, Choice) else set(leaf.variables)
        if several & trained or len([c for c in counters if c in several]) > 1:
            yield flow.building.reason("REF111", run.node, "a variable is fetched in the run that updates it")
        elif several & set(counters) and not is_counted_first(flow.program):
            yield flow.building.reason(
                "REF111",
                run.node,
                "a counter of steps is fetched in the run that increments it; it is read before or after that, "
                "depending on the kind of its variable",
                "Fetch it in a run of its own.",
            )


def is_in_order(building: Building, waiting: Op, op: Op) -> bool:
    """Whether an operation stands behind the assignment that it waits for in one function, of which each run computes
    both or nothing."""
    calls = waiting.calls
    if waiting.kind != "assign" or not building.below(calls) or not below(op.calls, calls):
        return False
    inside = {other for other in building.program.ops if other.kind == "op" and below(other.calls, calls)}
    needed = [building.program.needed(run) for run in building.program.runs]
    return all(waiting in found or not inside & found for found in needed)


def late_summaries(flow: Flow, run: Run) -> list[str]:
    """What the user has to know of summaries of variables that a run also updates."""
    trained = {variable for training in run.trained for variable in training.variables}
    summaries = [leaf.op for leaf in run.leaves if isinstance(leaf, Tensor) and leaf.op.kind == "summary"]
    read = {t for op in summaries for part in (op, *(i.op for i in op.inputs)) for t in part.inputs}
    if not trained & read:  # type: ignore[operator]
        return []
    return [
        f"line {flow.building.line(run.node)}: summaries hold the variables as they are after the update; TensorFlow 1 "
        "left open whether they are read before or after it"
    ]


def races(flow: Flow, run: Run) -> list[Reason]:
    """Why TF1 leaves open what a run with updates gives."""
    program, found = flow.program, list(_fetched(flow, run))
    made = updates(run)

    def refuse(text: str, help: str) -> None:
        found.append(flow.building.reason("REF111", run.node, text, help))

    if run.trains:
        for op in made:
            if not _is_before(program, run, op) and not set(run.trained) <= behind(op):
                refuse(
                    "a variable is assigned in the run of a training operation, and neither waits for the other",
                    "Run the assignment by itself, or make one of them under tf.control_dependencies of the other.",
                )
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
        before = [behind(op) for op in ops]
        if any(one not in known and other not in own for one, own, other, known in _pairs(ops, before)):
            refuse(
                f"{variable.name} is assigned twice in one run, in an order that TensorFlow 1 leaves open",
                "Run one after the other.",
            )
            continue
        if any(variable in training.variables for training in run.trained):
            refuse(f"{variable.name} is assigned in the run that trains it", "Run the assignment by itself.")
        after = {op for op in needed if any(other in behind(op) for other in ops)}
        reads = [op for op in needed if variable in op.inputs and op not in ops and op not in after]
        if any(leaf is variable for leaf in run.leaves) or any(
            read not in ancestors for read in reads for ancestors in before
        ):
            refuse(
                f"{variable.name} is read in the run that assigns it, before or after that as TensorFlow 1 happens to",
                "Read it in a run of its own.",
            )
    return list(dict.fromkeys(found))


def behind(op: Op) -> set[Op]:
    """The operations that are executed before another one."""
    found: set[Op] = set()
    todo = [op]
    while todo:
        for other in (*(t.op for t in todo[-1].inputs), *todo.pop().controls):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def grouped(op: Op) -> list[Op]:
    """What a group runs, also through groups in it; an operation that is no group runs itself."""
    if op.kind != "group":
        return [op]
    return [part for other in (*(tensor.op for tensor in op.inputs), *op.controls) for part in grouped(other)]


def only_trains(op: Op) -> bool:
    """Whether an operation is a group of nothing but training operations."""
    parts = grouped(op) if op.kind == "group" else []
    return bool(parts) and all(isinstance(part, Training) for part in parts)


def reads_early(op: Op) -> bool:
    """Whether an operation beside some that wait for a training operation reads variables without waiting for it."""
    reads = op.layer is not None or any(isinstance(tensor, Variable) for tensor in op.inputs)
    return op.kind in ("op", "loss", "assign") and reads and not any(isinstance(o, Training) for o in behind(op))


def _is_before(program: Program, run: Run, op: Op) -> bool:
    """Whether the training operations of a run wait for an assignment that their losses don't depend on."""
    variable = target_of(op)
    losses = program.ancestors(t for training in run.trained for t in tensors_in(training.loss))
    reads = [other for other in losses if variable in other.inputs]
    return (
        all(op in behind(training) for training in run.trained)
        and op not in losses
        and not any(op in behind(other) for other in reads)
        and all(other.symbol in _FORGETFUL for other in reads)
    )


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
    inside = any(emitter.building.below(op.calls) for op in ops)
    if inside and any(isinstance(v, Tensor) for v in values):
        value = f"{code(parenthesized(arguments['value']))}.detach()"
    alone = any(run.fetch_node is original and sets_directly(run) for run in emitter.program.runs)
    if (alone or inside) and any(v is not None and v.trainable for v in map(target_of, ops)):
        text += ".detach()"
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


__all__ = [
    "behind",
    "form",
    "grouped",
    "needs_callable",
    "only_trains",
    "races",
    "reads_early",
    "sets_directly",
    "target_of",
    "updates",
]
