"""What genuine TensorFlow 1.15.5 answers for the rows of these tests, and the errors that were measured.

`tests/apis/record.py` writes both to `reference/*.json`, one file for each module of tests.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "reference"
RECORD = "ACTLINT_RECORD"
GATES = {"float32": 3e-6, "float64": 3e-7}
"""How far kernels of two versions of TensorFlow may lie apart, relative to the sum of all entries."""


def key(source: str, inputs: dict[str, Any]) -> str:
    """A row by its source and by what goes in."""
    found = hashlib.sha256(source.encode())
    for name, value in sorted(inputs.items()):
        array = np.asarray(value)
        found.update(f"{name}{array.shape}{array.dtype.kind}".encode())
        plain = array.dtype.kind in "fiub"
        found.update((np.round(array.astype("float64"), 6) + 0.0).tobytes() if plain else repr(value).encode())
    return found.hexdigest()[:10]


def digest(array: Any) -> list[Any]:
    """An array in a few numbers: dtype, shape, first entries, and sums that weigh every entry, one differently."""
    array = np.asarray(array)
    flat = array.astype("float64").ravel()
    finite = np.where(np.isfinite(flat), flat, 0)
    weighted = float(finite.dot(np.cos(1.7 * np.arange(flat.size))))
    numbers = [*flat[:3].tolist(), weighted, float(np.abs(finite).sum())]
    return [array.dtype.name, list(array.shape), *(float(f"{number:.9g}") for number in numbers)]


def agree(left: list[Any], right: list[Any]) -> bool:
    """Whether two digests are those of the same array, to the precision of the coarser dtype."""
    if left[1] != right[1] or np.dtype(left[0]).kind != np.dtype(right[0]).kind:
        return False
    gate = max(GATES.get(left[0], 0.0), GATES.get(right[0], 0.0))
    scale = max(right[-1], 1e-30)
    return bool(np.allclose(left[2:], right[2:], rtol=gate, atol=gate * scale, equal_nan=True))


@cache
def recorded(module: str) -> dict[str, Any]:
    """The rows of a module of tests, by their keys."""
    path = FOLDER / f"{module}.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else {}


class Recording:
    """Rows that are being recorded, where an environment variable names a folder for them."""

    def __init__(self) -> None:
        self.folder = os.environ.get(RECORD)
        self.rows: dict[str, dict[str, Any]] = {}

    def row(self, module: str, kind: str, source: str, inputs: dict[str, Any]) -> RecordedRow:
        """The row of a call, a layer or an optimizer in this module of tests."""
        return RecordedRow(self, module, kind, source, key(source, inputs))

    def write(self) -> None:
        """Write the rows for `record.py`."""
        for module, rows in self.rows.items() if self.folder else ():
            Path(self.folder, f"{module}.json").write_text(json.dumps(rows, default=_listed))  # type: ignore[arg-type]


class RecordedRow:
    """One row, compared with its record; or taken down while `record.py` runs."""

    def __init__(self, recording: Recording, module: str, kind: str, source: str, name: str) -> None:
        self.recording, self.module, self.source, self.name = recording, module, source, name
        self.found: dict[str, Any] = {"kind": kind, "source": source, "forms": {}, "errors": {}}
        if recording.folder:
            self.found = recording.rows.setdefault(module, {}).setdefault(name, self.found)

    def _record(self) -> dict[str, Any]:
        rows = recorded(self.module)
        assert self.name in rows, f"{self.source} isn't recorded: python tests/apis/record.py {self.module}"
        return rows[self.name]

    def answered(self, given: dict[str, Any], values: list[np.ndarray], slopes: list[np.ndarray]) -> None:
        """What the graph of today's TensorFlow answers is what TensorFlow 1.15.5 answered."""
        if self.recording.folder:
            self.found["given"] = given
            return
        row = self._record()
        for kind, arrays in (("values", values), ("slopes", slopes)):
            for array, answer in zip(arrays, row.get(kind, ()), strict=kind in row):
                assert agree(digest(array), answer), f"{kind} of {self.source}: {digest(array)}, TF 1.15.5 {answer}"

    def measured(self, target: str, dtype: str, form: str, errors: list[float | None]) -> None:
        """Keep the errors of a rewrite, of its values and of its gradients; it is the recorded one."""
        if self.recording.folder:
            self.found["errors"][f"{target} {dtype}"] = errors
            self.found["forms"].setdefault(target, form)
        elif dtype == "float32":
            known = self._record()["forms"][target]
            assert form == known, f"the page has {known}: python tests/apis/record.py {self.module}"


def _listed(value: Any) -> Any:
    """Arrays as JSON has them; `reference_tf1.py` makes arrays of them again."""
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "list": value.tolist()}
    return value.item()
