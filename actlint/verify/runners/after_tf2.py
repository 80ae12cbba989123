"""Replays a rewritten TF2 program. Usage: after_tf2.py JOB."""

from __future__ import annotations

import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from runners import compare, float64_tf, instrument, noise, noise_tf, program, record, replay  # noqa: E402, F401

sys.path.pop(0)


class TF2(replay.Framework):
    """TensorFlow 2, eager in float64, or as it is."""

    def __init__(self, tf, float64):
        self.tf, self.float64 = tf, float64

    def feed(self, array, original):
        if isinstance(original, bool):
            return bool(array)
        return self.tf.constant(array) if self.float64 else original

    def argument(self, value):
        return self.value(value)

    def value(self, value):
        if isinstance(value, self.tf.IndexedSlices):
            value = self.tf.convert_to_tensor(value)
        if hasattr(value, "value") and not callable(value.value):
            value = value.value
        return np_array(value.numpy() if hasattr(value, "numpy") else value)

    def read(self, weight):
        return self.value(weight)

    def write(self, weight, array):
        weight.assign(array.astype(self.read(weight).dtype))

    def is_weight(self, source, weight):
        return self._variable(source) is self._variable(weight)

    def _variable(self, value):
        return value.value if hasattr(value, "value") and not callable(value.value) else value


def np_array(value):
    """A copy as a numpy array."""
    import numpy as np

    return np.array(value, copy=True)


def watch_gradients(tf, player):
    """Gradient tapes and Keras optimizers report to the replay."""
    original = tf.GradientTape.gradient

    def gradient(self, target, sources, *arguments, **keywords):
        result = original(self, target, sources, *arguments, **keywords)
        for source, own in zip(tf.nest.flatten(sources), _flat_gradients(tf, result)):
            player.gradient_seen("raw", source, own)
        return result

    tf.GradientTape.gradient = gradient
    import keras

    apply = keras.optimizers.Optimizer.apply

    def applied(self, grads, trainable_variables=None):
        variables = trainable_variables if trainable_variables is not None else self._trainable_variables
        for source, own in zip(variables, grads):
            player.gradient_seen("applied", source, own)
        return apply(self, grads, trainable_variables)

    keras.optimizers.Optimizer.apply = applied


def _flat_gradients(tf, result):
    if isinstance(result, tf.IndexedSlices) or result is None:
        return [result]
    if isinstance(result, dict):
        return [own for key in sorted(result) for own in _flat_gradients(tf, result[key])]
    if isinstance(result, (list, tuple)):
        return [own for inner in result for own in _flat_gradients(tf, inner)]
    return [result]


def import_tensorflow(float64):
    """TensorFlow 2, widened where asked."""
    if float64:
        float64_tf.prepare()
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    if float64:
        import keras

        float64_tf.finish(eager=True)
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        tf.config.run_functions_eagerly(True)
        tf.data.experimental.enable_debug_mode()
    return tf


def main():
    """Run the job."""
    job = program.read_job(sys.argv[1])
    float64, name = job["mode"] == "float64", job["mode"]
    program.isolate()
    try:
        tf = import_tensorflow(float64)
    except ImportError as error:
        program.write_failure(job, name, {"missing": "tensorflow", "text": str(error)})
        return
    keyed = noise.Noise() if float64 else None
    player = replay.Replay(job, TF2(tf, float64), keyed)
    if float64:
        noise_tf.install_eager(keyed)
        watch_gradients(tf, player)
    names = {instrument.CALL: player.call, instrument.VALUE: player.probe, instrument.LOCAL: player.local}
    user = program.Program(job, replay.transformer(job, player, float64), names)
    player.module = user.module
    failure = user.run()
    result = player.finish() if not failure else dict(player.finish(), failure=failure)
    record.save(job["results"], name, result, record.Arrays())


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
