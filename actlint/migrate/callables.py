"""Regions and callables: what the functions of the rewritten program are."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from actlint.migrate.bodies import Home
from actlint.migrate.flow import Item, Leaf, Parameter
from actlint.program.moving import are_updates
from actlint.program.values import EFFECTS, Mapping, Run, Sequence, Tensor, Training, Value


@dataclass(eq=False)
class Region:
    """Forward items that the same runs need. `name` is None while its statements are written into their only user."""

    items: list[Item]
    head: bool
    name: str | None = None
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    sources: dict[str, Item] = field(default_factory=dict)
    """The item that gives each output."""
    home: Home = None  # type: ignore[assignment]
    """Where its function is defined."""
    inner: set[Item] = field(default_factory=set)
    """The items that its function computes: its own, and those of other regions that only it needs."""

    @property
    def order(self) -> int:
        return max(item.order for item in self.items)


@dataclass(eq=False)
class Call:
    """A callable of the rewritten program: what one kind of run computes."""

    name: str
    runs: list[Run]
    leaves: list[Leaf]
    parameters: list[Parameter]
    items: set[Item]
    trainings: list[Training]
    order: int
    home: Home

    @property
    def returned(self) -> list[Leaf]:
        return [leaf for leaf in self.leaves if not leaf.trains]

    @property
    def nested(self) -> bool:
        """Whether the fetches are more than one value or a flat list."""
        fetches = self.runs[0].fetches
        return (
            isinstance(fetches, Mapping)
            or isinstance(fetches, Sequence)
            and any(isinstance(i, (Sequence, Mapping)) for i in fetches.items)
        )

    def structure(self, texts: list[str]) -> list[str]:
        """What the function returns, from the expressions of its leaves: the fetches' structure without training
        operations."""
        rest = iter(texts)

        def text(value: Value) -> str:
            if trains(value):
                return "None"
            if isinstance(value, Sequence):
                inner = ", ".join(text(item) for item in value.items)
                return f"[{inner}]" if value.kind == "list" else f"({inner}{',' if len(value.items) == 1 else ''})"
            if isinstance(value, Mapping):
                return "{" + ", ".join(f"{_key(key)}: {text(item)}" for key, item in value.items.items()) + "}"
            return next(rest)

        fetches = self.runs[0].fetches
        if isinstance(fetches, Sequence):
            return [text(item) for item in fetches.items if not trains(item)]
        return [text(fetches)] if texts else []


def _key(key: object) -> str:
    return '"' + key + '"' if isinstance(key, str) and '"' not in key else repr(key)


def shape_of(value: Value) -> object:
    """The structure of fetches, so that only alike runs share a function."""
    if isinstance(value, Sequence):
        return tuple(shape_of(item) for item in value.items)
    return tuple((key, shape_of(item)) for key, item in value.items.items()) if isinstance(value, Mapping) else ""


def trains(value: Value) -> bool:
    """Whether a fetched value is a training operation or a list of updates, which gives nothing back."""
    return isinstance(value, Tensor) and value.op.kind in EFFECTS or are_updates(value)


def word(leaf: Leaf, known: bool) -> str:
    """A word for what a run fetches; `known` says that it is the result of a function of the framework's."""
    node = leaf.node
    if isinstance(leaf.value, Tensor) and leaf.value.op.kind == "summary":
        return "summaries"
    if isinstance(node, cst.Attribute):
        return node.attr.value
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        key = node.slice[0].slice.value
        return (
            str(key.evaluated_value)
            if isinstance(key, cst.SimpleString) and str(key.evaluated_value).isidentifier()
            else ""
        )
    if isinstance(node, cst.Call):
        return _applied_word(node, known)
    return node.value if isinstance(node, cst.Name) else ""


def _applied_word(call: cst.Call, known: bool) -> str:
    """The name of a function that a run fetches the result of, behind that of what it is applied to:
    `tf.argmax(logits, 1)` is `logits_argmax`, and `generator(z)` just `generator`."""
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    if not known:
        return name.value if isinstance(name, cst.Name) else ""
    first = call.args[0].value if call.args else None
    held = first.attr if isinstance(first, cst.Attribute) else first
    if not isinstance(name, cst.Name) or not isinstance(held, cst.Name):
        return ""
    return f"{held.value}_{name.value.removeprefix('reduce_')}"


def _variable_word(call: cst.Call) -> str:
    """The name of the variable that a call assigns to."""
    node: cst.CSTNode = call.func.value if isinstance(call.func, cst.Attribute) else call
    if call.args and not (isinstance(node, (cst.Name, cst.Attribute)) and len(call.args) == 1):
        node = call.args[0].value
    return node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""


def effect_word(leaf: Leaf) -> str:
    """The name of an assignment, or of the list or group that holds it, when nothing reads its result."""
    if not leaf.trains or not isinstance(leaf.value, Tensor) or leaf.value.op.kind not in ("assign", "group"):
        return ""
    node = leaf.node
    while isinstance(node, cst.Subscript):
        node = node.value
    if isinstance(node, cst.Call) and leaf.value.op.kind == "assign":
        return f"{leaf.value.op.symbol}_{_variable_word(node)}".rstrip("_")
    return node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""
