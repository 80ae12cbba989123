"""The rewritten program's weights, found by the plan's paths."""

from __future__ import annotations

import sys

import numpy as np

INITIAL = 1e-6


class Weights:
    """Finds, sets and reads the weights.

    Args:
        plan: the plan's weights.
        framework: the target.
        rows: where initial values are compared.
    """

    def __init__(self, plan, framework, rows):
        self.plan, self.framework, self.rows = plan, framework, rows
        self.user, self.locals = None, {}
        self.start, self.broken, self.identities = {}, [], {}
        self.drawn = {}

    def register(self, function, name, value):
        """A local variable of a function that owns weights has been assigned."""
        self.locals[function, name] = value

    def resolve(self, path):
        """The object that a path names, in the module or in a function's registered locals."""
        for (function, name), value in self.locals.items():
            prefix = function + "." + name
            if path == prefix or path.startswith((prefix + ".", prefix + "[")):
                return eval("__value__" + path[len(prefix) :], dict(self.user.module.__dict__, __value__=value))
        try:
            return eval(path, self.user.module.__dict__)
        except NameError:
            packages = {name.partition(".")[0] for name in self.user.modules()}
            known = {name: sys.modules[name] for name in packages if name in sys.modules}
            return eval(path, dict(known, **self.user.module.__dict__))

    def _found(self, weight, like=None):
        """The object at a weight's path, or None with a note on why not.

        A layer that has not been built takes the size of its input from `like`, the original's value, where the program
        learns it from data.
        """
        try:
            if weight.get("build"):
                layer = self.resolve(weight["build"][0])
                if not layer.built:
                    shape = list(weight["build"][1])
                    if shape[-1] is None and like is not None and like.ndim == max(2, len(shape)):
                        shape[-1] = like.shape[-2]
                    layer.build(tuple(shape))
            return self.resolve(weight["path"])
        except Exception as error:
            text = f"the weight {weight['name']} can't be found at {weight['path']}: {type(error).__name__}: {error}"
            if text not in self.broken:
                self.broken.append(text)
            return None

    def _value(self, target):
        return np.asarray(target) if _is_number(target) else self.framework.read(target)

    def give(self, captured, label, step):
        """Compare the rewrite's own initial values, as far as they are determined, then copy the original's."""
        tolerance = max(INITIAL, self.rows.gates.variable) if step > 1 else INITIAL
        found = {index: self._found(self.plan[int(index)], own["value"]) for index, own in captured.items()}
        found = {index: target for index, target in found.items() if target is not None}
        values = {index: self._value(target) for index, target in found.items()}
        self._compare_twins(captured, values, label)
        for index, target in found.items():
            weight, original, own = self.plan[int(index)], captured[index], values[index]
            array = laid_out(original["value"], weight["layout"], own.shape)
            if original["deterministic"] or own.shape != array.shape:
                same_kind = own.dtype.kind == array.dtype.kind
                own = own.astype(array.dtype) if same_kind else own
                self.rows.arrays(label, "initial value", weight["name"], step, array, own, tolerance)
            else:
                self.drawn[index] = own
            if own.shape == array.shape:
                self.start[int(index)] = original["value"]
                self._set(weight["path"], target, array)

    def _compare_twins(self, captured, values, label):
        """Weights that start alike in the original, though by chance, have been copied: they have to in the rewrite."""
        alike = {}
        for index in values:
            value = captured[index]["value"]
            if not captured[index]["deterministic"] and value.size > 1 and np.ptp(value) > 0:
                alike.setdefault((value.shape, value.tobytes()), []).append(index)
        for first, *others in alike.values():
            for other in others:
                own = [
                    laid_back(values[i], self.plan[int(i)]["layout"], captured[i]["value"].shape)
                    for i in (first, other)
                ]
                if own[0].shape != own[1].shape or not np.allclose(*own, rtol=INITIAL, atol=0):
                    names = " and ".join(f"'{self.plan[int(i)]['name']}'" for i in (first, other))
                    self.rows.differences.append(f"initial values of {names} in {label} are equal before, not after")

    def _set(self, path, target, array):
        if _is_number(target):
            self.user.module.__dict__["__actlint_number__"] = array.item()
            exec(path + " = __actlint_number__", self.user.module.__dict__)
            del self.user.module.__dict__["__actlint_number__"]
        else:
            self.framework.write(target, array)

    def identify(self):
        """Note which objects the weights are, for `index`."""
        found = {i: self._found(self.plan[i]) for i in self.start}
        for target in found.values():
            if target is not None:
                self.framework.meet(self.framework.identity(target))
        self.identities = {id(self.framework.identity(t)): i for i, t in found.items() if t is not None}

    def index(self, source):
        """Which weight of the plan a differentiated object is, or None."""
        return self.identities.get(id(self.framework.identity(source)))

    def read(self):
        """``index -> value`` in the original's layout."""
        out = {}
        for index in self.start:
            target = self._found(self.plan[index])
            if target is not None:
                out[index] = laid_back(self._value(target), self.plan[index]["layout"], self.start[index].shape)
        return out


def laid_out(array, layout, shape):
    """The original's array in the rewrite's layout, and in its shape where the layout is ``reshape``."""
    if layout == "reshape" and array.size == int(np.prod(shape)):
        return array.reshape(shape)
    if layout == "T":
        return array.T
    if layout == "HWIO":
        return np.moveaxis(array, (-1, -2), (0, 1))
    return array


def laid_back(array, layout, shape):
    """The rewrite's array in the original's layout, and in its shape where the layout is ``reshape``."""
    if layout == "reshape":
        return array.reshape(shape)
    if layout == "T":
        return array.T
    if layout == "HWIO":
        return np.moveaxis(array, (0, 1), (-1, -2))
    return array


def _is_number(value):
    return isinstance(value, (bool, int, float))
