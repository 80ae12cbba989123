"""Runs of a TF1 program find the functions of a port that make them."""

from __future__ import annotations

import pytest

from actlint.verify.mapfile import Map, Site
from actlint.verify.matching import match

BATCH, LABEL, GRID = [0.1, 0.2, 0.3, 1.0], [0.4, 0.1, 0.2, 1.0], [0.9, 0.8, 0.7, 1.0]


def fetch(name, *, shape=None, kind="f", trains=False, names=()):
    tensor = shape is not None
    return {
        "name": name,
        "tensor": tensor,
        "kind": kind if tensor else None,
        "shape": shape,
        "trains": trains,
        "silent": False,
        "names": list(names),
    }


def feed(tensor, shape, sketch, *names):
    return {
        "tensor": tensor,
        "shape": None,
        "kind": "f",
        "names": list(names),
        "examples": [{"shape": shape, "sketch": sketch}],
    }


def site(line, fetches, feeds, *, silent=False):
    trains = any(f["trains"] for f in fetches)
    own = {"key": f"k{line}", "file": "train.py", "line": line, "fetches": fetches, "feeds": feeds}
    return {**own, "trains": trains, "silent": silent}


def leaf(shape, sketch=None, name="", kind="f"):
    return {"name": name, "kind": kind, "shape": shape, "sketch": sketch}


def function(name, arguments, results, *, count, steps=0):
    listed = [{"name": key, "leaves": leaves} for key, leaves in arguments.items()]
    return {"name": name, "calls": [{"arguments": listed, "results": results}], "count": count, "steps": [steps]}


def original(sites, sequence):
    return {"sites": sites, "sequence": sequence, "variables": [], "stopped": False}


def port(functions, sequence, inline=()):
    return {"functions": functions, "sequence": sequence, "weights": [], "inline": list(inline), "stopped": False}


INIT = site(9, [fetch("init")], [], silent=True)
TRAIN = site(
    10,
    [fetch("train", trains=True), fetch("Mean:0", shape=[], names=["self.loss"])],
    [feed("Placeholder:0", [8, 4], BATCH, "x"), feed("Placeholder_1:0", [8, 1], LABEL, "y")],
)
PREDICT = site(20, [fetch("out:0", shape=[30, 1], names=["out"])], [feed("Placeholder:0", [30, 4], GRID, "x")])
BEFORE = original([INIT, TRAIN, PREDICT], [[0, 1], [1, 3], [2, 1]])
STEP = function("step", {"x": [leaf([8, 4], BATCH)], "y": [leaf([8, 1], LABEL)]}, [leaf([])], count=3, steps=1)
FORWARD = function("forward", {"x": [leaf([8, 4], BATCH)]}, [leaf([8, 1])], count=4)
SHOW = function("show", {"x": [leaf([30, 4], GRID)]}, [leaf([30, 1])], count=1)
CALLS = [[0, 0], [1, 1], [0, 0], [1, 1], [0, 0], [1, 1], [2, 0], [1, 1]]


def runs(matched):
    return {run["site"]: run for run in matched.plan["runs"]}


def fed(matched, run):
    names = {item["id"]: item["tensors"] for item in matched.plan["placeholders"]}
    return {parameter: names[name] for parameter, name in run["parameters"].items()}


def test_training_and_sequence_decide_which_function_makes_a_run():
    matched = match(BEFORE, port([STEP, FORWARD, SHOW], CALLS), Map(), {})
    assert not matched.questions
    own = runs(matched)
    assert [own[f"train.py:{line}"]["callable"] for line in (9, 10, 20)] == [None, "step", "show"]
    assert own["train.py:10"]["returns"] == [None, 0]
    assert fed(matched, own["train.py:10"]) == {"x": ["Placeholder:0"], "y": ["Placeholder_1:0"]}


def test_a_parameter_with_other_values_keeps_its_own():
    step = function("step", {"x": [leaf([8, 4], GRID)], "y": [leaf([8, 1], LABEL)]}, [leaf([])], count=3, steps=1)
    matched = match(BEFORE, port([step, FORWARD, SHOW], CALLS), Map(), {})
    assert fed(matched, runs(matched)["train.py:10"]) == {"y": ["Placeholder_1:0"]}
    assert "'x' of train.py:10 isn't compared as fed: step takes its own" in matched.gaps


