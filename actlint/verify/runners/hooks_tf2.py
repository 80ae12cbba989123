"""What TensorFlow 2 and Keras tell about a program's layers, weights and optimizers."""

from __future__ import annotations

import inspect

import keras
import numpy as np
import tensorflow as tf

from . import discover_after, reach

APPLY = ("ResourceApply", "ResourceSparseApply")


class TF2(discover_after.Hooks):
    """TensorFlow 2's side of discovery."""

    def __init__(self):
        self.owners = {}
        self.count = 0

    def array(self, value):
        if isinstance(value, (tf.Tensor, tf.Variable, keras.Variable)):
            if value.dtype in (tf.string, tf.resource, tf.variant) or not hasattr(value, "numpy"):
                return None
            return value.numpy()
        return discover_after.as_numeric(value)

    def children(self, path, value, is_own):
        if isinstance(value, (keras.optimizers.Optimizer, tf.compat.v1.train.Optimizer)):
            return []
        if not isinstance(value, (keras.Layer, tf.Module)):
            return reach.plain_children(path, value, is_own)
        out = [(f"{path}.{name}", inner) for name, inner in vars(value).items() if not name.startswith("_")]
        if isinstance(value, keras.Layer):
            own = list(value._trainable_variables) + list(value._non_trainable_variables)
            for variable in own:
                self.owners.setdefault(id(variable), (path, value))
                out.append((_member(path, value, variable), variable))
            if isinstance(value, keras.Model):
                out += [(f"{path}.layers[{i}]", layer) for i, layer in enumerate(value.layers)]
        return out

    def weight(self, value):
        if not isinstance(value, (tf.Variable, keras.Variable)) or not tf.as_dtype(value.dtype).is_floating:
            return None
        return "raw", value.numpy(), value.trainable

    def build(self, value):
        path, layer = self.owners.get(id(value), (None, None))
        shape = layer.get_build_config() if layer is not None else None
        shape = (shape or {}).get("input_shape")
        if not isinstance(shape, (list, tuple)) or not all(d is None or isinstance(d, int) for d in shape):
            return None
        return [path, [None] + list(shape[1:])]

    def age(self, value):
        inner = value.value if isinstance(value, keras.Variable) else value
        number = getattr(inner, "_unique_id", "").rpartition("_")[2]
        return int(number) if number.isdigit() else None

    def watch(self, watcher):
        tf.config.run_functions_eagerly(True)
        tf.data.experimental.enable_debug_mode()
        _keep_signatures()
        self._watch_method(keras.optimizers.Optimizer, "apply", watcher)
        self._watch_method(tf.compat.v1.train.Optimizer, "apply_gradients", watcher)
        for name in dir(tf.raw_ops):
            if name.startswith(APPLY):
                self._watch_function(name, watcher)
        variable = type(tf.Variable(0.0))
        for name in ("assign", "assign_add", "assign_sub"):
            self._count_changes(variable, name, watcher)

    @staticmethod
    def _watch_method(cls, name, watcher):
        original = getattr(cls, name)

        def applying(self, *arguments, **keywords):
            watcher.applying += 1
            try:
                result = original(self, *arguments, **keywords)
            finally:
                watcher.applying -= 1
            watcher.applied()
            return result

        setattr(cls, name, applying)

    @staticmethod
    def _watch_function(name, watcher):
        original = getattr(tf.raw_ops, name)

        def applying(*arguments, **keywords):
            result = original(*arguments, **keywords)
            watcher.applied()
            return result

        setattr(tf.raw_ops, name, applying)

    def _count_changes(self, cls, name, watcher):
        original = getattr(cls, name)

        def changing(variable, *arguments, **keywords):
            if not watcher.applying:
                self.count += 1
            return original(variable, *arguments, **keywords)

        setattr(cls, name, changing)

    def changes(self, weights):
        return self.count


def _keep_signatures():
    """Functions that run eagerly take arrays as what their input signatures say, as compiled ones do."""
    from tensorflow.python.eager.polymorphic_function import polymorphic_function

    original = polymorphic_function.Function.__call__

    def called(self, *arguments, **keywords):
        specs = dict(enumerate(self.input_signature or ()))
        if specs:
            names = list(inspect.signature(self.python_function).parameters)
            arguments = [_as_specified(value, specs.get(place)) for place, value in enumerate(arguments)]
            keywords = {
                name: _as_specified(value, specs.get(names.index(name)) if name in names else None)
                for name, value in keywords.items()
            }
        return original(self, *arguments, **keywords)

    polymorphic_function.Function.__call__ = called


def _as_specified(value, spec):
    if isinstance(spec, tf.TensorSpec) and isinstance(value, (np.ndarray, np.generic, int, float, bool, list, tuple)):
        return tf.convert_to_tensor(value, spec.dtype)
    return value


def _member(path, layer, variable):
    name = variable.name.rpartition("/")[2].partition(":")[0]
    if name.isidentifier() and getattr(layer, name, None) is variable:
        return f"{path}.{name}"
    return f"{path}.weights[{next(i for i, w in enumerate(layer.weights) if w is variable)}]"
