"""Instrumentation, without a framework."""

from __future__ import annotations

import ast

import pytest

from actlint.verify.runners import instrument


def span(text: str, snippet: str, nth: int = 0) -> dict[str, int]:
    """The span of the nth occurrence of a snippet."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(snippet, start + 1)

    def place(offset: int) -> tuple[int, int]:
        return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)

    (line, column), (end_line, end_column) = place(start), place(start + len(snippet))
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


def execute(tree_or_text, **names):
    """Run instrumented code; answers its namespace and what was probed."""
    seen = []

    def probe(index, value):
        seen.append((index, value))
        return value

    def leave(entered, value):
        seen.append(("exit", entered, value))
        return value

    def enter(index):
        seen.append(("enter", index))
        return index

    namespace = {
        instrument.PROBE: probe,
        instrument.VALUE: probe,
        instrument.ENTER: enter,
        instrument.EXIT: leave,
        **names,
    }
    exec(compile(tree_or_text, "program.py", "exec"), namespace)
    return namespace, seen


def wrapped(text: str, *wraps):
    return instrument.wrap_spans(text, list(wraps))


def test_probe_records_the_value_of_an_expression():
    text = "a = 2\nb = a * 3 + 1\n"
    namespace, seen = execute(wrapped(text, ("probe", 7, span(text, "a * 3"))))
    assert seen == [(7, 6)]
    assert namespace["b"] == 7


def test_nested_probes_with_one_start():
    text = "b = f(1)(2)\n"
    _, seen = execute(
        wrapped(text, ("probe", 0, span(text, "f(1)(2)")), ("probe", 1, span(text, "f(1)"))),
        f=lambda a: lambda b: a + b,
    )
    assert [index for index, _ in seen] == [1, 0]


def test_lines_stay_where_they_were():
    text = "x = max(1,\n        2)\ny = x\nraise ValueError\n"
    code = wrapped(text, ("probe", 0, span(text, "max(1,\n        2)")))
    with pytest.raises(ValueError) as error:
        execute(code)
    assert error.traceback[-1].lineno == 3


def test_columns_are_code_points():
    text = "t = 'äöü€'; y = t + 'ß'\n"
    _, seen = execute(wrapped(text, ("probe", 0, span(text, "t + 'ß'"))))
    assert seen == [(0, "äöü€ß")]


def test_generator_that_shares_its_parentheses_with_a_call():
    text = "s = sum(i for i in range(3))\n"
    namespace, _ = execute(wrapped(text, ("probe", 0, span(text, "i for i in range(3)"))))
    assert namespace["s"] == 3


def test_run_is_entered_before_its_arguments_are_evaluated():
    text = "r = run(seen_before())\n"
    order = []
    instrumented = wrapped(text, ("run", 3, span(text, "run(seen_before())")))
    _, seen = execute(instrumented, run=lambda x: x, seen_before=lambda: order.append("argument") or 5)
    assert seen == [("enter", 3), ("exit", 3, 5)]


@pytest.mark.parametrize("statement", ["loss += 2", "loss = loss + 2"])
def test_assignment_is_probed_after_it(statement):
    text = f"loss = 1\nif loss:\n    {statement}\n"
    _, seen = execute(wrapped(text, ("probe", 0, span(text, statement, nth=statement == "never"))))
    assert seen == [(0, 3)]


@pytest.mark.parametrize("snippet", ["for i in x", "a, b = 1, 2", "1 +"])
def test_span_without_expression_is_an_error(snippet):
    text = f"{snippet}\n"
    with pytest.raises(instrument.SpanError):
        wrapped(text, ("probe", 0, span(text, snippet)))


def test_span_outside_the_file_is_an_error():
    with pytest.raises(instrument.SpanError, match="line 9"):
        wrapped("x = 1\n", ("probe", 0, {"line": 1, "column": 0, "end_line": 9, "end_column": 1}))


def named(text: str, **what):
    return instrument.Names(**what).visit(ast.parse(text))


ASSIGNMENTS = """
class Model:
    def forward(self, x):
        h = x + 1
        def inner():
            h = 100
            return h
        inner()
        h = h * 2
        (a, h), *rest = (5, h + 1), 7
        for h in (1, 2):
            pass
        h += 10
        self.kept = h
        if x:
            return h
        return -h

