"""Recurrent cells, and the functions that apply them along a sequence."""

from __future__ import annotations

from collections.abc import Callable

from actlint.apis.entry import Bound, CellEntry, Entry, Form, Rename, Rewriting, Weight
from actlint.apis.forms import arguments, mapping, refuse_given
from actlint.apis.infer import units_of
from actlint.apis.shape import Dim, added, multiplied

_COMMON = "reuse=None, name=None, dtype=None"
_PLACES = ("nn.rnn_cell", "contrib.rnn", "ops.rnn_cell")


def _aliases(name: str) -> tuple[str, ...]:
    return tuple(f"{place}.{name}" for place in _PLACES[1:])


def _weight(name: str, size: Dim, units: Dim, gates: int) -> tuple[Weight, Weight]:
    """A kernel for input and state together, and its bias."""
    place = name.replace("/", "_")
    width = multiplied((Dim(gates), units))
    shapes = {"kernel": (added((size, units)), width), "bias": (width,)}
    kernel, bias = (Weight(name + part, shape, place + part, (place + part, "same")) for part, shape in shapes.items())
    return kernel, bias


def _weights(*parts: tuple[str, int]) -> Callable[[Bound, Dim], tuple[Weight, ...]]:
    def weights(call: Bound, size: Dim) -> tuple[Weight, ...]:
        units = units_of(call, "num_units")
        return tuple(weight for name, gates in parts for weight in _weight(name, size, units, gates))

    return weights


def _made(call: Rewriting, name: str, first: str, options: str) -> str:
    """The constructor expression: what the user wrote, and the size of the input where no other cell gives it."""
    size = call.text("input_size", "")
    given = f", input_size={size}" if size else ""
    return f"{call.helper(name)}({call.text(first)}{given}{arguments(call, options)})"


def _cell(name: str, options: str, unsupported: str = "") -> Form:
    def form(call: Rewriting) -> str:
        refuse_given(call, unsupported, "leave it out, or write the cell out by hand")
        if call.given("activation") and call.symbol("activation") is None:
            call.refuse("the cell's activation isn't one of TensorFlow's", "use tf.tanh or another of its functions")
        if call.given("state_is_tuple") and call.const("state_is_tuple") is not True:
            call.refuse("a state that isn't a tuple", "use state_is_tuple=True")
        if call.given("dtype") and call.dtype("dtype") != "float32":
            call.refuse("a cell of another dtype than float32", "leave the dtype out")
        return _made(call, name, "num_units", options)

    return form


def _multi(call: Rewriting) -> str:
    if call.given("state_is_tuple") and call.const("state_is_tuple") is not True:
        call.refuse("a state that isn't a tuple", "use state_is_tuple=True")
    return _made(call, "MultiRNNCell", "cells", "")


def _dropout(call: Rewriting) -> str:
    for name in ("state_keep_prob", "variational_recurrent"):
        if call.given(name) and call.const(name) not in (1, 1.0, False):
            call.refuse(f"the argument {name} can't be carried over", "drop inputs or outputs only")
    return _made(call, "DropoutWrapper", "cell", "input_keep_prob output_keep_prob")


def _run(name: str, pairs: str) -> Form:
    """A call of the helper of this name, with the user's own arguments."""

    def form(call: Rewriting) -> Rename:
        return Rename(
            call.helper(name), mapping(pairs), ("dtype", "parallel_iterations", "swap_memory", "scope", "name")
        )

    return form


def _state(call: Rewriting) -> Rename:
    return Rename(call.helper("LSTMStateTuple"), mapping("c h"))


def _entry(name: str, signature: str, options: str, unsupported: str, **more: object) -> CellEntry:
    form = _cell(name, options, unsupported)
    return CellEntry(
        f"{_PLACES[0]}.{name}",
        signature,
        aliases=_aliases(name),
        tf2=form,
        torch=form,
        **more,  # type: ignore[arg-type]
    )


def _runner(name: str, signature: str, pairs: str, aliases: tuple[str, ...], trap: str) -> Entry:
    form = _run(name, pairs)
    return Entry(f"nn.{name}", signature, kind="rnn", aliases=aliases, tf2=form, torch=form, trap=trap)


_LSTM = _weights(("", 4))
_LSTM_TRAP = "One kernel for input and output; gates in the order i, j, f, o; forget_bias is added when it runs."
_LENGTHS_TRAP = "Past its length a sequence's outputs are 0, and its state stays."

