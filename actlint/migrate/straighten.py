"""A program that builds its graph here and there becomes one that builds first and runs then, without other changes.

Works on the source, before the migration proper, and in small steps; each gives a file that is analysed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import libcst as cst

from actlint.files.source import Source
from actlint.migrate.argscopes import written_out
from actlint.migrate.averages import followed
from actlint.migrate.bodies import building_paths
from actlint.migrate.brought import brought
from actlint.migrate.copied import copied
from actlint.migrate.edit import Edited
from actlint.migrate.ground import Ground
from actlint.migrate.hoist import Block, Hoist
from actlint.migrate.inline import inline
from actlint.migrate.keyed import unkeyed
from actlint.migrate.lift import lift
from actlint.migrate.listed import spread
from actlint.migrate.mixed import unmixed
from actlint.migrate.names import Names
from actlint.migrate.normalizers import applied
from actlint.migrate.optimized import optimized
from actlint.migrate.parted import parted
from actlint.migrate.partials import called_whole
from actlint.migrate.properties import plain
from actlint.migrate.regularizers import spelled_out
from actlint.migrate.release import released
from actlint.migrate.returned import named
from actlint.migrate.scoped import passed_on
from actlint.migrate.summarized import summarized
from actlint.program import Program, analyze
from actlint.syntax.tree import Tree

MOST_STEPS = 50


def straighten(program: Program, shared: bool = False) -> Program:
    """The program with its late building statements in front of what runs them; the same one where there are none.

    `shared` also writes out functions around those that make weights.
    """
    for write in (called_whole, applied, written_out, spelled_out, optimized, followed):
        trees = write(program)
        if trees:
            program = analyzed_again(program, {**program.trees, **trees})
    for _ in range(MOST_STEPS):
        names = Names(tree.module for tree in program.trees.values())
        moved = summarized(program, names) or unkeyed(program, names) or brought(program, names, shared)
        if moved is not None:
            program = analyzed_again(program, {**program.trees, **moved})
            continue
        made = (
            plain(program, names)
            or passed_on(program)
            or copied(program, names, shared)
            or released(program, names)
            or named(program, names)
            or parted(program, names)
            or spread(program, names)
        )
        if made is None:
            break
        program = analyzed_again(program, {**program.trees, made[0]: made[1]})
    for _ in range(MOST_STEPS):
        edited = _step(program)
        if edited is None:
            break
        program = _analyzed(program, edited)
    return program


def _step(program: Program) -> Edited | None:
    prefixes = [(), *sorted(building_paths(program).values(), key=len)]
    names = Names(tree.module for tree in program.trees.values())
    for prefix in prefixes if program.runs else ():
        ground = Ground(program, prefix)
        if ground.plain:
            edited = inline(ground, names) or unmixed(ground, names) or lift(ground, names) or _hoisted(ground, names)
            if edited is not None:
                return edited
    return None


def _hoisted(ground: Ground, names: Names) -> Edited | None:
    for node in ground.statements:
        if isinstance(node, cst.BaseCompoundStatement) and not isinstance(node, cst.ClassDef):
            edited = Hoist(Block(ground, node), names).apply() if node not in ground.building else None
            if edited is not None:
                return edited
    return None


def _analyzed(program: Program, edited: Edited) -> Program:
    return analyzed_again(program, {**program.trees, program.entry: edited})


def analyzed_again(program: Program, trees: Mapping[Path, Tree], apart: Collection[cst.CSTNode] = ()) -> Program:
    """The program that these files are; no others are read."""

    def read(path: Path) -> Source:
        raise OSError(path)

    return analyze(program.entry, read, trees, apart=apart)