def test_a_tuple_of_feeds_is_one_parameter():
    step = function("step", {"batch": [leaf([8, 4], BATCH), leaf([8, 1], LABEL)]}, [leaf([])], count=3, steps=1)
    matched = match(BEFORE, port([step, FORWARD, SHOW], CALLS), Map(), {})
    assert fed(matched, runs(matched)["train.py:10"]) == {"batch": ["Placeholder:0", "Placeholder_1:0"]}


def test_names_tell_returned_values_apart():
    step = function(STEP["name"], {}, [leaf([]), leaf([])], count=3, steps=1)
    matched = match(BEFORE, port([step, FORWARD, SHOW], CALLS), Map(), {"step": [["accuracy", "loss"]]})
    assert runs(matched)["train.py:10"]["returns"] == [None, 1]
    assert not matched.questions


def test_returned_values_that_nothing_tells_apart_are_a_question_that_a_map_settles():
    step = function(STEP["name"], {}, [leaf([]), leaf([])], count=3, steps=1)
    after = port([step, FORWARD, SHOW], CALLS)
    matched = match(BEFORE, after, Map(), {})
    assert matched.questions == ["train.py:10: 'self.loss' could be any of the values 0, 1 that step returns"]
    settled = match(BEFORE, after, Map({}, [Site("train.py:10", "step", [None, 1])]), {})
    assert not settled.questions
    assert runs(settled)["train.py:10"]["returns"] == [None, 1]


def test_a_training_loop_that_is_no_function_is_named_by_its_line():
    main = function("main", {}, [leaf(None, kind=None)], count=1, steps=3)
    after = port([main, FORWARD, SHOW], [[0, 0], [1, 1], [1, 1], [1, 1], [2, 1], [1, 2]], [["port.py", 7, "main", 3]])
    matched = match(BEFORE, after, Map(), {})
    assert len(matched.questions) == 1
    assert "it trains in a loop in 'main', at port.py:7" in matched.questions[0]


def test_a_fetch_that_no_function_returns_is_a_question_unless_the_map_says_so():
    after = port([STEP], [[0, 0]] * 3)
    matched = match(BEFORE, after, Map(), {})
    assert len(matched.questions) == 1
    assert "no function of the rewrite returns what train.py:20 fetches (out)" in matched.questions[0]
    settled = match(BEFORE, after, Map({}, [Site("train.py:20", None)]), {})
    assert not settled.questions
    assert "train.py:20 has no counterpart in the rewrite, as the map says" in settled.gaps


def test_two_runs_in_one_function_are_a_question():
    second = site(11, [fetch("train_g", trains=True)], [])
    before = original([TRAIN, second], [[0, 1], [1, 1], [0, 1], [1, 1]])
    step = function("step", {}, [leaf([])], count=2, steps=2)
    matched = match(before, port([step], [[0, 0], [0, 0]]), Map(), {})
    assert "'step' seems to make several runs at once (train.py:10, train.py:11)" in matched.questions[0]


def test_runs_of_one_line_are_numbered():
    other = {**TRAIN, "key": "other", "fetches": [fetch("train_g", trains=True)]}
    before = original([TRAIN, other], [[0, 1], [1, 1]])
    steps = [STEP, function("step_g", {}, [leaf(None, kind=None)], count=1, steps=1)]
    matched = match(before, port(steps, [[0, 0], [1, 0]]), Map(), {})
    assert [(run["site"], run["callable"]) for run in matched.plan["runs"]] == [
        ("train.py:10#1", "step"),
        ("train.py:10#2", "step_g"),
    ]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Site("train.py:12", "step"), "no run at 'train.py:12'; it makes runs at 'train.py:10', 'train.py:20'"),
        (Site("train.py:10", "fit"), "call a function 'fit'; it calls 'step', 'forward', 'show'"),
        (Site("train.py:10", "step", [0]), "has 1 entries, but the run fetches 2 values"),
        (Site("train.py:10", "step", None, {"z": "Placeholder:0"}), "parameter 'z'; it is given 'x', 'y'"),
        (Site("train.py:10", "step", None, {"x": "z:0"}), "isn't fed 'z:0'; it is fed 'Placeholder:0'"),
    ],
)
def test_wrong_names_in_a_map_are_errors_that_say_what_there_is(entry, message):
    with pytest.raises(ValueError, match=message):
        match(BEFORE, port([STEP, FORWARD, SHOW], CALLS), Map({}, [entry]), {})
