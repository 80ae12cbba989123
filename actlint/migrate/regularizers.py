"""Regularizers that tf.contrib.layers makes are written out as functions, so that what they compute is seen."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from actlint.apis.entries.regularizers import ENTRIES, penalty, scales
from actlint.migrate.edit import Edit
from actlint.migrate.layout import framework_alias
from actlint.migrate.source import code, parenthesized, walk
from actlint.program.binding import BoundCall
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
                text = _written(binding)
                if text is not None:
                    text = text.replace("tf.", f"{framework_alias(tree.module)}.")
                    edit.replace(node, parenthesized(cst.parse_expression(text)))
        if edit.changes:
            found[path] = edit.made()
    return found


def _written(binding: BoundCall) -> str | None:
    """The source of the regularizer; None where a scale is more than a name or a number."""
    texts: list[str] = []
    for parameter in scales(binding.entry.name):
        node = binding.nodes.get(parameter)
        if node is not None and not isinstance(node, _PLAIN) or binding.surplus:
            return None
        scale = binding.const(parameter, 1.0)
        texts.append("" if scale is None or scale == 0 else "1.0" if node is None else code(node))
    return penalty(binding.entry.name, texts)
