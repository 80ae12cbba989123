"""Long lines of rewritten text are wrapped; what the original has as long stays."""

from __future__ import annotations

import ast
import textwrap

import pytest

from actlint.migrate.targets import make_target
from actlint.migrate.wrapping import WIDTH, wrapped

from .update import TARGETS

CALL = "x = f(aaaaaaaaaa, bbbbbbbbbb, cccccccccc)\n"
LONG = {
    "a call": (
        "total = combine(first_argument, second_argument, third_argument, scale=1)\n",
        """\
        total = combine(
            first_argument, second_argument, third_argument, scale=1
        )
        """,
    ),
    "a call with long arguments": (
        "total = combine(first_argument, second_argument, third_argument, fourth_argument, fifth)\n",
        """\
        total = combine(
            first_argument,
            second_argument,
            third_argument,
            fourth_argument,
            fifth,
        )
        """,
    ),
    "several values": (
        "def f():\n    return to_numpy(first_value), to_numpy(second_value), to_numpy(third)\n",
        """\
        def f():
            return (
                to_numpy(first_value),
                to_numpy(second_value),
                to_numpy(third),
            )
        """,
    ),
    "a sum": (
        "loss = first_loss_of_all + second_loss * 0.5 + [x if y else z for x in every_one]\n",
        """\
        loss = (
            first_loss_of_all
            + second_loss * 0.5
            + [x if y else z for x in every_one]
        )
        """,
    ),
    "a product with brackets": (
        "loss = decay * (mean(square(weights['first'])) / 2 + mean(square(weights['second'])) / 2)\n",
        """\
        loss = decay * (
            mean(square(weights['first'])) / 2
            + mean(square(weights['second'])) / 2
        )
        """,
    ),
    "a head": (
        "def train_step(first_input, second_input, third_input, fourth_input):  # one step\n    pass\n",
        """\
        def train_step(
            first_input, second_input, third_input, fourth_input
        ):  # one step
            pass
        """,
    ),
    "a generator": (
        "first, second = (value.numpy() for value in evaluate(inputs_of_the_model, other))\n",
        """\
        first, second = (
            value.numpy()
            for value in evaluate(inputs_of_the_model, other)
        )
        """,
    ),
    "layers": (
        "net = nn.Sequential(linear(inputs, hidden), nn.ReLU(), linear(hidden, outs))\n",
        """\
        net = nn.Sequential(
            linear(inputs, hidden),
            nn.ReLU(),
            linear(hidden, outs),
        )
        """,
    ),
    "functions inside": (
        "made = build(lambda a, b: a - b, not first_condition, -third, f'{first}, {second}')\n",
        """\
        made = build(
            lambda a, b: a - b,
            not first_condition,
            -third,
            f'{first}, {second}',
        )
        """,
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_line_is_wrapped(name: str) -> None:
    text, expected = LONG[name]
    made = wrapped(text, "", 60)
    assert made == textwrap.dedent(expected)
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(text))


@pytest.mark.parametrize(
    ("text", "before"),
    [
        pytest.param(CALL, CALL, id="same"),
        pytest.param(CALL, CALL.replace("f(", "g(1, "), id="longer"),
        pytest.param("x = f(a)  # what nobody would ever want to read\n", "", id="comment"),
        pytest.param("x = f('''\n  a text of several lines that is long enough\n''', 1)\n", "", id="text"),
        pytest.param(
            "x = f(aaaaaaaaaa,  # first\n      bbbbbbbbbb, cccccccccc, dddddddddd)\n", "", id="comment inside"
        ),
        pytest.param("x = 'a text that has no place at which it could be cut'\n", "", id="no bracket"),
    ],
)
def test_a_line_stays(text: str, before: str) -> None:
    assert wrapped(text, before, 30) == text


def test_line_ends_stay() -> None:
    assert (
        wrapped("x = f(aaaaaaaaaa, bbbbbbbbbb)\r\n", "", 20) == "x = f(\r\n    aaaaaaaaaa,\r\n    bbbbbbbbbb,\r\n)\r\n"
    )


@pytest.mark.parametrize("target", TARGETS)
def test_helpers_fit(target: str) -> None:
    for helper in make_target(target, "hook").helpers().values():
        assert [line for line in wrapped(helper.source, "").splitlines() if len(line) > WIDTH] == []
