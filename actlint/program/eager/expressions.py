"""Expressions of eager code."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis import eager as apis
from actlint.program.eager.attributes import attribute
from actlint.program.eager.calls import evaluate_call
from actlint.program.eager.values import (
    OPAQUE,
    Either,
    Items,
    Method,
    Object,
    Opaque,
    Table,
    Tensor,
    join,
    parts,
)
from actlint.program.imports import dotted
from actlint.program.scope import Scope
from actlint.program.values import NONE, Const, Function, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

_OPERATORS = {
    "Add": "add",
    "Subtract": "sub",
    "Multiply": "mul",
    "Divide": "div",
    "FloorDivide": "floordiv",
    "Modulo": "mod",
    "Power": "pow",
    "MatrixMultiply": "matmul",
}
_CONSTANTS = {"None": NONE, "True": Const(True), "False": Const(False)}
_BUILTINS = frozenset(
    """abs all any bool callable dict dir divmod enumerate exec filter float format getattr hasattr id input int
    isinstance issubclass iter len list map max min next object open print property range repr reversed round set
    setattr sorted staticmethod str sum super tuple type vars zip classmethod""".split()
)
_DATA_WORDS = frozenset({"loader", "dataloader", "batches", "dataset", "data", "dl", "generator", "iterator", "ds"})
_SETTINGS = frozenset(
    """lam lambda lambd lmbda alpha beta gamma coef coeff coefficient weight weights scale factor strength eps epsilon
    args config cfg conf hparams hps opt opts flags params rate rho""".split()
)
_KEPT = 12


def evaluate(self: Interpreter, node: cst.CSTNode, scope: Scope) -> Value:
    """The value of an expression, remembered for the node."""
    handler = _HANDLERS.get(type(node))
    value = handler(self, node, scope) if handler is not None else OPAQUE
    if not self.quiet:
        known = self.program.values.get(node)
        if known is None:
            self.program.values[node] = [value]
        elif len(known) < _KEPT:
            known.append(value)
    return value


def _name(self: Interpreter, node: cst.Name, scope: Scope) -> Value:
    value = scope.lookup(node.value)
    if value is not None:
        if isinstance(value, Items) and value.grown or node.value in self.outer_names:
            self.record_leaks(value, node)
        return value
    if node.value in _CONSTANTS:
        return _CONSTANTS[node.value]
    return Symbol(f"builtins.{node.value}") if node.value in _BUILTINS else OPAQUE


def _literal(self: Interpreter, node: cst.CSTNode, scope: Scope) -> Value:
    return _constant(node.value)  # type: ignore[attr-defined]


@lru_cache(maxsize=4096)
def _constant(text: str) -> Value:
    try:
        return Const(literal_eval(text))
    except (ValueError, SyntaxError):
        return OPAQUE


def _text(self: Interpreter, node: cst.CSTNode, scope: Scope) -> Value:
    for part in getattr(node, "parts", ()):
        if isinstance(part, cst.FormattedStringExpression):
            self.evaluate(part.expression, scope)
    if isinstance(node, cst.ConcatenatedString):
        self.evaluate(node.left, scope)
        self.evaluate(node.right, scope)
    return OPAQUE


def _attribute(self: Interpreter, node: cst.Attribute, scope: Scope) -> Value:
    return attribute(self, self.evaluate(node.value, scope), node.attr.value, node)


def _call(self: Interpreter, node: cst.Call, scope: Scope) -> Value:
    return evaluate_call(self, node, scope)


def _subscript(self: Interpreter, node: cst.Subscript, scope: Scope) -> Value:
    owner = self.evaluate(node.value, scope)
    if len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return element(self, owner, self.evaluate(node.slice[0].slice.value, scope), node)
    for item in node.slice:
        if isinstance(item.slice, cst.Index):
            self.evaluate(item.slice.value, scope)
    if len(node.slice) == 1 and isinstance(owner, (Items, Object)):
        return _sliced(self, owner, node.slice[0].slice, node, scope)
    if isinstance(owner, Tensor):
        return self.tensor("index", [owner], node)
    return Opaque((owner,), self.place(node))


def _sliced(self: Interpreter, owner: Items | Object, part: cst.CSTNode, node: cst.Subscript, scope: Scope) -> Value:
    bounds: list[Any] = []
    for bound in (part.lower, part.upper, part.step) if isinstance(part, cst.Slice) else (node,):
        value = NONE if bound is None else self.evaluate(bound, scope) if bound is not node else OPAQUE
        if not isinstance(value, Const):
            return Opaque((owner,), self.place(node)) if isinstance(owner, Items) else OPAQUE
        bounds.append(value.value)
    cut = slice(*bounds)
    if isinstance(owner, Items):
        return Items(owner.kind, owner.items[cut], self.place(node), owner.rest)
    if owner.symbol in apis.CONTAINERS and owner.cls is None:
        return Object(None, owner.symbol, owner.arguments, self.place(node), children=owner.children[cut])
    return OPAQUE


def element(self: Interpreter, owner: Value, key: Value, node: cst.CSTNode) -> Value:
    """`owner[key]`, and what unpacking takes from a position."""
    if isinstance(owner, Either):
        return join([element(self, option, key, node) for option in owner.options])
    if isinstance(owner, Items):
        if isinstance(key, Const) and isinstance(key.value, int) and -len(owner.items) <= key.value < len(owner.items):
            return owner.items[key.value]
        return join(list(parts(owner))) if list(parts(owner)) else Opaque((owner,), self.place(node))
    if isinstance(owner, Table):
        if isinstance(key, Const) and key.value in owner.items:
            known = owner.items[key.value]
            self.record_leaks(known, node)
            return known if owner.rest is None else join([known, owner.rest])
        found = [owner.rest] if isinstance(key, Const) and owner.rest is not None else list(parts(owner))
        return join(found) if found else Opaque((), self.place(node))
    if isinstance(owner, Object):
        index = key.value if isinstance(key, Const) else None
        counted = owner.complete and not owner.grown
        if isinstance(index, int) and -len(owner.children) <= index < len(owner.children) and counted:
            return owner.children[index]
        return join(owner.children) if owner.children else Opaque((owner,), self.place(node))
    if isinstance(owner, Tensor):
        return self.tensor("index", [owner], node)
    return Opaque((owner,), self.place(node))


def remainder(self: Interpreter, owner: Value, before: int, behind: int, node: cst.CSTNode) -> Value:
    """What a starred name takes when `owner` is unpacked between `before` names and `behind` others."""
    if isinstance(owner, Items) and owner.rest is None:
        return Items("list", owner.items[before : len(owner.items) - behind], self.place(node))
    if isinstance(owner, (Items, Tensor)):
        return Items("list", [], self.place(node), element(self, owner, OPAQUE, node))
    return OPAQUE


def _binary(self: Interpreter, node: cst.BinaryOperation, scope: Scope) -> Value:
    left, right = (_factor(self, side, self.evaluate(side, scope)) for side in (node.left, node.right))
    return binary(self, type(node.operator).__name__, left, right, node)


def _factor(self: Interpreter, node: cst.BaseExpression, value: Value) -> Value:
    """An operand: what isn't known and is called as settings are, `args.lam` or `self.alpha`, is a number."""
    if not isinstance(value, (Opaque, Method)) or isinstance(value, Opaque) and value.inputs:
        return value
    words = {word for part in dotted(node).lower().split(".") for word in part.split("_")}
    return self.tensor("setting", (), node, state="plain") if words & _SETTINGS else value


