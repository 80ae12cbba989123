"""Losses of a few sampled classes out of many, and the samplers of those candidates."""

from __future__ import annotations

from actlint.apis.entry import Bound, Entry, Form, Rename, Rewriting
from actlint.apis.forms import rename
from actlint.apis.infer import dtype_of
from actlint.apis.shape import ANY, Dim, Shape

_LOSS = (
    "weights, biases, labels, inputs, num_sampled, num_classes, num_true=1, sampled_values=None,"
    " remove_accidental_hits={}, partition_strategy='mod', name=None"
)
_ARGUMENTS = "weights biases labels inputs num_sampled num_classes num_true sampled_values remove_accidental_hits"
_SAMPLER = "true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None"
_SAMPLED = "true_classes num_true num_sampled unique range_max"


def _whole(call: Rewriting) -> None:
    """Refuse weights in several shards, whose rows go by the partition strategy."""
    if call.shapes("weights") or call.shapes("biases"):
        call.refuse("weights in several shards can't be carried over", "keep them in one variable")


def _loss_tf2(name: str, seed: str) -> Form:
    def form(call: Rewriting) -> Rename:
        _whole(call)
        return rename(f"tf.nn.{name}", _ARGUMENTS + seed, "partition_strategy")

    return form


def _loss_torch(name: str) -> Form:
    def form(call: Rewriting) -> Rename:
        _whole(call)
        return rename(call.helper(name), _ARGUMENTS, "partition_strategy seed")

    return form


def _row(call: Bound) -> Shape | None:
    shape = call.shape("inputs")
    return shape[:1] if shape else None


def _loss(name: str, hits: bool, seed: str, trap: str) -> Entry:
    return Entry(
        f"nn.{name}",
        _LOSS.format(hits) + (", seed=None" if seed else ""),
        shape=_row,
        dtype=dtype_of("inputs"),
        tf2=_loss_tf2(name, seed),
        torch=_loss_torch(name),
        random="uniform",
        trap=trap,
    )


def _candidates_shape(call: Bound) -> list[Shape | None]:
    """The sampled classes, the expected counts of the true ones and of the sampled ones."""
    count = call.const("num_sampled")
    sampled = (Dim(count) if isinstance(count, int) else ANY,)
    return [sampled, call.shape("true_classes"), sampled]


def _candidates_torch(name: str) -> Form:
    return lambda call: rename(call.helper(name), _SAMPLED, "seed")


def _sampler(name: str) -> Entry:
    return Entry(
        f"nn.{name}",
        _SAMPLER,
        aliases=(f"random.{name}",),
        shape=_candidates_shape,  # type: ignore[arg-type]
        dtype=lambda call: ["int64", "float32", "float32"],
        tf2=rename(f"tf.random.{name}", f"{_SAMPLED} seed"),
        torch=_candidates_torch(name),
        random="uniform",
        differentiable=False,
        outputs=lambda call: 3,
    )


def _refused(name: str, signature: str, trap: str) -> Entry:
    return Entry(
        f"nn.{name}",
        signature,
        aliases=(f"random.{name}",),
        dtype=lambda call: ["int64", "float32", "float32"],
        outputs=lambda call: 3,
        differentiable=False,
        trap=trap,
    )


ENTRIES: tuple[Entry, ...] = (
    _loss(
        "nce_loss",
        False,
        "",
        "Each row is the sum over its true and sampled classes, whose logits are reduced by the logarithm of how often"
        " the sampler is expected to draw them.",
    ),
    _loss(
        "sampled_softmax_loss", True, " seed", "A candidate that is a true class of the row is left out of its softmax."
    ),
    _sampler("log_uniform_candidate_sampler"),
    _sampler("uniform_candidate_sampler"),
    _refused(
        "learned_unigram_candidate_sampler",
        _SAMPLER,
        "it learns from the classes that it has seen so far, as the kernel keeps them",
    ),
    _refused(
        "fixed_unigram_candidate_sampler",
        "true_classes, num_true, num_sampled, unique, range_max, vocab_file='', distortion=1.0, num_reserved_ids=0,"
        " num_shards=1, shard=0, unigrams=(), seed=None, name=None",
        "its chances come from a vocabulary, which the kernel distorts and pads",
    ),
    _refused(
        "all_candidate_sampler",
        "true_classes, num_true, num_sampled, unique, seed=None, name=None",
        "it samples nothing: compute the loss of all classes",
    ),
)
