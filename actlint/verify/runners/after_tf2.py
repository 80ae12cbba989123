"""Replays a rewritten TF2 program. Usage: after_tf2.py JOB."""

from __future__ import annotations

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from runners import compare, events, float64_tf, framework, noise_eager, passes, program, replay, seeds  # noqa: E402

sys.path.pop(0)

import numpy as np  # noqa: E402


class TF2(framework.Framework):
    """TensorFlow 2, eager and with the original's noise, or as it is."""

    def __init__(self, tf, decisive):
        super().__init__(tf, decisive)
        self.tf = tf

    def feed(self, array, original):
        return self.tf.constant(array)

    def value(self, value):
        if isinstance(value, self.tf.IndexedSlices):
            value = self.tf.convert_to_tensor(value)
        value = self.identity(value)
        return framework.as_array(value.numpy() if hasattr(value, "numpy") else value)

    def read(self, weight):
        return self.value(weight)

    def write(self, weight, array):
        weight.assign(array.astype(self.read(weight).dtype))

    def identity(self, weight):
        return weight.value if hasattr(weight, "value") and not callable(weight.value) else weight

    def seed(self, number, fixed):
        self.tf.random.set_seed(number)
        if fixed:
            self.tf.random.set_seed = self.tf.keras.utils.set_random_seed = self.ignore

    def slots(self):
        for optimizer in self.stepped or self.optimizers:
            weights = optimizer._trainable_variables
            for name, values in vars(optimizer).items():
                if isinstance(values, list) and len(values) == len(weights) and values is not weights:
                    for weight, value in zip(weights, values, strict=True):
                        if hasattr(value, "shape") and tuple(value.shape) == tuple(weight.shape):
                            yield weight, name, value


def watch_gradients(tf, player, scale):
    """Gradient tapes and Keras optimizers report to the replay.

    Gradients with respect to variables are multiplied by `scale`.
    """
    original = tf.GradientTape.gradient

    def gradient(self, target, sources, *arguments, **keywords):
        result = original(self, target, sources, *arguments, **keywords)
        if scale != 1.0 and all(_is_variable(tf, source) for source in tf.nest.flatten(sources)):
            result = tf.nest.map_structure(lambda own: _times(tf, own, scale), result)
        for source, own in zip(tf.nest.flatten(sources), _flat_gradients(tf, result), strict=True):
            player.gradient_seen("raw", source, own)
        return result

    tf.GradientTape.gradient = gradient
    import keras

    apply = keras.optimizers.Optimizer.apply

    def applied(self, grads, trainable_variables=None):
        player.framework.stepping(self)
        variables = trainable_variables if trainable_variables is not None else self._trainable_variables
        grads = _settled(tf, list(grads))
        for source, own in zip(variables, grads, strict=False):
            player.gradient_seen("applied", source, own)
        return apply(self, grads, trainable_variables)

    keras.optimizers.Optimizer.apply = applied


def _settled(tf, gradients):
    """Gradients that the update takes; one that is nothing but rounding, beside the others, is taken as zero."""
    sizes = [None if g is None else float(tf.reduce_max(tf.abs(getattr(g, "values", g)))) for g in gradients]
    limit = max([size for size in sizes if size is not None] or [0.0]) * compare.lost(np.float64)
    return [g if size is None or size > limit else _times(tf, g, 0.0) for g, size in zip(gradients, sizes, strict=True)]


def _is_variable(tf, source):
    return isinstance(getattr(source, "value", source), tf.Variable) or isinstance(source, tf.Variable)


def _times(tf, gradient, scale):
    if gradient is None:
        return None
    if isinstance(gradient, tf.IndexedSlices):
        return tf.IndexedSlices(gradient.values * scale, gradient.indices, gradient.dense_shape)
    return gradient * scale


def _flat_gradients(tf, result):
    if isinstance(result, tf.IndexedSlices) or result is None:
        return [result]
    if isinstance(result, dict):
        return [own for key in sorted(result) for own in _flat_gradients(tf, result[key])]
    if isinstance(result, (list, tuple)):
        return [own for inner in result for own in _flat_gradients(tf, inner)]
    return [result]


def import_tensorflow(widened):
    """TensorFlow 2, in float64 where asked."""
    if widened:
        float64_tf.prepare()
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.debugging.disable_traceback_filtering()
    import keras
    from keras.src.random import seed_generator

    seeds.own_generator(seed_generator, "python_random")
    if widened:
        float64_tf.finish(eager=True)
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
    return tf


def main():
    """Run the job."""
    job = program.read_job(sys.argv[1])
    decisive = job["mode"] == "decisive"
    try:
        tf = import_tensorflow(decisive and job["precision"] == "float64")
    except ImportError as error:
        program.write_failure(job, {"missing": "tensorflow", "text": str(error)})
        return

    if events.missing():
        events.install_tensorflow(tf)
    if job["mode"] == "rewritten":
        from runners import discover_after, hooks_tf2

        discover_after.conduct(job, hooks_tf2.TF2())
        return

    def prepare(job, player, keyed):
        tf.config.run_functions_eagerly(True)
        tf.data.experimental.enable_debug_mode()
        noise_eager.install(keyed)
        watch_gradients(tf, player, passes.SCALE if job["pass"] == passes.SCALED else 1.0)

    replay.conduct(job, TF2(tf, decisive), prepare)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
