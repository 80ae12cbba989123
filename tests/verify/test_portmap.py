"""Map files are read as they are written, and wrong ones are errors of one sentence."""

from __future__ import annotations

import pytest

from actlint.verify.portmap import Map, MapError, Site, parse, render


def test_what_is_written_is_read():
    map_ = Map(
        {"enc/kernel:0": {"path": "model.w['h1']", "layout": "T"}},
        [Site("train.py:40", "train_step", [None, 0], {"x": "Placeholder:0"}), Site("train.py:50", None)],
    )
    assert parse(render(map_)) == map_


def test_open_variables_are_shown_with_their_candidates():
    text = render(Map(), {"w:0": ["left", "right"]})
    assert "# one of: left, right" in text
    assert parse(text) == Map()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[weights", "not TOML"),
        ("[sites]", "unknown key 'sites'"),
        ("[weights]\na = 1", "'a' needs"),
        ("[[site]]\nafter = 'f'", "needs before"),
        ("[[site]]\nbefore = 'a.py:1'", "after = false"),
        ("[[site]]\nbefore = 'a.py:1'\nafter = 'f'\nreturns = [-2]", "places of returned values"),
        ("[[site]]\nbefore = 'a.py:1'\nafter = 'f'\nline = 1", "unknown key 'line'"),
        ("[[site]]\nbefore = 'a.py:1'\nafter = 'f'\nparameters = {x = 1}", "needs entries like"),
    ],
)
def test_wrong_files_are_errors(text, message):
    with pytest.raises(MapError, match=message):
        parse(text)
