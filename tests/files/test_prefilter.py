from __future__ import annotations

import pytest

from actlint.files.prefilter import Prefilter


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        (b"import tensorflow as tf\ntf.placeholder", True),
        (b"import tf_keras\nplaceholder", True),
        (b"import torch\nplaceholder", True),
        (b"import torch\n", False),
        (b"placeholder\n", False),
        (b"", False),
    ],
)
def test_a_framework_and_a_trigger_are_needed(raw: bytes, passes: bool) -> None:
    assert Prefilter([(b"placeholder",), (b"Session",)]).passes(raw) is passes


def test_a_rule_without_triggers_wants_every_framework_file() -> None:
    prefilter = Prefilter([(b"placeholder",), ()])
    assert prefilter.passes(b"import torch\n")
    assert not prefilter.passes(b"import numpy\n")


def test_no_rules_want_no_file() -> None:
    assert not Prefilter([]).passes(b"import tensorflow\n")
