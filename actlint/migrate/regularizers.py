"""Regularizers that tf.contrib.layers makes are written out as functions, so that what they compute is seen."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.apis.entries.regularizers import ENTRIES, TF, penalty, scales
from actlint.migrate.edit import Edit
from actlint.migrate.layout import framework_alias
from actlint.migrate.source import code, parenthesized, walk
from actlint.program.binding import BoundCall, python_value
from actlint.program.imports import dotted
from actlint.program.model import Program
from actlint.syntax.tree import Tree

_MAKERS = frozenset(entry.name for entry in ENTRIES)
_PLAIN = (cst.Name, cst.Attribute, cst.Integer, cst.Float)


def spelled_out(program: Program) -> dict[Path, Tree]:
    """The files that call makers of regularizers, with functions in their places."""
    found: dict[Path, Tree] = {}
    for path, tree in program.trees.items():
        edit = Edit(tree)
        for node in walk(tree.module):
            binding = program.bindings.get(node)
            if isinstance(node, cst.Call) and isinstance(binding, BoundCall) and binding.entry.name in _MAKERS:
                alias = framework_alias(tree.module)
                terms = {kind: text.replace("tf.", f"{alias}.") for kind, text in TF.items()}
                text = _written(program, binding, terms)
                if text is not None:
                    edit.replace(node, parenthesized(cst.parse_expression(text)))
        if edit.changes:
            found[path] = edit.made()
    return found


def _written(program: Program, binding: BoundCall, terms: dict[str, str]) -> str | None:
    """The source of the regularizer; None where a scale is more than a name or a number, or is 0 in
    some calls only."""
    texts: list[str] = []
    for parameter in scales(binding.entry.name):
        node = binding.nodes.get(parameter)
        if node is not None and (not isinstance(node, _PLAIN) or dotted(node).partition(".")[0] == "weights"):
            return None
        if isinstance(node, (cst.Integer, cst.Float)):
            nothing = {node.evaluated_value == 0}
        else:
            nothing = {python_value(value) in (None, 0) for value in program.values(node)} if node else {False}
        if len(nothing) != 1:
            return None
        texts.append("" if nothing == {True} else "1.0" if node is None else code(node))
    return penalty(binding.entry.name, texts, terms)
