"""Headers of loops whose body lost or gained names."""

from __future__ import annotations

import libcst as cst
import pytest

from actlint.migrate.headers import header

LAYERS = [("layer", "layers")]
ROWS = [
    ("size in sizes", set(), LAYERS, "layer in layers"),
    ("size in sizes", {"size"}, LAYERS, "size, layer in zip(sizes, layers)"),
    ("i, size in enumerate(sizes)", set(), LAYERS, "layer in layers"),
    ("i, size in enumerate(sizes)", {"i"}, LAYERS, "i, layer in enumerate(layers)"),
    ("i, size in enumerate(sizes)", {"i", "size"}, LAYERS, "i, (size, layer) in enumerate(zip(sizes, layers))"),
    ("i, size in enumerate(sizes, 1)", {"i"}, LAYERS, "i, layer in enumerate(layers, 1)"),
    ("i, size in enumerate(sizes)", {"size"}, [], "size in sizes"),
    ("i, size in enumerate(sizes)", {"i"}, [], "i, _ in enumerate(sizes)"),
    ("i in range(3)", {"i"}, LAYERS, "i, layer in enumerate(layers)"),
    ("i in range(1, 3)", {"i"}, LAYERS, "i, layer in zip(range(1, 3), layers)"),
    ("i in range(3)", set(), [], "_ in range(3)"),
    ("size, act in zip(sizes, acts)", {"act"}, LAYERS, "act, layer in zip(acts, layers)"),
    ("size, act in zip(sizes, acts)", {"act"}, [], "size, act in zip(sizes, acts)"),
    ("k, v in table.items()", {"k"}, LAYERS, "(k, v), layer in zip(table.items(), layers)"),
    ("size in sizes", set(), [("w", "ws"), ("b", "bs")], "w, b in zip(ws, bs)"),
]


@pytest.mark.parametrize(("before", "used", "extra", "after"), ROWS)
def test_header(before: str, used: set[str], extra: list[tuple[str, str]], after: str) -> None:
    loop = cst.ensure_type(cst.parse_statement(f"for {before}:\n    pass\n"), cst.For)
    assert " in ".join(header(loop.target, loop.iter, used, extra)) == after
