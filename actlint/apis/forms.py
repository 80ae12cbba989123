"""Small makers of forms that many symbols share."""

from __future__ import annotations

import ast
import re

from actlint.apis.entry import Bound, Form, Host, Rename, Rewriting
from actlint.apis.infer import INTEGERS

_AXIS_HELP = "write the axis as a number, or as a list of numbers"


def mapping(pairs: str) -> dict[str, str]:
    """`"x axis=dim"` as {"x": "x", "axis": "dim"}."""
    found = (pair.partition("=") for pair in pairs.split())
    return {name: new or name for name, _, new in found}


def rename(name: str, pairs: str, drop: str = "") -> Rename:
    """The same call under another name, with its parameters in the notation of `mapping`."""
    return Rename(name, mapping(pairs), ("name", *drop.split()))


def is_number(call: Bound, parameter: str) -> bool:
    """Whether the argument is a Python number (not a tensor, not an array)."""
    return call.is_host(parameter) and call.shape(parameter) == ()


def arguments(call: Rewriting, pairs: str) -> str:
    """The passed ones of some arguments as keywords: `", dim=1, keepdim=True"`."""
    return "".join(f", {new}={call.text(name)}" for name, new in mapping(pairs).items() if call.given(name))


def refuse_given(call: Rewriting, names: str, help: str = "leave the argument out") -> None:
    """Refuse when one of these arguments is passed."""
    for name in names.split():
        if call.given(name):
            call.refuse(f"the argument {name} can't be carried over", help)


def tensor_operand(call: Rewriting, parameter: str) -> str:
    """Source of a tensor that an attribute or an index follows."""
    return call.operand(parameter) if call.is_tensor(parameter) else call.tensor(parameter)


def like(call: Rewriting, parameter: str, other: str) -> str:
    """Source of a torch tensor operand; as in TF1, a Python or numpy value takes the dtype of the other operand."""
    dtype = call.dtype(other) if call.is_tensor(other) else None
    if call.is_tensor(parameter) or not call.is_host(parameter) or dtype is None:
        return call.tensor(parameter)
    return f"torch.tensor({call.text(parameter)}, dtype=torch.{dtype})"


def operand_like(call: Rewriting, parameter: str, other: str) -> str:
    """The same for an operand of an operator, where a Python number can stay."""
    if call.is_tensor(parameter) or is_number(call, parameter):
        return call.operand(parameter)
    return like(call, parameter, other)


def dims(call: Rewriting, parameter: str) -> str:
    """Source of a shape argument as torch takes it: a sequence of ints."""
    return f"{call.operand(parameter)}.tolist()" if call.is_tensor(parameter) else call.text(parameter)


def elementwise(name: str, parameter: str = "x", host: str = "") -> Form:
    """A torch function of one tensor; `host` is the form for a Python number, where that is exact."""
    plain = Rename(name, {parameter: "input"})

    def form(call: Rewriting) -> str | Rename:
        if host and is_number(call, parameter):
            return Host(host.format(call.operand(parameter)))
        return plain if call.is_tensor(parameter) else f"{name}({call.tensor(parameter)})"

    return form


_SURELY_POSITIVE = re.compile(r"\+ *(\d[\d.]*(e-?\d+)?|\.\d+|[\w.]*eps\w*)$", re.IGNORECASE)


def root(call: Rewriting, square: str) -> str:
    """A square root whose gradient is TF1's; torch's own makes nan of a zero gradient where the root is 0."""
    name = "torch.sqrt" if _SURELY_POSITIVE.search(square) else call.helper("sqrt")
    return f"{name}({square})"


def operation(name: str, symbol: str, host: bool = True) -> Form:
    """A torch function of two tensors that is also an operator; Python numbers stay Python numbers."""
    plain = Rename(name, {"x": "input", "y": "other"})

    def form(call: Rewriting) -> str | Rename:
        if call.is_tensor("x") and (call.is_tensor("y") or is_number(call, "y")):
            return plain
        if is_number(call, "x") and (call.is_tensor("y") or is_number(call, "y")):
            text = f"{call.operand('x')} {symbol} {call.operand('y')}"
            return text if call.is_tensor("y") else Host(text) if host else f"torch.tensor({text})"
        return f"{name}({like(call, 'x', 'y')}, {like(call, 'y', 'x')})"

    return form


