"""Loops of graphs for PyTorch code, where they are Python's."""

from __future__ import annotations

from actlint.apis.helpers import Helper

HELPERS = (
    Helper(
        "while_loop",
        '''\
def while_loop(cond, body, loop_vars):
    """What the loop's variables are in the end."""
    while cond(*loop_vars):
        loop_vars = body(*loop_vars)
    return loop_vars
''',
    ),
    Helper(
        "scan",
        '''\
def scan(fn, elems, initializer=None):
    """What `fn` makes of its last result and of each row, stacked."""
    rows = elems.unbind()
    results = [rows[0] if initializer is None else fn(initializer, rows[0])]
    for row in rows[1:]:
        results.append(fn(results[-1], row))
    return torch.stack(results)
''',
    ),
)
