"""tf.contrib.layers' regularizers: functions of a weight, which are written out as such."""

from __future__ import annotations

from collections.abc import Sequence

from actlint.apis.entry import Entry, Form, Rewriting

NOTHING = "lambda weights: None"
"""What a regularizer of scale 0 is."""
TF = {"l1": "tf.reduce_sum(tf.abs(weights))", "l2": "tf.nn.l2_loss(weights)"}
_TORCH = {"l1": "torch.sum(torch.abs(weights))", "l2": "torch.sum(torch.square(weights)) / 2"}
_SCALES = {"l1": {"scale": "l1"}, "l2": {"scale": "l2"}, "l1_l2": {"scale_l1": "l1", "scale_l2": "l2"}}


def scales(name: str) -> tuple[str, ...]:
    """The parameters of a regularizer's maker that scale its terms."""
    return tuple(_SCALES[name.rpartition(".")[2].removesuffix("_regularizer")])


def penalty(name: str, given: Sequence[str], terms: dict[str, str]) -> str:
    """The source of a regularizer, from those of its scales; one that is "" leaves its term out."""
    kinds = _SCALES[name.rpartition(".")[2].removesuffix("_regularizer")].values()
    texts = [f"{scale} * {terms[kind]}" for scale, kind in zip(given, kinds, strict=True) if scale]
    return f"lambda weights: {' + '.join(texts)}" if texts else NOTHING


def _form(name: str, terms: dict[str, str]) -> Form:
    def form(call: Rewriting) -> str:
        texts = [call.operand(p) if call.given(p) else "1.0" for p in scales(name)]
        kept = ["" if call.const(p, 1.0) == 0 else text for p, text in zip(scales(name), texts, strict=True)]
        return penalty(name, kept, terms)

    return form


def _entry(name: str, signature: str, trap: str = "") -> Entry:
    return Entry(
        f"contrib.layers.{name}",
        f"{signature}, scope=None",
        kind="host",
        aliases=(f"contrib.slim.{name}",),
        tf2=_form(name, TF),
        torch=_form(name, _TORCH),
        trap=trap,
    )


_HALF = "Half of the sum of squares; Keras' L2 takes all of it."

ENTRIES: tuple[Entry, ...] = (
    _entry("l1_regularizer", "scale"),
    _entry("l2_regularizer", "scale", _HALF),
    _entry("l1_l2_regularizer", "scale_l1=1.0, scale_l2=1.0", _HALF),
)
