"""Under which public name TensorFlow's inner modules offer their symbols."""

from __future__ import annotations

_TOP = (
    "framework.ops framework.dtypes framework.constant_op framework.random_seed client.session"
    " ops.array_ops ops.math_ops ops.control_flow_ops ops.clip_ops ops.variables ops.variable_scope ops.state_ops"
    " ops.init_ops ops.random_ops ops.gradients ops.gradients_impl ops.embedding_ops ops.functional_ops ops.check_ops"
    " ops.linalg_ops ops.logging_ops"
)
_INNER = {
    **dict.fromkeys(_TOP.split(), ""),
    "ops.nn": "nn",
    "ops.nn_ops": "nn",
    "ops.nn_impl": "nn",
    "ops.rnn": "nn",
    "ops.rnn_cell": "nn.rnn_cell",
    "ops.rnn_cell_impl": "nn.rnn_cell",
    "ops.losses.losses": "losses",
    "ops.losses.losses_impl": "losses",
    "ops.metrics": "metrics",
    "ops.image_ops": "image",
    "platform.gfile": "gfile",
    "platform.flags": "app.flags",
    "platform.app": "app",
    "platform.tf_logging": "logging",
    "training.moving_averages.ExponentialMovingAverage": "train.ExponentialMovingAverage",
    "training.adam": "train",
    "training.optimizer": "train",
}
_ROOTS = ("compat.v1.", "_api.v1.")


def public(name: str) -> str:
    """The public name of a symbol below `tensorflow`: `python.framework.ops.reset_default_graph` is
    `reset_default_graph`."""
    for root in _ROOTS:
        if name.startswith(root):
            return name[len(root) :]
    if not name.startswith("python."):
        return name
    name = name[len("python.") :]
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = _INNER.get(".".join(parts[:length]))
        if place is not None:
            return ".".join([*([place] if place else []), *parts[length:]])
    return name
