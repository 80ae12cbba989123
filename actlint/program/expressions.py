"""Evaluation of expressions to abstract values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis.catalogue import method
from actlint.apis.formula import combined
from actlint.apis.shape import ANY, Dim, broadcast
from actlint.program import arrays, options
from actlint.program.binding import computed, formula_of, python_value, tensor_dtype, tensor_shape
from actlint.program.conditions import chosen_by
from actlint.program.model import Evaluation
from actlint.program.scope import Scope
from actlint.program.values import (
    NONE,
    Cell,
    Class,
    Const,
    DimValue,
    Distribution,
    Function,
    Handle,
    Host,
    Instance,
    Mapping,
    Module,
    Picked,
    Property,
    Sequence,
    Session,
    ShapeValue,
    Symbol,
    Tensor,
    Unknown,
    Value,
    Variable,
    is_host,
    runs_in,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

BINARY: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    cst.Add: ("add", operator.add),
    cst.Subtract: ("subtract", operator.sub),
    cst.Multiply: ("multiply", operator.mul),
    cst.Divide: ("divide", operator.truediv),
    cst.FloorDivide: ("floordiv", operator.floordiv),
    cst.Modulo: ("floormod", operator.mod),
    cst.Power: ("pow", operator.pow),
    cst.MatrixMultiply: ("matmul", operator.matmul),
    cst.BitAnd: ("logical_and", operator.and_),
    cst.BitOr: ("logical_or", operator.or_),
    cst.BitXor: ("logical_xor", operator.xor),
    cst.AddAssign: ("add", operator.add),
    cst.SubtractAssign: ("subtract", operator.sub),
    cst.MultiplyAssign: ("multiply", operator.mul),
    cst.DivideAssign: ("divide", operator.truediv),
    cst.PowerAssign: ("pow", operator.pow),
    cst.FloorDivideAssign: ("floordiv", operator.floordiv),
    cst.ModuloAssign: ("floormod", operator.mod),
}
COMPARISONS: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    cst.LessThan: ("less", operator.lt),
    cst.LessThanEqual: ("less_equal", operator.le),
    cst.GreaterThan: ("greater", operator.gt),
    cst.GreaterThanEqual: ("greater_equal", operator.ge),
    cst.Equal: ("equal", operator.eq),
    cst.NotEqual: ("not_equal", operator.ne),
    cst.In: ("in", lambda a, b: a in b),
    cst.NotIn: ("not in", lambda a, b: a not in b),
    cst.Is: ("is", operator.is_),
    cst.IsNot: ("is not", operator.is_not),
}
UNARY: dict[type, tuple[str, Callable[[Any], Any]]] = {
    cst.Minus: ("negative", operator.neg),
    cst.Plus: ("identity", operator.pos),
    cst.Not: ("not", operator.not_),
    cst.BitInvert: ("logical_not", operator.invert),
}
PARAMETERS = ("loc", "scale", "low", "high")
"""Attributes of distributions that mean the same in all frameworks."""
_KEPT = (
    "Name",
    "Attribute",
    "Call",
    "Subscript",
    "BinaryOperation",
    "UnaryOperation",
    "Comparison",
    "Tuple",
    "List",
    "Dict",
    "Lambda",
    "BooleanOperation",
    "IfExp",
    "ListComp",
    "GeneratorExp",
    "DictComp",
)


def evaluate(self: Interpreter, node: cst.BaseExpression, scope: Scope) -> Value:
    """The abstract value of an expression; every evaluation is remembered in the program's facts."""
    method = _METHODS.get(type(node).__name__)
    value = method(self, node, scope) if method else Host(type(node).__name__)
    if type(node).__name__ in _KEPT:
        self.program.facts.setdefault(node, []).append(Evaluation(value, self.frames, self.turns))
    return value


def _literal(self: Interpreter, node: cst.BaseExpression, scope: Scope) -> Value:
    return Const(node.evaluated_value)  # type: ignore[attr-defined]


def _concatenated(self: Interpreter, node: cst.ConcatenatedString, scope: Scope) -> Value:
    value = node.evaluated_value
    return Const(value) if value is not None else Host("str")


