"""Losses of sequences, and the decoder of `tf.contrib.legacy_seq2seq` that applies a cell."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Form, Rename, Rewriting
from actlint.apis.forms import refuse_given, rename
from actlint.apis.infer import always
from actlint.apis.shape import ANY, SCALAR, Shape

_STEPS, _BOTH = "average_across_timesteps", "average_across_timesteps average_across_batch"


def _loss(name: str, flags: str) -> Form:
    def form(call: Rewriting) -> Rename:
        refuse_given(call, "softmax_loss_function", "compute the loss with tf.nn functions")
        for summed in ("sum_over_timesteps", "sum_over_batch"):
            if call.given(summed) and call.const(summed) is not False:
                call.refuse(f"{summed} can't be carried over", "average, and multiply by the number of steps")
        return rename(call.helper(name), f"logits targets weights {flags}", "sum_over_timesteps sum_over_batch")

    return form


def _averaged(call: Bound) -> Shape | None:
    """What is left of [batch, time]."""
    flags = [call.const(flag, True) for flag in ("average_across_batch", "average_across_timesteps")]
    shape = call.shape("weights") or (ANY, ANY)
    known = len(shape) == 2 and all(isinstance(flag, bool) for flag in flags)
    return tuple(dim for dim, flag in zip(shape, flags, strict=True) if not flag) if known else None


def _rows(call: Bound) -> Shape:
    shapes = call.shapes("weights")
    return (shapes[0][0] if shapes and shapes[0] else ANY,)


def _decoder(call: Rewriting) -> Rename:
    if call.given("loop_function"):
        call.refuse("a loop_function, which makes inputs of outputs", "call the cell in a loop of your own")
    return rename(call.helper("static_rnn"), "cell inputs initial_state", "loop_function scope")


_LOSS = "logits, targets, weights, average_across_timesteps=True{}, softmax_loss_function=None, name=None"
_BATCH = ", average_across_batch=True"
_SUMS = ", sum_over_timesteps=False, sum_over_batch=False"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "contrib.seq2seq.sequence_loss",
        _LOSS.format(_BATCH + _SUMS),
        shape=_averaged,
        dtype=always("float32"),
        tf2=_loss("sequence_loss", _BOTH),
        torch=_loss("sequence_loss", _BOTH),
        trap="Averages divide by the sum of the weights.",
    ),
    Entry(
        "contrib.legacy_seq2seq.sequence_loss_by_example",
        _LOSS.format(""),
        aliases=("nn.seq2seq.sequence_loss_by_example",),
        shape=_rows,
        dtype=always("float32"),
        tf2=_loss("sequence_loss_by_example", _STEPS),
        torch=_loss("sequence_loss_by_example", _STEPS),
        trap="Lists of steps; the average divides by the sum of the weights.",
    ),
    Entry(
        "contrib.legacy_seq2seq.sequence_loss",
        _LOSS.format(_BATCH),
        aliases=("nn.seq2seq.sequence_loss",),
        shape=lambda call: SCALAR,
        dtype=always("float32"),
        tf2=_loss("legacy_sequence_loss", _BOTH),
        torch=_loss("legacy_sequence_loss", _BOTH),
        trap="The sum over the batch is divided by its size, whatever the weights.",
    ),
    Entry(
        "contrib.legacy_seq2seq.rnn_decoder",
        "inputs, initial_state, cell, loop_function=None, scope=None",
        kind="rnn",
        aliases=("nn.seq2seq.rnn_decoder",),
        renamed={"decoder_inputs": "inputs"},
        tf2=_decoder,
        torch=_decoder,
    ),
)
