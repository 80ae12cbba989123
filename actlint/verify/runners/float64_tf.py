"""Makes TensorFlow compute in float64 wherever a program says float32, without a change to the program.

`prepare` must run before TensorFlow is imported, `finish` after it. In every table from which dtypes are made, DT_FLOAT
then is an alias of DT_DOUBLE; Python floats become doubles as written, and float32 arrays are widened exactly.
"""

from __future__ import annotations

import importlib.util
import sys

import numpy as np

from . import flows_tf, kernels_tf

DTYPES = "tensorflow.python.framework.dtypes"
DT_FLOAT, DT_DOUBLE = FLOATS = 1, 2


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
    pairs = (
        (dtypes.float32, dtypes.float64),
        (dtypes.float32_ref, dtypes.float64_ref),
        (dtypes.complex64, dtypes.complex128),
        (dtypes.complex64_ref, dtypes.complex128_ref),
    )
    wider = {id(single): double for single, double in pairs}
    for name, value in list(vars(dtypes).items()):
        if id(value) in wider:
            setattr(dtypes, name, wider[id(value)])
        elif isinstance(value, dict):
            for key, inner in list(value.items()):
                value[key] = wider.get(id(inner), inner)
    for single, double in pairs:
        dtypes._TF_TO_NP[single.as_datatype_enum] = dtypes._TF_TO_NP[double.as_datatype_enum]


def prepare():
    """Install the change of the dtype tables; call before the first import of TensorFlow."""
    sys.meta_path.insert(0, _Finder())


def widened(value):
    """Arrays of float32 as float64 and of complex64 as complex128, everything else as it is."""
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype in (np.float32, np.complex64):
        return value.astype(np.float64 if value.dtype == np.float32 else np.complex128)
    return value


def contents(proto):
    """The array in a tensor proto of floats. TensorFlow's own function takes doubles for floats by the tables."""
    shape = [dim.size for dim in proto.tensor_shape.dim]
    if proto.tensor_content:
        kept = np.float32 if proto.dtype == DT_FLOAT else np.float64
        return np.frombuffer(proto.tensor_content, kept).astype(np.float64).reshape(shape)
    values = np.array(proto.float_val if proto.dtype == DT_FLOAT else proto.double_val, np.float64)
    count = int(np.prod(shape, dtype=np.int64))
    if not values.size:
        return np.zeros(shape)
    return np.pad(values, (0, count - values.size), "edge").reshape(shape)


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
    make_array = tensor_util.MakeNdarray
    tensor_util.MakeNdarray = lambda proto: contents(proto) if proto.dtype in FLOATS else make_array(proto)
    kernels_tf.install()
    _widen_python_functions()
    if not eager:
        flows_tf.install()
        return

    convert = constant_op.convert_to_eager_tensor

    def convert_to_eager_tensor(value, ctx, dtype=None):
        value = widened(value)
        if dtype is None and not isinstance(value, (np.ndarray, np.generic)):
            dtype = _float_dtype(value, dtypes)
        return convert(value, ctx, dtype)

    constant_op.convert_to_eager_tensor = convert_to_eager_tensor
    _disable_fast_path()


def _widen_python_functions():
    """Arrays that Python functions in a graph return."""
    from tensorflow.python.ops import script_ops

    convert = script_ops.FuncRegistry._convert
    script_ops.FuncRegistry._convert = staticmethod(lambda value, dtype=None: widened(convert(value, dtype)))


def widen_keras(tf):
    """Graph mode's Keras, which TensorFlow 2 has in a package of its own, computes in float64 as well."""
    if tf.__version__.startswith("1."):
        from tensorflow.python.keras import backend
        from tensorflow.python.keras.layers import normalization
    elif importlib.util.find_spec("tf_keras"):
        from tf_keras import backend
        from tf_keras.src.layers.normalization import batch_normalization as normalization
    else:
        return
    backend.set_floatx("float64")
    kernels_tf.allow_fused_batch_norm(normalization)


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
