"""The comparison policy: what counts as equal, quantity by quantity.

Float64 results of one computation written in two ways differ by rounding alone, some 1e-15 of the largest element.
"""

from __future__ import annotations

import numpy as np

FLOOR = 1e-3
GRADIENT_FLOOR = 1e-3
FEW, MANY = 30, 300
CHANCE = 6.0
BOUNDED, EDGE = 2000, 0.004
FEED = 1e-6
LOST = 2.0**9


def lost(dtype):
    """How far below the largest gradient of a step one is nothing but the rounding of numbers that cancel, such as that
    of an offset in front of a batch normalization. An optimizer may make any step of it."""
    return LOST * float(np.finfo(dtype).eps)


class Gates:
    """Tolerances of one precision, relative to a tensor's largest element.

    Attributes:
        forward: fetches, hidden tensors, losses.
        gradient: gradients.
        variable: variables.
        update: variables, relative to their change since the first run.
        epsilon: the precision's rounding.
        grows: whether tolerances grow with the number of training steps made.
    """

    def __init__(self, forward, gradient, variable, update, epsilon, grows=True):
        self.forward, self.gradient, self.variable, self.update = forward, gradient, variable, update
        self.epsilon, self.grows = epsilon, grows

    def after(self, step):
        """The factor by which tolerances have grown after a number of training steps."""
        return max(1, step) if self.grows else 1


DOUBLE = Gates(1e-12, 1e-12, 1e-12, 1e-9, float(np.finfo(np.float64).eps))
SINGLE = Gates(1e-6, 5e-6, 2e-6, 5e-4, float(np.finfo(np.float32).eps))
COMPILED = Gates(1e-3, 1e-3, 1e-3, 1e-3, float(np.finfo(np.float32).eps), grows=False)
GATES = {"float64": DOUBLE, "float32": SINGLE}


def row(site, quantity, name, step, dtype, error, tolerance, ok=None):
    """One comparison in the JSON's form."""
    error = float(error) if np.isfinite(error) else 1e308
    ok = error <= tolerance if ok is None else ok
    return {
        "site": site,
        "quantity": quantity,
        "name": name,
        "step": int(step),
        "dtype": str(dtype),
        "error": error,
        "tolerance": float(tolerance),
        "ok": bool(ok),
    }


