"""The random operations of TensorFlow's graphs, drawing keyed noise.

Draws are numbered after the run that made them, by kind: in the order in which their operations were created, and in a
loop iteration by iteration, which is the order in which eager code draws.
"""

from __future__ import annotations

import re
from collections import namedtuple

import numpy as np

from . import companions
from .noise import candidates, expected_counts

SAMPLERS = {"log_uniform_candidate_sampler": True, "uniform_candidate_sampler": False}
"""Whether a candidate sampler prefers low classes."""
STATEFUL = {"random_standard_normal": "normal", "random_uniform": "uniform", "truncated_normal": "truncated"}
STATELESS = {
    "stateless_random_normal": "normal",
    "stateless_random_uniform": "uniform",
    "stateless_truncated_normal": "truncated",
    "stateless_random_normal_v2": "normal",
    "stateless_random_uniform_v2": "uniform",
    "stateless_truncated_normal_v2": "truncated",
}
OTHERS = re.compile(
    r"^(Parameterized|Stateless|Stateful)?(Random|Multinomial|TruncatedNormal|Uniform|StandardNormal|NonDeterministic)"
    r"|CandidateSampler$|^Fractional(Max|Avg)Pool$|^SampleDistorted"
)
Candidates = namedtuple("Candidates", "sampled_candidates true_expected_count sampled_expected_count")
"""What a candidate sampler answers, by the names that TensorFlow gives it."""
NO_DRAWS = re.compile(r"Queue|Dataset|Grad$|GetKeyCounter|GetAlg")


