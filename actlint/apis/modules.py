"""Under which public name TensorFlow's inner modules offer their symbols."""

from __future__ import annotations

_TOP = (
    "framework.ops framework.dtypes framework.constant_op framework.random_seed client.session"
    " ops.array_ops ops.math_ops ops.control_flow_ops ops.clip_ops ops.variables ops.variable_scope ops.state_ops"
    " ops.init_ops ops.random_ops ops.gradients ops.gradients_impl ops.functional_ops ops.map_fn ops.check_ops"
    " ops.linalg_ops ops.logging_ops ops.sparse_ops ops.string_ops ops.standard_ops ops.special_math_ops"
    " ops.tensor_array_ops ops.script_ops ops.data_flow_ops ops.io_ops ops.parsing_ops ops.partitioned_variables"
    " ops.manip_ops ops.sort_ops ops.histogram_ops ops.lookup_ops"
)
_TRAIN = (
    "adadelta adagrad adagrad_da adam basic_session_run_hooks checkpoint_management coordinator ftrl gradient_descent"
    " input learning_rate_decay momentum monitored_session optimizer"
    " proximal_adagrad proximal_gradient_descent queue_runner_impl rmsprop saver session_run_hook training"
    " training_util"
)
_CONTRIB = {
    "layers": "layers layers.layers layers.initializers layers.regularizers layers.optimizers layers.embedding_ops"
    " layers.encoders layers.summaries layers.normalization",
    "framework": "ops ops.variables ops.arg_scope framework.tensor_util framework.checkpoint_utils",
    "rnn": "ops.core_rnn ops.core_rnn_cell ops.core_rnn_cell_impl ops.rnn_cell ops.rnn ops.lstm_ops ops.gru_ops",
    "legacy_seq2seq": "ops.seq2seq",
    "seq2seq": "ops.loss ops.helper ops.decoder ops.basic_decoder ops.attention_wrapper ops.beam_search_decoder",
    "losses": "losses losses.loss_ops",
    "metrics": "ops.metric_ops",
    "crf": "ops.crf",
}
_INNER = {
    **dict.fromkeys(_TOP.split(), ""),
    **dict.fromkeys((f"training.{name}" for name in _TRAIN.split()), "train"),
    **dict.fromkeys(("ops.nn", "ops.nn_ops", "ops.nn_impl", "ops.rnn", "ops.embedding_ops", "ops.ctc_ops"), "nn"),
    "ops.candidate_sampling_ops": "nn",
    "ops.rnn_cell": "nn.rnn_cell",
    "ops.rnn_cell_impl": "nn.rnn_cell",
    **dict.fromkeys(("ops.losses.losses", "ops.losses.losses_impl", "ops.losses.util"), "losses"),
    **dict.fromkeys(("ops.metrics", "ops.metrics_impl"), "metrics"),
    **dict.fromkeys(("ops.image_ops", "ops.image_ops_impl"), "image"),
    "ops.linalg.linalg": "linalg",
    **dict.fromkeys(
        (f"ops.distributions.{name}" for name in ("distributions", "normal", "categorical")), "distributions"
    ),
    **dict.fromkeys((f"layers.{name}" for name in "core convolutional pooling normalization layers".split()), "layers"),
    "summary.summary": "summary",
    "platform.gfile": "gfile",
    "platform.flags": "app.flags",
    "platform.app": "app",
    "platform.tf_logging": "logging",
    "training.moving_averages.ExponentialMovingAverage": "train.ExponentialMovingAverage",
}
_DEEP = {
    f"contrib.{part}.python.{inner}": f"contrib.{part}" for part, names in _CONTRIB.items() for inner in names.split()
}
_DEEP |= {inner.removeprefix("ops."): place for inner, place in _INNER.items() if inner.endswith("_ops")}
"""Below the root, where versions before 1.5 show the modules of operations too."""
_ROOTS = ("compat.v1.", "_api.v1.")


def public(name: str) -> str:
    """The public name of a symbol below `tensorflow`: `python.framework.ops.reset_default_graph` is
    `reset_default_graph`."""
    for root in _ROOTS:
        if name.startswith(root):
            return name[len(root) :]
    if name.startswith("python."):
        return _shortened(name.removeprefix("python."), _INNER)
    return _shortened(name, _DEEP) if "_ops." in name or ".python." in name else name


def _shortened(name: str, places: dict[str, str]) -> str:
    """A name with its longest known module replaced by its public place."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = places.get(".".join(parts[:length]))
        if place is not None:
            return ".".join([*([place] if place else []), *parts[length:]])
    return name