def _formatted(self: Interpreter, node: cst.FormattedString, scope: Scope) -> Value:
    runs: tuple = ()
    for part in node.parts:
        if isinstance(part, cst.FormattedStringExpression):
            runs += runs_in(evaluate(self, part.expression, scope))
    return Host("str", runs)


def _name(self: Interpreter, node: cst.Name, scope: Scope) -> Value:
    constants = {"None": None, "True": True, "False": False}
    if node.value in constants:
        return Const(constants[node.value])
    given = self.program.trees[self.file].given.get(node)
    if given is not None:
        return self.given(given, node)
    value = scope.lookup(node.value)
    if value is not None:
        if isinstance(value, Const) and type(value.value) is int and value.source is None:
            owner = scope.owner(node.value)
            if owner is not None and owner.kind == "module" and owner.file == self.program.entry:
                return replace(value, source=node.value)
        return value
    return Symbol("builtins." + node.value)


def _attribute(self: Interpreter, node: cst.Attribute, scope: Scope) -> Value:
    base = evaluate(self, node.value, scope)
    value = attribute(self, base, node.attr.value, node)
    if isinstance(value, Const) and type(value.value) is int and options.keeps(self.flags, base, node.attr.value):
        from actlint.program.calls import global_source

        return replace(value, source=global_source(self, node, scope))
    return value


def attribute(self: Interpreter, base: Value, name: str, node: cst.CSTNode) -> Value:
    """`base.name`."""
    if options.is_flags(base):
        return self.flags.get(name)
    if isinstance(base, options.Options):
        return Method(base, name) if name in options.METHODS else base.get(name)
    if isinstance(base, Symbol):
        return Symbol(f"{base.name}.{name}")
    if isinstance(base, Module):
        return base.scope.names.get(name) or Unknown(f"{base.file.name} has no {name}", node, self.file)
    if isinstance(base, Instance):
        if name in base.attributes:
            return base.attributes[name]
        found = class_attribute(base.cls, name)
        if isinstance(found, Property):
            from actlint.program import decorators

            return decorators.read(self, found, base, name, node)
        if isinstance(found, Function):
            bound = found.of(base)
            if "staticmethod" in found.decorators:
                bound.bound = None
            return bound
        return found or Unknown(f"attribute {name} isn't set here", node, self.file)
    if isinstance(base, (Function, Class)) and name == "__name__":
        return Const(base.name)
    if isinstance(base, Class):
        return class_attribute(base, name) or Unknown(f"class {base.name} has no {name}", node, self.file)
    if isinstance(base, Distribution) and method(base.op.symbol, name) is None:
        symbol = f"{base.op.symbol}.{name}"
        return self.operation(symbol, {"self": base}, node, base.shape, base.dtype)
    if isinstance(base, Tensor) and name in ("shape",):
        return ShapeValue(base.shape)
    if isinstance(base, Tensor) and name == "dtype":
        return Symbol(f"tensorflow.{base.dtype}") if base.dtype else Host("dtype")
    if isinstance(base, Variable) and name == "name":
        return Const(base.name + ":0")
    if isinstance(base, Tensor) and name in ("name", "device"):
        return Host("str")
    if isinstance(base, Handle) and name in ("name", "reuse") and (scope := getattr(base, "scope", None)) is not None:
        return Const(scope.name if name == "name" else scope.reuse)
    if isinstance(base, Tensor) and name in ("initializer", "op"):
        covers = (base,) if isinstance(base, Variable) else None
        return Handle("initializer" if name == "initializer" else "op", base.op, covers)
    if isinstance(base, Session) and name == "graph":
        return self.handle("context", "get_default_graph", {}, node)
    if isinstance(base, DimValue) and name == "value":
        return base
    if isinstance(base, Host):
        if name == "shape" and base.shape is not None:
            return ShapeValue(base.shape)
        return arrays.attribute(base, name)
    if isinstance(base, Picked) and name in ("eval", "run"):
        return Method(base, name)
    if isinstance(base, Unknown):
        return base
    if isinstance(base, Sequence) and isinstance(base, NamedSequence) and name in base.fields:
        return base.items[base.fields.index(name)]
    if isinstance(base, Cell):
        from actlint.program import recurrent

        return recurrent.attribute(base, name) or Method(base, name)
    return Method(base, name)


