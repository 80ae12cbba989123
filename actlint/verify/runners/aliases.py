"""Finds returned arrays that a later run changes, because they aren't copies of what it works on."""

from __future__ import annotations

import numpy as np


class Handed:
    """What the latest run of each site has returned.

    Args:
        value: makes an array, a copy, of a returned leaf.
    """

    def __init__(self, value):
        self.value = value
        self.leaves = {}

    def keep(self, site, leaves):
        """Remember the leaves that a run has returned."""
        self.leaves[site] = leaves

    def look(self):
        """``(site, place) -> array`` as the program sees them now."""
        return {
            (site, place): self.value(leaf)
            for site, leaves in self.leaves.items()
            for place, leaf in enumerate(leaves)
            if hasattr(leaf, "dtype")
        }

    def changed(self, seen):
        """Sites and places of arrays that are no longer what they were at a `look`."""
        return [
            key for key, array in self.look().items() if not np.array_equal(array, seen[key], equal_nan=_floats(array))
        ]


def _floats(array):
    return array.dtype.kind in "fc"