class GraphNoise:
    """Replaces random operations of graphs as they are created, and numbers the draws of each run.

    Args:
        noise: the `Noise` that draws.
    """

    def __init__(self, noise):
        self.noise = noise
        self.sources = []
        self.needed, self.drawn, self.outside = set(), [], {}

    @property
    def unkeyed(self):
        """What has drawn in runs though it can't be keyed."""
        return self.noise.unkeyed

    def install(self):
        """Patch the op functions; call before a graph is built."""
        from tensorflow.python.ops import gen_candidate_sampling_ops, gen_random_ops, gen_stateless_random_ops

        for name, by_log in SAMPLERS.items():
            setattr(gen_candidate_sampling_ops, name, self._candidates(by_log))
        for name, kind in STATEFUL.items():
            setattr(gen_random_ops, name, self._floating(kind))
        for name, kind in STATELESS.items():
            if hasattr(gen_stateless_random_ops, name):
                setattr(gen_stateless_random_ops, name, self._stateless(kind))
        gen_random_ops.random_uniform_int = self._integer
        gen_random_ops.random_shuffle = self._shuffle
        gen_random_ops.random_gamma = self._gamma
        gen_random_ops.random_poisson_v2 = self._poisson
        gen_random_ops.multinomial = self._multinomial
        _iterate_one_by_one()
        companions.draw_in_every_turn(lambda: self.operations)

    @property
    def operations(self):
        """The operations that draw."""
        return [op for _, op in self.sources if op is not None]

    def start(self, run, operations):
        """Begin a run, which needs these operations."""
        self.needed = {token for token, (_, op) in enumerate(self.sources) if op in operations}
        self.drawn = []
        self.noise.start(run)
        for op in operations:
            if OTHERS.search(op.type) and not NO_DRAWS.search(op.type):
                self.noise.missed(f"the random operation {op.type} '{op.name}'")

    def stop(self):
        """End the run; answers its draws as ``[kind, ordinal, shape, key]``."""
        out = []
        for kind in sorted({kind for kind, _, _, _ in self.drawn}):
            draws = self._in_order([d[1:] for d in self.drawn if d[0] == kind])
            out += [[kind, ordinal, list(shape), _key(*at)] for ordinal, (shape, at) in enumerate(draws)]
        self.noise.stop()
        return out

    def _in_order(self, draws):
        """``(token, count, shape)`` in the order in which they happened, as ``(shape, (token, count))`` by ordinal."""
        loops = {token: _outermost_loop(self.sources[token][1]) for token, _, _ in draws}
        first = {}
        for token in sorted(loops):
            first.setdefault(id(loops[token]), token)
        placed = []
        for moment, (token, count, shape) in enumerate(draws):
            loop = loops[token]
            if loop is None:
                place = (token, 0, 0)
            elif sum(other is loop for other in loops.values()) == 1:
                place = (token, moment, 0)
            else:
                place = (first[id(loop)], count, token)
                if self.sources[token][1]._get_control_flow_context() is not loop:
                    self.noise.missed(
                        f"several draws in a branch or loop within a loop, '{self.sources[token][1].name}'"
                    )
            placed.append((place, shape, (token, count)))
        return [(shape, at) for _, shape, at in sorted(placed)]

    def _draw(self, token, kind, shape, *parameters):
        if self.noise.run is None or token not in self.needed:
            if self.noise.run is not None:
                self._miss_function(token)
            self.outside[token] = self.outside.get(token, 0) + 1
            return self.noise.draw(kind, f"outside {_key(token, self.outside[token])}", shape, *parameters)
        count = sum(d[1] == token for d in self.drawn)
        self.drawn.append((kind, token, count, tuple(int(d) for d in shape)))
        return self.noise.draw(kind, _key(token, count), shape, *parameters)

    def _miss_function(self, token):
        op = self.sources[token][1]
        if op is not None and not str(getattr(op.graph, "name", "")).startswith("Dataset"):
            self.noise.missed(f"a draw inside a function of the graph, '{op.name}'")

    def _op(self, kind, function, inputs, dtype, shape, name):
        from tensorflow.python.ops import script_ops

        token = len(self.sources)
        self.sources.append((kind, None))
        outputs = script_ops.numpy_function(lambda *values: function(token, *values), inputs, dtype, name=name)
        listed = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        for output, size in zip(listed, shape if isinstance(dtype, list) else [shape]):
            output.set_shape(size)
        self.sources[token] = (kind, listed[0].op)
        return listed if isinstance(dtype, list) else listed[0]

    def _floating(self, kind):
        from tensorflow.python.framework import dtypes

        def random_op(shape, dtype=None, seed=0, seed2=0, name=None):
            dtype = dtypes.as_dtype(dtype)

            def function(token, size):
                return self._draw(token, kind, size).astype(dtype.as_numpy_dtype)

            return self._op(kind, function, [shape], dtype, _constant_shape(shape), name)

        return random_op

    def _stateless(self, kind):
        from tensorflow.python.framework import dtypes

        floating = self._floating(kind)

        def random_op(shape, seed, dtype=dtypes.float32, name=None):
            return floating(shape, dtype, name=name)

        return random_op

    def _integer(self, shape, minval, maxval, seed=0, seed2=0, name=None):
        minval = _tensor(minval)

        def function(token, size, low, high):
            return self._draw(token, "integer", size, low, high).astype(np.asarray(low).dtype)

        return self._op("integer", function, [shape, minval, maxval], minval.dtype, _constant_shape(shape), name)

    def _shuffle(self, value, seed=0, seed2=0, name=None):
        value = _tensor(value)

        def function(token, array):
            return array[self._draw(token, "shuffle", array.shape[:1])]

        return self._op("shuffle", function, [value], value.dtype, value.shape, name)

    def _gamma(self, shape, alpha, seed=0, seed2=0, name=None):
        from tensorflow.python.framework import ops

        alpha = _tensor(alpha)

        def function(token, size, alphas):
            wanted = tuple(size) + alphas.shape
            return self._draw(token, "gamma", wanted, alphas).astype(alphas.dtype)

        with ops.get_default_graph().gradient_override_map({"PyFunc": "RandomGamma"}):
            fixed = _constant_shape(shape).concatenate(alpha.shape)
            return self._op("gamma", function, [_tensor(shape), alpha], alpha.dtype, fixed, name)

    def _poisson(self, shape, rate, seed=0, seed2=0, dtype=None, name=None):
        from tensorflow.python.framework import dtypes

        rate, dtype = _tensor(rate), dtypes.as_dtype(dtype or dtypes.int64)

        def function(token, size, rates):
            return self._draw(token, "poisson", tuple(size) + rates.shape, rates).astype(dtype.as_numpy_dtype)

        fixed = _constant_shape(shape).concatenate(rate.shape)
        return self._op("poisson", function, [_tensor(shape), rate], dtype, fixed, name)

    def _multinomial(self, logits, num_samples, seed=0, seed2=0, output_dtype=None, name=None):
        from tensorflow.python.framework import dtypes, tensor_util

        logits, dtype = _tensor(logits), dtypes.as_dtype(output_dtype or dtypes.int64)

        def function(token, rows, count):
            probabilities = np.exp(rows - np.max(rows, axis=-1, keepdims=True))
            return self._draw(token, "categorical", (len(rows), count), probabilities).astype(dtype.as_numpy_dtype)

        fixed = [logits.shape.as_list()[0] if logits.shape.ndims else None, tensor_util.constant_value(num_samples)]
        return self._op("categorical", function, [logits, _tensor(num_samples)], dtype, fixed, name)

    def _candidates(self, by_log):
        from tensorflow.python.framework import dtypes

        def sampler(true_classes, num_true, num_sampled, unique, range_max, seed=0, seed2=0, name=None):
            labels, single = _tensor(true_classes), dtypes.float32.as_numpy_dtype

            def function(token, true):
                drawn, tries = candidates(
                    lambda shape: self._draw(token, "uniform", shape), range_max, num_sampled, unique, by_log
                )
                counts = [expected_counts(c, range_max, num_sampled, tries, by_log) for c in (true, drawn)]
                return (drawn, *(count.astype(single) for count in counts))

            types, shapes = [dtypes.int64, dtypes.float32, dtypes.float32], [[num_sampled], labels.shape, [num_sampled]]
            return Candidates(*self._op("uniform", function, [labels], types, shapes, name))

        return sampler


def _key(token, count):
    return f"{token} {count}"


def _outermost_loop(op):
    context, loop = op._get_control_flow_context(), None
    while context is not None:
        loop = context if context.IsWhileContext() else loop
        context = context.outer_context
    return loop


def _iterate_one_by_one():
    """Loops run their iterations one after the other, so that draws in them have an order."""
    from tensorflow.python.ops import control_flow_ops

    init = control_flow_ops.WhileContext._init_from_args

    def init_from_args(self, maximum_iterations, parallel_iterations, *rest):
        return init(self, maximum_iterations, 1, *rest)

    control_flow_ops.WhileContext._init_from_args = init_from_args


def _tensor(value):
    from tensorflow.python.framework import ops

    return ops.convert_to_tensor(value)


def _constant_shape(shape):
    from tensorflow.python.framework import tensor_util

    return tensor_util.constant_value_as_shape(_tensor(shape))
