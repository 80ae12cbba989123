"""How the functions of a class spell their locals: by the user's names, whatever other classes call theirs."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from actlint.migrate.layout import renamed
from actlint.migrate.names import own_names


def spelled(
    made: cst.FunctionDef, plain: dict[str, str], fixed: Collection[str] = ()
) -> tuple[cst.FunctionDef, dict[str, str]]:
    """A function with its locals under the plain names that are free in it, and which were renamed."""
    taken = {name.value for part in (made.params, made.body) for name in own_names(part)}
    chosen: dict[str, str] = {}
    for name in sorted(taken & plain.keys()):
        if plain[name] not in taken and name not in fixed:
            chosen[name] = plain[name]
            taken.add(plain[name])
    if not chosen:
        return made, chosen
    body, params = renamed(made.body, "", chosen), renamed(made.params, "", chosen)
    return made.with_changes(body=body, params=params), chosen
