"""The tutorials' MNIST reader, which TensorFlow no longer ships: a module that is written beside the program."""

from __future__ import annotations

from importlib import resources

SYMBOL = "examples.tutorials.mnist"


def reader() -> str:
    """The source of `input_data.py`."""
    return resources.files("actlint.migrate.templates").joinpath("input_data.py").read_text(encoding="utf-8")
