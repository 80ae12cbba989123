"""The codes of a proof's reasons, as `actlint rule PRF1xx` explains them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of reason."""

    code: str
    name: str
    what: str
    help: str


_ALL = (
    Kind(
        "PRF101",
        "no-framework",
        "The interpreter that should run the programs has no TensorFlow, no torch or no NumPy.",
        'pip install "actlint[verify]", or name another interpreter with --python.',
    ),
    Kind(
        "PRF102",
        "original-fails",
        "The original program ends with an exception before the proof is complete.",
        "Give it what it needs: --setup FILE stands in for data that isn't there.",
    ),
    Kind(
        "PRF103",
        "out-of-time",
        "A side didn't end within the time limit.",
        "Shorten the program, or stand in for its slow parts with --setup.",
    ),
    Kind(
        "PRF104",
        "process-died",
        "The process of a side ended without a result, by a signal or inside the framework.",
        "Run the program by itself in the same interpreter.",
    ),
    Kind(
        "PRF105",
        "out-of-memory",
        "A side used more memory than it may, and was ended.",
        "Make its data smaller by arguments or --setup FILE, or raise `memory` (GiB) in [tool.actlint].",
    ),
    Kind(
        "PRF106",
        "too-many-processes",
        "A side started more processes than it may, and was ended.",
        "Let it work in one process: --setup FILE can stand in for its workers.",
    ),
    Kind(
        "PRF107",
        "out-of-disk",
        "A side wrote more files than it may, and was ended.",
        "Let it save less: --setup FILE can stand in for what it writes.",
    ),
    Kind(
        "PRF201",
        "rewrite-fails",
        "The rewritten program ends with an exception.",
        "Please report it; nothing was written.",
    ),
    Kind(
        "PRF202",
        "numbers-differ",
        "A compared value differs by more than its tolerance.",
        "Please report it; nothing was written.",
    ),
    Kind(
        "PRF301",
        "no-evidence",
        "The runs don't show enough: zero gradients, a constant loss, NaN, or no training at all.",
        "Let the program train for some steps on data that moves its weights.",
    ),
    Kind(
        "PRF302",
        "racy-original",
        "Two executions of the original program give different results: its graph leaves an order open.",
        "Order the update and what reads the variables with tf.control_dependencies, then migrate.",
    ),
    Kind(
        "PRF303",
        "draws-of-its-own",
        "Random numbers were drawn in a way in which the other side can't be given the same ones.",
        "Draw them by the framework's plain random functions, or feed them.",
    ),
    Kind(
        "PRF304",
        "name-not-found",
        "A weight or the function of a run isn't where the map says.",
        "If it was renamed or has moved, write its new name into the map.",
    ),
    Kind(
        "PRF305",
        "open-map",
        "Names, shapes, order and values don't decide which parts of the two programs belong together.",
        "Settle it in a map file: `actlint verify BEFORE AFTER --map FILE`.",
    ),
    Kind(
        "PRF401",
        "no-float64-kernel",
        "An operation has no float64 kernel, so the comparison was made in float32.",
        "Accept it with --unverified after reading the table.",
    ),
    Kind(
        "PRF501",
        "rewrite-gone",
        "A file that the migration wrote isn't there any more.",
        "Put it back, or restore the originals: actlint fix --undo.",
    ),
    Kind(
        "PRF502",
        "original-in-place",
        "The files hold the original program again, so there is no rewrite to verify.",
        "Migrate it again with actlint fix.",
    ),
    Kind(
        "PRF503",
        "unusable-map",
        "The map of a record, or a map file, can't be used.",
        "Correct it; the names that it began with are in plan.json beside it.",
    ),
)
KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}
