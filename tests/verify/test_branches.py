"""What a program hasn't entered is told apart from what it has."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import pytest

from actlint.verify.runners import branches

PROGRAM = '''\
def used(x):
    """Says what it does."""
    if x > 3:
        return "big"
    elif x > 1:
        return "middle"
    else:
        return "small"


def unused():
    if True:
        return 1


class Model:
    def call(self):
        return 1

    def other(self):
        return 2


for i in []:
    print("never")
while True:
    break
try:
    with open("nowhere") as stream:
        if stream:
            text = 1
except OSError:
    text = 2
results = [used(2), used.__doc__, Model().call()]
'''


def ran(text: str) -> tuple[list[Any], dict[str, Any]]:
    marks = branches.Marks()
    tree = marks.insert("train.py", text, ast.parse(text))
    namespace: dict[str, Any] = {branches.MARK: marks.hits.add}
    exec(compile(tree, "train.py", "exec"), namespace)
    return marks.gaps(), namespace


def test_what_was_not_entered_is_named_at_its_line_and_only_outermost() -> None:
    gaps, namespace = ran(PROGRAM)
    assert namespace["results"] == ["middle", "Says what it does.", 1]
    assert branches.original(gaps) == [
        "train.py:4: branch not taken",
        "train.py:8: branch not taken",
        "train.py:11: function unused not called",
        "train.py:20: function other not called",
        "train.py:25: loop not entered",
        "train.py:31: branch not taken",
    ]


def test_rewrite_repeats_nothing_of_the_original() -> None:
    before, _ = ran("x = 1\nif x > 2:\n    y = 1\n")
    after, _ = ran(
        "import math\nx = 1\nif x > 2:\n    y = 2\nif x > 3:\n    y = 3\nfor i in ():\n    pass\nif x > 4:\n    y = 3\n"
    )
    assert branches.rewritten(after, before) == [
        "rewritten train.py:6, 10: branch not taken",
        "rewritten train.py:8: loop not entered",
    ]
    assert branches.rewritten(before, before) == []


def test_many_places_are_counted() -> None:
    gaps, _ = ran("".join(f"if {n} > 99:\n    x = {n}\n" for n in range(branches.MOST + 5)))
    sentences = branches.original(gaps)
    assert len(sentences) == branches.MOST + 1
    assert sentences[-1] == "and 5 more places that were not entered"


@pytest.mark.parametrize(
    "text", ["async def f():\n    async for i in g():\n        pass\n", "def f():\n    '''Only this.'''\n"]
)
def test_rare_forms_stay_valid(text: str) -> None:
    gaps, _ = ran(text)
    assert branches.original(gaps) == ["train.py:1: function f not called"]


def test_lines_of_tracebacks_stay() -> None:
    marks = branches.Marks()
    text = "x = 1\nif x:\n    y = 0\n    1 / y\n"
    tree = marks.insert("train.py", text, ast.parse(text))
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile(tree, "train.py", "exec"), {branches.MARK: marks.hits.add})
    assert raised.traceback[-1].lineno == 3


def test_the_module_needs_nothing_but_python() -> None:
    code = (
        "import sys; import branches; sys.exit(any(name in sys.modules for name in ('numpy', 'tensorflow', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=branches.__file__.rpartition("/")[0]).returncode == 0


def test_functions_of_a_rewritten_file_are_named_together():
    gaps = [("data.py", 3, "function load not called", "a"), ("data.py", 9, "function read not called", "b")]
    assert branches.rewritten(gaps, []) == ["rewritten data.py:3: functions load, read not called"]
    assert branches.rewritten(gaps[:1], []) == ["rewritten data.py:3: function load not called"]