ENTRIES: tuple[Entry, ...] = (
    _entry(
        "BasicRNNCell",
        f"num_units, activation=None, {_COMMON}",
        "activation",
        "",
        base="basic_rnn_cell",
        weights=_weights(("", 1)),
    ),
    _entry(
        "BasicLSTMCell",
        f"num_units, forget_bias=1.0, state_is_tuple=True, activation=None, {_COMMON}",
        "forget_bias activation",
        "",
        base="basic_lstm_cell",
        state="lstm",
        weights=_LSTM,
        trap=_LSTM_TRAP,
    ),
    _entry(
        "LSTMCell",
        "num_units, use_peepholes=False, cell_clip=None, initializer=None, num_proj=None, proj_clip=None, "
        "num_unit_shards=None, num_proj_shards=None, forget_bias=1.0, state_is_tuple=True, activation=None, "
        f"{_COMMON}",
        "forget_bias activation initializer",
        "use_peepholes cell_clip num_proj proj_clip num_unit_shards num_proj_shards",
        base="lstm_cell",
        initializer="initializer",
        state="lstm",
        weights=_LSTM,
        trap=_LSTM_TRAP,
    ),
    _entry(
        "GRUCell",
        "num_units, activation=None, reuse=None, kernel_initializer=None, bias_initializer=None, name=None, dtype=None",
        "activation kernel_initializer bias_initializer",
        "",
        base="gru_cell",
        initializer="kernel_initializer",
        weights=_weights(("gates/", 2), ("candidate/", 1)),
        trap="The reset gate is applied before the product; gates in the order r, u, and their bias starts at 1.",
    ),
    CellEntry(
        "nn.rnn_cell.MultiRNNCell",
        "cells, state_is_tuple=True",
        aliases=_aliases("MultiRNNCell"),
        cells="cells",
        base="multi_rnn_cell",
        state="cells",
        tf2=_multi,
        torch=_multi,
    ),
    CellEntry(
        "nn.rnn_cell.DropoutWrapper",
        "cell, input_keep_prob=1.0, output_keep_prob=1.0, state_keep_prob=1.0, variational_recurrent=False, "
        "input_size=None, dtype=None, seed=None, dropout_state_filter_visitor=None",
        aliases=_aliases("DropoutWrapper"),
        cells="cell",
        state="cell",
        tf2=_dropout,
        torch=_dropout,
        trap="The share that is kept, not dropped; always on.",
    ),
    Entry(
        "nn.rnn_cell.LSTMStateTuple",
        "c, h",
        kind="state",
        aliases=_aliases("LSTMStateTuple"),
        tf2=_state,
        torch=_state,
    ),
    _runner(
        "dynamic_rnn",
        "cell, inputs, sequence_length=None, initial_state=None, dtype=None, parallel_iterations=None, "
        "swap_memory=False, time_major=False, scope=None",
        "cell inputs sequence_length initial_state time_major",
        ("ops.rnn.dynamic_rnn",),
        _LENGTHS_TRAP,
    ),
    _runner(
        "static_rnn",
        "cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None",
        "cell inputs initial_state sequence_length",
        ("contrib.rnn.static_rnn", "ops.rnn.static_rnn"),
        _LENGTHS_TRAP,
    ),
    _runner(
        "bidirectional_dynamic_rnn",
        "cell_fw, cell_bw, inputs, sequence_length=None, initial_state_fw=None, initial_state_bw=None, dtype=None, "
        "parallel_iterations=None, swap_memory=False, time_major=False, scope=None",
        "cell_fw cell_bw inputs sequence_length initial_state_fw initial_state_bw time_major",
        ("ops.rnn.bidirectional_dynamic_rnn",),
        "Backwards, each sequence is reversed within its own length.",
    ),
    _runner(
        "static_bidirectional_rnn",
        "cell_fw, cell_bw, inputs, initial_state_fw=None, initial_state_bw=None, dtype=None, sequence_length=None, "
        "scope=None",
        "cell_fw cell_bw inputs initial_state_fw initial_state_bw sequence_length",
        ("contrib.rnn.static_bidirectional_rnn", "ops.rnn.static_bidirectional_rnn"),
        "Backwards, each sequence is reversed within its own length.",
    ),
)