def class_attribute(cls: Class, name: str) -> Value | None:
    """An attribute of a class or of its bases."""
    if name in cls.attributes:
        return cls.attributes[name]
    for base in cls.bases:
        if isinstance(base, Class) and (found := class_attribute(base, name)) is not None:
            return found
    return None


def is_own(cls: Class) -> bool:
    """Whether a class and its bases are all defined in the analysed files."""
    return all(
        is_own(base) if isinstance(base, Class) else base == Symbol("builtins.object") for base in cls.bases
    ) and all(class_attribute(cls, name) is None for name in ("__getattr__", "__getattribute__"))


class NamedSequence(Sequence):
    """A namedtuple's instance."""

    fields: tuple[str, ...] = ()


class Method(Value):
    """A method of a value that the interpreter models itself: `tensor.eval`, `list.append`."""

    def __init__(self, owner: Value, name: str) -> None:
        self.owner = owner
        self.name = name


def _elements(self: Interpreter, elements: Any, scope: Scope) -> list[Value] | None:
    items: list[Value] = []
    known = True
    for element in elements:
        if isinstance(element, cst.StarredElement):
            value = evaluate(self, element.value, scope)
            if isinstance(value, Sequence):
                items.extend(value.items)
            else:
                known = False
        else:
            items.append(evaluate(self, element.value, scope))
    return items if known else None


def _sequence(self: Interpreter, node: cst.List | cst.Tuple | cst.Set, scope: Scope) -> Value:
    items = _elements(self, node.elements, scope)
    if items is None:
        return Unknown("the list has a part of unknown length", node, self.file)
    return Sequence(items, "tuple" if isinstance(node, cst.Tuple) else "list")


def mapping_key(value: Value) -> Any:
    """What a value is as the key of a Mapping: a constant's Python value, else the value itself."""
    key = python_value(value)
    try:
        hash(key)
    except TypeError:
        return value
    return key if isinstance(value, (Const, Sequence)) and not any(True for _ in tensors_in(value)) else value


def _dict(self: Interpreter, node: cst.Dict, scope: Scope) -> Value:
    found = Mapping({}, {}, node)
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            inner = evaluate(self, element.value, scope)
            if not isinstance(inner, Mapping):
                return Unknown("the dict has a part with unknown keys", node, self.file)
            found.take(inner)
            continue
        key, value = evaluate(self, element.key, scope), evaluate(self, element.value, scope)
        found.items[mapping_key(key)] = value
        found.nodes[mapping_key(key)] = (element.key, element.value)
        found.keys.setdefault(mapping_key(key), []).append(element.key)
    return found


def _binary(self: Interpreter, node: cst.BinaryOperation, scope: Scope) -> Value:
    left, right = evaluate(self, node.left, scope), evaluate(self, node.right, scope)
    return binary(self, type(node.operator), left, right, node)


def binary(self: Interpreter, kind: type, left: Value, right: Value, node: cst.CSTNode) -> Value:
    """`left kind right`: a graph operation when a tensor takes part, else Python's."""
    symbol, function = BINARY.get(kind, ("operator", None))  # type: ignore[assignment]
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        shape = broadcast(tensor_shape(left), tensor_shape(right))
        dtype = (left.dtype if isinstance(left, Tensor) else None) or (
            right.dtype if isinstance(right, Tensor) else None
        )
        return self.operation(symbol, {"x": left, "y": right}, node, shape, dtype)
    if isinstance(left, Const) and isinstance(right, Const) and function:
        try:
            result = function(left.value, right.value)
        except Exception:
            return Host("error")
        if isinstance(result, (str, bytes, list, tuple)) and len(result) >= 10_000:
            return Host("long")
        return computed(result, symbol, left, right)
    if isinstance(left, Sequence) and isinstance(right, Sequence) and symbol == "add":
        return Sequence([*left.items, *right.items], left.kind)
    if (
        isinstance(left, Sequence)
        and isinstance(right, Const)
        and symbol == "multiply"
        and isinstance(right.value, int)
        and right.value < 1000
    ):
        return Sequence(left.items * right.value, left.kind)
    if isinstance(left, DimValue) or isinstance(right, DimValue):
        values = [python_value(left), python_value(right)]
        if all(isinstance(v, int) for v in values) and function:
            return computed(function(*values), symbol, left, right)
        return Host("int")
    if any(isinstance(v, Unknown) for v in (left, right)):
        return next(v for v in (left, right) if isinstance(v, Unknown))
    if any(True for v in (left, right) for _ in tensors_in(v)):
        return Unknown("an operator on a container of tensors", node, self.file)
    shape = (
        broadcast(tensor_shape(left), tensor_shape(right))
        if isinstance(left, Host) or isinstance(right, Host)
        else None
    )
    dtype = next((v.dtype for v in (left, right) if isinstance(v, Host) and v.dtype), None)
    return Host("", runs_in(left) + runs_in(right), shape, dtype)


