"""The reader of MNIST that TensorFlow 1 shipped among its tutorials, for an interpreter that has it no more."""

from __future__ import annotations

import importlib.util
import sys
import types

PACKAGE = "tensorflow.examples.tutorials.mnist"


def install(path):
    """Let ``tensorflow.examples.tutorials.mnist.input_data`` be imported where TensorFlow has no tutorials.

    Args:
        path: a reader with the same interface; it is the one that a rewritten program uses.
    """
    try:
        if importlib.util.find_spec(PACKAGE):
            return
    except ImportError:
        pass
    parts = PACKAGE.split(".")
    parent = sys.modules[parts[0]]
    for count in range(2, len(parts) + 1):
        module = types.ModuleType(".".join(parts[:count]))
        module.__path__ = []
        sys.modules[module.__name__] = module
        setattr(parent, parts[count - 1], module)
        parent = module
    spec = importlib.util.spec_from_file_location(PACKAGE + ".input_data", path)
    reader = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = parent.input_data = reader
    spec.loader.exec_module(reader)