def function(name: str, pairs: str) -> Form:
    """A torch function of several tensors, without a form for Python numbers."""
    plain = rename(name, pairs)
    parameters = list(plain.parameters)

    def form(call: Rewriting) -> str | Rename:
        tensors = [p for p in parameters if call.is_tensor(p)]
        if len(tensors) == len(parameters):
            return plain
        return f"{name}({', '.join(like(call, p, (tensors or parameters)[0]) for p in parameters)})"

    return form


def activation(name: str, extra: str = "", parameter: str = "features") -> Form:
    """A torch activation function with fixed further arguments."""

    def form(call: Rewriting) -> str | Rename:
        if not extra and call.is_tensor(parameter):
            return Rename(name, {parameter: "input"})
        return f"{name}({call.tensor(parameter)}{extra})"

    return form


_DIRECT = {"torch.mean": ")", "torch.sum": ', reduction="sum")'}
_EACH = ', reduction="none")'
_ELEMENTS = re.compile(
    r"(F|torch\.nn\.functional)\.(mse_loss|l1_loss|huber_loss|cross_entropy|binary_cross_entropy(_with_logits)?)\("
)


def reduction(name: str, whole_with_keepdim: bool = True, integers: str = "") -> Form:
    """A torch reduction. `integers` is what an integer input needs: a further argument, or "refuse"."""
    plain = rename(name, "input_tensor=input axis=dim keepdims=keepdim")

    def form(call: Rewriting) -> str | Rename:
        constant_axis(call)
        if name in _DIRECT and not call.given("axis") and not call.given("keepdims"):
            if found := _direct(call.text("input_tensor"), _DIRECT[name]):
                return found
        dtype = call.dtype("input_tensor")
        extra = ""
        if integers and dtype in INTEGERS:
            if integers == "refuse":
                call.refuse("torch has no such reduction of integers", "cast the tensor to tf.float32 first")
            extra = integers.format(dtype=dtype)
        unnamed = call.given("keepdims") and not call.given("axis")
        if call.is_tensor("input_tensor") and not extra and not (unnamed and not whole_with_keepdim):
            return plain
        axis = ", dim=None" if unnamed and not whole_with_keepdim else arguments(call, "axis=dim")
        return f"{name}({call.tensor('input_tensor')}{axis}{arguments(call, 'keepdims=keepdim')}{extra})"

    return form


def _direct(text: str, reduced: str) -> str | None:
    """A loss of all elements together, for the text of that of each element."""
    if "#" in text or not _ELEMENTS.match(text) or not text.endswith(_EACH):
        return None
    tree = ast.parse(text, mode="eval").body
    return text.removesuffix(_EACH) + reduced if isinstance(tree, ast.Call) else None


def of_rows(call: Rewriting) -> str:
    """The ending of a helper's name that takes gradients of lookups by their rows, where there are such."""
    return "_of_rows" if call.text("rows", "") else ""


def clip_rows(call: Rewriting, clipped: str) -> str:
    """A torch gradient that may have only the rows of a lookup, clipped; `clipped` is the expression for `rows`."""
    return f"{call.helper('clip_rows')}({call.text('t')}, lambda rows: {clipped})"


def constant_axis(call: Rewriting, parameter: str = "axis") -> None:
    """Refuse an axis that is computed in the graph."""
    if call.is_tensor(parameter):
        call.refuse(f"the {parameter} is a tensor", _AXIS_HELP)


def axes(call: Rewriting, parameter: str, rank_of: str, names: str = "dim") -> str:
    """`, dim=...` for a torch function that needs its axes spelled out."""
    constant_axis(call, parameter)
    if call.given(parameter):
        return f", {names}={call.text(parameter)}"
    shape = call.shape(rank_of)
    if shape is None:
        call.refuse("the rank of the tensor isn't known", "name the axes of the reduction")
    return f", {names}={tuple(range(len(shape)))}"
