"""Writes and reads what a side has recorded: JSON with arrays kept beside it."""

from __future__ import annotations

import json
import os

import numpy as np


class Arrays:
    """Arrays by number; JSON holds ``{"array": n}`` in their place."""

    def __init__(self):
        self.values = []
        self.bytes = 0

    def add(self, value):
        """Keep a copy of an array; answers its reference."""
        self.bytes += value.nbytes
        self.values.append(np.array(value, copy=True))
        return {"array": len(self.values) - 1}


def save(folder, name, document, arrays):
    """Write ``NAME.npz``, then ``NAME.json``; the JSON file appears complete, last."""
    np.savez(os.path.join(folder, name + ".npz"), **{f"a{i}": v for i, v in enumerate(arrays.values)})
    write(os.path.join(folder, name + ".json"), document)


def write(path, document):
    """Write a JSON file that appears complete."""
    with open(path + ".part", "w", encoding="utf-8") as stream:
        json.dump(document, stream)
    os.replace(path + ".part", path)


def load(folder, name):
    """The document, with each reference replaced by its array."""
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as stream:
        document = json.load(stream)
    arrays = np.load(os.path.join(folder, name + ".npz"), allow_pickle=False)

    def resolve(value):
        if isinstance(value, dict):
            if set(value) == {"array"}:
                return arrays[f"a{value['array']}"]
            return {k: resolve(v) for k, v in value.items()}
        if isinstance(value, list):
            return [resolve(v) for v in value]
        return value

    return resolve(document)
