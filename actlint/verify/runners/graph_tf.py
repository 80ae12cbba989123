"""Questions about a TF1 graph: what a run needs, which variables are the user's, where randomness enters."""

from __future__ import annotations

import numpy as np

from .flows_tf import is_flow

RANDOM = ("Random", "Multinomial", "TruncatedNormal", "Stateless", "PyFunc", "Iterator")
JUMPS = ("ArgMax", "ArgMin", "Ceil", "Floor", "InTopK", "InTopKV2", "Rint", "Round", "Sign", "TopKV2")
COMPARISONS = ("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "NotEqual")
READS = ("Identity", "ReadVariableOp", "VariableV2", "Variable", "VarHandleOp", "Placeholder", "PyFunc")
COPIES = ("Identity", "ReadVariableOp")
NARROW = (1, 8, 14, 19)
"""Enums of float32, complex64, bfloat16 and float16, in the table of TensorFlow's own kernels."""
REF = 100
VARIABLES = ("Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable", "TemporaryVariable")
ASSIGNMENTS = ("Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp")


def leaves(structure):
    """The leaves of nested fetches, in the order in which a session flattens them."""
    if isinstance(structure, dict):
        return [leaf for value in structure.values() for leaf in leaves(value)]
    if isinstance(structure, (list, tuple)) and not hasattr(structure, "dense_shape"):
        return [leaf for value in structure for leaf in leaves(value)]
    return [structure]


def result_leaves(structure, result):
    """The fetched values that belong to `leaves(structure)`."""
    if isinstance(structure, dict):
        return [leaf for key, value in structure.items() for leaf in result_leaves(value, result[key])]
    if isinstance(structure, (list, tuple)) and not hasattr(structure, "dense_shape"):
        return [leaf for place, value in enumerate(structure) for leaf in result_leaves(value, result[place])]
    return [result]


def elements(graph, leaf):
    """Tensors and operations behind one fetch or feed key."""
    if hasattr(leaf, "dense_shape") and hasattr(leaf, "values"):
        return [t for t in (leaf.values, leaf.indices, leaf.dense_shape) if t is not None]
    try:
        return [graph.as_graph_element(leaf, allow_tensor=True, allow_operation=True)]
    except (TypeError, ValueError, KeyError):
        return []


def needed(starts, fed=()):
    """Operations that the evaluation of tensors or operations needs, when tensors named in `fed` are given."""
    seen, todo = set(), [s.op if hasattr(s, "op") else s for s in starts if getattr(s, "name", None) not in fed]
    while todo:
        op = todo.pop()
        if op in seen:
            continue
        seen.add(op)
        todo.extend(t.op for t in op.inputs if t.name not in fed)
        todo.extend(op.control_inputs)
    return seen


def is_fetchable(tensor):
    """Whether the tensor may be fetched along with others: not in a branch or a loop's body."""
    return tensor.op._get_control_flow_context() is None and tensor.op.graph.is_fetchable(tensor)


def is_smooth(operations):
    """Whether results don't jump where inputs differ by rounding."""
    return not any(op.type in JUMPS or (op.type in COMPARISONS and _is_counted(op)) for op in operations)


def _is_counted(comparison):
    return any(consumer.type == "Cast" for consumer in comparison.outputs[0].consumers())


def is_repeatable(operations):
    """Whether operations may be evaluated a second time: they read state and don't change any."""
    return all(op.type in READS or op.op_def is None or not _changes_state(op.op_def) for op in operations)


def _changes_state(definition):
    return definition.is_stateful or any(argument.is_ref for argument in definition.input_arg)


def reads_variable(operations):
    """Whether operations compute from a variable's buffer, directly or through its read operation."""
    return any(_is_buffer(tensor.op) for op in operations if op.type not in COPIES for tensor in op.inputs)


def _is_buffer(op):
    while op.type in COPIES and op.inputs:
        op = op.inputs[0].op
    return op.type in VARIABLES


def variable_op(source):
    """The operation that makes the variable that a differentiated tensor or variable stands for."""
    op = getattr(source, "op", None)
    while op is not None and op.type in COPIES and op.inputs:
        op = op.inputs[0].op
    return op


def variable_of(source):
    """Name of the variable operation that a differentiated tensor or variable stands for."""
    op = variable_op(source)
    return None if op is None else op.name


def assignments(operations, fed=()):
    """``(variable's name, assigning operation, whether the value is determined)`` for each assignment."""
    for op in operations:
        if op.type in ASSIGNMENTS:
            value = op.inputs[1]
            upstream = () if value.name in fed else needed([value], fed)
            chance = any(word in other.type for other in upstream for word in RANDOM)
            fixed = op.type in ("Assign", "AssignVariableOp") and not chance
            yield variable_of(op.inputs[0]), op, fixed and not any(o.type in VARIABLES for o in upstream)


def is_deterministic(variable, by_name):
    """Whether a variable's initialiser depends on no random operation."""
    seen, todo = set(), [variable]
    while todo:
        current = todo.pop()
        if current is None or current.op.name in seen:
            continue
        seen.add(current.op.name)
        initializer = current.initializer
        if initializer is None:
            return False
        for op in needed([initializer]):
            if any(word in op.type for word in RANDOM):
                return False
            if op.type in VARIABLES and op.name not in seen:
                if op.name not in by_name:
                    return False
                todo.append(by_name[op.name])
    return True


def narrow(operations):
    """An operation that computes in 32 bits or less, though the dtype tables are widened, if there is one.

    Explicit halves and what only a cast reads count as well, flows of TensorArrays don't.
    """
    for op in operations:
        outputs = zip(op._output_types, op.outputs)
        if any(int(enum) % REF in NARROW and not is_flow(tensor) for enum, tensor in outputs):
            return op
    return None


def dense(value, shape):
    """A fetched gradient as an array; row updates are summed into zeros of the variable's shape."""
    if not hasattr(value, "indices"):
        return np.asarray(value)
    out = np.zeros(tuple(shape), dtype=value.values.dtype)
    np.add.at(out, value.indices, value.values)
    return out
