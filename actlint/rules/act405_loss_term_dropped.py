"""ACT405: a loss is put together, and then a part of it is returned or differentiated instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Finding
from actlint.rules.rule import Rule
from actlint.rules.trace import name, report, spot

if TYPE_CHECKING:
    from libcst import BaseExpression, CSTNode

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Binding, Sink
    from actlint.program.eager.values import Place, Tensor

_TOTALS = ("loss", "cost", "total", "objective")
_TERMS = frozenset({"loss", "penalty", "reg", "regularization", "sparsity", "aux"})
_MEASURED = ("eval", "valid", "test", "metric", "plot", "log")
_REPORTS = frozenset(
    """print append update add_scalar add_scalars log log_dict info debug warning write set_postfix set_description
    float str format round log_scalar record""".split()
)
_READS = frozenset({"item", "detach", "cpu", "data", "numpy", "tolist"})


def check(program: Program) -> Iterator[Finding]:
    """One finding per sum of loss terms that nothing but a report reads while one of its terms is used."""
    from actlint.program.eager.losses import summands
    from actlint.program.eager.values import Tensor, state_of

    eager = program.eager
    seen: set[object] = set()
    for binding in eager.bindings:
        total = binding.value
        if not isinstance(total, Tensor) or total.op not in ("add", "sub") or total.place.node in seen:
            continue
        if total.place.no_grad or total.host or not _is_total(binding):
            continue
        terms = [t for t in summands(total) if isinstance(t, Tensor) and state_of(t) in ("attached", "maybe")]
        if len(terms) < 2 or not _only_reported(eager, binding):
            continue
        used = [(term, place) for term in terms if (place := _use(eager, binding, term)) is not None]
        dropped = [term for term in terms if all(term is not other for other, _ in used)]
        if used and dropped:
            seen.add(total.place.node)
            message = f"`{binding.name}` is never used: {name(eager, dropped[0])} is part of no loss"
            help = f"use `{binding.name}` where {name(eager, used[0][0])} is used alone"
            related = [spot(eager, used[0][1], f"{name(eager, used[0][0])} is used here")]
            yield report(RULE, eager, total.place, message, help, related)
    yield from _alone(eager)


def _alone(program: EagerProgram) -> Iterator[Finding]:
    """One finding per weighted term that nothing but a report reads while another loss is used in its function."""
    nodes: dict[CSTNode, list[Binding]] = {}
    for binding in program.bindings:
        nodes.setdefault(binding.place.node, []).append(binding)
    for bindings in nodes.values():
        binding = bindings[0]
        if not all(_is_term(program, other) for other in bindings) or not _only_reported(program, binding):
            continue
        sink = next((s for s in program.sinks if _is_beside(s, binding)), None)
        if sink is not None:
            message = f"`{binding.name}` is part of no loss: nothing but reports reads it"
            help = "add it to the loss, or compute it without its weight and under no_grad if it only measures"
            related = [spot(program, sink.place, "another loss is used here")]
            yield report(RULE, program, binding.place, message, help, related)


def _is_term(program: EagerProgram, binding: Binding) -> bool:
    """Whether a value with a gradient is named and weighted as a term of a loss, and no loss or container has it."""
    from actlint.program.eager.reductions import scaled
    from actlint.program.eager.values import Tensor, ancestors, state_of, tensors_in

    term = binding.value
    if not isinstance(term, Tensor) or term.op != "mul" or term.place.no_grad or term.state != "attached":
        return False
    core = scaled(term)
    around = binding.function.name.lower().split("_") if binding.function is not None else []
    words = set(binding.name.lower().split("_"))
    if core is term or state_of(core) != "attached" or not words & _TERMS or (words | {*around}) & {*_MEASURED, "val"}:
        return False
    if any(tensor is term for sink in program.sinks for tensor in ancestors(sink.value)):
        return False
    return not any(tensor is term for store in program.stores for tensor in tensors_in(store.value))


def _is_beside(sink: Sink, binding: Binding) -> bool:
    """Whether a sink is in the function of a binding, and made of what the bound value is made of."""
    from actlint.program.eager.values import ancestors

    function = sink.place.frames[-1].function if sink.place.frames else None
    if function is not binding.function or sink.kind == "compile":
        return False
    made_of = {id(tensor) for tensor in ancestors(binding.value, False) if tensor.state == "attached"}
    return any(id(tensor) in made_of for tensor in ancestors(sink.value, False))


def _is_total(binding: Binding) -> bool:
    """Whether a name and the function around it speak of a loss that is trained with."""
    around = binding.function.name.lower() if binding.function is not None else ""
    return any(word in binding.name.lower() for word in _TOTALS) and not any(word in around for word in _MEASURED)


def _use(program: EagerProgram, binding: Binding, term: Tensor) -> Place | None:
    """Where a term is differentiated or returned without the total."""
    from actlint.program.eager.values import ancestors, tensors_in

    for sink in program.sinks:
        if sink.kind != "return" and any(tensor is term for tensor in ancestors(sink.value, through_cuts=False)):
            return sink.place
    for returned in program.returns:
        if binding.function is not None and returned.function.node is binding.function.node:
            if any(tensor is term for value in tensors_in(returned.value) for tensor in ancestors(value, False)):
                return returned.place
    return None


def _only_reported(program: EagerProgram, binding: Binding) -> bool:
    """Whether every read of the name, in its function or module, goes into a report and nowhere else."""
    import libcst as cst

    scope = binding.function.node if binding.function is not None else program.trees[binding.place.file].module
    todo: list[tuple[CSTNode, bool]] = [(scope, False)]
    while todo:
        node, harmless = todo.pop()
        if isinstance(node, cst.Name):
            if node.value == binding.name and not harmless:
                return False
            continue
        if isinstance(node, (cst.Global, cst.Nonlocal)):
            if any(item.name.value == binding.name for item in node.names):
                return False
        elif isinstance(node, cst.AssignTarget) and isinstance(node.target, (cst.Name, cst.Tuple, cst.List)):
            todo.extend((target, harmless) for target in _targets(node.target) if not isinstance(target, cst.Name))
        elif isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name):
            todo.extend((child, harmless) for child in (node.value,) if child is not None)
        elif isinstance(node, cst.Arg):
            todo.append((node.value, harmless))
        elif isinstance(node, cst.Attribute):
            todo.append((node.value, harmless or node.attr.value in _READS))
        elif isinstance(node, cst.Call):
            called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
            report = isinstance(called, cst.Name) and called.value in _REPORTS
            todo.append((node.func, harmless))
            todo.extend((argument, harmless or report) for argument in node.args)
        else:
            inside = harmless or isinstance(node, cst.FormattedStringExpression)
            todo.extend((child, inside) for child in node.children)
    return True


def _targets(target: BaseExpression) -> list[BaseExpression]:
    """What an assignment binds one by one."""
    import libcst as cst

    if not isinstance(target, (cst.Tuple, cst.List)):
        return [target]
    return [inner for element in target.elements for inner in _targets(element.value)]


RULE = Rule(
    code="ACT405",
    name="loss-term-dropped",
    message="loss term is computed but not part of what is returned or differentiated",
    what="A function or a step adds up a loss, `loss = base + penalty`, and then returns or differentiates one of the "
    "terms; the sum is only logged, or read by nobody. Or it weights a term, `aux_loss = weight * ...`, and returns or "
    "differentiates another loss, while this term is only logged.",
    why="The penalty and its weight have no effect: the gradients are the same for every weight (measured), while the "
    "logs show the penalty. Sums in functions that evaluate or measure, under `no_grad`, and sums of which every term "
    "is used somewhere are not reported.",
    bad="""\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)


def compute(x, weight):
    hidden = torch.relu(net(x))
    base = head(hidden).pow(2).mean()
    penalty = weight * hidden.abs().mean()
    loss = base + penalty
    return base, {"loss": loss.item()}


compute(torch.ones(2, 4), 0.1)[0].backward()
""",
    good="""\
import torch
from torch import nn

net, head = nn.Linear(4, 8), nn.Linear(8, 1)


def compute(x, weight):
    hidden = torch.relu(net(x))
    base = head(hidden).pow(2).mean()
    penalty = weight * hidden.abs().mean()
    loss = base + penalty
    return loss, {"penalty": penalty.item()}


compute(torch.ones(2, 4), 0.1)[0].backward()
""",
    sources=(
        "https://github.com/oclivegriffin/crosscode/pull/3",
        "https://github.com/OpenSparseLLMs/MoM/issues/2",
        "https://github.com/lucidrains/routing-transformer/issues/9",
        "https://github.com/IntelLabs/coach/pull/292",
    ),
    fix="none",
    check=check,
    triggers=(b"loss", b"cost", b"objective"),
    reads="eager",
)
