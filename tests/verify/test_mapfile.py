"""Map files are read as they are written, and wrong ones are errors of one sentence."""

from __future__ import annotations

import pytest

from actlint.verify.mapfile import Map, MapError, Probe, Site, parse, render


@pytest.mark.parametrize("explained", [False, True])
@pytest.mark.parametrize("path", ["model.w['h1']", "w['\\x7f\\\\\"\\n']", "w['\U0001f600é']"])
def test_what_is_written_is_read(path, explained):
    map_ = Map(
        {"enc/kernel:0": {"path": path, "layout": "reshape"}},
        [Site("train.py:40", "train_step", [None, 0], {"x": "Placeholder:0", "é": "b"}), Site("train.py:50", None)],
    )
    assert parse(render(map_, explained=explained)) == map_
    map_.sites.pop()
    map_.probes.append(Probe("t0", "Model.forward", "h", 1, "hidden", "loss term"))
    assert parse(render(map_, explained=explained), recorded=True) == map_


def test_open_variables_are_shown_with_their_candidates():
    text = render(Map(), {"w:0": ["left", "right"]})
    assert "# one of: left, right" in text
    assert parse(text) == Map()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[weights", "it isn't TOML"),
        ("[sites]", "unknown key 'sites'"),
        ("[weights]\na = 1", "'a' needs"),
        ("weights = 3", "'weights' isn't a table"),
        ("[weights]\na = {path = 3}", "'a' needs"),
        ("[weights]\na = {path = 'x', layout = 'NHWC'}", "layout 'NHWC' of 'a' isn't one of same, T, HWIO, reshape"),
        ("[weights]\na = {path = 'x', layout = []}", "isn't one of"),
        ("[site]\nbefore = 'a.py:1'", r"'site' isn't a list of tables: write \[\[site\]\]"),
        ("[[site]]\nafter = 'f'", "needs before"),
        ("[[site]]\nbefore = ['a.py:1']\nafter = 'f'", "needs before"),
        ("[[site]]\nbefore = 'a.py:1'", "the site 'a.py:1' needs after = \"function\""),
        ("[[site]]\nbefore = 'a.py:1'\nafter = ''", 'needs after = "function"'),
        ("[[site]]\nbefore = 'a.py:1'\nafter = 'f'\nreturns = [-2]", "places of returned values"),
        ("[[site]]\nbefore = 'a.py:1'\nafter = 'f'\nline = 1", "unknown key 'line'"),
        ("[[site]]\nbefore = 'a.py:1'\nafter = 'f'\nparameters = {x = 1}", "needs entries like"),
    ],
)
def test_wrong_files_are_errors(text, message):
    for recorded in (False, True):
        with pytest.raises(MapError, match=message):
            parse(text, recorded=recorded)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[site]]\nbefore = 'a.py:1'\nafter = false", "the site 'a.py:1' needs after = \"function\"$"),
        ("[[probe]]\nid = [1]", "a .*probe.* needs an id"),
        ("[[probe]]\nid = 't0'\nvariable = 'h'\nnth = '1'", "'t0' needs .* a number as nth"),
        ("[[probe]]\nid = 't0'", "'t0' needs variable"),
        ("[[probe]]\nid = 't0'\nvariable = 3", "'variable' of the probe 't0' must be a string"),
        ("[[probe]]\nid = 't0'\nvariable = 'h'\nlayout = 'T'", "unknown key 'layout'"),
    ],
)
def test_wrong_maps_of_records_are_errors(text, message):
    with pytest.raises(MapError, match=message):
        parse(text, recorded=True)


def test_probes_are_for_records():
    with pytest.raises(MapError, match="unknown key 'probe'; a map has .weights. and ..site.."):
        parse("[[probe]]\nid = 't0'\nvariable = 'h'")
