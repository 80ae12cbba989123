"""What a target of a rewrite provides, so that a program of it can be replayed."""

from __future__ import annotations

import numpy as np


class Framework:
    """What a target does in its own way; arrays in, arrays out.

    Args:
        module: the framework.
        decisive: whether to replay with the original's noise, or the program as it is.
    """

    def __init__(self, module, decisive):
        self.module, self.decisive, self.optimizers = module, decisive, []
        self.stepped = []
        """The optimizers that have made a step in the current run."""

    def feed(self, array, original):
        """The recorded feed as the callable's argument; `original` is what the program passed."""
        raise NotImplementedError

    def value(self, value):
        """An argument, a returned or a probed value as an array."""
        raise NotImplementedError

    def read(self, weight):
        """A weight's value as an array."""
        raise NotImplementedError

    def write(self, weight, array):
        """Set a weight."""
        raise NotImplementedError

    def copy(self, value):
        """A returned leaf, such that later steps don't change it."""
        return value

    def identity(self, weight):
        """The object by which a weight is known to gradients."""
        return weight

    def seed(self, number, fixed):
        """Seed the framework; `fixed` keeps the program from doing so itself."""

    @staticmethod
    def ignore(*arguments, **keywords):
        """Takes the place of functions that seed."""

    def stepping(self, optimizer):
        """An optimizer makes a step."""
        if not any(optimizer is known for known in self.optimizers):
            self.optimizers.append(optimizer)
        self.stepped.append(optimizer)

    def meet(self, weight):
        """A weight has been found; in a scaled pass its gradients are to be multiplied."""

    def slots(self):
        """The state of the run's optimizers, or of all where it has shown none: ``(weight, name, value)``."""
        return []


def as_array(value):
    """A copy as an array."""
    return np.array(value, copy=True)
