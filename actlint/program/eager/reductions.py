"""How the terms of a loss are reduced, and whether a term is one of activations."""

from __future__ import annotations

from typing import Literal

from actlint.apis import eager as apis
from actlint.program.eager.model import EagerProgram
from actlint.program.eager.values import Either, Method, Opaque, Tensor, constant, parts, state_of
from actlint.program.values import Const, Value

Reduction = Literal["mean", "sum", ""]
_WORDS = frozenset(
    """h hidden act acts activation activations code codes feat feats feature features latent latents z encoded
    embedding embeddings representation""".split()
)


def reduction(term: Value) -> tuple[Reduction, Tensor | None]:
    """Whether a term is a mean or a sum over everything, without its constant factors; "" where it's neither."""
    core = scaled(term)
    if not isinstance(core, Tensor):
        return "", None
    named = core.arguments.get(-1, "reduction") or _constructed(core)
    if apis.is_loss(core.symbol):
        default = "mean" if apis.averages(core.symbol) else ""
        return ("mean" if constant(named) == "mean" else "") if named is not None else default, core  # type: ignore[return-value]
    if core.op == "mean":
        return "mean", core
    operands = core.inputs[1:] if core.symbol.startswith("method.") else core.arguments.positional[1:]
    if core.op == "sum" and not operands and not core.arguments.keywords and not core.host:
        return ("", core) if _is_averaged(core) else ("sum", core)
    return "", core


def _constructed(core: Tensor) -> Value | None:
    """The reduction that a loss object was made with."""
    arguments = getattr(core.via, "arguments", None)
    return arguments.keywords.get("reduction") if arguments is not None else None


def scaled(term: Value) -> Value:
    """A term without signs and factors that are numbers or settings."""
    while isinstance(term, Tensor) and not term.cut:
        if term.op == "neg":
            term = term.inputs[0]
        elif term.op == "mul" and len(term.inputs) == 2 and any(is_setting(item) for item in term.inputs):
            term = next((item for item in term.inputs if not is_setting(item)), term.inputs[0])
        elif term.op == "div" and len(term.inputs) == 2 and isinstance(term.inputs[1], Const):
            term = term.inputs[0]
        else:
            break
    return term


def is_setting(value: Value) -> bool:
    """Whether a factor is a number that doesn't follow from data: a constant, a parameter, an option."""
    if isinstance(value, Opaque):
        return not value.inputs
    if isinstance(value, Either):
        return all(is_setting(option) for option in value.options)
    return isinstance(value, (Const, Method)) or isinstance(value, Tensor) and value.op == "setting"


def _is_averaged(total: Tensor) -> bool:
    """Whether what is summed was averaged or divided before, back to the layers that made it."""
    return any(tensor.op in ("mean", "div", "softmax", "log_softmax") for tensor in _back(total)[1:])


def is_of_activations(program: EagerProgram, total: Tensor) -> bool:
    """Whether a sum is one over a layer's output, or over what is called an activation; not over weights."""
    found = False
    bound = {id(b.value): b.name for b in program.bindings}
    for tensor in _back(total):
        if tensor.op in ("parameters", "parameter", "Parameter", "batch", "input"):
            return False
        found = found or _is_layer(tensor) and tensor.state == "attached"
        found = found or bool(_WORDS & set(bound.get(id(tensor), "").lower().split("_")))
    return found


def _is_layer(tensor: Tensor) -> bool:
    last = tensor.symbol.rpartition(".")[2]
    return tensor.op == "output" and tensor.symbol == "hook.output" or last in apis.WEIGHTED


def _back(total: Tensor) -> list[Tensor]:
    """The tensors that one is computed from, back to layers and no further."""
    found: list[Tensor] = []
    seen: set[int] = set()
    todo: list[Value] = [total]
    while todo:
        current = todo.pop()
        if not isinstance(current, Tensor):
            todo.extend(parts(current))
        elif id(current) not in seen:
            seen.add(id(current))
            found.append(current)
            if not _is_layer(current):
                todo.extend(item for item in current.inputs if state_of(item) != "plain" or isinstance(item, Tensor))
    return found
