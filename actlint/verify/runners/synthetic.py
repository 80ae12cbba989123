"""Values for what is fed but isn't there, made from dtype, shape and use in the graph."""

from __future__ import annotations

import re
import zlib

import numpy as np

from . import stand
from .graph_tf import VARIABLES, elements

BATCH, LENGTH, SIDE = 11, 6, 16
MOST_SIZES = 6
PASSING = (
    "Identity",
    "Cast",
    "Reshape",
    "ExpandDims",
    "Squeeze",
    "Transpose",
    "Enter",
    "Switch",
    "Slice",
    "StridedSlice",
    "Split",
    "SplitV",
    "Unpack",
    "StopGradient",
    "PlaceholderWithDefault",
    "ConcatV2",
    "Pack",
)
SECOND = ("ConcatV2", "Pack")
POSITIVE = ("Log", "Log1p", "Sqrt", "Rsqrt", "Reciprocal")
PRODUCTS = {"MatMul": "transpose_b", "BatchMatMul": "adj_y", "BatchMatMulV2": "adj_y", "BatchMatMulV3": "adj_y"}
DIVISIONS = ("RealDiv", "Div", "FloorDiv", "DivNoNan", "TruncateDiv", "FloorMod")


class Kind:
    """How values are made: a sentence's end, and ``(random, shape) -> array``."""

    def __init__(self, text, draw):
        self.text, self.draw = text, draw


NORMAL = Kind("N(0, 1)", lambda random, shape: random.standard_normal(shape))
UNIT = Kind("U(0, 1)", lambda random, shape: random.random_sample(shape))
POSITIVES = Kind("U(0.1, 1)", lambda random, shape: 0.1 + 0.9 * random.random_sample(shape))
BINARY = Kind("0 or 1", lambda random, shape: random.randint(0, 2, size=shape))
BYTES = Kind("bytes", lambda random, shape: random.randint(0, 256, size=shape))


def below(count, what):
    """Integers from 0 to below a count."""
    return Kind(f"{what} below {count}", lambda random, shape: random.randint(0, count, size=shape))


def lengths(most):
    """Integers from 1 up to a length."""
    return Kind(f"lengths from 1 to {most}", lambda random, shape: random.randint(1, most + 1, size=shape))


def reshaped(value):
    """The elements of an array, over and over."""
    return Kind("the program's own in another shape", lambda random, shape: np.resize(value, shape))


def constant(value):
    """One number."""
    return Kind(f"{value:g}", lambda random, shape: np.full(shape, value))


def one_hot(random, shape):
    """Rows of zeros with a single one."""
    return np.eye(shape[-1])[random.randint(0, shape[-1], size=shape[:-1])]


ONE_HOT = Kind("one-hot rows", one_hot)


class Feeds:
    """Makes feeds.

    Args:
        forced: whether arrays that are there are replaced too.
        home: the stand-ins' home.
    """

    def __init__(self, home, forced):
        self.home, self.forced = home, forced
        self.described = {}

    def replace(self, graph, feed_dict, run):
        """Feeds with values.

        Args:
            graph: the session's graph.
            feed_dict: what the program feeds.
            run: the number of the executed run.

        Returns:
            ``(feeds, origins)``: by tensor name, how the values that were replaced had been derived.

        Raises:
            StandError: where no value can be made.
        """
        wanted, given, origins = {}, {}, {}
        for key, value in (feed_dict or {}).items():
            tensors = elements(graph, key)
            single = len(tensors) == 1 and hasattr(tensors[0], "op")
            if not self._is_wanted(value) and not (single and self._is_misfit(tensors[0], value)):
                given[key] = value
                continue
            if not single:
                raise stand.StandError(f"no values can be made up for {getattr(key, 'name', key)}")
            wanted[key] = tensors[0]
            origins[tensors[0].name] = self._origin(value)
        if not wanted:
            return feed_dict, {}
        sizes = self._sizes(graph, given, wanted.values(), origins)
        shapes = {tensor.name: self._shape(tensor, sizes) for tensor in wanted.values()}
        times = [shape[1] for shape in shapes.values() if len(shape) > 1] or [LENGTH]
        for key, tensor in wanted.items():
            shape, kind = shapes[tensor.name], kind_of(tensor, min(times))
            if not self.forced and isinstance(origins[tensor.name], np.ndarray):
                kind = reshaped(origins[tensor.name])
            random = np.random.RandomState(zlib.crc32(f"{run} {tensor.name}".encode()))
            given[key] = np.asarray(kind.draw(random, shape)).astype(tensor.dtype.as_numpy_dtype)
            self.described.setdefault(tensor.name, (tensor, kind.text, shape))
        return {key: given[key] for key in feed_dict}, origins

    def refuse(self, feed_dict):
        """Raise where a run that isn't the plan's is fed a stand-in."""
        for key, value in (feed_dict or {}).items():
            if stand.holds(value):
                raise stand.StandError(f"{stand.described(value)} is stood in for, and is fed to set {key.name}")

    def _is_wanted(self, value):
        if stand.holds(value):
            return True
        if self.home.blended and stand.is_blended(value):
            return True
        return self.forced and np.ndim(value) > 0

    def _is_misfit(self, tensor, value):
        """Whether the program made a value by the shape of data that isn't there, and it doesn't fit."""
        return bool(self.home.made) and not tensor.shape.is_compatible_with(np.shape(value))

    def _origin(self, value):
        """A path, the array itself, or "" where it was filled from stand-ins."""
        if stand.holds(value):
            return stand.described(value)
        return "" if stand.is_blended(value) else np.asarray(value)

    def _sizes(self, graph, given, wanted, origins):
        """Dimensions that a placeholder leaves open, by axis."""
        sizes = {}
        for tensor in wanted:
            static = tensor.shape.as_list() if tensor.shape.rank is not None else []
            if len(static) > 1 and static[0]:
                sizes[0] = static[0]
        for origin in origins.values():
            taken = stand.taken(origin) if isinstance(origin, str) else len(origin) if self.forced else None
            if taken:
                sizes[0] = taken
        for key, value in given.items():
            for tensor in elements(graph, key):
                actual, static = np.shape(value), tensor.shape
                if "batch" in tensor.op.name.lower() and actual == () and np.asarray(value).dtype.kind in "iu":
                    sizes[0] = int(value)
                if static.rank == len(actual):
                    open_ = [axis for axis, size in enumerate(static.as_list()) if size is None]
                    sizes.update((axis, actual[axis]) for axis in open_)
        return sizes

    def _shape(self, tensor, sizes):
        shape = tensor.shape.as_list() if tensor.shape.rank is not None else _shape_by_use(tensor)
        inner = SIDE if len(shape) == 4 else LENGTH
        filled = enumerate(shape)
        return tuple(sizes.get(axis, inner if axis else BATCH) if size is None else size for axis, size in filled)