def _unary(self: Interpreter, node: cst.UnaryOperation, scope: Scope) -> Value:
    operand = evaluate(self, node.expression, scope)
    symbol, function = UNARY[type(node.operator)]
    if isinstance(operand, Tensor) and symbol != "not":
        return self.operation(symbol, {"x": operand}, node, operand.shape, operand.dtype)
    if isinstance(operand, Const):
        try:
            return computed(function(operand.value), symbol, operand)
        except TypeError:
            return Host("error")
    if symbol == "not" and isinstance(operand, (Sequence, Mapping)):
        return Const(not operand.items)
    return operand if isinstance(operand, Host) and symbol != "not" else Host("", runs_in(operand))


def _comparison(self: Interpreter, node: cst.Comparison, scope: Scope) -> Value:
    left = evaluate(self, node.left, scope)
    result: Value = Host("bool", runs_in(left))
    for target in node.comparisons:
        right = evaluate(self, target.comparator, scope)
        symbol, function = COMPARISONS[type(target.operator)]
        if (isinstance(left, Tensor) or isinstance(right, Tensor)) and symbol in (
            "less",
            "less_equal",
            "greater",
            "greater_equal",
        ):
            result = self.operation(
                symbol, {"x": left, "y": right}, node, broadcast(tensor_shape(left), tensor_shape(right)), "bool"
            )
        elif symbol in ("is", "is not") and right == NONE and not isinstance(left, (Unknown, Host)):
            result = Const((left == NONE) == (symbol == "is"))
        elif symbol in ("in", "not in") and isinstance(right, Mapping) and isinstance(left, Const):
            result = Const((left.value in right.items) == (symbol == "in"))
        elif symbol in ("in", "not in") and isinstance(left, Tensor) and isinstance(right, Sequence):
            found = any(item is left for item in right.items)
            result = Const(found == (symbol == "in")) if found or not right.partial else Host("bool")
        elif symbol in ("equal", "not_equal") and right == NONE and not isinstance(left, (Unknown, Host)):
            result = Const((left == NONE) == (symbol == "equal"))
        else:
            values = python_value(left), python_value(right)
            known = all(isinstance(v, (Const, Sequence)) for v in (left, right)) and not any(
                True for v in (left, right) for _ in tensors_in(v)
            )
            try:
                result = (
                    computed(bool(function(*values)), symbol, left, right)
                    if known
                    else Host("bool", runs_in(left) + runs_in(right))
                )
            except Exception:
                result = Host("bool")
        left = right
    return result


def _boolean(self: Interpreter, node: cst.BooleanOperation, scope: Scope) -> Value:
    left = evaluate(self, node.left, scope)
    truth = truthiness(left)
    is_and = isinstance(node.operator, cst.And)
    if truth is not None and truth != is_and:
        return left
    right = evaluate(self, node.right, scope)
    return right if truth is not None else Host("bool", runs_in(left) + runs_in(right))


def truthiness(value: Value) -> bool | None:
    """Python's truth of a value where it is known."""
    if isinstance(value, Const):
        return bool(value.value)
    if isinstance(value, (Sequence, Mapping)):
        return bool(value.items)
    if isinstance(value, (Function, Class, Instance, Module)):
        return True
    if isinstance(value, Symbol):
        return True if value.name.startswith("tensorflow.") else None
    return None


