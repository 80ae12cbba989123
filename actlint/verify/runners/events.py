"""Stand-ins for event writers: summaries are a side effect, and writing them takes TensorBoard, which needn't be
installed."""

from __future__ import annotations

import importlib.util
import sys
import types


def missing():
    """Whether TensorBoard can't be imported."""
    return importlib.util.find_spec("tensorboard") is None


class SummaryWriter:
    """Takes the place of torch.utils.tensorboard.SummaryWriter and writes nothing."""

    def __init__(self, *arguments, **keywords):
        self.log_dir = arguments[0] if arguments else keywords.get("log_dir")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def __getattr__(self, name):
        if name.startswith(("add_", "flush", "close")):
            return lambda *arguments, **keywords: None
        raise AttributeError(name)


def install_torch():
    """Let `torch.utils.tensorboard` be imported without TensorBoard."""
    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter
    sys.modules["torch.utils.tensorboard"] = module


def install_tensorflow(tf):
    """Let the functions of `tf.summary` that TensorBoard implements do nothing."""
    for name in ("scalar", "histogram", "image", "text", "audio"):
        setattr(tf.summary, name, lambda *arguments, **keywords: True)
