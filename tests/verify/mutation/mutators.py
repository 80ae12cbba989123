"""Wrong edits of right rewrites. A mutator is asked at every node of a program, and answers other texts for it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from .sites import Sites

Edit = Callable[[ast.AST, Sites], Iterator[str]]
MUTATORS: dict[str, Edit] = {}


@dataclass(frozen=True)
class Mutant:
    """A program with one wrong edit: `old` became `new` in `line`; `number` counts the mutator's edits of that line."""

    mutator: str
    line: int
    number: int
    old: str
    new: str
    text: str

    @property
    def key(self) -> str:
        """Its name within the program."""
        return f"{self.mutator}@{self.line}" + (f".{self.number}" if self.number else "")


def mutants(program: str) -> Iterator[Mutant]:
    """All wrong edits of a program, in the order of mutators and lines."""
    sites = Sites(program)
    for name, edit in MUTATORS.items():
        seen: dict[int, int] = {}
        for node in sites.nodes:
            for new in edit(node, sites):
                old = sites.text(node)
                changed = sites.replaced(node, new)
                if new == old or not _parses(changed):
                    continue
                line = cast(ast.expr, node).lineno
                number = seen[line] = seen.get(line, -1) + 1
                yield Mutant(name, line, number, " ".join(old.split()), " ".join(new.split()), changed)


def mutator(name: str) -> Callable[[Edit], Edit]:
    """Registers a mutator."""

    def register(edit: Edit) -> Edit:
        MUTATORS[name] = edit
        return edit

    return register


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


# numbers


def _keyword(*names: str) -> Callable[[ast.AST, Sites], ast.expr | None]:
    """The value of a keyword argument, or of a parameter's default."""

    def value(node: ast.AST, sites: Sites) -> ast.expr | None:
        parent = sites.parent(node)
        if isinstance(parent, ast.keyword) and parent.arg in names and parent.value is node:
            return cast(ast.expr, node)
        if isinstance(parent, ast.arguments) and node in parent.defaults:
            parameters = [*parent.posonlyargs, *parent.args]
            place = len(parameters) - len(parent.defaults) + parent.defaults.index(cast(ast.expr, node))
            return cast(ast.expr, node) if parameters[place].arg in names else None
        return None

    return value


def _scaling(name: str, factor: str, *keywords: str) -> None:
    found = _keyword(*keywords)

    @mutator(name)
    def scale(node: ast.AST, sites: Sites) -> Iterator[str]:
        value = found(node, sites)
        if value is not None and sites.text(value) not in ("eps", "lr", "epsilon", "momentum", "rho", "decay"):
            if isinstance(value, ast.Constant) and (isinstance(value.value, bool) or not value.value):
                return
            if not isinstance(value, (ast.Tuple, ast.Dict)):
                yield f"{factor} * ({sites.text(value)})"


_scaling("epsilon x 10", "10", "eps", "epsilon")
_scaling("learning rate x 1.01", "1.01", "lr", "learning_rate")
_scaling("momentum or decay x 0.99", "0.99", "momentum", "rho", "decay", "beta_1", "beta_2")
_scaling("initial slot x 2", "2", "initial_accumulator_value")
_scaling("spread of the noise x 1.01", "1.01", "stddev", "std")


@mutator("beta x 0.99")
def beta(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Constant) and node.value in (0.5, 0.9, 0.999):
        parent = sites.parent(node)
        if isinstance(parent, ast.Tuple) and _keyword("betas")(parent, sites) is not None:
            yield f"(0.99 * {sites.text(node)})"


