"""The comparison policy: what counts as equal, quantity by quantity.

Float64 results of one computation written in two ways differ by rounding alone, at most some 1e-15 of the largest element.
"""

from __future__ import annotations

import numpy as np

FORWARD = 1e-12
GRADIENT = 1e-12
VARIABLE = 1e-12
UPDATE = 1e-9
SINGLE = 1e-6
COMPILED = 1e-3
FLOOR = 1e-3
GRADIENT_FLOOR = 1e-3
EPSILON = float(np.finfo(np.float64).eps)


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
    """Collects comparisons and what stands in their way."""

    def __init__(self, single=False):
        self.single = single
        self.rows = []
        self.differences = []
        self.doubts = []

    def arrays(self, site, quantity, name, step, before, after, tolerance, scale=None):
        """Compare two arrays elementwise, relative to the scale (default: the largest element of `before`)."""
        before, after = np.asarray(before), np.asarray(after)
        label = "%s '%s' of %s" % (quantity, name, site)
        if _kind(before) != _kind(after):
            self.differences.append("%s is %s before and %s after" % (label, before.dtype, after.dtype))
            self.rows.append(row(site, quantity, name, step, after.dtype, np.inf, tolerance))
            return
        if before.shape != after.shape:
            self.differences.append("%s has shape %s before and %s after" % (label, before.shape, after.shape))
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
            same = np.array_equal(before, after, equal_nan=True)
            kept = self.doubts if same else self.differences
            kept.append("%s isn't finite %s" % (label, "on both sides" if same else "on one side alone"))
            self.rows.append(row(site, quantity, name, step, after.dtype, np.inf, tolerance))
            return
        if before.size == 0:
            return
        scale = max(float(np.max(np.abs(before))), FLOOR) if scale is None else scale
        difference = float(np.max(np.abs(before.astype(np.complex128) - after.astype(np.complex128))))
        error = difference / scale if difference else 0.0
        self.rows.append(row(site, quantity, name, step, after.dtype, error, tolerance))

    def _float64(self, label, before, after):
        if self.single:
            return True
        for side, array in (("before", before), ("after", after)):
            if array.dtype not in (np.float64, np.complex128):
                self.doubts.append("%s is %s %s, not float64" % (label, array.dtype, side))
                return False
        return True

    def gradient(self, site, name, step, before, after, largest):
        """Compare a gradient; None stands for zero. `largest` is the run's largest gradient element."""
        if before is None and after is None:
            return
        if before is None or after is None:
            known = np.asarray(after if before is None else before)
            if not known.any():
                return
            side = "after" if before is None else "before"
            self.differences.append("gradient of '%s' in %s exists only %s" % (name, site, side))
            self.rows.append(row(site, "gradient", name, step, known.dtype, np.inf, GRADIENT))
            return
        before = np.asarray(before)
        own = float(np.max(np.abs(before))) if before.size else 0.0
        scale = max(own, largest * GRADIENT_FLOOR) or 1.0
        self.arrays(site, "gradient", name, step, before, after, GRADIENT * max(1, step), scale)

    def variable(self, site, name, step, start, before, after):
        """Compare a variable on its own scale and on that of its change since `start`."""
        before, after, start = np.asarray(before), np.asarray(after), np.asarray(start)
        count = len(self.rows)
        size = float(np.max(np.abs(before))) if before.size else 0.0
        tolerance = VARIABLE * max(1, step)
        self.arrays(site, "variable", name, step, before, after, tolerance, max(size, EPSILON))
        if len(self.rows) == count or before.dtype.kind != "f" or not self.rows[-1]["ok"] or start.shape != before.shape:
            return
        update = float(np.max(np.abs(before - start)))
        difference = float(np.max(np.abs(before - after)))
        rounding = 8 * EPSILON * size * max(1, step)
        if difference > UPDATE * update + rounding:
            error = difference / update if update else np.inf
            self.rows[-1] = row(site, "variable", name, step, after.dtype, error, UPDATE)


def largest(gradients):
    """The largest absolute element among arrays, None left out."""
    return max([float(np.max(np.abs(g))) for g in gradients if g is not None and np.size(g)] or [0.0])


def _kind(array):
    kind = array.dtype.kind
    return "i" if kind == "u" else kind


def _narrower(before, after):
    return before.dtype if before.dtype.itemsize < after.dtype.itemsize else after.dtype
