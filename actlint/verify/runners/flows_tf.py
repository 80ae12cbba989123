"""The flows of TensorFlow 1's TensorArrays, which stay numbers of 32 bits while all else is widened.

A flow carries no number, only an order. The tables of dtypes say that it is a double, so every operation between two
TensorArray operations makes doubles of it: flows are cast where they enter and leave those.
"""

from __future__ import annotations

import functools
import inspect

DT_FLOAT, DT_DOUBLE = 1, 2
OPERATIONS = ("grad", "write", "read", "gather", "scatter", "split", "concat", "size")
DIFFERENTIATED = ("Write", "Read", "Gather", "Scatter", "Split", "Concat")


def install():
    """Replace the op functions of TensorArrays and their gradients in an imported TensorFlow."""
    from tensorflow.python.framework import ops
    from tensorflow.python.ops import gen_data_flow_ops, tensor_array_grad  # noqa: F401

    for name in ("tensor_array_v3", *(f"tensor_array_{operation}_v3" for operation in OPERATIONS)):
        setattr(gen_data_flow_ops, name, _with_casts(getattr(gen_data_flow_ops, name)))
    registered = ops._gradient_registry._registry
    for name in DIFFERENTIATED:
        entry = registered[f"TensorArray{name}V3"]
        entry["type"] = _of_widened(entry["type"])


def is_flow(tensor):
    """Whether a tensor is the flow of a TensorArray operation, going in or out."""
    source = tensor.op
    if int(source._output_types[tensor.value_index]) != DT_FLOAT:
        return False
    return source.type.startswith("TensorArray") or (
        source.type == "Cast" and all(c.type.startswith("TensorArray") for c in tensor.consumers())
    )


def _with_casts(function):
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args, **kwargs):
        given = signature.bind(*args, **kwargs).arguments
        if "flow_in" in given:
            given["flow_in"] = _cast(given["flow_in"], DT_DOUBLE, DT_FLOAT)
        made = function(**given)
        if hasattr(made, "op"):
            return _wide(made)
        return type(made)(*map(_wide, made)) if hasattr(made, "_fields") else tuple(map(_wide, made))

    return called


def _wide(tensor):
    return _cast(tensor, DT_FLOAT, DT_DOUBLE) if is_flow(tensor) else tensor


def _cast(tensor, source, target):
    from tensorflow.core.framework import attr_value_pb2
    from tensorflow.python.framework import dtypes, ops

    attrs = {name: attr_value_pb2.AttrValue(type=enum) for name, enum in (("SrcT", source), ("DstT", target))}
    made = ops.get_default_graph().create_op("Cast", [tensor], [dtypes.float64], attrs=attrs, name="flow")
    return made.outputs[0]


def _of_widened(gradient):
    """A gradient's function that sees flows on the other side of their casts."""

    @functools.wraps(gradient)
    def function(op, *gradients):
        return gradient(_Widened(op), *gradients)

    return function


class _Widened:
    def __init__(self, op):
        self._op = op
        self.inputs = [t.op.inputs[0] if is_flow(t) else t for t in op.inputs]
        self.outputs = [t.consumers()[0].outputs[0] if is_flow(t) else t for t in op.outputs]

    def __getattr__(self, name):
        return getattr(self._op, name)