def binary(self: Interpreter, operator: str, left: Value, right: Value, node: cst.CSTNode) -> Value:
    """`left operator right`."""
    name = _OPERATORS.get(operator, operator.lower())
    if isinstance(left, Const) and isinstance(right, Const):
        return _folded(name, left.value, right.value)
    if isinstance(left, Items) and isinstance(right, Items) and name == "add":
        rest = [value.rest for value in (left, right) if value.rest is not None]
        return Items(left.kind, left.items + right.items, self.place(node), join(rest) if rest else None)
    if isinstance(left, Items) and name == "mul":
        return Items(left.kind, [], self.place(node), join(left.items) if left.items else left.rest)
    if any(isinstance(value, (Tensor, Opaque, Either)) for value in (left, right)):
        return self.tensor(name, [left, right], node)
    return OPAQUE


def _folded(name: str, left: Any, right: Any) -> Value:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if numbers and name in ("add", "sub", "mul"):
        return Const({"add": left + right, "sub": left - right, "mul": left * right}[name])
    if numbers and name == "div" and right:
        return Const(left / right)
    if name == "add" and isinstance(left, str) and isinstance(right, str):
        return Const(left + right)
    return OPAQUE


def _unary(self: Interpreter, node: cst.UnaryOperation, scope: Scope) -> Value:
    value = self.evaluate(node.expression, scope)
    if isinstance(node.operator, cst.Minus):
        if isinstance(value, Const) and isinstance(value.value, (int, float)):
            return Const(-value.value)
        return self.tensor("neg", [value], node)
    if isinstance(node.operator, cst.BitInvert) and isinstance(value, Tensor):
        return self.tensor("invert", [value], node, effect="round")
    return OPAQUE


