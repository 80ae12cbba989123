"""Python's and numpy's random generators, the same on both sides."""

from __future__ import annotations

import itertools
import random

import numpy as np

SEED = 20160901


def fix():
    """Seed the global generators, and let generators that are made without a seed take the next of fixed ones."""
    restart()
    state, seed, python_seed = np.random.RandomState, np.random.seed, random.seed
    fresh = itertools.count(SEED)

    class Kind(type):
        def __instancecheck__(cls, instance):
            return isinstance(instance, state)

    class RandomState(state, metaclass=Kind):
        def __init__(self, seed=None):
            super().__init__(next(fresh) if seed is None else seed)

    np.random.RandomState = RandomState
    np.random.seed = lambda value=None: seed(next(fresh) if value is None else value)
    random.seed = lambda a=None, *rest, **keywords: python_seed(next(fresh) if a is None else a, *rest, **keywords)
    if hasattr(np.random, "default_rng"):
        generator = np.random.default_rng
        np.random.default_rng = lambda seed=None: generator(next(fresh) if seed is None else seed)


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
