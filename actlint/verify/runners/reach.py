"""Walks over the objects that a program holds, and names each by an expression that reaches it."""

from __future__ import annotations

from collections import deque

import numpy as np

MOST_OBJECTS = 20000
MOST_ENTRIES = 500
MOST_ELEMENTS = 1 << 22
TURNS = (0.7, 1.9, 2.6)
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.ndarray, np.generic)


def plain_children(path, value, is_own):
    """What containers and instances of the program's own classes hold, as ``(path, value)``.

    Args:
        path: the expression that reaches `value`.
        value: any object.
        is_own: whether a class is one of the program's.
    """
    if isinstance(value, dict):
        entries = list(value.items())[:MOST_ENTRIES]
        return [(f"{path}[{key!r}]", inner) for key, inner in entries if isinstance(key, (str, int))]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [(f"{path}.{name}", getattr(value, name)) for name in value._fields]
    if isinstance(value, (list, tuple)):
        return [(f"{path}[{place}]", inner) for place, inner in enumerate(value[:MOST_ENTRIES])]
    if is_own(type(value)) or type(value).__name__ == "SimpleNamespace":
        return [(f"{path}.{name}", inner) for name, inner in getattr(value, "__dict__", {}).items()]
    return []


def reached(groups, children):
    """``id -> (path, value)`` of everything that roots reach, each by a path with the fewest steps.

    Args:
        groups: lists of roots ``(path, value)``; what one group reaches is named by it, not by those behind it.
        children: what `plain_children` answers, for a path and a value.
    """
    known = {}
    for roots in groups:
        queue = deque(roots)
        while queue and len(known) < MOST_OBJECTS:
            path, value = queue.popleft()
            if isinstance(value, PLAIN) or id(value) in known:
                continue
            known[id(value)] = path, value
            queue.extend(children(path, value))
    return known


def in_order(roots, children):
    """The ids of everything that the roots reach, depth first: in the order in which things were defined."""
    order, stack = {}, list(reversed(list(roots)))
    while stack and len(order) < MOST_OBJECTS:
        path, value = stack.pop()
        if isinstance(value, PLAIN) or id(value) in order:
            continue
        order[id(value)] = len(order)
        stack.extend(reversed(children(path, value)))
    return order


def kind(array):
    """The family of an array's dtype: ``f``, ``i`` (unsigned too), ``b`` or another letter of numpy's."""
    return "i" if array.dtype.kind == "u" else array.dtype.kind


def sketch(array):
    """A few numbers that arrays of equal shape share when they are equal but for rounding; None for other arrays.

    Three weighted means of the elements, and the mean of their sizes.
    """
    array = np.asarray(array)
    if array.dtype.kind not in "fiub" or array.size > MOST_ELEMENTS:
        return None
    values = array.astype(np.float64).ravel()
    places = np.arange(1.0, values.size + 1.0)
    means = [float(np.mean(values * np.cos(turn * places))) if values.size else 0.0 for turn in TURNS]
    scale = float(np.mean(np.abs(values))) if values.size else 0.0
    return means + [scale] if np.isfinite(means + [scale]).all() else None