def _conditional(self: Interpreter, node: cst.IfExp, scope: Scope) -> Value:
    test = evaluate(self, node.test, scope)
    truth, formula = truthiness(test), formula_of(test)
    if truth is not None:
        value = evaluate(self, node.body if truth else node.orelse, scope)
        return value if formula is None else chosen_by(value, formula)
    return self.either(evaluate(self, node.body, scope), evaluate(self, node.orelse, scope), node)


def _subscript(self: Interpreter, node: cst.Subscript, scope: Scope) -> Value:
    base = evaluate(self, node.value, scope)
    indices: list[Value | slice] = []
    for element in node.slice:
        if isinstance(element.slice, cst.Index):
            indices.append(evaluate(self, element.slice.value, scope))
        else:
            part = element.slice
            bounds = [evaluate(self, n, scope) if n is not None else NONE for n in (part.lower, part.upper, part.step)]
            indices.append(slice(*bounds))
    return subscript(self, base, indices, node)


def subscript(self: Interpreter, base: Value, indices: list[Value | slice], node: cst.CSTNode) -> Value:
    """`base[indices]`."""
    first = indices[0]
    if isinstance(base, Tensor):
        return self.operation(
            "strided_slice",
            {"input_": base},
            node,
            _sliced(base.shape, indices),
            base.dtype,
            extra=[t for i in indices if isinstance(i, Value) for t in tensors_in(i)],
        )
    if isinstance(base, (Sequence, ShapeValue)) and len(indices) == 1:
        items = (
            base.items
            if isinstance(base, Sequence)
            else None
            if base.shape is None
            else [DimValue(d) for d in base.shape]
        )
        if items is None:
            return Host("int")
        key = (
            slice(*(python_value(b) for b in (first.start, first.stop, first.step)))
            if isinstance(first, slice)
            else python_value(first)
        )
        try:
            found = items[key]
        except (TypeError, IndexError, ValueError):
            return self.element(base, node)
        if isinstance(found, list):
            return (
                ShapeValue(tuple(d.dim for d in found)) if isinstance(base, ShapeValue) else Sequence(found, base.kind)
            )
        return found
    if isinstance(base, Mapping) and isinstance(first, Value):
        key = mapping_key(first)
        if key in base.items:
            return base.items[key]
        return self.element(base, node)
    if isinstance(base, Const) and isinstance(first, Value) and isinstance(base.value, (str, tuple, list, dict)):
        try:
            return computed(base.value[python_value(first)], "element", base, first)
        except Exception:
            return Host("")
    if isinstance(base, Unknown):
        return base
    return Host("", runs_in(base) + tuple(r for i in indices if isinstance(i, Value) for r in runs_in(i)))


def _part(dim: Dim, index: slice) -> Dim:
    """The size of a slice of an axis."""
    bounds = [index.start, index.stop, index.step]
    start, stop, step = (python_value(bound) for bound in bounds)
    if start is None and stop is None and step is None:
        return dim
    if dim.value is None or not all(bound is None or isinstance(bound, int) for bound in (start, stop, step)):
        return ANY
    size = len(range(dim.value)[slice(start, stop, step)])
    if not start and step is None and size == stop:
        return Dim(size, formula=formula_of(index.stop))
    if stop is None and step is None and size == dim.value - (start or 0):
        return Dim(size, formula=combined("subtract", (dim.value, dim.formula), (start or 0, formula_of(index.start))))
    return Dim(size, formula=computed(size, "slice", DimValue(dim), *bounds).formula)


def _sliced(shape: Any, indices: list[Value | slice]) -> Any:
    if shape is None or len(indices) > len(shape):
        return None
    found: list[Dim] = []
    for place, index in enumerate(indices):
        if isinstance(index, slice):
            found.append(_part(shape[place], index))
        elif isinstance(index, Const) and isinstance(index.value, int) and not isinstance(index.value, bool):
            continue
        elif isinstance(index, (Host, DimValue)):
            continue
        elif index == NONE:
            return None
        else:
            return None
    return (*found, *shape[len(indices) :])