def _consumers(tensor):
    return [(op, place) for op in tensor.consumers() for place, own in enumerate(op.inputs) if own is tensor]


def uses(tensor):
    """``(operation, input)`` pairs where a tensor's elements arrive."""
    seen, todo, out = set(), [tensor], []
    while todo:
        current = todo.pop()
        if current.name in seen:
            continue
        seen.add(current.name)
        for op, place in _consumers(current):
            out.append((op, place))
            if op.type in PASSING and (place == 0 or op.type in SECOND) or op.type == "Split" and place == 1:
                todo.extend(op.outputs)
    return out


def kind_of(tensor, time):
    """How to make values for a tensor.

    Args:
        tensor: what is fed.
        time: the number of steps of fed sequences.
    """
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool):
        raise stand.StandError(f"no values of type {tensor.dtype.name} can be made up for {tensor.op.name}")
    found = uses(tensor)
    if tensor.dtype.is_bool:
        return BINARY
    for recognize in (_index, _length, _label):
        for op, place in found:
            kind = recognize(op, place, tensor, time)
            if kind:
                return kind
    types = {op.type for op, _ in found}
    positive = bool(types & set(POSITIVE)) or any(op.type in DIVISIONS and place == 1 for op, place in found)
    if tensor.dtype.is_integer:
        return lengths(time) if positive else BYTES if tensor.dtype.size == 1 else BINARY
    if tensor.shape.rank == 0:
        rate = any("Apply" in op.type for op, _ in found)
        return constant(0.01 if rate else 0.75)
    if positive:
        return POSITIVES
    return UNIT if _is_image(tensor, types) else NORMAL


def _is_image(tensor, types):
    last = tensor.shape.as_list()[-1] if tensor.shape.rank else None
    return tensor.shape.rank == 4 or "Conv2D" in types or last in (784, 3072)


def _index(op, place, tensor, time):
    from tensorflow.python.framework import tensor_util

    if op.type == "OneHot" and place == 0:
        depth = tensor_util.constant_value(op.inputs[1])
        return below(int(depth), "class indices") if depth is not None else None
    if op.type == "SparseSoftmaxCrossEntropyWithLogits" and place == 1:
        return below(_size(op.inputs[0], -1), "class indices")
    if op.type in ("InTopK", "InTopKV2") and place == 1:
        return below(_size(op.inputs[0], -1), "class indices")
    if op.type in ("Gather", "GatherV2", "ResourceGather") and place == 1:
        return below(_rows(op.inputs[0]), "indices")
    return None


def _length(op, place, tensor, time):
    if tensor.dtype.is_integer and op.type == "ReverseSequence" and place == 1:
        return lengths(time)
    named = re.search(r"CheckSeqLen|sequence_length|SequenceMask", op.name)
    return lengths(time) if named and tensor.dtype.is_integer else None