out = Model().forward(1)
negative = Model().forward(0)
"""


@pytest.mark.parametrize(
    ("variable", "nth", "expected"),
    [
        ("h", 0, [2, 1]),
        ("h", 1, [4, 2]),
        ("h", 2, [5, 3]),
        ("h", 3, [1, 2, 1, 2]),
        ("h", 4, [12, 12]),
        ("rest", 0, [[7], [7]]),
        ("self.kept", 0, [12, 12]),
        ("return", 0, [12]),
        ("return", 1, [-12]),
    ],
)
def test_nth_assignment_in_a_method(variable, nth, expected):
    tree = named(ASSIGNMENTS, values={("Model.forward", variable, nth): ["p"]})
    _, seen = execute(tree)
    assert seen == [("p", value) for value in expected]


def test_nested_functions_count_their_own_assignments():
    tree = named(ASSIGNMENTS, values={("Model.forward.inner", "h", 0): ["p"]})
    assert execute(tree)[1] == [("p", 100), ("p", 100)]


def test_two_probes_of_one_assignment():
    tree = named("def f():\n    h = 3\nf()\n", values={("f", "h", 0): ["p", "q"]})
    assert execute(tree)[1] == [("p", 3), ("q", 3)]


def test_with_and_module_level():
    text = "import io\nwith io.StringIO('t') as s:\n    v = s.read()\n"
    tree = named(text, values={("", "v", 0): ["v"]})
    assert execute(tree)[1] == [("v", "t")]


def test_call_decorator_is_outermost_but_below_staticmethod():
    text = "class T:\n    @staticmethod\n    @double\n    def step(x, y=1):\n        return x + y\nr = T.step(2)\n"
    calls = []

    def decorator(name, parameters, method):
        calls.append((name, parameters, method))
        return lambda function: lambda *args: ("run", function(*args))

    tree = named(text, calls=["T.step"])
    namespace, _ = execute(tree, **{instrument.CALL: decorator, "double": lambda f: lambda *args: 2 * f(*args)})
    assert calls == [("T.step", ("x", "y"), False)]
    assert namespace["r"] == ("run", 6)


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("class T:\n    def step(self): pass\n", True),
        ("class T:\n    @classmethod\n    def step(cls): pass\n", True),
        ("class T:\n    def f(self):\n        def step(x): pass\n    f(0)\n", False),
        ("def step(x): pass\n", False),
    ],
)
def test_call_decorator_is_told_of_methods(text, method):
    calls = []

    def decorator(name, parameters, method):
        calls.append(method)
        return lambda function: function

    execute(named(text, calls=["T.step", "T.f.step", "step"]), **{instrument.CALL: decorator})
    assert calls == [method]


def test_objects_that_bind_themselves_are_bound():
    class Bound:
        def __get__(self, owner, cls):
            return lambda value: (owner, value)

        def __call__(self, *args):
            raise TypeError("not bound")

    assert instrument.callable_as(Bound(), True)("owner", 1) == ("owner", 1)


def test_locals_are_registered():
    text = "def main():\n    model = 1\n    model = 2\nmain()\n"
    registered = []
    tree = named(text, locals_={"main": {"model"}})
    execute(tree, **{instrument.LOCAL: lambda *args: registered.append(args)})
    assert registered == [("main", "model", 1), ("main", "model", 2)]


def test_functions_have_their_parameters():
    tree = ast.parse("class A:\n    def f(self):\n        def g(): pass\nif 1:\n    def h(a, /, b=1, *c, d): pass\n")
    assert instrument.functions(tree) == {"A.f": ["self"], "A.f.g": [], "h": ["a", "b", "d"]}
