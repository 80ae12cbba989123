"""Command-line options: `tf.app.flags` and `argparse`, with their defaults as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import libcst as cst

from actlint.apis.formula import option
from actlint.program.binding import BoundCall, framework_name, python_value
from actlint.program.structure import structural
from actlint.program.values import NONE, Const, Host, Sequence, Symbol, Value

if TYPE_CHECKING:
    from actlint.program.interpreter import Interpreter

FLAGS = ("app.flags.FLAGS", "flags.FLAGS")
FLAG_MODULES = ("app", "app.flags", "flags")
METHODS = (
    "add_argument",
    "add_argument_group",
    "add_mutually_exclusive_group",
    "parse_args",
    "parse_known_args",
    "set_defaults",
)
_KINDS = "string integer float boolean bool enum list multi_string multi_integer"


@dataclass(frozen=True, eq=False)
class Options(Host):
    """The options of a program, by name; also the parser that they are added to."""

    defaults: dict[str, Value] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """The options that the program sets itself."""
    parsed: bool = False
    """Whether it has the options as attributes, and isn't the parser."""

    def get(self, name: str) -> Value:
        value = self.defaults.get(name, Host("option"))
        if isinstance(value, Const) and name not in self.changed:
            return replace(value, formula=option(name))
        return value

    def set(self, name: str, value: Value) -> None:
        """Set an option, as a program does that corrects its command line."""
        self.defaults[name] = value
        self.changed.add(name)


@structural(
    " ".join(f"app.flags.DEFINE_{kind} flags.DEFINE_{kind}" for kind in _KINDS.split()),
    "flag_name, default_value=None, *rest, **kwargs",
)
def _define(self: Interpreter, call: BoundCall, node: cst.Call) -> Value:
    name = call.const("flag_name")
    default = next((v for v in (call.values.get("default_value"), call.values.get("default")) if v is not None), None)
    if isinstance(name, str):
        self.flags.defaults[name] = default if default is not None and default != NONE else Host("option")
    return NONE


def parser_method(
    parser: Options, name: str, positional: list[tuple[Value, Any]], keywords: list[tuple[str, Value, Any]]
) -> Value:
    """A method of an `argparse.ArgumentParser`."""
    if name == "add_argument":
        _add_argument(parser, [python_value(v) for v, _ in positional], {key: value for key, value, _ in keywords})
        return NONE
    if name in ("add_argument_group", "add_mutually_exclusive_group"):
        return parser
    if name == "parse_args":
        return replace(parser, parsed=True)
    if name == "parse_known_args":
        return Sequence([replace(parser, parsed=True), Host("list")], "tuple")
    if name == "set_defaults":
        parser.defaults.update({key: value for key, value, _ in keywords})
        return NONE
    return Host(name)


def _add_argument(parser: Options, names: list[Any], given: dict[str, Value]) -> None:
    written = [name for name in names if isinstance(name, str)]
    long = next((name for name in written if name.startswith("--")), written[0] if written else "")
    dest = python_value(given.get("dest")) if "dest" in given else long.lstrip("-").replace("-", "_")
    if not isinstance(dest, str) or not dest:
        return
    action = python_value(given.get("action"))
    default = given.get("default")
    if default is None and action in ("store_true", "store_false"):
        default = Const(action == "store_false")
    convert = _TYPES.get(given["type"].name) if isinstance(given.get("type"), Symbol) else None  # type: ignore[union-attr]
    if isinstance(default, Const) and isinstance(default.value, str) and "type" in given:
        try:
            default = Const(convert(default.value)) if convert is not None else None
        except ValueError:
            default = None
    known = default is not None and default != NONE and long.startswith("-")
    parser.defaults[dest] = default if known and default is not None else Host("option")


_TYPES: dict[str, Callable[[str], Any]] = {"builtins.int": int, "builtins.float": float, "builtins.str": str}


def is_flags(value: Value) -> bool:
    """Whether a value is `tf.app.flags.FLAGS`."""
    return isinstance(value, Symbol) and framework_name(value.name) in FLAGS


def are_options(value: Value | None) -> bool:
    """Whether a value is what a command line was read into, so that its parts are known only when that has happened."""
    return isinstance(value, Options) or value is not None and is_flags(value)


def keeps(flags: Options, value: Value, name: str) -> bool:
    """Whether an option has the same value wherever it is read."""
    holder = value if isinstance(value, Options) else flags
    return are_options(value) and name not in holder.changed