@mutator("beta powers swapped")
def beta_power(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and isinstance(node.left, ast.Subscript):
        text = sites.text(node)
        yield text.replace("[1]", "[0]") if "[1]" in text else text


@mutator("bias correction dropped")
def bias_correction(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and isinstance(node.right, ast.BinOp):
        if isinstance(node.right.op, ast.Pow) and sites.text(node.left) == "1":
            yield "1.0"


@mutator("step of the correction off by one")
def correction_step(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(node, ast.Constant) and node.value == 1 and isinstance(parent, ast.BinOp):
        if isinstance(parent.op, ast.Add) and "max(" in sites.text(parent):
            yield "2"


@mutator("slot starts at the other value")
def slot(node: ast.AST, sites: Sites) -> Iterator[str]:
    text = sites.text(node) if isinstance(node, ast.Attribute) else ""
    for one, other in (("ones_like", "zeros_like"), ("zeros_like", "ones_like")):
        if text.endswith("." + one):
            yield text.replace(one, other)


@mutator("flag flipped")
def flag(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool) and sites.is_model(node):
        yield str(not node.value)


@mutator("optimizer swapped")
def optimizer(node: ast.AST, sites: Sites) -> Iterator[str]:
    swaps = {"Adam": "Adamax", "SGD": "Adam", "RMSprop": "Adam", "Adagrad": "RMSprop", "Adadelta": "Adagrad"}
    text = sites.text(node)
    if isinstance(node, ast.Attribute) and "optim" in text and text.rpartition(".")[2] in swaps:
        head, _, last = text.rpartition(".")
        other = swaps[last]
        yield f"{head}.{other if 'torch' not in text or other != 'RMSprop' else 'RMSprop'}"


@mutator("weight decay added")
def weight_decay(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Call) and ".optim" in sites.text(node.func) and node.args + node.keywords:
        if sites.text(node.func).rpartition(".")[2][0].isupper():
            yield sites.text(node)[:-1].rstrip().rstrip(",") + ", weight_decay=0.001)"


@mutator("constant x 1.01")
def constant(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Constant) and type(node.value) is float and node.value and sites.is_model(node):
        if not isinstance(sites.parent(node), (ast.keyword, ast.arguments, ast.Tuple)):
            yield f"({sites.text(node)} * 1.01)"


# reductions and shapes

SWAPS = {
    "mean for sum and sum for mean": {
        "reduce_mean": "reduce_sum", "reduce_sum": "reduce_mean", "mean": "sum", "sum": "mean",
    },
    "extreme swapped": {"argmax": "argmin", "reduce_max": "reduce_min", "max": "min", "amax": "amin"},
    "activation swapped": {
        "relu": "elu", "elu": "relu", "tanh": "sigmoid", "sigmoid": "tanh", "softplus": "relu", "ReLU": "ELU",
        "Tanh": "Sigmoid", "ELU": "ReLU", "leaky_relu": "relu", "relu6": "relu",
    },
    "function swapped": {
        "square": "abs", "abs": "square", "exp": "expm1", "l2_loss": "reduce_sum", "equal": "not_equal", "eq": "ne",
        "squared_difference": "subtract", "log": "log1p", "logsumexp": "amax", "log_softmax": "softmax",
        "rsqrt": "sqrt", "var_mean": "std_mean",
    },
    "noise swapped": {"normal": "uniform", "randn": "rand"},
}  # fmt: skip


def _swapping(name: str, table: dict[str, str]) -> None:
    @mutator(name)
    def swap(node: ast.AST, sites: Sites) -> Iterator[str]:
        if isinstance(node, ast.Attribute) and node.attr in table and sites.is_framework(node):
            other = table[node.attr]
            head = sites.text(node)[: -len(node.attr)]
            if other in ("expm1", "log1p", "reduce_sum", "not_equal", "subtract") and head == "tf.nn.":
                head = "tf."
            yield head + other


for _name, _table in SWAPS.items():
    _swapping(_name, _table)


@mutator("axis")
def axis(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    text = sites.text(node)
    named = _keyword("axis", "dim")(node, sites) is not None
    second = isinstance(parent, ast.Call) and parent.args[1:2] == [node] and sites.is_framework(parent.func)
    if (named or second) and sites.is_model(node) and text in ("0", "1", "-1", "[0]"):
        yield {"0": "1", "1": "0", "-1": "0", "[0]": "[1]"}[text]


@mutator("variance unbiased")
def unbiased(node: ast.AST, sites: Sites) -> Iterator[str]:
    if _keyword("correction")(node, sites) is not None:
        yield "1"


@mutator("padding")
def padding(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Constant) and node.value in ("SAME", "VALID"):
        yield repr("VALID" if node.value == "SAME" else "SAME")


@mutator("order of dimensions")
def dimensions(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "permute":
        yield sites.text(node.func.value)
        places = [sites.text(argument) for argument in node.args]
        places[-1], places[-2] = places[-2], places[-1]
        yield f"{sites.text(node.func)}({', '.join(places)})"


@mutator("transposition dropped")
def transposed(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "t":
        yield sites.text(node.func.value)
    if isinstance(node, ast.Attribute) and node.attr in ("mT", "T"):
        yield sites.text(node.value)


@mutator("weight transposed")
def weight_transposed(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Call) and parent.args[1:2] == [node] and sites.text(parent.func).endswith(".matmul"):
        head = "tf.transpose" if sites.target == "tf2" else "torch.transpose"
        rest = "" if sites.target == "tf2" else ", 0, 1"
        yield f"{head}({sites.text(node)}{rest})"


@mutator("order when flattened")
def flattened(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Call) and parent.args[:1] == [node] and sites.text(parent.func).endswith(".reshape"):
        if sites.target == "tf2":
            yield f"tf.transpose({sites.text(node)}, [0, 3, 1, 2])"
        elif sites.is_model(node) and "shape" not in sites.text(parent):
            yield f"{sites.text(node)}.permute(0, 3, 1, 2)"


@mutator("slice off by one")
def off_by_one(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Slice) and sites.in_steps(node):
        if node in (parent.lower, parent.upper):
            yield f"{sites.text(node)} - 1" if node is parent.upper else f"{sites.text(node)} + 1"


@mutator("number of steps off by one")
def steps(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Call) and sites.text(parent.func) == "range" and parent.args[-1:] == [node]:
        if sites.has_run(sites.parent(parent)):
            yield f"{sites.text(node)} - 1"


@mutator("comparison shifted")
def comparison(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and (sites.in_run(node) or sites.is_model(node)):
        words = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
        if type(node.ops[0]) in words:
            yield f"{sites.text(node.left)} {words[type(node.ops[0])]} {sites.text(node.comparators[0])}"


# terms and factors


@mutator("first addend dropped")
def first_addend(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and sites.is_model(node):
        yield sites.text(node.right)


@mutator("second addend dropped")
def second_addend(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and sites.is_model(node):
        yield sites.text(node.left)
    if isinstance(node, ast.Call) and sites.text(node.func) in ("tf.add", "torch.add", "tf.nn.bias_add"):
        yield sites.text(node.args[0])


@mutator("sign")
def sign(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and sites.is_model(node):
        word = "-" if isinstance(node.op, ast.Add) else "+"
        yield f"{sites.text(node.left)} {word} {sites.text(node.right)}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and sites.is_model(node):
        if not isinstance(node.operand, ast.Constant):
            yield sites.text(node.operand)


@mutator("factor dropped")
def factor(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)) and sites.is_model(node):
        one = node.right if isinstance(node.op, ast.Mult) else node.left
        yield f"({sites.text(one)})"


SYMMETRIC = ("add", "multiply", "maximum", "equal", "eq", "zip", "range", "squared_difference", "mse_loss")


@mutator("operands or arguments swapped")
def swapped(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div)) and sites.is_model(node):
        word = "-" if isinstance(node.op, ast.Sub) else "/"
        yield f"({sites.text(node.right)}) {word} ({sites.text(node.left)})"
    if isinstance(node, ast.Call) and len(node.args) > 1 and sites.is_model(node):
        if sites.text(node.func).rpartition(".")[2] in SYMMETRIC:
            return
        texts = [sites.text(argument) for argument in node.args + node.keywords]
        texts[0], texts[1] = texts[1], texts[0]
        yield f"{sites.text(node.func)}({', '.join(texts)})"


@mutator("division of integers")
def integers(node: ast.AST, sites: Sites) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and sites.is_model(node):
        yield f"({sites.text(node.left)}) // ({sites.text(node.right)})"


@mutator("half precision")
def half(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    text = sites.text(node)
    if text == "torch.float32" and isinstance(parent, (ast.Call, ast.keyword)) and sites.in_function(node):
        yield "torch.float16"
    if text == "tf.float32" and isinstance(parent, ast.Call) and sites.text(parent.func) == "tf.cast":
        yield "tf.float16"


@mutator("clipped bound x 1.01")
def bound(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Call) and sites.text(parent.func) in ("torch.clamp", "tf.clip_by_value"):
        if node in parent.args[1:]:
            yield f"1.01 * {sites.text(node)}"


@mutator("epsilon added in log")
def log_epsilon(node: ast.AST, sites: Sites) -> Iterator[str]:
    parent = sites.parent(node)
    if isinstance(parent, ast.Call) and sites.text(parent.func) in ("torch.log", "tf.math.log") and node in parent.args:
        yield f"{sites.text(node)} + 1e-8"