def _comparison(self: Interpreter, node: cst.Comparison, scope: Scope) -> Value:
    values = [self.evaluate(node.left, scope), *(self.evaluate(c.comparator, scope) for c in node.comparisons)]
    if all(isinstance(c.operator, (cst.Is, cst.IsNot)) for c in node.comparisons):
        return OPAQUE
    if any(isinstance(option, Tensor) for value in values for option in (value, *parts(value))):
        return self.tensor("compare", values, node, effect="round")
    return OPAQUE


def _boolean(self: Interpreter, node: cst.BooleanOperation, scope: Scope) -> Value:
    return join([self.evaluate(node.left, scope), self.evaluate(node.right, scope)])


def _conditional(self: Interpreter, node: cst.IfExp, scope: Scope) -> Value:
    self.evaluate(node.test, scope)
    self.branches_open += 1
    try:
        return join([self.evaluate(node.body, scope), self.evaluate(node.orelse, scope)])
    finally:
        self.branches_open -= 1


def _lambda(self: Interpreter, node: cst.Lambda, scope: Scope) -> Value:
    defaults = {p.name.value: self.evaluate(p.default, scope) for p in node.params.params if p.default is not None}
    function = Function(node, scope, self.file, "lambda", defaults)
    self.program.functions[node] = function
    return function


def _items(self: Interpreter, node: cst.List | cst.Tuple | cst.Set, scope: Scope) -> Value:
    found = Items(type(node).__name__.lower(), [], self.place(node))
    rest: list[Value] = []
    for item in node.elements:
        value = self.evaluate(item.value, scope)
        if not isinstance(item, cst.StarredElement):
            found.items.append(value)
        elif isinstance(value, Items) and value.rest is None:
            found.items.extend(value.items)
        else:
            rest.append(iterated(self, value, item.value))
    found.rest = join(rest) if rest else None
    return found


def _table(self: Interpreter, node: cst.Dict, scope: Scope) -> Value:
    found = Table({}, self.place(node))
    rest: list[Value] = []
    for item in node.elements:
        value = self.evaluate(item.value, scope)
        if isinstance(item, cst.DictElement):
            key = self.evaluate(item.key, scope)
            if isinstance(key, Const):
                found.items[key.value] = value
            else:
                rest.append(value)
        elif isinstance(value, Table):
            found.items.update(value.items)
            rest += [value.rest] if value.rest is not None else []
        else:
            rest.append(OPAQUE)
    found.rest = join(rest) if rest else None
    return found


