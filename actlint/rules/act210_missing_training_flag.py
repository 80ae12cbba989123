"""ACT210: a Keras model is called in a training step without being told that it trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actlint.findings import Edit, Finding, Fix
from actlint.rules.rule import Rule
from actlint.rules.trace import report, spot, text

if TYPE_CHECKING:
    from actlint.program import Program
    from actlint.program.eager import EagerProgram
    from actlint.program.eager.model import Application, Sink
    from actlint.program.eager.values import Object

_MODES = frozenset(
    """Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise
    BatchNormalization""".split()
)
"""Layers that compute something else while they train."""

_WITHOUT = ("VGG16", "VGG19")
"""Models of keras.applications without such layers."""


def check(program: Program) -> Iterator[Finding]:
    """One finding per call of a model with such layers within the tape that differentiates its weights."""
    eager = program.eager
    if any(b"learning_phase" in tree.source.raw for tree in eager.trees.values()):
        return
    seen: set[object] = set()
    outermost = {(a.place.node, *map(id, a.place.frames)): a for a in eager.applications}
    for application in outermost.values():
        if application.place.node in seen or not application.place.tapes or not _is_untold(application):
            continue
        layer = _inert(eager, application)
        sink = next((s for s in eager.sinks if _trains(s, application)), None) if layer is not None else None
        if layer is None or sink is None:
            continue
        seen.add(application.place.node)
        last = layer.symbol.rpartition(".")[2]
        effect = "normalizes with the moving statistics and never updates them" if "Norm" in last else "is off"
        message = f"{text(eager, application.place)} trains without training=True: {last} {effect}"
        help = "pass training=True, or training=False where frozen layers are meant"
        related = [spot(eager, layer.place, "the layer is made here"), spot(eager, sink.place, "differentiated here")]
        yield report(RULE, eager, application.place, message, help, related, fix=_fix(eager, application))


def _is_untold(application: Application) -> bool:
    """Whether a call is that of a Keras model itself, by no other model, and says nothing of its mode."""
    from actlint.program.eager.objects import library_base

    module, arguments = application.module, application.arguments
    if not module.symbol.startswith("keras.") or module.frozen or arguments.open:
        return False
    inside = any(
        frame.function.name == "call"
        and frame.function.owner is not None
        and library_base(frame.function.owner).startswith("keras.")
        for frame in application.place.frames
    )
    return not inside and arguments.get(1, "training") is None


def _inert(program: EagerProgram, application: Application) -> Object | None:
    """A layer of a model that depends on the mode, and that the model itself doesn't tell of it."""
    from actlint.program.eager.objects import layers

    module = application.module
    last = module.symbol.rpartition(".")[2]
    if module.symbol.startswith("keras.applications."):
        return module if module.cls is None and last not in _WITHOUT else None
    if module.cls is None:
        held = layers(module)
        frozen = {id(layer) for part in held if part.frozen for layer in layers(part)}
        modal = [layer for layer in held if layer is not module and _has_modes(layer) and id(layer) not in frozen]
        return modal[0] if modal else None
    ran = [
        inner
        for inner in program.applications
        if any(frame.node is application.place.node for frame in inner.place.frames) and _has_modes(inner.module)
    ]
    untold = [inner.module for inner in ran if _is_left_open(program, inner)]
    return untold[0] if untold and len(untold) == len(ran) else None


def _has_modes(layer: Object) -> bool:
    return layer.cls is None and layer.symbol.rpartition(".")[2] in _MODES and not layer.frozen


def _is_left_open(program: EagerProgram, application: Application) -> bool:
    """Whether a layer within a model is told of no mode, or passed on that nobody told the model of one."""
    import libcst as cst

    from actlint.program.values import Const

    told = application.arguments.get(1, "training")
    node = application.place.node
    written = [a.value for a in getattr(node, "args", ()) if a.keyword is not None and a.keyword.value == "training"]
    if told is None and not written:
        return True
    if written and isinstance(written[0], cst.Name) and written[0].value in ("True", "False"):
        return False
    values = [told] if told is not None else program.values.get(written[0], [])
    return bool(values) and all(isinstance(value, Const) and not value.value for value in values)


def _trains(sink: Sink, application: Application) -> bool:
    """Whether gradients of a model's weights are asked for, of a loss that reads this call."""
    from actlint.program.eager.trained import asked
    from actlint.program.eager.values import ancestors, tensors_in

    if sink.kind != "tape" or sink.tape is not None and sink.tape not in application.place.tapes:
        return False
    given = {id(tensor) for tensor in tensors_in(application.result)}
    return id(application.module) in asked(sink) and any(
        id(tensor) in given for tensor in ancestors(sink.value, through_cuts=False)
    )


def _fix(program: EagerProgram, application: Application) -> Fix | None:
    """Tell the model that it trains."""
    import libcst as cst

    call = application.place.node
    if not isinstance(call, cst.Call) or not call.args or isinstance(call.args[-1].comma, cst.Comma):
        return None
    _, end = program.trees[application.place.file].position(call.args[-1].value)
    return Fix("Pass training=True", (Edit(end, end, ", training=True"),), safe=False)


RULE = Rule(
    code="ACT210",
    name="missing-training-flag",
    message="model(x) in a custom training step without training=True",
    what="A Keras model with dropout, batch normalization or noise is called within a `tf.GradientTape` that the "
    "gradients of its weights are taken from, and the call says nothing of `training`.",
    why="Without the flag the layers behave as in inference: dropout is off, batch normalization uses its moving "
    "statistics and never updates them. That holds in a `train_step` of one's own too (measured with Keras 3.15). "
    "Models without such layers, `training=False`, frozen models, and models whose weights aren't asked for are not "
    "reported.",
    bad="""\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dropout(0.5), tf.keras.layers.Dense(1)])
x = tf.ones([4, 4])
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(model(x))
gradients = tape.gradient(loss, model.trainable_variables)
""",
    good="""\
import tensorflow as tf

model = tf.keras.Sequential([tf.keras.layers.Dense(8), tf.keras.layers.Dropout(0.5), tf.keras.layers.Dense(1)])
x = tf.ones([4, 4])
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(model(x, training=True))
gradients = tape.gradient(loss, model.trainable_variables)
""",
    sources=(
        "https://github.com/tensorflow/tensorflow/issues/31184",
        "https://github.com/tensorflow/tensorflow/issues/32864",
        "https://github.com/tensorflow/tensorflow/issues/36936",
        "https://github.com/tensorflow/tensorflow/issues/35533",
    ),
    fix="unsafe",
    check=check,
    triggers=(b"GradientTape",),
    reads="tf2",
)
