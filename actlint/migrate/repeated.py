"""`tf.while_loop`, `tf.map_fn` and `tf.scan`: functions that are called again and again within the graph."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import libcst as cst

from actlint.apis.entry import Rename
from actlint.apis.forms import mapping
from actlint.migrate.conditional import followed, is_plain, returned
from actlint.migrate.source import code, has_defaults, parenthesized
from actlint.program.binding import BoundCall, tensor_dtype
from actlint.program.values import Const, DimValue, Sequence, Tensor, Value, tensors_in

if TYPE_CHECKING:
    from actlint.migrate.expression import Rewriter

_FUNCTIONS = {"while_loop": ("cond", "body"), "map_fn": ("fn",), "scan": ("fn",)}
REPEATED = tuple(_FUNCTIONS)
_TF2 = {
    "while_loop": "cond body loop_vars shape_invariants parallel_iterations swap_memory maximum_iterations",
    "map_fn": "fn elems dtype=fn_output_signature parallel_iterations swap_memory infer_shape",
    "scan": "fn elems initializer parallel_iterations swap_memory infer_shape reverse",
}
_TORCH = {"while_loop": "cond body loop_vars", "scan": "fn elems initializer"}
_IGNORED = ("name", "back_prop", "return_same_structure")
_IGNORED_BY_TORCH = (*_IGNORED, "parallel_iterations", "swap_memory", "infer_shape", "shape_invariants", "dtype")
_COMPARED = {
    cst.LessThan: operator.lt,
    cst.LessThanEqual: operator.le,
    cst.GreaterThan: operator.gt,
    cst.GreaterThanEqual: operator.ge,
}
_CALLED = {"less": operator.lt, "less_equal": operator.le, "greater": operator.gt, "greater_equal": operator.ge}
_HELP = "Let it be a lambda or a function that gives tensors, and write the numbers as tensors with tf.constant."


def repeated(rewriter: Rewriter, original: cst.Call, updated: cst.Call, binding: BoundCall) -> cst.BaseExpression:
    """The form of a call that applies a function again and again."""
    name, torch = binding.entry.name, rewriter.at.target == "torch"
    if binding.const("back_prop", True) is not True:
        rewriter.refuse("REF108", original, f"tf.{name} without gradients", "Use tf.stop_gradient on what it gives.")
    functions = [binding.nodes[parameter] for parameter in _FUNCTIONS[name]]
    written = {id(after.value): before.value for before, after in zip(original.args, updated.args, strict=True)}
    by_node = {before: after for after, before in ((a.value, written[id(a.value)]) for a in updated.args)}
    replaced = {node: _function(rewriter, original, binding, node, by_node[node]) for node in functions}
    single = name == "while_loop" and any(isinstance(v, Tensor) for v in rewriter.values(original))
    if single:
        replaced[functions[1]] = _listing(rewriter, functions[1], replaced[functions[1]])
    if torch:
        _refuse_for_torch(rewriter, original, binding)
        for parameter in ("loop_vars", "initializer"):
            node = binding.nodes.get(parameter)
            if node is not None:
                replaced[node] = _tensors(rewriter, original, binding.values[parameter], by_node[node])
    if torch and name == "map_fn":
        return _comprehension(rewriter, binding, by_node, replaced)
    arguments = [a.with_changes(value=replaced.get(written[id(a.value)], a.value)) for a in updated.args]
    form = Rename(rewriter.at.ask_helper(name), mapping(_TORCH[name]), _IGNORED_BY_TORCH) if torch else None
    form = form or Rename(f"tf.{name}", mapping(_TF2[name]), _IGNORED)
    made = rewriter.renamed(form, original, updated.with_changes(args=arguments), binding)
    return rewriter.expression(f"{code(made)}[0]") if single else made


def _function(
    rewriter: Rewriter, call: cst.Call, binding: BoundCall, node: cst.BaseExpression, written: cst.BaseExpression
) -> cst.BaseExpression:
    """A function that is handed over: itself, or with the tensors that it captures."""
    text = f"the function of tf.{binding.entry.name}"
    function = followed(rewriter, call, node, text, _HELP)
    values = [v for part in returned(function) for v in rewriter.values(part) or [None]]
    parts = [p for v in values for p in (v.items if isinstance(v, Sequence) else [v])]
    if not parts or not all(isinstance(part, Tensor) for part in parts):
        rewriter.refuse("REF108", call, f"{text} gives something else than tensors", _HELP)
    captured = rewriter.at.captures.get(function, [])
    if isinstance(function, cst.Lambda) or not captured:
        return written
    starred = function.params.star_arg is not cst.MaybeSentinel.DEFAULT or function.params.kwonly_params
    if starred or has_defaults(function):
        what = "starred parameters" if starred else "default arguments"
        rewriter.refuse("REF108", call, f"{text} has {what} and reads tensors from around it", _HELP)
    own = [p.name.value for p in function.params.params]
    own = own[1:] if isinstance(written, cst.Attribute) else own
    given = [*own, *(rewriter.renames.get(name, name) for name in captured)]
    return rewriter.expression(f"lambda {', '.join(own)}: {code(written)}({', '.join(given)})")


def _listing(rewriter: Rewriter, node: cst.BaseExpression, written: cst.BaseExpression) -> cst.BaseExpression:
    """The body of a loop with a single variable, so that it gives a list."""
    (function,) = {v.node for v in rewriter.values(node)}  # type: ignore[attr-defined]
    if any(isinstance(v, Sequence) for part in returned(function) for v in rewriter.values(part)):
        return written
    if isinstance(written, cst.Lambda):
        return written.with_changes(body=rewriter.expression(f"[{code(written.body)}]"))
    name = function.params.params[-1].name.value
    return rewriter.expression(f"lambda {name}: [{code(written)}({name})]")


def _refuse_for_torch(rewriter: Rewriter, call: cst.Call, binding: BoundCall) -> None:
    name = binding.entry.name
    for parameter in ("maximum_iterations", "reverse"):
        if (
            binding.const(parameter, None) not in (None, False)
            or parameter in binding.values
            and not (isinstance(binding.values[parameter], Const))
        ):
            rewriter.refuse("REF108", call, f"the argument {parameter} of tf.{name} can't be carried over", _HELP)
    if name == "scan":
        nested = [binding.values.get(parameter) for parameter in ("elems", "initializer")]
        if any(isinstance(value, Sequence) for value in nested):
            rewriter.refuse("REF108", call, "tf.scan of several tensors at once", "Stack them, or write the loop out.")
    if name == "while_loop":
        _refuse_lost_gradients(rewriter, call, binding)


def _refuse_lost_gradients(rewriter: Rewriter, call: cst.Call, binding: BoundCall) -> None:
    """TF1's gradients are 0 where the loop ran no turn, and move slots; PyTorch's optimizers skip what has none."""
    program = rewriter.program
    if _surely_runs(rewriter, binding):
        return
    for op in program.ops:
        if op.symbol != "while_loop" or op.node is not call:
            continue
        inside, before = (program.ancestors(list(tensors_in(op.arguments[side]))) for side in ("result", "loop_vars"))
        for training in program.trainings:
            if not is_plain(training) and (inside - before) & {v.op for v in training.variables}:
                text = "only tf.while_loop reads a variable, it may run no turn, and the optimizer moves it even then"
                rewriter.refuse("REF109", call, text, "Read the variable in front of the loop, too.")


def _surely_runs(rewriter: Rewriter, binding: BoundCall) -> bool:
    """Whether the condition holds for what the loop starts from."""
    (function,) = {v.node for v in rewriter.values(binding.nodes["cond"])}  # type: ignore[attr-defined]
    found = returned(function)
    if len(found) != 1:
        return False
    sides, test = _comparison(rewriter, found[0])
    start = binding.values["loop_vars"]
    names = [p.name.value for p in function.params.params]
    values = []
    for side in sides:
        known: list[Value] = rewriter.values(side)
        if isinstance(side, cst.Integer):
            known = [Const(side.evaluated_value)]
        elif isinstance(side, cst.Name) and side.value in names and isinstance(start, Sequence):
            known = [_initial(item) for item in start.items[names.index(side.value) :][:1]]
        numbers = {v.value if isinstance(v, Const) else v.dim.value for v in known if isinstance(v, (Const, DimValue))}
        values.append(numbers.pop() if len(numbers) == len(known) == 1 else None)
    return test is not None and all(isinstance(v, (int, float)) for v in values) and bool(test(*values))


def _initial(value: Value) -> Value:
    """The number that a `tf.constant` has."""
    constant = isinstance(value, Tensor) and value.op.symbol == "constant"
    return value.op.arguments.get("value", value) if constant else value  # type: ignore[attr-defined]


def _comparison(rewriter: Rewriter, node: cst.BaseExpression):  # noqa: ANN202
    """The two sides of a comparison, and the comparison itself; None where it is something else."""
    if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
        right = node.comparisons[0]
        return [node.left, right.comparator], _COMPARED.get(type(right.operator))
    binding = rewriter.program.bindings.get(node)
    if isinstance(binding, BoundCall) and {"x", "y"} <= set(binding.nodes):
        return [binding.nodes["x"], binding.nodes["y"]], _CALLED.get(binding.entry.name)
    return [], None


def _tensors(rewriter: Rewriter, call: cst.Call, value: Value, written: cst.BaseExpression) -> cst.BaseExpression:
    """What a loop starts from, with Python's numbers as tensors."""
    if isinstance(value, Tensor) or isinstance(value, Sequence) and all(isinstance(v, Tensor) for v in value.items):
        return written
    if isinstance(value, Sequence):
        if not isinstance(written, (cst.List, cst.Tuple)) or len(written.elements) != len(value.items):
            rewriter.refuse("REF108", call, "the loop's variables aren't written out at the call", _HELP)
        pairs = zip(value.items, written.elements, strict=True)
        return written.with_changes(
            elements=[e.with_changes(value=_tensors(rewriter, call, item, e.value)) for item, e in pairs]
        )
    dtype = tensor_dtype(value)
    if dtype is None:
        rewriter.refuse("REF108", call, "the dtype of what the loop starts from isn't known", _HELP)
    maker = "torch.tensor" if isinstance(value, Const) else "torch.as_tensor"
    return rewriter.expression(f"{maker}({code(written)}, dtype=torch.{dtype})")


