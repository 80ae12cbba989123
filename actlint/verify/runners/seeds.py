"""Python's and numpy's random generators, the same on both sides."""

from __future__ import annotations

import itertools
import random

import numpy as np

SEED = 20160901


def fix(shift=0):
    """Seed the global generators, and let generators that are made without a seed take the next of fixed ones.

    `shift` is added to every number that seeds a generator, also to those that the program gives.
    """
    state, seed, python_seed = np.random.RandomState, np.random.seed, random.seed
    fresh = itertools.count(SEED)

    def given(value):
        value = next(fresh) if value is None else value
        return (int(value) + shift) % 2**32 if shift and isinstance(value, (int, np.integer)) else value

    class Kind(type):
        def __instancecheck__(cls, instance):
            return isinstance(instance, state)

    class RandomState(state, metaclass=Kind):
        def __init__(self, seed=None):
            super().__init__(given(seed))

    np.random.RandomState = RandomState
    np.random.seed = lambda value=None: seed(given(value))
    random.seed = lambda a=None, *rest, **keywords: python_seed(given(a), *rest, **keywords)
    if hasattr(np.random, "default_rng"):
        generator = np.random.default_rng
        np.random.default_rng = lambda seed=None: generator(given(seed))
    restart()


def restart():
    """Begin the global generators' streams anew."""
    random.seed(SEED)
    np.random.seed(SEED)


def own_generator(module, name):
    """Give a framework's module that draws seeds from Python's generator one of its own."""
    setattr(module, name, random.Random(SEED))


def numpy_state():
    """The position of numpy's global stream."""
    _, words, place = np.random.get_state()[:3]
    return words.tobytes(), place
