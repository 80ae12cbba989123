from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from actlint.files.source import decode
from actlint.findings import Position
from actlint.syntax.tree import Invalid, Tree, parse

TESTS = Path(__file__).parents[1]
ODD = """\
# -*- coding: utf-8 -*-
'''doc
string'''

@decorated(x)
class A(B, metaclass = C) :
    def f(self, /, a : int=1, *args, b = lambda : 0, **kw) -> "é" :
\t\t# comment
        return (  a
           , [ x for x in y if x ], { 1 : 2 , **z }, f"{a!r:>{b}} é" "next"
        )
    async def g(self): await (yield); x = y = not  z

if  a :  pass
elif ( b )  : pass
else : x [ 1 : 2 , ... ] . attr ( * q , ** r )
with open ( a ) as f , g : del a , b ; global_ = "日本" ; call ( x )
match  p :
    case  [ 1 , * rest ] if  z : pass
"""


def tree(text: str) -> Tree:
    return parse(decode(Path("a.py"), text.encode()))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["odd", *sorted(path.name for path in TESTS.glob("files/*.py"))])
def test_positions_are_those_of_libcst(name: str, newline: str) -> None:
    text = ODD if name == "odd" else (TESTS / "files" / name).read_text(encoding="utf-8")
    parsed = tree(text.replace("\n", newline))
    wrapper = MetadataWrapper(parsed.module, unsafe_skip_copy=True)
    for node, expected in wrapper.resolve(PositionProvider).items():
        start, end = expected.start, expected.end
        assert parsed.position(node) == (Position(start.line, start.column + 1), Position(end.line, end.column + 1))


def test_text_of_a_node() -> None:
    parsed = tree("x = 'é'\r\nfoo( 日本 ,  b )  # c\r\n")
    statement = parsed.module.body[1]
    assert isinstance(statement, cst.SimpleStatementLine)
    call = statement.body[0]
    assert parsed.text(call) == "foo( 日本 ,  b )"
    assert parsed.position(call) == (Position(2, 1), Position(2, 15))


def test_node_of_another_tree() -> None:
    with pytest.raises(KeyError):
        tree("x = 1\n").position(tree("y = 1\n").module)


@pytest.mark.parametrize("text", ["", "\n", "x = 1", "# only a comment", "\f\nx = 1\n"])
def test_round_trip(text: str) -> None:
    assert tree(text).module.code == text


@pytest.mark.parametrize(
    ("text", "row", "column", "why"),
    [
        ("x = 1\ndef f(:\n    pass\n", 2, 7, "Invalid syntax"),
        ("x = (1,\n", 1, 5, "'\\(' was never closed"),
        ("s = 'abc\n", 1, 5, "Unterminated string"),
        ("x = 1\n  y = 2\n", 2, 2, "Unexpected indent"),
        ("x = 1\r\n\r\ny = )\r\n", 3, 5, "Unmatched"),
        ("x = 1\na\0b\n", 2, 2, "null byte"),
    ],
)
def test_place_of_an_error(text: str, row: int, column: int, why: str) -> None:
    with pytest.raises(Invalid, match=why) as raised:
        tree(text)
    assert (raised.value.row, raised.value.column) == (row, column)
    assert raised.value.help is None


@pytest.mark.parametrize(
    "statement",
    [
        'print "loss", x',
        "print x",
        'exec "x = 1"',
        'raise ValueError, "x"',
        "x = `y`",
        "if a <> b: pass",
        "x = 0777",
        "x = 10L",
        'x = ur"a"',
        "def f((a, b)): pass",
    ],
)
def test_python_2_has_its_own_sentence(statement: str) -> None:
    with pytest.raises(Invalid, match="Python 2 code") as raised:
        tree(f"import tensorflow as tf\n{statement}\n")
    assert raised.value.row == 2
    assert raised.value.help is not None and "2to3" in raised.value.help


@pytest.mark.parametrize("statement", ["print(1", "exec = (", "x = 1 +", "raise E(", "def f((a): pass"])
def test_broken_python_3_is_not_called_python_2(statement: str) -> None:
    with pytest.raises(Invalid) as raised:
        tree(f"{statement}\n")
    assert "Python 2" not in raised.value.why


def test_too_deep_nesting_is_no_crash() -> None:
    with pytest.raises(Invalid):
        tree("x = " + "(" * 3000 + ")" * 3000 + "\n")
