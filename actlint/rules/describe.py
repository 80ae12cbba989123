"""What findings of several rules say: places, names of tensors, the layer that made them, the way on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from actlint.findings import Finding, Related
from actlint.rules.rule import Rule

if TYPE_CHECKING:
    from libcst import CSTNode

    from actlint.program import Program
    from actlint.program.values import Op, Run, Tensor


def report(
    rule: Rule,
    program: Program,
    node: CSTNode,
    file: Path,
    message: str,
    help: str,
    related: Iterable[Related] = (),
) -> Finding:
    """A finding of a rule at an expression."""
    start, end = program.trees[file].position(node)
    return Finding(file, rule.code, rule.name, message, start, end, help, tuple(related))


def line(program: Program, node: CSTNode, file: Path) -> str:
    """What to call the line that an expression starts on."""
    tree = program.trees[file]
    return tree.source.said(tree.position(node)[0].row)


def file_of(program: Program, node: CSTNode) -> Path:
    """The file of the program that a node belongs to."""
    for file, tree in program.trees.items():
        with suppress(KeyError):
            tree.span(node)
            return file
    raise ValueError("the node belongs to no file of the program")


def tensor_name(program: Program, tensor: Tensor) -> str:
    """What the user calls a tensor, else the symbol that made it and where."""
    name = program.names.get(tensor)
    return f"`{name}`" if name else f"`tf.{tensor.op.symbol}` of {line(program, tensor.op.node, tensor.op.file)}"


def layer_name(program: Program, tensor: Tensor) -> str:
    """The layer that a hidden tensor comes from: its name in the graph or, if made by hand, its scope or weights."""
    from actlint.program.values import Variable

    producer = program.producer(tensor)
    if producer.layer is not None:
        return f"layer `{program.layer_name(producer)}`"
    variable = next((t for t in producer.inputs if isinstance(t, Variable)), None)
    scope, _, own = variable.name.rpartition("/") if variable is not None else ("", "", "")
    if scope:
        return f"layer `{scope}`"
    name = program.names.get(variable) if variable is not None and own.startswith("Variable") else own
    return f"the layer with `{name}`" if name else f"the layer of {line(program, producer.node, producer.file)}"


def hidden_tensors(program: Program, tensors: Iterable[Tensor]) -> str:
    """`hidden tensor ... of ...`, for one or several."""
    described = list(dict.fromkeys(_with_layer(program, tensor) for tensor in tensors))
    return ("hidden tensor " if len(described) == 1 else "hidden tensors ") + enumeration(described)


def _with_layer(program: Program, tensor: Tensor) -> str:
    name, layer = tensor_name(program, tensor), layer_name(program, tensor)
    known = name.endswith(layer.partition(" of ")[2]) and " of " in layer
    return name if known else f"{name} of {layer}"


def enumeration(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`; after four, how many more."""
    shown = items if len(items) <= 4 else [*items[:3], f"{len(items) - 3} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def layers(program: Program, tensors: Iterable[Tensor]) -> list[Related]:
    """Where the layers are that made hidden tensors, each place once."""
    found = [
        Related(op.file, program.trees[op.file].position(op.node)[0], f"{layer_name(program, tensor)} is here")
        for tensor in tensors
        for op in (program.producer(tensor),)
    ]
    return list(dict.fromkeys(found))


def operation(program: Program, op: Op, message: str) -> Related:
    """An operation as a related place."""
    return Related(op.file, program.trees[op.file].position(op.node)[0], message)


def run_call(run: Run) -> str:
    """How a run is spelled."""
    return "`sess.run`" if run.form == "session" else f"`.{run.form}()`"


def migration(program: Program) -> str:
    """The commands that rewrite the program."""
    if program.entry.suffix == ".ipynb":
        return "`actlint fix` rewrites Python files: export the notebook with `jupyter nbconvert --to script` first"
    here = Path.cwd()
    name = program.entry.relative_to(here) if program.entry.is_relative_to(here) else program.entry
    return f"`actlint fix --to tf2 {name}` or `actlint fix --to torch {name}` rewrites it, and proves the numbers"
