"""ACT409: a norm of activations whose gradient is NaN where they are all zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Edit, Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from libcst import BaseExpression, CSTNode

    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.values import Tensor
    from actlint.program.values import Value

_NORMS = frozenset({"tensorflow.norm", "tensorflow.linalg.norm"})
_REDUCTIONS = ("sum", "mean")
_RECTIFIED = frozenset({"relu", "relu6"})
_SIGNED = frozenset({"tanh", "elu", "gelu", "selu", "silu", "leaky_relu", "leakyrelu", "softsign", "dropout", "output"})
_EPSILON = " + 1e-12"


def check(program: Program) -> Iterator[Finding]:
    """One finding per square root or norm in a loss, of activations that may be exactly zero."""
    from actlint.program.eager.values import ancestors

    eager = program.eager
    alive = {id(t) for s in eager.sinks for t in ancestors(s.value, through_cuts=False, through_calls=False)}
    seen: set[object] = set()
    for tensor in eager.tensors:
        if id(tensor) not in alive or tensor.place.node in seen or not _is_learned(tensor):
            continue
        activation = _activation(tensor)
        if activation is None:
            continue
        seen.add(tensor.place.node)
        message = f"{text(eager, tensor.place)} has no gradient where the activations are all zero: NaN"
        help = (
            "use torch.linalg.vector_norm, whose gradient is zero there"
            if _is_torch(activation)
            else f"add a small number under the root: tf.sqrt(tf.reduce_sum(tf.square(h), axis=-1){_EPSILON})"
        )
        related = [spot(eager, activation.place, "the activations come from here")]
        yield report(RULE, eager, tensor.place, message, help, related, fix=_fix(eager, tensor))


def _activation(root: Tensor) -> Tensor | None:
    """The activations under a root, if they may be zero and the gradient then isn't a number."""
    squared = root.symbol in _NORMS
    if squared and not _is_euclidean(root) or not squared and not _is_root(root):
        return None
    value = root.inputs[0] if root.inputs else None
    while (found := _under(value)) is not None:
        squared = squared or found[1]
        value = found[0]
    return value if _may_vanish(value, squared) else None  # type: ignore[return-value]


def _is_root(tensor: Tensor) -> bool:
    from actlint.program.eager.values import constant

    if tensor.op == "pow":
        return len(tensor.inputs) == 2 and constant(tensor.inputs[1]) == 0.5
    return tensor.op in ("sqrt", "rsqrt") and not tensor.symbol.startswith(("numpy.", "math."))


def _is_euclidean(tensor: Tensor) -> bool:
    from actlint.program.eager.values import constant

    order = tensor.arguments.get(1, "ord")
    return not tensor.arguments.open and (order is None or constant(order) in (2, "euclidean"))


def _under(value: Value | None) -> tuple[Value, bool] | None:
    """What a sum, a square or a change of form is computed from, and whether it is a square; None for other values."""
    from actlint.apis import eager as apis
    from actlint.program.eager.values import Tensor, constant

    if not isinstance(value, Tensor) or not value.inputs:
        return None
    if value.op in _REDUCTIONS or value.op in apis.PASS_THROUGH or value.op == "abs":
        return value.inputs[0], False
    if value.op == "square" or value.op == "pow" and len(value.inputs) == 2 and constant(value.inputs[1]) == 2:
        return value.inputs[0], True
    if value.op in ("mul", "multiply") and len(value.inputs) == 2 and value.inputs[0] is value.inputs[1]:
        return value.inputs[0], True
    return None


def _may_vanish(value: Value | None, squared: bool) -> bool:
    """Whether a value is the activation of a layer, all of which may be zero."""
    from actlint.apis import eager as apis
    from actlint.program.eager.values import Object, Tensor

    if not isinstance(value, Tensor) or not _is_learned(value):
        return False
    if value.op in _RECTIFIED:
        return not _is_torch(value)
    if value.symbol == "hook.output" and isinstance(value.via, Object) and value.via.symbol.endswith(("ReLU", "ReLU6")):
        return False
    layer = value.symbol.rpartition(".")[2] in apis.WEIGHTED
    return squared and (layer or value.op in _SIGNED)


def _is_learned(tensor: Tensor) -> bool:
    """Whether a tensor carries a gradient, in a model made of symbolic tensors too."""
    return tensor.state == "attached" or tensor.symbolic


def _is_torch(tensor: Tensor) -> bool:
    from actlint.program.eager.losses import library

    return library(tensor) == "torch"


