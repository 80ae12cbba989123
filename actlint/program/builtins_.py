"""Python's builtins and containers, as far as building code uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis.entry import UNKNOWN
from actlint.apis.shape import ANY, multiplied
from actlint.program.binding import computed, python_value
from actlint.program.expressions import NamedSequence, attribute, binary, class_attribute, is_own, mapping_key
from actlint.program.options import Options
from actlint.program.values import (
    Class,
    Const,
    DimValue,
    Function,
    Host,
    Instance,
    Mapping,
    Sequence,
    ShapeValue,
    Symbol,
    Tensor,
    Unknown,
    Value,
    is_host,
    runs_in,
    tensors_in,
)

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

_PURE = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "abs": abs,
    "min": min,
    "max": max,
    "round": round,
    "len": len,
    "sum": sum,
    "sorted": sorted,
    "divmod": divmod,
    "pow": pow,
    "ord": ord,
    "chr": chr,
    "repr": repr,
}


def call(
    self: Interpreter,
    name: str,
    positional: list[tuple[Value, Any]],
    keywords: list[tuple[str, Value, Any]],
    node: cst.CSTNode,
) -> Value | None:
    """A call of a builtin or of a well-known library function; None when it isn't modelled."""
    root, _, short = name.rpartition(".")
    values = [value for value, _ in positional]
    if name == "argparse.ArgumentParser":
        return Options("options")
    if name in ("collections.namedtuple",) and len(values) >= 2:
        return _namedtuple(values)
    if name in ("collections.OrderedDict", "builtins.dict", "collections.defaultdict"):
        return _dict(self, values if short != "defaultdict" else [], keywords, node)
    if name in ("copy.copy", "copy.deepcopy") and values:
        return values[0]
    if root != "builtins":
        return None
    handler = _HANDLERS.get(short)
    if handler is not None:
        return handler(self, values, node)
    if short in _PURE and values and not keywords:
        arguments = [python_value(value) for value in values]
        if all(a is not UNKNOWN for a in arguments) and not any(True for v in values for _ in tensors_in(v)):
            if short == "int" and isinstance(values[0], (Const, DimValue)) and type(arguments[0]) is int:
                return _whole(values[0])
            try:
                return computed(_PURE[short](*arguments), short, *values)
            except Exception:
                return Host(short)
        if short in ("int", "float") and isinstance(values[0], DimValue):
            return values[0]
    if short == "sum" and values:
        return _sum(self, values, node)
    if short in ("print", "type", "id", "open", "input", "repr", "str"):
        return Host(short, tuple(r for v in values for r in runs_in(v)))
    return None


def _whole(value: Const | DimValue) -> Const:
    """`int(number)` of a whole number."""
    known = value if isinstance(value, Const) else value.dim
    return Const(known.value, origin=known.origin, formula=known.formula)


