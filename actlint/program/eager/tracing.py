"""Code that TensorFlow traces: `tf.function`, and what Keras calls within `fit`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from actlint.program.eager.attributes import member
from actlint.program.eager.values import Arguments, Items, Object, Opaque, Tensor, parts, tensors_in
from actlint.program.values import Frame, Function, Value

if TYPE_CHECKING:
    from actlint.program.eager.interpreter import Interpreter

FUNCTION = "tensorflow.function"
FIT = "keras.Model.fit.function"
"""Stands among the decorators of what Keras traces as one with its training step."""

STEPS = ("train_step", "call")
"""What Keras traces of a model: the one where there is one, else the other."""


def traced(function: Function, by: str = FUNCTION) -> Function:
    """A function as it is when it is traced."""
    return replace(function, decorators=(*function.decorators, by))


def region(frames: tuple[Frame, ...]) -> Frame | None:
    """The innermost call of a traced function."""
    return next(
        (f for f in reversed(frames) if FUNCTION in f.function.decorators or FIT in f.function.decorators), None
    )


def is_within(frames: tuple[Frame, ...], around: Frame) -> bool:
    """Whether a place is in a traced call, in another call of the same function, or in the same step of Keras."""
    if FIT in around.function.decorators and any(FIT in frame.function.decorators for frame in frames):
        return True
    return any(frame.function.node is around.function.node for frame in frames)


def leaked(value: Value, frames: tuple[Frame, ...]) -> list[Tensor]:
    """The tensors of a trace in a value that is read outside of it; none where it may be another value too."""
    found = [item for item, _ in value.grown] if isinstance(value, Items) else list(parts(value)) or [value]
    tensors: list[Tensor] = []
    for tensor in found:
        around = region(tensor.place.frames) if isinstance(tensor, Tensor) else None
        if isinstance(tensor, Tensor) and around is not None and not is_within(frames, around):
            tensors.append(tensor)
    return tensors if isinstance(value, Items) or len(tensors) == len(found) else []


def fit(self: Interpreter, model: Object, arguments: Arguments, node: cst.CSTNode) -> None:
    """`model.fit(...)` and its relatives: a step on a batch, then what the callbacks do."""
    from actlint.program.eager.calls import invoke

    applied = [a for a in self.program.applications if any(t.symbolic for v in a.inputs for t in tensors_in(v))]
    for part in [model] if model.cls is not None else [*model.children, *(a.module for a in applied)]:
        if not isinstance(part, Object):
            continue
        steps = [member(part.cls, name) for name in STEPS] if part.cls is not None else []
        for method in [step for step in steps if isinstance(step, Function)][:1]:
            batch = self.tensor("batch", (), node)
            invoke(self, traced(method, FIT), part, Arguments((batch,)), node)
    callbacks = arguments.keywords.get("callbacks")
    for callback in parts(callbacks) if isinstance(callbacks, Items) else ():
        if not isinstance(callback, Object) or callback.cls is None:
            continue
        callback.attributes["model"] = model
        for method in callback.cls.attributes.values():
            if isinstance(method, Function) and method.name.startswith("on_"):
                given = [Opaque((), self.place(node)) for _ in method.node.params.params[1:]]
                invoke(self, method, callback, Arguments(tuple(given)), node)
