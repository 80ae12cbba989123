"""Layers of tf.contrib with a `normalizer_fn`: the normalisation is written around the layer, with its activation."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import libcst as cst

from actlint.migrate.edit import Edit
from actlint.migrate.elsewhere import Elsewhere
from actlint.migrate.regularizers import framework_alias
from actlint.program.argscopes import ArgScope
from actlint.program.binding import BoundCall, framework_name
from actlint.program.calls import OF_LAYER
from actlint.program.model import Program
from actlint.program.values import NONE, Const, Mapping, Symbol, Value
from actlint.syntax.tree import Tree

_LAYERS = ("contrib.layers.fully_connected", "contrib.layers.conv2d", "contrib.layers.conv2d_transpose")
_NORMALIZER = "contrib.layers.batch_norm"
_MOVED = ("normalizer_fn", "normalizer_params", "activation_fn", "biases_initializer", "biases_regularizer")
_BARE = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def applied(program: Program) -> dict[Path, Tree]:
    """The files that have such layers, with batch normalisations in place of the arguments."""
    found: dict[Path, Tree] = {}
    for path, tree in program.trees.items():
        edit, file = Edit(tree), None
        for node, binding in program.bindings.items():
            if not isinstance(node, cst.Call) or not _is_normalized(binding) or not program.values(node):
                continue
            file = file or _File(program, tree.module)
            if node in file.parent and (made := file.around(node, binding, framework_alias(tree.module))) is not None:
                edit.replace(node, made)
        for statement in file.spent(edit.changes) if file is not None else ():
            edit.replace(statement, [])
        if edit.changes:
            found[path] = edit.made()
    return found


def _is_normalized(binding: object) -> bool:
    if not isinstance(binding, BoundCall) or binding.entry.name not in _LAYERS:
        return False
    value = binding.values.get("normalizer_fn")
    name = framework_name(value.name) if isinstance(value, Symbol) else None
    return name is not None and name.rpartition(".")[2] == "batch_norm" and name.startswith("contrib.")


class _File(Elsewhere):
    """One file's layers and what they are given."""

    def around(self, call: cst.Call, binding: BoundCall, alias: str) -> cst.Call | None:
        """The normalisation of a layer; None where it can't be written at the call."""
        every = self.program.inherited.get(call, [])
        if any(argument.star for argument in call.args) or any(taken != every[0] for taken in every):
            return None
        function = self._here("normalizer_fn", call, binding)
        words = self._words(call, binding)
        if function is None or words is None:
            return None
        activation = self._here("activation_fn", call, binding)
        if activation is None and "activation_fn" in binding.values:
            return None
        if "activation_fn" not in binding.values and binding.entry.name in _LAYERS:
            activation = cst.parse_expression(f"{alias}.nn.relu")
        moved = {id(binding.nodes[name]) for name in _MOVED if name in binding.nodes}
        kept = [argument for argument in call.args if id(argument.value) not in moved]
        none = ["activation_fn", "biases_initializer", *(name for name in _MOVED[:2] if every and name in every[0])]
        inner = cst.Call(call.func, [*kept, *_keywords({name: cst.Name("None") for name in none})])
        if "reuse" in binding.nodes and "reuse" not in words:
            reuse = self._here("reuse", call, binding)
            if reuse is None:
                return None
            words["reuse"] = reuse
        words |= {"activation_fn": activation} if activation is not None else {}
        words["scope"] = cst.SimpleString(f'"{OF_LAYER}BatchNorm"')
        return cst.Call(function, [cst.Arg(inner), *_keywords(words)])

    def spent(self, changed: Collection[cst.CSTNode]) -> Iterator[cst.CSTNode]:
        """The statements that only give a name to a dict of parameters, all of which are written at the calls now."""
        for node in self.nodes:
            small = node.body[0] if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1 else None
            target = small.targets[0].target if isinstance(small, cst.Assign) and len(small.targets) == 1 else None
            if not isinstance(target, cst.Name) or self.bound[target.value] != 1:
                continue
            values = self.program.values(small.value)  # type: ignore[union-attr]
            reads = [n for n in self.nodes if isinstance(n, cst.Name) and n.value == target.value and n is not target]
            arguments = [self.parent.get(read) for read in reads]
            names = {a.keyword.value for a in arguments if isinstance(a, cst.Arg) and a.keyword is not None}
            if reads and all(isinstance(value, Mapping) for value in values) and names == {"normalizer_params"}:
                calls = [self.parent.get(argument) for argument in arguments if argument is not None]
                if len(arguments) == len(calls) and all(c in changed or self._scopes(c) for c in calls):
                    yield node

    def _scopes(self, node: cst.CSTNode | None) -> bool:
        values = self.program.values(node) if node is not None else []
        return bool(values) and all(isinstance(value, ArgScope) for value in values)

    def _here(self, name: str, call: cst.Call, binding: BoundCall) -> cst.BaseExpression | None:
        """An argument of a call as an expression that means the same there, given at the call or by an `arg_scope`."""
        node = binding.nodes.get(name)
        if node is None:
            return None
        own = any(argument.value is node for argument in call.args)
        return node.deep_clone() if own or self.means_the_same(node, call) else None  # type: ignore[return-value]

    def _words(self, call: cst.Call, binding: BoundCall) -> dict[str, cst.BaseExpression] | None:
        """What `normalizer_params` holds, as keyword arguments."""
        given = binding.values.get("normalizer_params", NONE)
        if given == NONE:
            return {}
        if not isinstance(given, Mapping) or given.grown:
            return None
        found: dict[str, cst.BaseExpression] = {}
        for name, value in given.items.items():
            node = given.nodes.get(name, (None, None))[1]
            text = _literal(value)
            if node is not None and self.means_the_same(node, call):
                found[name] = node.deep_clone()  # type: ignore[assignment]
            elif text is not None:
                found[name] = cst.parse_expression(text)
            elif isinstance(value, Symbol) and value.name.endswith("GraphKeys.UPDATE_OPS"):
                continue
            else:
                return None
        return found


def _literal(value: Value) -> str | None:
    simple = isinstance(value, Const) and isinstance(value.value, (bool, int, float, str, type(None)))
    return repr(value.value) if simple else None  # type: ignore[attr-defined]


def _keywords(words: dict[str, cst.BaseExpression]) -> list[cst.Arg]:
    return [cst.Arg(value, keyword=cst.Name(name), equal=_BARE) for name, value in words.items()]
