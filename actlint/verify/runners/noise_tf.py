"""TensorFlow's random operations, drawing keyed noise."""

from __future__ import annotations

import numpy as np

STATEFUL = {"random_standard_normal": "normal", "random_uniform": "uniform", "truncated_normal": "truncated"}
STATELESS = {
    "stateless_random_normal": "normal",
    "stateless_random_uniform": "uniform",
    "stateless_truncated_normal": "truncated",
    "stateless_random_normal_v2": "normal",
    "stateless_random_uniform_v2": "uniform",
    "stateless_truncated_normal_v2": "truncated",
}


class GraphNoise:
    """Replaces random operations of graphs as they are created, and numbers those that a run needs.

    Args:
        noise: the `Noise` that draws.
    """

    def __init__(self, noise):
        self.noise = noise
        self.sources = []
        self.ordinals = {}
        self.free = {}

    def install(self):
        """Patch the op functions; call before a graph is built."""
        from tensorflow.python.ops import gen_random_ops

        for name, kind in STATEFUL.items():
            setattr(gen_random_ops, name, self._floating(kind))
        gen_random_ops.random_uniform_int = self._integer
        gen_random_ops.random_shuffle = self._shuffle

    def start(self, run, operations):
        """Number the random operations among those that a run needs, by kind, in creation order."""
        counts = {}
        self.ordinals = {}
        for token, (kind, op) in enumerate(self.sources):
            if op in operations:
                self.ordinals[token] = counts.get(kind, 0)
                counts[kind] = self.ordinals[token] + 1
        self.noise.start(run)

    def stop(self):
        """End the run; answers the shapes of its draws."""
        return self.noise.stop()

    def _drawn(self, token, kind, shape, low=0, high=2):
        from . import noise as noise_

        if token not in self.ordinals or self.noise.run is None:
            free = self.free.setdefault(token, noise_.stream(token))
            return noise_.draw(free, kind, shape, low, high)
        return self.noise.draw(kind, self.ordinals[token], shape, low, high)

    def _op(self, kind, function, inputs, dtype, shape, name):
        from tensorflow.python.ops import script_ops

        token = len(self.sources)
        self.sources.append((kind, None))
        output = script_ops.numpy_function(lambda *values: function(token, *values), inputs, dtype, name=name)
        if isinstance(output, (list, tuple)):
            output = output[0]
        output.set_shape(shape)
        self.sources[token] = (kind, output.op)
        return output

    def _floating(self, kind):
        from tensorflow.python.framework import dtypes, tensor_util

        def random_op(shape, dtype=None, seed=0, seed2=0, name=None):
            dtype = dtypes.as_dtype(dtype)

            def function(token, size):
                return self._drawn(token, kind, size).astype(dtype.as_numpy_dtype)

            return self._op(kind, function, [shape], dtype, tensor_util.constant_value_as_shape(_tensor(shape)), name)

        return random_op

    def _integer(self, shape, minval, maxval, seed=0, seed2=0, name=None):
        from tensorflow.python.framework import tensor_util

        minval = _tensor(minval)

        def function(token, size, low, high):
            return self._drawn(token, "integer", size, low, high).astype(np.asarray(low).dtype)

        fixed = tensor_util.constant_value_as_shape(_tensor(shape))
        return self._op("integer", function, [shape, minval, maxval], minval.dtype, fixed, name)

    def _shuffle(self, value, seed=0, seed2=0, name=None):
        value = _tensor(value)

        def function(token, array):
            return array[self._drawn(token, "shuffle", array.shape[:1])]

        return self._op("shuffle", function, [value], value.dtype, value.shape, name)


def _tensor(value):
    from tensorflow.python.framework import ops

    return ops.convert_to_tensor(value)


def install_eager(noise):
    """Patch the op functions for eager execution: the nth call of a kind within a run is draw n."""
    from tensorflow.python.framework import constant_op, dtypes, ops
    from tensorflow.python.ops import array_ops, gen_random_ops, gen_stateless_random_ops, gen_stateless_random_ops_v2

    def floating(kind, original):
        def random_op(shape, *arguments, **keywords):
            shape_ = ops.convert_to_tensor(shape)
            if noise.run is None or not hasattr(shape_, "numpy"):
                return original(shape, *arguments, **keywords)
            dtype = keywords.get("dtype") or next((a for a in arguments if isinstance(a, dtypes.DType)), dtypes.float32)
            return constant_op.constant(noise.next(kind, shape_.numpy()), dtype=dtype)

        return random_op

    def integer(original):
        def random_op(shape, minval, maxval, *arguments, **keywords):
            if noise.run is None:
                return original(shape, minval, maxval, *arguments, **keywords)
            low, high = ops.convert_to_tensor(minval), ops.convert_to_tensor(maxval)
            size = ops.convert_to_tensor(shape).numpy()
            return constant_op.constant(noise.next("integer", size, low.numpy(), high.numpy()), dtype=low.dtype)

        return random_op

    def shuffle(original):
        def random_op(value, *arguments, **keywords):
            if noise.run is None:
                return original(value, *arguments, **keywords)
            value = ops.convert_to_tensor(value)
            return array_ops.gather(value, noise.next("shuffle", value.shape[:1]))

        return random_op

    for module, table in (
        (gen_random_ops, STATEFUL),
        (gen_stateless_random_ops, STATELESS),
        (gen_stateless_random_ops_v2, STATELESS),
    ):
        for name, kind in table.items():
            if hasattr(module, name):
                setattr(module, name, floating(kind, getattr(module, name)))
    gen_random_ops.random_uniform_int = integer(gen_random_ops.random_uniform_int)
    gen_random_ops.random_shuffle = shuffle(gen_random_ops.random_shuffle)
