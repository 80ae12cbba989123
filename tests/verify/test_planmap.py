from __future__ import annotations

import copy
from typing import Any

import pytest

from actlint.verify.mapfile import MapError
from actlint.verify.planmap import applied, written

PLAN: dict[str, Any] = {
    "placeholders": [{"id": "p0", "span": {}}, {"id": "p1", "span": {}}],
    "probes": [
        {"id": "t0", "name": "h", "role": "hidden", "after": {"function": "forward", "variable": "h", "nth": 1}},
        {"id": "t1", "name": "z", "role": "fed", "after": None},
    ],
    "runs": [
        {"site": "train.py:9", "callable": None, "parameters": {}, "returns": [None]},
        {"site": "train.py:12", "callable": "train_step", "parameters": {"x": "p0", "y": "p1"}, "returns": [None, 0]},
        {"site": "train.py:12", "callable": "evaluate", "parameters": {}, "returns": [0]},
    ],
    "weights": [
        {
            "order": 0,
            "name": 'a "b"\\k:0',
            "path": "model.a.kernel",
            "layout": "T",
            "build": ["model.a", [None, 3]],
        },
        {"order": 1, "name": "w:0", "path": "weights['w']", "layout": "same", "build": None},
        {"order": 2, "name": "w:0", "path": "weights['v']", "layout": "HWIO", "build": None},
    ],
}


def test_map_of_a_plan_gives_the_plan() -> None:
    assert applied(PLAN, written(PLAN)) == PLAN


def test_names_are_replaced() -> None:
    before = copy.deepcopy(PLAN)
    text = written(PLAN)
    for old, new in [
        ("model.a.kernel", "net.first.kernel"),
        ('"train_step"', '"step"'),
        ('x = "p0", y = "p1"', 'inputs = "p0", labels = "p1"'),
        ("returns = [-1, 0]", "returns = [-1, 2]"),
        ('variable = "h"', 'variable = "hidden"'),
        ("nth = 1", "nth = 0"),
    ]:
        assert text.count(old) == 1
        text = text.replace(old, new)
    plan = applied(PLAN, text)
    assert before == PLAN
    assert (plan["weights"][0]["path"], plan["weights"][0]["build"]) == ("net.first.kernel", ["net.first", [None, 3]])
    assert plan["runs"][1]["callable"] == "step"
    assert plan["runs"][1]["parameters"] == {"inputs": "p0", "labels": "p1"}
    assert plan["runs"][1]["returns"] == [None, 2]
    assert plan["probes"][0]["after"] == {"function": "forward", "variable": "hidden", "nth": 0}
    assert plan["runs"][2] == PLAN["runs"][2] and plan["weights"][1:] == PLAN["weights"][1:]


def test_layer_of_a_weight_that_moved_elsewhere_is_not_built() -> None:
    plan = applied(PLAN, written(PLAN).replace("model.a.kernel", "kernels['a']"))
    assert plan["weights"][0]["build"] is None


def test_weight_may_have_another_form_in_the_polished_code() -> None:
    plan = applied(PLAN, '[weights]\n"w:0" = {path = "w", layout = "reshape"}\n')
    assert (plan["weights"][1]["path"], plan["weights"][1]["layout"]) == ("w", "reshape")


def test_names_that_are_left_out_stay_and_probes_go() -> None:
    plan = applied(PLAN, '[weights]\n"w:0 (2)" = "other"\n')
    assert [weight["path"] for weight in plan["weights"]] == ["model.a.kernel", "weights['w']", "other"]
    assert plan["runs"] == PLAN["runs"]
    assert [probe["after"] for probe in plan["probes"]] == [None, None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[weights", "it isn't TOML"),
        ('[weights]\nv = "x"\n', "there is no weight 'v'; there are "),
        ('[weights]\n"w:0" = {path = "", layout = "T"}\n', "the path of the weight 'w:0' is empty"),
        (
            '[[site]]\nbefore = "train.py:1"\nafter = "f"\n',
            "there is no site 'train.py:1'; there are train.py:12, train.py:12 (2)",
        ),
        ('[[site]]\nbefore = "train.py:12"\nafter = "f"\nreturns = [0]\n', "must be a list of 2 numbers"),
        ('[[site]]\nbefore = "train.py:12"\nafter = "f"\nparameters = {x = "p0"}\n', "for each of: p0, p1"),
        ('[[probe]]\nid = "t9"\nvariable = "h"\n', "there is no probe 't9'"),
    ],
)
def test_mistakes_are_named(text: str, sentence: str) -> None:
    with pytest.raises(MapError) as raised:
        applied(PLAN, text)
    assert sentence in str(raised.value)