def _label(op, place, tensor, time):
    if not tensor.dtype.is_floating:
        return None
    if op.type == "SoftmaxCrossEntropyWithLogits" and place == 1:
        return ONE_HOT
    if op.type == "ArgMax" and place == 0 and tensor.shape.rank != 1:
        return ONE_HOT
    if op.type == "Mul" and "logistic_loss" in op.name:
        return BINARY
    logged = any(other.op.type in ("Log", "LogSoftmax") for other in op.inputs)
    if op.type == "Mul" and logged and tensor.shape.rank == 2:
        enters = any(other.type in ("MatMul", "Conv2D") for other in tensor.consumers())
        return UNIT if enters else ONE_HOT if tensor.shape.as_list()[1] != 1 else BINARY
    return None


def _size(tensor, axis):
    size = tensor.shape.as_list()[axis] if tensor.shape.rank else None
    return size or 2


def _rows(table):
    if table.dtype.name == "resource":
        op = table.op
        while op.type not in VARIABLES and op.inputs:
            op = op.inputs[0].op
        return int(op.get_attr("shape").dim[0].size) if op.type in VARIABLES else 2
    return _size(table, 0)


def _shape_by_use(tensor):
    for op, place in _consumers(tensor):
        others = [other for other in op.inputs if other is not tensor]
        if op.type in PRODUCTS and place == 0 and others and others[0].shape.rank == 2:
            return [None, others[0].shape.as_list()[1 if op.get_attr(PRODUCTS[op.type]) else 0]]
        if op.type == "Conv2D" and place == 0:
            return [None, None, None, others[0].shape.as_list()[2]]
        if op.type == "SparseSoftmaxCrossEntropyWithLogits" and place == 1:
            return others[0].shape.as_list()[:-1]
        same = ("SoftmaxCrossEntropyWithLogits", "Sub", "SquaredDifference", "Add", "AddV2", "Mul", "Equal")
        if op.type in same and others and others[0].shape.rank:
            return others[0].shape.as_list()
    return [] if tensor.dtype.is_floating else [None]


def explains(guard, failure):
    """Whether a failure of the original comes from stand-ins, so that what it did before is a proof's matter."""
    return bool(guard and failure and guard.home.made and failure["involved"])


def report(document, guard, recorder, cut):
    """Add to a recording what was stood in for, what was made up, and where the program ended because of it."""
    names = {}
    for run in recorder.plan["runs"]:
        for parameter, placeholder in run.get("parameters", {}).items():
            names.setdefault(placeholder, parameter)
    spans = {item["id"]: item["span"] for item in recorder.plan["placeholders"]}
    notes = document["notes"]
    notes += [f"'{e['label']}' of {e['file']}:{e['line']} is stood in for: {e['why']}" for e in guard.noted]
    for tensor, text, shape in recorder.synthetic.described.values():
        known = [key for key, own in recorder.tensors.items() if any(t is tensor for t in own)]
        key = next((key for key in known if key in names), None)
        place = f" ({spans[key]['file']}:{spans[key]['line']})" if key in spans else ""
        notes.append(f"values of '{names.get(key, tensor.op.name)}'{place} are synthetic: {text}, shape {shape}")
    if cut:
        notes.append(f"the program ends at {cut['file']}:{cut['line']}, which needs the missing data: {cut['text']}")
    document["cut"] = bool(cut)
    document["stands"] = guard.noted


def install():
    """Let TensorFlow take a stand-in where it asks for a size, and refuse to make a tensor of one elsewhere."""
    import tensorflow as tf
    from tensorflow.python.framework import tensor_util

    def size(value, what):
        if what is None or not tf.as_dtype(what).is_integer:
            label = value.stand_path.split("(")[0]
            raise stand.StandError(f"a tensor is made of `{label}`, which is stood in for")
        return int(value)

    def convert(value, dtype=None, name=None, as_ref=False):
        return tf.constant(size(value, dtype), dtype, name=name)

    tf.register_tensor_conversion_function(stand.Stand, convert)
    original = tensor_util.make_tensor_proto

    def make_tensor_proto(values, dtype=None, *arguments, **keywords):
        if stand.holds(values):
            kind = dtype or tf.int32
            one_by_one = isinstance(values, (list, tuple)) and all(
                np.ndim(v) == 0 for v in values if not stand.holds(v)
            )
            if not one_by_one or len(values) > MOST_SIZES:
                size(next(_stands(values)), None)
            values = [size(v, kind) if isinstance(v, stand.Stand) else v for v in values]
        return original(values, dtype, *arguments, **keywords)

    tensor_util.make_tensor_proto = make_tensor_proto


def _stands(value):
    if isinstance(value, stand.Stand):
        yield value
    for inner in value if isinstance(value, (list, tuple)) else ():
        yield from _stands(inner)
