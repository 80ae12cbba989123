from __future__ import annotations

import ast

import pytest

from actlint.files.magics import PLACEHOLDER as P
from actlint.files.magics import is_python, masked


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", f"{P}#atplotlib inline\nx = 1"),
        ("!", P),
        ("if x:\n    !ls\n", f"if x:\n    {P}#s\n"),
        ("x = !ls *.py\ny = 1", f"x = {P}#s *.py\ny = 1"),
        ("x, y = %sql select\n", f"x, y = {P}#ql select\n"),
        ("!pip install \\\n  a \\\n  b\nx = 1", f"{P}#ip install \\\n# a \\\n# b\nx = 1"),
        ("!pip install \\\r\n  a\r\nx = 1", f"{P}#ip install \\\r\n# a\r\nx = 1"),
        ("net?", f"{P}#t?"),
        ("np.*load*??\nx = 1", f"{P}#.*load*??\nx = 1"),
        ("?net.fit", f"{P}#et.fit"),
        ("y = net.fit?\n", f"{P}#= net.fit?\n"),
        ("%%time\nx = 1", "#%time\nx = 1"),
        ("%time x = f(1)", f"{P};    x = f(1)"),
        ("%time", f"{P}#ime"),
        ("%time for i in x: f(i)", f"{P}#ime for i in x: f(i)"),
        ("%time -x f()", f"{P}#ime -x f()"),
        ("/float 2", f"{P}#loat 2"),
    ],
)
def test_what_is_not_python_becomes_a_comment_in_its_place(cell: str, python: str) -> None:
    assert masked(cell) == python
    assert len(python) == len(cell)
    ast.parse(python)


@pytest.mark.parametrize(
    "cell",
    [
        "x = 5 \\\n  % 3",
        "x = (5\n% 3)",
        'x = """\n%magic\n!ls\nnet?\n"""',
        "x = '''a\\'''\n!ls\n'''",
        "print('why?')  # why?",
        "x = f(a\n  ,b)",
        "x = f'{y=!r}'",
        "x %= 3\ny = x != 3",
        "x = 'a\\\n%b'",
        "'%s' % x",
        "# %magic\n# !ls",
    ],
)
def test_python_stays(cell: str) -> None:
    ast.parse(cell)
    assert masked(cell) == cell


@pytest.mark.parametrize("cell", ["x = (", "x = 'a\ny", '"""', "x = [\n%a", "f(]", "\\", "(\r\n ?", "!\n"])
def test_cells_that_are_no_python_keep_their_lines(cell: str) -> None:
    assert [len(line) for line in masked(cell).split("\n")] == [len(line) for line in cell.split("\n")]
    assert masked(cell).count("\r") == cell.count("\r")


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%%bash\nls", False),
        ("\n# a comment\n%%html\n<b>", False),
        ("%%writefile a.py\nx = 1", False),
        ("%%time\nx = 1", True),
        ("%%capture out\nx = 1", True),
        ("x = 1\n%%bash", True),
        ("%time x = 1", True),
    ],
)
def test_cell_magics(cell: str, python: bool) -> None:
    assert is_python(cell) is python