def _lambda(self: Interpreter, node: cst.Lambda, scope: Scope) -> Value:
    function = Function(node, scope, self.file, "<lambda>")
    function.defaults = self.default_values(node.params, scope)
    return function


def _comprehension(self: Interpreter, node: cst.ListComp | cst.GeneratorExp | cst.SetComp, scope: Scope) -> Value:
    items: list[Value] = []
    known = _comprehend(self, node.for_in, scope, lambda inner: items.append(evaluate(self, node.elt, inner)), node)
    if known:
        return Sequence(items, "list")
    if items and not all(is_host(item) for item in items):
        return Unknown(
            "a comprehension over something of unknown length",
            node,
            self.file,
            tuple(r for i in items for r in runs_in(i)),
        )
    return Host("list", tuple(r for i in items for r in runs_in(i)))


def _dict_comprehension(self: Interpreter, node: cst.DictComp, scope: Scope) -> Value:
    found = Mapping({}, {}, node)

    def add(inner: Scope) -> None:
        key = evaluate(self, node.key, inner)
        found.items[mapping_key(key)] = evaluate(self, node.value, inner)

    if _comprehend(self, node.for_in, scope, add, node):
        return found
    if any(True for _ in tensors_in(found)) or any(isinstance(k, Tensor) for k in found.items):
        return Unknown("a comprehension over something of unknown length", node, self.file)
    return Host("dict")


def _comprehend(
    self: Interpreter, clause: cst.CompFor, scope: Scope, visit: Callable[[Scope], None], whole: cst.BaseExpression
) -> bool:
    """Call `visit` in a scope per iteration; False when the length wasn't known and one iteration stood for all."""
    from actlint.program.calls import has_run

    iterable = evaluate(self, clause.iter, scope)
    items = self.iterate(iterable)
    if items and has_run(self, whole, scope) and isinstance(self.loop_element(iterable, items, clause), Picked):
        iterable, items = Sequence(items), None
    known = items is not None
    outer = self.turns
    for turn, item in enumerate(items if items is not None else [self.element(iterable, clause)]):
        self.turns = (*outer, (clause, turn))
        inner = Scope(self.file, scope, "comprehension")
        self.assign(clause.target, item, inner)
        tests = [truthiness(evaluate(self, condition.test, inner)) for condition in clause.ifs]
        if any(test is False for test in tests):
            continue
        if any(test is None for test in tests):
            known = False
        if clause.inner_for_in is not None:
            known &= _comprehend(self, clause.inner_for_in, inner, visit, whole)
        else:
            visit(inner)
    self.turns = outer
    return known


def _call(self: Interpreter, node: cst.Call, scope: Scope) -> Value:
    return self.call(node, scope)


def _walrus(self: Interpreter, node: cst.NamedExpr, scope: Scope) -> Value:
    value = evaluate(self, node.value, scope)
    self.assign(node.target, value, scope)
    return value


def _passed(self: Interpreter, node: Any, scope: Scope) -> Value:
    value = evaluate(self, node.value, scope) if getattr(node, "value", None) is not None else NONE
    return value if type(node).__name__ == "Await" else Host("yielded", runs_in(value))


def shape_from(value: Value) -> Any:
    """Static shape and dtype of any value, for operations the catalogue doesn't know."""
    return tensor_shape(value), tensor_dtype(value)


_METHODS: dict[str, Callable[..., Value]] = {
    "Integer": _literal,
    "Float": _literal,
    "Imaginary": _literal,
    "SimpleString": _literal,
    "ConcatenatedString": _concatenated,
    "FormattedString": _formatted,
    "Name": _name,
    "Attribute": _attribute,
    "Tuple": _sequence,
    "List": _sequence,
    "Set": _sequence,
    "Dict": _dict,
    "BinaryOperation": _binary,
    "UnaryOperation": _unary,
    "Comparison": _comparison,
    "BooleanOperation": _boolean,
    "IfExp": _conditional,
    "Subscript": _subscript,
    "Lambda": _lambda,
    "ListComp": _comprehension,
    "GeneratorExp": _comprehension,
    "SetComp": _comprehension,
    "DictComp": _dict_comprehension,
    "Call": _call,
    "NamedExpr": _walrus,
    "Yield": _passed,
    "Await": _passed,
}
