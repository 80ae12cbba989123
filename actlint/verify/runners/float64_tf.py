"""Makes TensorFlow compute in float64 wherever a program says float32, without a change to the program.

`prepare` must run before TensorFlow is imported, `finish` after it. DT_FLOAT then is an alias of DT_DOUBLE in every table from which
dtypes are made, Python floats become doubles as written, and float32 arrays are widened exactly.
"""

from __future__ import annotations

import importlib.util
import sys

import numpy as np

DTYPES = "tensorflow.python.framework.dtypes"


class _Finder:
    """Finds the dtypes module, and has its tables changed as soon as it has been executed."""

    def find_spec(self, name, path=None, target=None):
        if name != DTYPES:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _widen_tables(module)

        spec.loader.exec_module = exec_module
        return spec


def _widen_tables(dtypes):
    single, single_ref, double, double_ref = dtypes.float32, dtypes.float32_ref, dtypes.float64, dtypes.float64_ref
    for name, value in list(vars(dtypes).items()):
        if value is single:
            setattr(dtypes, name, double)
        elif value is single_ref:
            setattr(dtypes, name, double_ref)
        elif isinstance(value, dict):
            for key, inner in list(value.items()):
                if inner is single:
                    value[key] = double
                elif inner is single_ref:
                    value[key] = double_ref
    for enum in (single.as_datatype_enum, single_ref.as_datatype_enum):
        dtypes._TF_TO_NP[enum] = np.float64


def prepare():
    """Install the change of the dtype tables; call before the first import of TensorFlow."""
    sys.meta_path.insert(0, _Finder())


def widened(value):
    """Arrays of float32 as float64, everything else as it is."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype == np.float32:
        return value.astype(np.float64)
    return value


def finish(eager):
    """Patch the conversions of an imported TensorFlow, and with `eager` its eager execution too."""
    from tensorflow.python.framework import constant_op, dtypes, tensor_util

    make = tensor_util.make_tensor_proto

    def make_tensor_proto(values, dtype=None, shape=None, verify_shape=False, allow_broadcast=False):
        values = widened(values)
        if dtype is None and not isinstance(values, (np.ndarray, np.generic)):
            dtype = _float_dtype(values, dtypes)
        return make(values, dtype, shape, verify_shape, allow_broadcast)

    tensor_util.make_tensor_proto = make_tensor_proto
    _patch_batch_norm()
    if not eager:
        return

    convert = constant_op.convert_to_eager_tensor

    def convert_to_eager_tensor(value, ctx, dtype=None):
        value = widened(value)
        if dtype is None and not isinstance(value, (np.ndarray, np.generic)):
            dtype = _float_dtype(value, dtypes)
        return convert(value, ctx, dtype)

    constant_op.convert_to_eager_tensor = convert_to_eager_tensor
    _disable_fast_path()


def _float_dtype(values, dtypes):
    """float64 for Python floats and nests of them, else None (the framework's own rule)."""
    if isinstance(values, (bool, int, str, bytes)) or hasattr(values, "dtype"):
        return None
    if not isinstance(values, (float, list, tuple)):
        return None
    try:
        return dtypes.float64 if np.asarray(values).dtype.kind == "f" else None
    except (TypeError, ValueError, NotImplementedError):
        return None


def _disable_fast_path():
    """Eager operations take the Python path, on which inputs are converted by the patched functions."""
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import core

    def fallback(*_):
        raise core._FallbackException("float64")

    pywrap_tfe.TFE_Py_FastPathExecute = fallback


def _patch_batch_norm():
    """The fused kernels have no float64 form; this is what they compute."""
    from tensorflow.python.framework import constant_op
    from tensorflow.python.ops import array_ops, gen_nn_ops, math_ops

    def fused_batch_norm_v3(x, scale, offset, mean, variance, epsilon=0.0001, exponential_avg_factor=1,
                            data_format="NHWC", is_training=True, name=None):
        x = math_ops.cast(x, scale.dtype)
        first = data_format.startswith("NC")
        rank = x.shape.ndims
        axes = [0] + list(range(2, rank)) if first else list(range(rank - 1))
        wide = [1, -1] + [1] * (rank - 2) if first else [1] * (rank - 1) + [-1]

        def spread(value):
            return array_ops.reshape(value, wide)

        if is_training:
            batch_mean = math_ops.reduce_mean(x, axes)
            batch_variance = math_ops.reduce_mean(math_ops.squared_difference(x, spread(batch_mean)), axes)
            count = math_ops.cast(array_ops.size(x) // array_ops.size(batch_mean), x.dtype)
            unbiased = batch_variance * (count / math_ops.maximum(count - 1.0, 1.0))
            running_mean, running_variance = batch_mean, unbiased
            if exponential_avg_factor != 1:
                running_mean = mean * (1 - exponential_avg_factor) + batch_mean * exponential_avg_factor
                running_variance = variance * (1 - exponential_avg_factor) + unbiased * exponential_avg_factor
        else:
            batch_mean, batch_variance = mean, variance
            running_mean, running_variance = mean, variance
        normal = (x - spread(batch_mean)) * math_ops.rsqrt(spread(batch_variance) + epsilon)
        empty = constant_op.constant([], dtype=scale.dtype)
        y = array_ops.identity(normal * spread(scale) + spread(offset), name=name)
        return y, running_mean, running_variance, empty, empty, empty

    gen_nn_ops.fused_batch_norm_v3 = fused_batch_norm_v3