def _fix(program: EagerProgram, root: Tensor) -> Fix | None:
    """PyTorch: the norm that has a gradient; TensorFlow: a small number under the root."""
    import libcst as cst

    node, tree = root.place.node, program.trees[root.place.file]
    if not isinstance(node, (cst.Call, cst.BinaryOperation)):
        return None
    if _is_torch(root):
        norm = _vector_norm(program, root)
        return None if norm is None else Fix("Use vector_norm", (Edit(*tree.position(node), norm),))
    if not isinstance(node, cst.Call) or root.op == "pow" or root.symbol.startswith("method."):
        return None
    first, rest = node.args[0], node.args[1:]
    if first.keyword is not None or first.star or not isinstance(first.value, (cst.Call, cst.Name, cst.Attribute)):
        return None
    if root.symbol in _NORMS:
        module = tree.text(node.func).removesuffix("norm").removesuffix("linalg.").removesuffix(".")
        if not module or any(a.keyword is None or a.keyword.value not in ("axis", "keepdims") for a in rest):
            return None
        options = "".join(
            f", {a.keyword.value}={_argument(program, root, a.value)}" for a in rest if a.keyword is not None
        )
        inner = f"{module}.reduce_sum({module}.square({tree.text(first.value)}){options})"
        return Fix("Add a small number", (Edit(*tree.position(node), f"{module}.sqrt({inner}{_EPSILON})"),))
    _, end = tree.position(first.value)
    return Fix("Add a small number", (Edit(end, end, _EPSILON),)) if not rest else None


def _vector_norm(program: EagerProgram, root: Tensor) -> str | None:
    """`torch.linalg.vector_norm(h, dim=1)` for the root of a sum of squares that is written in one expression."""
    import libcst as cst

    from actlint.program.eager.values import Tensor
    from actlint.program.values import Symbol

    total = root.inputs[0]
    squares = total.inputs[0] if isinstance(total, Tensor) and total.op == "sum" else None
    tree, scope = program.trees[root.place.file], program.scopes.get(root.place.file)
    if not isinstance(total, Tensor) or not isinstance(squares, Tensor) or scope is None or root.op == "rsqrt":
        return None
    summed, inner = _operand(root.place.node), _operand(total.place.node)
    if summed is not total.place.node or inner is not squares.place.node or scope.names.get("torch") != Symbol("torch"):
        return None
    call, vector = total.place.node, _operand(squares.place.node)
    if not isinstance(call, cst.Call) or vector is None:
        return None
    options = call.args if isinstance(call.func, cst.Attribute) and call.func.value is inner else call.args[1:]
    written = [tree.text(vector)]
    for position, option in enumerate(options):
        key = option.keyword.value if option.keyword is not None else ("dim", "keepdim")[min(position, 1)]
        if key not in ("dim", "keepdim", "axis") or option.star:
            return None
        written.append(f"{'dim' if key == 'axis' else key}={_argument(program, root, option.value)}")
    return f"torch.linalg.vector_norm({', '.join(written)})"


def _argument(program: EagerProgram, root: Tensor, node: BaseExpression) -> str:
    """An expression as an argument is written: tuples keep their parentheses."""
    import libcst as cst

    text = program.trees[root.place.file].text(node)
    return f"({text})" if isinstance(node, cst.Tuple) else text


def _operand(node: CSTNode) -> BaseExpression | None:
    """What an operation is applied to: the left side, the owner of a method, the first argument."""
    import libcst as cst

    if isinstance(node, cst.BinaryOperation):
        return node.left
    if not isinstance(node, cst.Call):
        return None
    if isinstance(node.func, cst.Attribute) and not isinstance(node.func.value, cst.Name):
        return node.func.value
    if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name):
        return node.args[0].value if node.func.value.value == "torch" and node.args else node.func.value
    return node.args[0].value if node.args else None


RULE = Rule(
    code="ACT409",
    name="norm-gradient-nan",
    message="sqrt or norm of activations without epsilon: NaN gradient for an all-zero hidden vector",
    what="A differentiated loss takes the square root of a sum of squares of activations, or `tf.norm` of them, with "
    "nothing that keeps it away from zero.",
    why="The root has no derivative at zero. One dead or padded row gives NaN, and the next step destroys the layer. "
    "`tf.norm` and `tf.sqrt` do so behind a ReLU too, `torch.sqrt` behind tanh or a linear layer. `torch.norm`, "
    "`torch.linalg.vector_norm`, `F.normalize`, roots of something with an epsilon or a lower bound, of "
    "differences, of weights, and in PyTorch directly behind a ReLU, which masks the NaN, are not reported.",
    bad="""\
import torch
from torch import nn

layer = nn.Linear(4, 8, bias=False)
hidden = torch.tanh(layer(torch.zeros(1, 4)))
loss = torch.sqrt((hidden**2).sum(1)).mean()
loss.backward()
""",
    good="""\
import torch
from torch import nn

layer = nn.Linear(4, 8, bias=False)
hidden = torch.tanh(layer(torch.zeros(1, 4)))
loss = torch.linalg.vector_norm(hidden, dim=1).mean()
loss.backward()
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/12071",
        "https://github.com/tensorflow/tensorflow/issues/22048",
        "https://github.com/pytorch/pytorch/issues/2421",
        "https://github.com/keras-team/keras/issues/23075",
    ),
    fix="safe",
    check=check,
    triggers=(b"sqrt", b"norm", b"0.5"),
    reads="eager",
)
