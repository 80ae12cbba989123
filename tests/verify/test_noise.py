"""Keyed noise."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
noise = pytest.importorskip("actlint.verify.runners.noise")


def test_draws_depend_on_run_kind_and_ordinal_alone():
    first, second = noise.Noise(), noise.Noise()
    first.start(3)
    second.start(3)
    first.next("uniform", (2,))
    own = first.next("normal", (4, 5))
    np.testing.assert_array_equal(own, second.next("normal", (4, 5)))
    assert not np.array_equal(own, second.next("normal", (4, 5)))
    second.start(4)
    assert not np.array_equal(own, second.next("normal", (4, 5)))


def test_channels_first_takes_the_other_sides_layout():
    last, first = noise.Noise(), noise.Noise()
    last.start(0)
    drawn = last.draw("uniform", "at", (2, 7, 5, 3))
    first.start(0, [["uniform", 0, [2, 7, 5, 3], "at"]])
    np.testing.assert_array_equal(first.next("uniform", (2, 3, 7, 5)), np.moveaxis(drawn, -1, 1))


def test_truncated_stays_within_two():
    drawn = noise.draw(np.random.RandomState(0), "truncated", (10000,))
    assert np.abs(drawn).max() <= 2 and np.abs(drawn).max() > 1.9


def test_shuffle_is_a_permutation_and_integers_stay_in_range():
    random = np.random.RandomState(0)
    assert sorted(noise.draw(random, "shuffle", (9,))) == list(range(9))
    assert set(noise.draw(random, "integer", (500,), 2, 5)) == {2, 3, 4}


def test_a_draw_from_a_wider_range_has_the_remainder_of_a_narrow_one():
    wide, narrow = (noise.draw(np.random.RandomState(1), "integer", (50,), 0, high) for high in (2**31 - 1, 98))
    np.testing.assert_array_equal(wide % 98, narrow)


def test_classes_follow_their_probabilities():
    drawn = noise.draw(np.random.RandomState(0), "categorical", (2, 20000), [[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]])
    assert abs((drawn[0] == 2).mean() - 0.75) < 0.02 and not (drawn[0] == 1).any()
    assert (drawn[1] == 1).all()


def test_a_watched_generator_that_moves_in_a_run_is_named():
    noise_, position = noise.Noise(), [0]
    noise_.watch("the other generator", lambda: position[0])
    noise_.start(0)
    noise_.stop()
    position[0] = 1
    assert noise_.unkeyed == []
    noise_.start(1)
    position[0] = 2
    noise_.stop()
    assert noise_.unkeyed == ["the other generator"]


def test_initial_values_do_not_depend_on_the_order_in_which_threads_draw():
    noise_tf = pytest.importorskip("actlint.verify.runners.noise_tf")
    first, second = noise_tf.GraphNoise(noise.Noise()), noise_tf.GraphNoise(noise.Noise())
    values = {token: first._draw(token, "normal", (3,)) for token in (0, 1)}
    for token in (1, 0):
        np.testing.assert_array_equal(second._draw(token, "normal", (3,)), values[token])
    assert not np.array_equal(values[0], values[1])
    assert not np.array_equal(values[0], first._draw(0, "normal", (3,)))
