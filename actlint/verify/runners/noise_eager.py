"""TensorFlow's random functions in eager execution: the nth draw of a kind within a run is the original's nth."""

from __future__ import annotations

import numpy as np

from .noise import candidates, expected_counts
from .noise_tf import SAMPLERS, STATEFUL, STATELESS, Candidates

OTHERS = {
    "gen_random_ops": ("parameterized_truncated_normal", "random_poisson"),
    "gen_stateless_random_ops": (
        "stateless_parameterized_truncated_normal",
        "stateless_random_binomial",
        "stateless_random_uniform_full_int",
    ),
    "gen_stateless_random_ops_v2": ("stateless_random_uniform_full_int_v2",),
    "gen_stateful_random_ops": (
        "non_deterministic_ints",
        "stateful_random_binomial",
        "stateful_standard_normal_v2",
        "stateful_truncated_normal",
        "stateful_uniform",
        "stateful_uniform_full_int",
        "stateful_uniform_int",
    ),
    "gen_candidate_sampling_ops": (
        "all_candidate_sampler",
        "fixed_unigram_candidate_sampler",
        "learned_unigram_candidate_sampler",
        "thread_unsafe_unigram_candidate_sampler",
    ),
    "gen_nn_ops": ("fractional_avg_pool", "fractional_max_pool"),
    "gen_image_ops": ("sample_distorted_bounding_box", "sample_distorted_bounding_box_v2"),
}


def install(noise):
    """Patch the op functions."""
    import importlib

    own = _Functions(noise)
    tables = {
        "gen_random_ops": {name: own.floating(kind) for name, kind in STATEFUL.items()},
        "gen_stateless_random_ops": {name: own.floating(kind) for name, kind in STATELESS.items()},
        "gen_stateless_random_ops_v2": {name: own.floating(kind) for name, kind in STATELESS.items()},
        "gen_candidate_sampling_ops": {name: own.candidates(by_log) for name, by_log in SAMPLERS.items()},
    }
    tables["gen_random_ops"].update(
        random_uniform_int=own.integer(1),
        random_shuffle=own.shuffle,
        random_gamma=own.gamma(1),
        random_poisson_v2=own.poisson,
        multinomial=own.multinomial,
    )
    tables["gen_stateless_random_ops"].update(
        stateless_random_uniform_int=own.integer(2),
        stateless_random_gamma_v2=own.gamma(2),
        stateless_random_poisson=own.stateless_poisson,
        stateless_multinomial=own.stateless_multinomial,
    )
    tables["gen_stateless_random_ops_v2"].update(
        stateless_random_uniform_int_v2=own.integer(4),
        stateless_random_gamma_v3=own.gamma(4),
        stateless_shuffle=own.shuffle,
    )
    for path in set(tables) | set(OTHERS):
        module = importlib.import_module("tensorflow.python.ops." + path)
        for name, keyed in tables.get(path, {}).items():
            if hasattr(module, name):
                setattr(module, name, _while_running(noise, keyed, getattr(module, name)))
        for name in OTHERS.get(path, ()):
            if hasattr(module, name):
                setattr(module, name, _missing(noise, name, getattr(module, name)))


def _while_running(noise, keyed, original):
    def function(*arguments, **keywords):
        if noise.run is None:
            return original(*arguments, **keywords)
        return keyed(*arguments, **keywords)

    return function


def _missing(noise, name, original):
    def function(*arguments, **keywords):
        noise.missed(f"the random function {name}")
        return original(*arguments, **keywords)

    return function


class _Functions:
    """The keyed forms; a number is the place of the first parameter of the distribution."""

    def __init__(self, noise):
        self.noise = noise

    def floating(self, kind):
        from tensorflow.python.framework import constant_op, dtypes

        def function(shape, *arguments, **keywords):
            dtype = keywords.get("dtype") or next((a for a in arguments if isinstance(a, dtypes.DType)), dtypes.float32)
            return constant_op.constant(self.noise.next(kind, _numpy(shape)), dtype=dtype)

        return function

    def integer(self, place):
        def function(shape, *arguments, **keywords):
            low = _tensor(keywords["minval"] if "minval" in keywords else arguments[place - 1])
            high = _tensor(keywords["maxval"] if "maxval" in keywords else arguments[place])
            return self._constant("integer", _numpy(shape), low.dtype, low.numpy(), high.numpy())

        return function

    def shuffle(self, value, *arguments, **keywords):
        from tensorflow.python.ops import array_ops

        value = _tensor(value)
        return array_ops.gather(value, self.noise.next("shuffle", value.shape[:1]))

    def gamma(self, place):
        from tensorflow.python.framework import constant_op
        from tensorflow.python.ops import custom_gradient, gen_random_ops, math_ops

        def function(shape, *arguments, **keywords):
            alpha = _tensor(keywords["alpha"] if "alpha" in keywords else arguments[place - 1])
            size = tuple(_numpy(shape))

            @custom_gradient.custom_gradient
            def sample(alpha):
                drawn = self.noise.next("gamma", size + tuple(alpha.shape), alpha.numpy())
                value = constant_op.constant(drawn, dtype=alpha.dtype)

                def differentiate(upstream):
                    partial = upstream * gen_random_ops.random_gamma_grad(alpha + 0 * value, value)
                    return math_ops.reduce_sum(partial, axis=list(range(len(size))))

                return value, differentiate

            return sample(alpha)

        return function

    def poisson(self, shape, rate, seed=0, seed2=0, dtype=None, name=None):
        return self.stateless_poisson(shape, None, rate, dtype)

    def stateless_poisson(self, shape, seed, lam, dtype=None, name=None):
        from tensorflow.python.framework import dtypes

        rate = _numpy(lam)
        return self._constant("poisson", tuple(_numpy(shape)) + rate.shape, dtype or dtypes.int64, rate)

    def multinomial(self, logits, num_samples, seed=0, seed2=0, output_dtype=None, name=None):
        return self.stateless_multinomial(logits, num_samples, None, output_dtype)

    def stateless_multinomial(self, logits, num_samples, seed, output_dtype=None, name=None):
        from tensorflow.python.framework import dtypes

        rows = _numpy(logits)
        probabilities = np.exp(rows - np.max(rows, axis=-1, keepdims=True))
        shape = len(rows), int(_numpy(num_samples))
        return self._constant("categorical", shape, output_dtype or dtypes.int64, probabilities)

    def candidates(self, by_log):
        from tensorflow.python.framework import constant_op, dtypes

        def function(true_classes, num_true, num_sampled, unique, range_max, *arguments, **keywords):
            drawn, tries = candidates(
                lambda shape: self.noise.next("uniform", shape), range_max, num_sampled, unique, by_log
            )
            both = (_numpy(true_classes), drawn)
            counts = (expected_counts(c, range_max, num_sampled, tries, by_log) for c in both)
            floats = (constant_op.constant(count, dtype=dtypes.float32) for count in counts)
            return Candidates(constant_op.constant(drawn, dtype=dtypes.int64), *floats)

        return function

    def _constant(self, kind, shape, dtype, *parameters):
        from tensorflow.python.framework import constant_op, dtypes

        drawn = self.noise.next(kind, shape, *parameters)
        return constant_op.constant(drawn.astype(dtypes.as_dtype(dtype).as_numpy_dtype), dtype=dtype)


def _tensor(value):
    from tensorflow.python.framework import ops

    return ops.convert_to_tensor(value)


def _numpy(value):
    return _tensor(value).numpy()