def _comprehension(
    rewriter: Rewriter,
    binding: BoundCall,
    by_node: dict[cst.BaseExpression, cst.BaseExpression],
    replaced: dict[cst.BaseExpression, cst.BaseExpression],
) -> cst.BaseExpression:
    """`tf.map_fn` as a comprehension over the rows."""
    function, elems = replaced[binding.nodes["fn"]], by_node[binding.nodes["elems"]]
    rows = code(elems)
    if isinstance(binding.values["elems"], Sequence):
        listed = isinstance(elems, (cst.Tuple, cst.List))
        rows = (
            f"zip({', '.join(code(e.value) for e in elems.elements) if listed else '*' + code(parenthesized(elems))})"
        )
    if isinstance(function, cst.Lambda) and len(function.params.params) == 1:
        row, made = function.params.params[0].name.value, code(function.body)
    else:
        row, made = "row", f"{code(parenthesized(function))}(row)"
    results = rewriter.values(binding.nodes["fn"])
    (node,) = {v.node for v in results}  # type: ignore[attr-defined]
    several = any(isinstance(v, Sequence) for part in returned(node) for v in rewriter.values(part))
    if several:
        return rewriter.expression(f"[torch.stack(part) for part in zip(*({made} for {row} in {rows}))]")
    return rewriter.expression(f"torch.stack([{made} for {row} in {rows}])")
