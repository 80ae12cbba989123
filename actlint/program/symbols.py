"""The framework symbols that a file uses, wherever they stand, and which of them the catalogue knows."""

from __future__ import annotations

from collections import Counter

import libcst as cst

import actlint.program.calls  # noqa: F401
from actlint.apis.catalogue import lookup
from actlint.apis.refused import why
from actlint.program.binding import framework_name
from actlint.program.imports import dotted
from actlint.program.structure import STRUCTURE

_DTYPES = "float16 float32 float64 int8 int16 int32 int64 uint8 uint16 bool string complex64 half double DType"
_CONSTANTS = frozenset(
    f"{_DTYPES} AUTO_REUSE app.flags app.flags.FLAGS flags flags.FLAGS logging.DEBUG logging.INFO logging.WARN"
    " logging.WARNING logging.ERROR logging.FATAL __version__ Tensor TensorShape".split()
)
_FAMILIES = ("GraphKeys.", "losses.Reduction.", "compat.v1.")


def known(name: str) -> bool:
    """Whether the catalogue has a symbol such as `nn.relu`, with an exact form, or one that it is an attribute of."""
    parts = name.split(".")
    return any(_known(".".join(parts[:length])) for length in range(len(parts), 0, -1))


def refused(name: str) -> str | None:
    """Why a symbol without an exact form isn't carried over; None where the catalogue doesn't know it at all."""
    if known(name):
        return None
    parts = name.split(".")
    entries = (lookup(".".join(parts[:length])) for length in range(len(parts), 0, -1))
    return next((entry.trap for entry in entries if entry is not None and entry.trap), None) or why(name)


def _known(name: str) -> bool:
    if name in STRUCTURE or name in _CONSTANTS or name.startswith(_FAMILIES):
        return True
    entry = lookup(name)
    return entry is not None and (entry.tf2 is not None or entry.torch is not None)


def symbols(module: cst.Module) -> Counter[str]:
    """How often a file uses each symbol below `tensorflow`, by its name without that root."""
    reader = _Reader()
    module.visit(reader)
    return reader.used


class _Reader(cst.CSTVisitor):
    """Follows names of the framework and of its parts, in the order of the file; local names hide those of the file."""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()
        self._scopes: list[dict[str, str | None]] = [{}]

    def visit_Import(self, node: cst.Import) -> bool:
        for alias in node.names:
            name = dotted(alias.name)
            if alias.asname is not None:
                self._bind(dotted(alias.asname.name), name)
            else:
                root = name.partition(".")[0]
                self._bind(root, root)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        module = dotted(node.module) if node.module is not None and not node.relative else ""
        if not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                name = f"{module}.{dotted(alias.name)}" if module else None
                self._bind(alias.evaluated_alias or alias.evaluated_name, name)
        return False

    def visit_Assign(self, node: cst.Assign) -> bool:
        """`layers = tf.contrib.layers` makes another name; it is no use of anything."""
        found = self._resolved(node.value)
        names = [target.target.value for target in node.targets if isinstance(target.target, cst.Name)]
        if found is not None and not known(found) and len(names) == len(node.targets):
            for name in names:
                self._bind(name, f"tensorflow.{found}")
            return False
        for target in node.targets:
            if not isinstance(target.target, cst.Name):
                target.target.visit(self)
        node.value.visit(self)
        for name in names:
            self._bind(name, None)
        return False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        for decorator in node.decorators:
            decorator.visit(self)
        self._function(node)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        self._function(node)
        return False

    def _function(self, node: cst.FunctionDef | cst.Lambda) -> None:
        parameters = node.params
        every = [*parameters.posonly_params, *parameters.params, *parameters.kwonly_params]
        for parameter in every:
            if parameter.default is not None:
                parameter.default.visit(self)
        stars = [p for p in (parameters.star_arg, parameters.star_kwarg) if isinstance(p, cst.Param)]
        self._scopes.append({parameter.name.value: None for parameter in (*every, *stars)})
        node.body.visit(self)
        self._scopes.pop()

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        name = self._resolved(node)
        if name is None:
            node.value.visit(self)
        else:
            self.used[name] += 1
        return False

    def visit_Name(self, node: cst.Name) -> None:
        name = self._resolved(node)
        if name is not None:
            self.used[name] += 1

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def _bind(self, name: str, meaning: str | None) -> None:
        if meaning is not None or any(name in scope for scope in self._scopes):
            self._scopes[-1][name] = meaning

    def _resolved(self, node: cst.BaseExpression) -> str | None:
        """The symbol that a name or attribute spells out; None for the package itself and for anything else."""
        root, _, rest = dotted(node).partition(".")
        meaning = next((scope[root] for scope in reversed(self._scopes) if root in scope), None)
        if not root or meaning is None:
            return None
        return framework_name(f"{meaning}.{rest}" if rest else meaning)
