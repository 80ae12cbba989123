from __future__ import annotations

import libcst as cst

from actlint.syntax.walk import below

_TEXT = """\
def outer(a, b=1, *c, **d):
    # a comment
    with open(a) as file, b:
        return [x for x in (lambda y: y + a)(file) if not x][1:2], {**d, "k": f"{b!r:>{c}}"}
"""


class _Reference(cst.CSTVisitor):
    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_Name(self, node: cst.Name) -> None:
        self.names.append(node.value)


def names(node: cst.CSTNode, leave: tuple[type[cst.CSTNode], ...] = ()) -> list[str]:
    return sorted(found.value for found in below(node, leave) if isinstance(found, cst.Name))


def test_all_nodes_that_a_visitor_sees() -> None:
    module = cst.parse_module(_TEXT)
    reference = _Reference()
    module.visit(reference)
    assert names(module) == sorted(reference.names)


def test_what_is_left_out() -> None:
    module = cst.parse_module(_TEXT)
    inner = names(module, (cst.Lambda,))
    assert "y" not in inner and "x" in inner
    assert not names(module, (cst.FunctionDef,))