def _comprehension(self: Interpreter, node: cst.BaseComp, scope: Scope) -> Value:
    inner = Scope(self.file, scope)
    level = node.for_in
    iterable = self.evaluate(level.iter, inner)
    single = level.inner_for_in is None and not level.ifs
    found = Items("list", [], self.place(node))
    if single and isinstance(iterable, Items) and iterable.rest is None and len(iterable.items) <= 16:
        for item in iterable.items:
            self.assign(level.target, item, inner)
            found.items.append(_made(self, node, inner))
        return _keyed(self, node, found)
    while True:
        self.assign(level.target, iterated(self, iterable, level.iter), inner)
        for condition in level.ifs:
            self.evaluate(condition.test, inner)
        if level.inner_for_in is None:
            break
        level = level.inner_for_in
        iterable = self.evaluate(level.iter, inner)
    found.rest = _made(self, node, inner)
    return _keyed(self, node, found)


def _made(self: Interpreter, node: cst.BaseComp, scope: Scope) -> Value:
    if isinstance(node, cst.DictComp):
        self.evaluate(node.key, scope)
        return self.evaluate(node.value, scope)
    return self.evaluate(node.elt, scope)  # type: ignore[attr-defined]


def _keyed(self: Interpreter, node: cst.BaseComp, found: Items) -> Value:
    if not isinstance(node, cst.DictComp):
        return found
    return Table({}, found.place, join(list(parts(found))) if list(parts(found)) else None)


def _named(self: Interpreter, node: cst.NamedExpr, scope: Scope) -> Value:
    value = self.evaluate(node.value, scope)
    self.assign(node.target, value, scope)
    return value


def _inner(self: Interpreter, node: cst.CSTNode, scope: Scope) -> Value:
    return self.evaluate(node.expression, scope)  # type: ignore[attr-defined]


def _yield(self: Interpreter, node: cst.Yield, scope: Scope) -> Value:
    if self.frames:
        self.generators.add(self.frames[-1].function.node)
    given = node.value.item if isinstance(node.value, cst.From) else node.value
    if given is not None:
        self.evaluate(given, scope)
    return OPAQUE


def iterated(self: Interpreter, value: Value, node: cst.CSTNode) -> Value:
    """One element that stands for all that an iteration gives."""
    if isinstance(value, Either):
        return join([iterated(self, option, node) for option in value.options])
    if isinstance(value, Items):
        found = list(parts(value))
        return join(found) if found else OPAQUE
    if isinstance(value, Table):
        return join([Const(key) for key in value.items]) if value.items and value.rest is None else OPAQUE
    if isinstance(value, Object):
        if value.children and value.complete:
            return join(value.children)
        if value.symbol.startswith(("torch.utils.data.", "tensorflow.data.")):
            return self.tensor("batch", (), node)
        return OPAQUE
    if isinstance(value, Tensor):
        if value.op in ("parameters", "batch"):
            return self.tensor(value.op, value.inputs, node, via=value.via, state=value.state)
        return self.tensor("index", [value], node)
    return self.tensor("batch", (), node) if _names_data(node) else Opaque((value,), self.place(node))


def _names_data(node: cst.CSTNode) -> bool:
    """Whether an expression is called as data are: `loader`, `train_data`, `get_batches(...)`."""
    if isinstance(node, cst.Call):
        called = node.func.value if isinstance(node.func, cst.Name) else ""
        if called in ("enumerate", "tqdm", "zip", "iter", "trange") and node.args:
            return _names_data(node.args[0].value)
        return _names_data(node.func)
    name = node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""
    words = name.lower().split("_")
    return bool(_DATA_WORDS & set(words)) or name.lower().endswith("loader")


_HANDLERS: dict[type, Callable[..., Value]] = {
    cst.Name: _name,
    cst.Integer: _literal,
    cst.Float: _literal,
    cst.SimpleString: _literal,
    cst.FormattedString: _text,
    cst.ConcatenatedString: _text,
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.List: _items,
    cst.Tuple: _items,
    cst.Set: _items,
    cst.Dict: _table,
    cst.ListComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.SetComp: _comprehension,
    cst.DictComp: _comprehension,
    cst.NamedExpr: _named,
    cst.Await: _inner,
    cst.Yield: _yield,
}