class Rows:
    """Collects comparisons and what stands in their way; `suffix` says under what conditions."""

    def __init__(self, gates=DOUBLE, suffix=""):
        self.gates, self.suffix = gates, suffix
        self.rows = []
        self.differences = []
        self.doubts = []

    def arrays(self, site, quantity, name, step, before, after, tolerance, scale=None):
        """Compare two arrays elementwise, relative to the scale (default: the largest element of `before`)."""
        before, after = np.asarray(before), np.asarray(after)
        quantity += self.suffix
        label = f"{quantity} '{name}' of {site}"
        if _kind(before) != _kind(after):
            self.differences.append(f"{label} is {before.dtype} before and {after.dtype} after")
            self.rows.append(row(site, quantity, name, step, after.dtype, np.inf, tolerance))
            return
        if before.shape != after.shape:
            self.differences.append(f"{label} has shape {before.shape} before and {after.shape} after")
            self.rows.append(row(site, quantity, name, step, after.dtype, np.inf, tolerance))
            return
        if before.dtype.kind not in "fc":
            different = before.size and np.max(np.abs(before.astype(np.float64) - after.astype(np.float64)))
            self.rows.append(row(site, quantity, name, step, after.dtype, float(different), 0.0))
            return
        if not self._float64(label, before, after):
            self.rows.append(row(site, quantity, name, step, _narrower(before, after), 0.0, tolerance, ok=False))
            return
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            same = bool(np.all((before == after) | (np.isnan(before) & np.isnan(after))))
            kept = self.doubts if same else self.differences
            kept.append("{} isn't finite {}".format(label, "on both sides" if same else "on one side alone"))
            self.rows.append(row(site, quantity, name, step, after.dtype, np.inf, tolerance))
            return
        if before.size == 0:
            return
        scale = max(float(np.max(np.abs(before))), FLOOR) if scale is None else scale
        difference = float(np.max(np.abs(before.astype(np.complex128) - after.astype(np.complex128))))
        error = difference / scale if difference else 0.0
        self.rows.append(row(site, quantity, name, step, after.dtype, error, tolerance))

    def _float64(self, label, before, after):
        if self.gates is not DOUBLE:
            return True
        for side, array in (("before", before), ("after", after)):
            if array.dtype not in (np.float64, np.complex128):
                self.doubts.append(f"{label} is {array.dtype} {side}, not float64")
                return False
        return True

    def forward(self, site, quantity, name, step, before, after):
        """Compare values of a forward pass, which follow `step` training steps."""
        self.arrays(site, quantity, name, step, before, after, self.gates.after(step) * self.gates.forward)

    def spread(self, site, name, before, after):
        """Compare draws of two initialisers: bounds, mean, variance and fourth moment, within what chance allows."""
        before, after = np.ravel(before).astype(np.float64), np.ravel(after).astype(np.float64)
        mean, deviation = float(np.mean(before)), float(np.std(before)) or 1.0
        one, two = (before - mean) / deviation, (after - mean) / deviation
        shift = abs(float(np.mean(two))) * np.sqrt(after.size)
        if np.ptp(before) > 0 and np.ptp(after) == 0 and (after.size > 1 or not after.any()):
            shift = np.inf
        for power in ((1, 2, 4) if after.size >= MANY else (1, 2)) if after.size >= FEW else ():
            a, b = one**power, two**power
            spread = float(np.sqrt(np.var(a) / a.size + np.var(b) / b.size)) or 1.0
            shift = max(shift, abs(float(np.mean(a) - np.mean(b))) / spread)
        if after.size and (_leaves(one, two) or _leaves(two, one)):
            shift = np.inf
        self.rows.append(row(site, "initial value", name + " (spread)", 0, "float64", shift, CHANCE))

    def gradient(self, site, name, step, before, after, largest):
        """Compare a gradient; None stands for zero. `largest` is the run's largest gradient element."""
        if before is None and after is None:
            return
        if before is None or after is None:
            known = np.asarray(after if before is None else before)
            if not known.any():
                return
            side = "after" if before is None else "before"
            self.differences.append(f"gradient of '{name}' in {site} exists only {side}")
            self.rows.append(row(site, "gradient" + self.suffix, name, step, known.dtype, np.inf, self.gates.gradient))
            return
        before = np.asarray(before)
        own = float(np.max(np.abs(before))) if before.size else 0.0
        scale = max(own, largest * GRADIENT_FLOOR) or 1.0
        if max(own, float(np.max(np.abs(after))) if np.size(after) else 0.0) <= LOST * self.gates.epsilon * largest:
            scale = largest or 1.0
        self.arrays(site, "gradient", name, step, before, after, self.gates.after(step) * self.gates.gradient, scale)

    def variable(self, site, name, step, start, before, after):
        """Compare a variable on its own scale and on that of its change since `start`."""
        before, after, start = np.asarray(before), np.asarray(after), np.asarray(start)
        count = len(self.rows)
        size = float(np.max(np.abs(before))) if before.size else 0.0
        tolerance = self.gates.after(step) * self.gates.variable
        self.arrays(site, "variable", name, step, before, after, tolerance, max(size, self.gates.epsilon))
        if (
            len(self.rows) == count
            or before.dtype.kind != "f"
            or not self.rows[-1]["ok"]
            or start.shape != before.shape
        ):
            return
        update = float(np.max(np.abs(before - start)))
        difference = float(np.max(np.abs(before - after)))
        rounding = 8 * self.gates.epsilon * size * max(1, step)
        if difference > self.gates.update * update + rounding:
            error = difference / update if update else np.inf
            self.rows[-1] = row(site, "variable" + self.suffix, name, step, after.dtype, error, self.gates.update)

    def slot(self, site, name, step, before, after):
        """Compare an optimizer's slot. Some are kept multiplied by a constant, such as the learning rate."""
        before, after = np.asarray(before), np.asarray(after)
        scale = float(np.max(np.abs(before))) if before.size else 0.0
        if before.shape == after.shape and scale and after.any():
            factor = float(np.vdot(before, after) / np.vdot(before, before))
            fits = np.max(np.abs(before * factor - after)) <= self.gates.forward * step * np.max(np.abs(after))
            after = after / factor if fits and factor else after
        tolerance = self.gates.after(step) * self.gates.forward
        self.arrays(site, "slot", name, step, before, after, tolerance, scale or self.gates.epsilon)


def largest(gradients):
    """The largest absolute element among arrays, None left out."""
    return max([float(np.max(np.abs(g))) for g in gradients if g is not None and np.size(g)] or [0.0])


def _leaves(draws, others):
    """Whether some of the others lie beyond the bounds of draws that fill their range to the edge."""
    edge = float(np.max(np.abs(draws)))
    bounded = draws.size >= BOUNDED and np.mean(np.abs(draws) > 0.95 * edge) > EDGE
    return bool(bounded and np.max(np.abs(others)) > 1.05 * edge)


def _kind(array):
    kind = array.dtype.kind
    return "i" if kind == "u" else kind


def _narrower(before, after):
    return before.dtype if before.dtype.itemsize < after.dtype.itemsize else after.dtype
