"""Which modules are trained: those whose parameters optimizers have, those that losses are differentiated through."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from actlint.program.eager.model import EagerProgram, Sink
from actlint.program.eager.objects import descendants
from actlint.program.eager.values import Either, Items, Object, Table, Tensor, ancestors, parts
from actlint.program.values import Value


def optimized(program: EagerProgram, held: Callable[[Object], Iterable[Value]] = descendants) -> set[int] | None:
    """The identities of the modules and parameters that optimizers have; None where one has something unknown.
    `held` tells what belongs to a module whose parameters an optimizer is given."""
    found: set[int] = set()
    todo: list[Value] = [parameters for _, parameters in program.optimizers]
    while todo:
        value = todo.pop()
        if isinstance(value, (Items, Either)):
            todo.extend(parts(value))
        elif isinstance(value, Table) and "params" in value.items:
            todo.append(value.items["params"])
        elif isinstance(value, Tensor) and value.op in ("parameters", "parameter") and isinstance(value.via, Object):
            found.update(id(part) for part in held(value.via))
        elif isinstance(value, Tensor) and value.op == "Parameter":
            found.add(id(value))
        else:
            return None
    return found


def differentiated(program: EagerProgram) -> set[int]:
    """The identities of the modules and parameters that gradients of losses pass."""
    passed = [t for sink in program.sinks for t in ancestors(sink.value, through_cuts=False) if not t.cut]
    return {id(t.via) for t in passed if t.via is not None} | {id(t) for t in passed if t.op == "Parameter"}


def asked(sink: Sink) -> set[int]:
    """The identities of the modules whose variables a gradient is asked for with respect to."""
    found: set[int] = set()
    for tensor in ancestors(sink.sources):
        if tensor.op in ("variables_of", "parameter") and isinstance(tensor.via, Object):
            found.update(id(part) for part in descendants(tensor.via))
    return found
