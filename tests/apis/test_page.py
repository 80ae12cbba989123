"""The page of operations is the one that the recorded rows make."""

from __future__ import annotations

import numpy as np
import pytest

from actlint.apis.catalogue import entries, lookup
from tests.apis import page
from tests.apis.parity.reference import RecordedRow, Recording, agree, digest, key, recorded


def test_page_is_current():
    assert page.PAGE.read_text(encoding="utf-8") == page.text(), "run `python tests/apis/record.py`"


def test_recorded_rows_belong_to_entries():
    names = {entry.name for entry in entries()}
    assert page.rows() and set(page.rows()) <= names


def test_every_recorded_error_is_small():
    for name, rows in page.rows().items():
        for row in rows:
            for pair, errors in row["errors"].items():
                limit = 3e-5 if pair.endswith("float32") else 1e-6
                assert all(error is None or error <= limit for error in errors), (name, row["source"], pair)


def test_operations_without_a_form_say_why():
    text = page.text()
    for name in ("svd", "qr"):
        assert lookup(name).tf2 is None and f"| `tf.{name}` | " in text


def test_digests_tell_arrays_apart():
    array = np.arange(12, dtype="float32").reshape(3, 4)
    assert agree(digest(array), digest(array * (1 + 1e-7)))
    assert not agree(digest(array), digest(array.T))
    assert not agree(digest(array), digest(array + np.eye(3, 4)))
    assert not agree(digest(array), digest(array.reshape(3, 4)[::-1]))
    assert not agree(digest(array), digest(array.astype(int)))


def test_keys_tell_rows_apart():
    one, other = {"x": np.ones(2)}, {"x": np.zeros(2)}
    assert key("tf.abs(x)", one) != key("tf.abs(x)", other) != key("tf.sign(x)", other)
    assert key("tf.abs(x)", one) == key("tf.abs(x)", {"x": np.ones(2, "float32")})


def test_what_tensorflow_1_15_cannot_do_is_the_exception():
    every = [row for rows in page.rows().values() for row in rows]
    assert sum("missing" in row for row in every) <= 5 < 500 < len(every)


def test_another_answer_is_noticed():
    recording = Recording()
    row = next(iter(recorded("test_linalg").values()))
    known = RecordedRow(recording, "test_linalg", "call", row["source"], next(iter(recorded("test_linalg"))))
    with pytest.raises(AssertionError, match="1.15.5"):
        known.answered({}, [np.zeros(row["values"][0][1])], [])
    with pytest.raises(AssertionError, match="the page has"):
        known.measured("torch", "float32", "torch.other(m)", [0.0, 0.0])
    with pytest.raises(AssertionError, match="isn't recorded"):
        recording.row("test_linalg", "call", "tf.unheard_of(m)", {}).answered({}, [], [])