def _sum(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    items = self.iterate(values[0])
    if items is None:
        return (
            Host("sum", runs_in(values[0]))
            if is_host(values[0])
            else Unknown("a sum of something that isn't known", node, self.file)
        )
    total: Value = values[1] if len(values) > 1 else Const(0)
    for item in items:
        total = item if total == Const(0) else binary(self, cst.Add, total, item, node)
    return total


def _dict(self: Interpreter, values: list[Value], keywords: list[tuple[str, Value, Any]], node: cst.CSTNode) -> Value:
    made = Mapping({}, node=node)  # type: ignore[arg-type]
    if values and isinstance(values[0], Mapping):
        made.take(values[0])
    elif values:
        items = self.iterate(values[0])
        if items is None:
            return (
                Host("dict") if is_host(values[0]) else Unknown("a dict of something that isn't known", None, self.file)
            )
        written = _zipped_keys(node)
        for place, item in enumerate(items):
            pair = self.iterate(item)
            if pair is not None and len(pair) == 2:
                made.items[mapping_key(pair[0])] = pair[1]
                made.keys.setdefault(mapping_key(pair[0]), []).extend(written[place : place + 1])
    for name, value, node in keywords:
        made.items[name] = value
        made.nodes[name] = (node, node)
    return made


def _namedtuple(values: list[Value]) -> Value:
    names = python_value(values[1])
    made = NamedSequence([], "tuple")
    made.fields = (
        tuple(names.replace(",", " ").split())
        if isinstance(names, str)
        else tuple(names)
        if names is not UNKNOWN
        else ()
    )
    return NamedTupleClass(made.fields)


class NamedTupleClass(Value):
    """What `collections.namedtuple(...)` answers."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        self.fields = fields

    def made(self, positional: list[Value], named: dict[str, Value]) -> Value:
        """An instance, from its fields' values."""
        items = dict(zip(self.fields, positional, strict=False)) | named
        if items.keys() != set(self.fields):
            return Unknown("the arguments don't fit the named tuple")
        made = NamedSequence([items[name] for name in self.fields], "tuple")
        made.fields = self.fields
        return made


def _range(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    bounds = [python_value(value) for value in values]
    if all(isinstance(b, int) for b in bounds) and bounds:
        try:
            return Const(range(*bounds))
        except ValueError:
            return Host("range")
    return Host("range")


def _length(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    items = self.iterate(values[0])
    return (
        Const(len(items))
        if items is not None
        else (
            Const(len(values[0].value))
            if isinstance(values[0], Const) and hasattr(values[0].value, "__len__")
            else Host("int")
        )
    )


def _zip(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    columns = [self.iterate(value) for value in values]
    if any(column is None for column in columns):
        if all(is_host(value) for value in values):
            return Host("zip", tuple(r for v in values for r in runs_in(v)))
        known = [c for c in columns if c is not None]
        width = min(len(c) for c in known) if known else 0
        if not known:
            return Unknown("zip of something that isn't known", node, self.file)
        columns = [
            c if c is not None else [self.element(v, node)] * width for c, v in zip(columns, values, strict=False)
        ]
    return Sequence([Sequence(list(row), "tuple") for row in zip(*columns, strict=False)])  # type: ignore[arg-type]


def _enumerate(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    items = self.iterate(values[0])
    start = python_value(values[1]) if len(values) > 1 else 0
    if items is None:
        return (
            Host("enumerate", runs_in(values[0]))
            if is_host(values[0])
            else Unknown("enumerate of something that isn't known", node, self.file)
        )
    return Sequence(
        [
            Sequence([Const(start + i) if isinstance(start, int) else Host("int"), item], "tuple")
            for i, item in enumerate(items)
        ]
    )


def _listed(kind: str) -> Any:
    def handler(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
        if not values:
            return Sequence([], kind)
        items = self.iterate(values[0])
        if items is None or isinstance(values[0], Const) and isinstance(values[0].value, range) and len(items) > 256:
            return values[0] if not isinstance(values[0], Const) else Host(kind)
        return Sequence(items, kind)

    return handler


def _reversed(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    items = self.iterate(values[0])
    return Sequence(items[::-1]) if items is not None else values[0]


def _sorted(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    items = self.iterate(values[0])
    keys = [python_value(item) for item in items] if items is not None else [UNKNOWN]
    firsts = [python_value(i.items[0]) if isinstance(i, Sequence) and i.items else UNKNOWN for i in items or ()]
    if len(values) == 1 and firsts and all(isinstance(f, str) for f in firsts) and len(set(firsts)) == len(firsts):
        return Sequence([item for _, item in sorted(zip(firsts, items or (), strict=True), key=lambda pair: pair[0])])
    try:
        return (
            Sequence([Const(key) for key in sorted(keys)]) if UNKNOWN not in keys else Host("list", runs_in(values[0]))
        )
    except TypeError:
        return Host("list")


def _map(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    from actlint.program import calls

    columns = [self.iterate(value) for value in values[1:]]
    if any(column is None for column in columns) or not isinstance(node, cst.Call):
        return (
            Host("map")
            if all(is_host(v) for v in values[1:])
            else Unknown("map over something that isn't known", node, self.file)
        )
    return Sequence(
        [
            calls.apply(self, values[0], [(item, None) for item in row], [], node, self.program.scopes[self.file])
            for row in zip(*columns, strict=False)
        ]
    )  # type: ignore[arg-type]


def _getattr(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    name = python_value(values[1]) if len(values) > 1 else UNKNOWN
    return (
        attribute(self, values[0], name, node)
        if isinstance(name, str)
        else Unknown("getattr with a computed name", node, self.file)
    )


def _setattr(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    name = python_value(values[1]) if len(values) > 2 else UNKNOWN
    if isinstance(values[0], Instance) and isinstance(name, str):
        values[0].attributes[name] = values[2]
    return Const(None)


def _hasattr(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    name = python_value(values[1]) if len(values) > 1 else UNKNOWN
    if not isinstance(values[0], Instance) or not isinstance(name, str):
        return Host("bool", tuple(r for v in values for r in runs_in(v)))
    cls = values[0].cls
    if name in values[0].attributes or class_attribute(cls, name) is not None:
        return Const(True)
    return Const(False) if is_own(cls) else Host("bool")


def _callable(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    return Const(True) if values and isinstance(values[0], (Function, Class)) else Host("bool")


def _isinstance(self: Interpreter, values: list[Value], node: cst.CSTNode) -> Value:
    if isinstance(values[0], (Sequence, Mapping, Tensor)) and len(values) > 1 and isinstance(values[1], Symbol):
        kind = (
            "dict"
            if isinstance(values[0], Mapping)
            else values[0].kind
            if isinstance(values[0], Sequence)
            else "tensor"
        )
        return Const(values[1].name == f"builtins.{kind}") if values[1].name.startswith("builtins.") else Host("bool")
    if isinstance(values[0], Instance) and len(values) > 1 and isinstance(values[1], Class):
        return Const(values[0].cls is values[1] or class_attribute(values[0].cls, "") is not None)
    return Host("bool")


_HANDLERS: dict[str, Any] = {
    "range": _range,
    "xrange": _range,
    "len": _length,
    "zip": _zip,
    "enumerate": _enumerate,
    "list": _listed("list"),
    "tuple": _listed("tuple"),
    "set": _listed("list"),
    "reversed": _reversed,
    "sorted": _sorted,
    "map": _map,
    "getattr": _getattr,
    "setattr": _setattr,
    "isinstance": _isinstance,
    "hasattr": _hasattr,
    "callable": _callable,
}


def _zipped_keys(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """The expressions of the keys in `dict(zip([a, b], values))`."""
    inner = node.args[0].value if isinstance(node, cst.Call) and node.args else None
    if not isinstance(inner, cst.Call) or not isinstance(inner.func, cst.Name) or inner.func.value != "zip":
        return []
    first = inner.args[0].value if inner.args else None
    return [e.value for e in first.elements] if isinstance(first, (cst.List, cst.Tuple)) else []


def container_method(
    self: Interpreter, owner: Sequence | Mapping, name: str, values: list[Value], node: cst.CSTNode
) -> Value | None:
    """A method of a list, tuple or dict whose contents are known; None when it isn't modelled."""
    if isinstance(owner, Mapping):
        if name in ("items", "iteritems"):
            return Sequence(
                [Sequence([k if isinstance(k, Value) else Const(k), v], "tuple") for k, v in owner.items.items()]
            )
        if name in ("values", "itervalues"):
            return Sequence(list(owner.items.values()))
        if name in ("keys", "iterkeys"):
            return Sequence([k if isinstance(k, Value) else Const(k) for k in owner.items])
        if name in ("get", "pop", "setdefault") and values:
            key = mapping_key(values[0])
            default = values[1] if len(values) > 1 else Const(None)
            found = owner.items.get(key, default)
            if name == "setdefault":
                owner.items.setdefault(key, default)
            return found
        if name == "update" and values and isinstance(values[0], Mapping):
            owner.take(values[0])
            return Const(None)
        if name == "copy":
            made = Mapping({}, dict(owner.nodes), owner.node)
            made.take(owner)
            return made
        return None
    if name == "append" and values:
        owner.items.append(values[0])
        owner.partial |= bool(self.open_loops)
        return Const(None)
    if name == "extend" and values:
        items = self.iterate(values[0])
        owner.items.extend(items or [])
        owner.partial |= items is None or bool(self.open_loops)
        return Const(None)
    if name == "insert" and len(values) > 1:
        place = python_value(values[0])
        owner.items.insert(place if isinstance(place, int) else 0, values[1])
        return Const(None)
    if name == "pop" and owner.items:
        place = python_value(values[0]) if values else -1
        return (
            owner.items.pop(place)
            if isinstance(place, int) and -len(owner.items) <= place < len(owner.items)
            else Host("element")
        )
    if name == "reverse":
        owner.items.reverse()
        return Const(None)
    if name in ("index", "count", "sort", "remove", "clear"):
        return Host(name)
    return None


def shape_method(owner: Value, name: str) -> Value | None:
    """Methods of static shapes: `as_list`, `num_elements`, `ndims`."""
    if isinstance(owner, ShapeValue):
        if name == "as_list":
            return (
                Host("list")
                if owner.shape is None
                else Sequence([DimValue(dim) if dim.value is not None else Const(None) for dim in owner.shape])
            )
        if name == "num_elements":
            size = multiplied(owner.shape) if owner.shape is not None else ANY
            return Host("int") if size.value is None else Const(size.value, origin=size.origin, formula=size.formula)
        return Host(name)
    return None
