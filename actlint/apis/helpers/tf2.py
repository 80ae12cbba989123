"""Helpers for TensorFlow 2 code."""

from __future__ import annotations

from actlint.apis.helpers import Helper
from actlint.apis.helpers.distributions_tf2 import HELPERS as DISTRIBUTIONS
from actlint.apis.helpers.optimizers_tf2 import HELPERS as OPTIMIZERS
from actlint.apis.helpers.rnn_tf2 import HELPERS as RNN
from actlint.apis.helpers.sequences import TF2 as SEQUENCES

_ALL = (
    Helper(
        "weighted_loss",
        '''\
def weighted_loss(losses, weights):
    """Sum of the weighted losses, over the number of weights that aren't zero."""
    weights = tf.broadcast_to(tf.cast(weights, losses.dtype), tf.shape(losses))
    return tf.math.divide_no_nan(tf.reduce_sum(losses * weights), tf.math.count_nonzero(weights, dtype=losses.dtype))
''',
    ),
    Helper(
        "clip_by_average_norm",
        '''\
def clip_by_average_norm(x, clip_norm):
    """x scaled down to a norm of at most `clip_norm` for each element."""
    inverse = tf.math.rsqrt(tf.reduce_sum(tf.square(x))) * tf.cast(tf.size(x), x.dtype)
    return x * clip_norm * tf.minimum(inverse, 1 / clip_norm)
''',
    ),
    Helper(
        "huber",
        '''\
def huber(error, delta=1.0):
    """Huber loss of each error: quadratic up to `delta`, linear beyond."""
    quadratic = tf.minimum(tf.abs(error), delta)
    return 0.5 * quadratic**2 + delta * (tf.abs(error) - quadratic)
''',
    ),
    Helper(
        "BatchNorm",
        '''\
class BatchNorm(tf.keras.layers.BatchNormalization):
    """Batch normalization whose moving variance has Bessel's correction, as TF1's for images."""

    def call(self, inputs, training=False):
        if not training:
            return super().call(inputs, training=False)
        mean, variance = tf.nn.moments(inputs, list(range(len(inputs.shape) - 1)))
        count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], variance.dtype)
        unbiased = variance * (count / tf.maximum(count - 1, 1))
        self.moving_mean.assign_sub((self.moving_mean - mean) * (1 - self.momentum))
        self.moving_variance.assign_sub((self.moving_variance - unbiased) * (1 - self.momentum))
        return tf.nn.batch_normalization(inputs, mean, variance, self.beta, self.gamma, self.epsilon)
''',
    ),
    Helper(
        "UntrackedBatchNorm",
        '''\
class UntrackedBatchNorm(tf.keras.layers.BatchNormalization):
    """Batch normalization whose moving averages never change: nothing runs their updates."""

    def call(self, inputs, training=False):
        if not training:
            return super().call(inputs, training=False)
        mean, variance = tf.nn.moments(inputs, list(range(len(inputs.shape) - 1)))
        return tf.nn.batch_normalization(inputs, mean, variance, self.beta, self.gamma, self.epsilon)
''',
    ),
    Helper(
        "batch_norm",
        '''\
def batch_norm(layer, inputs, training):
    """A layer of batch normalization, applied in the mode that a tensor tells."""
    return tf.cond(training, lambda: layer(inputs, training=True), lambda: layer(inputs, training=False))
''',
    ),
    Helper(
        "rmsprop",
        '''\
def rmsprop(variables, learning_rate, rho=0.9, momentum=0.0, epsilon=1e-10, centered=False):
    """Keras' RMSprop with a mean square that starts at 1 instead of 0."""
    optimizer = tf.keras.optimizers.RMSprop(
        learning_rate, rho=rho, momentum=momentum, epsilon=epsilon, centered=centered
    )
    optimizer.build(variables)
    for slot in optimizer.variables:
        if slot.path.endswith("velocity"):
            slot.assign(tf.ones_like(slot))
    return optimizer
''',
    ),
    Helper(
        "Momentum",
        '''\
class Momentum(tf.keras.optimizers.SGD):
    """Momentum whose buffer doesn't hold the learning rate, so that it may change."""

    def update_step(self, gradient, variable, learning_rate):
        rate = tf.cast(learning_rate, variable.dtype)
        buffer = self.momentums[self._get_variable_index(variable)]
        self.assign(buffer, self.momentum * buffer + gradient)
        self.assign_sub(variable, rate * (gradient + self.momentum * buffer if self.nesterov else buffer))
''',
    ),
    Helper(
        "natural_exp_decay",
        '''\
def natural_exp_decay(learning_rate, step, decay_steps, decay_rate, staircase=False):
    """The rate after some steps of exponential decay to the base e."""
    progress = tf.cast(step, tf.float32) / decay_steps
    return learning_rate * tf.exp(-decay_rate * (tf.floor(progress) if staircase else progress))
''',
    ),
    Helper(
        "linear_cosine_decay",
        '''\
def linear_cosine_decay(learning_rate, step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001):
    """The rate after some steps of decay along a line times a cosine."""
    progress = tf.minimum(tf.cast(step, tf.float32), decay_steps) / decay_steps
    cosine = 0.5 * (1 + tf.cos(math.pi * 2 * num_periods * progress))
    return learning_rate * ((alpha + 1 - progress) * cosine + beta)
''',
        imports=("import math",),
    ),
    Helper(
        "noisy_linear_cosine_decay",
        '''\
def noisy_linear_cosine_decay(
    learning_rate,
    step,
    decay_steps,
    initial_variance=1.0,
    variance_decay=0.55,
    num_periods=0.5,
    alpha=0.0,
    beta=0.001,
):
    """The rate after some steps of decay along a line, with noise that fades, times a cosine."""
    step = tf.minimum(tf.cast(step, tf.float32), decay_steps)
    progress = step / decay_steps
    noise = tf.random.normal([], stddev=tf.sqrt(initial_variance / (1 + step) ** variance_decay))
    cosine = 0.5 * (1 + tf.cos(math.pi * 2 * num_periods * progress))
    return learning_rate * ((alpha + 1 - progress + noise) * cosine + beta)
''',
        imports=("import math",),
    ),
)

HELPERS: dict[str, Helper] = {helper.name: helper for helper in (*_ALL, *DISTRIBUTIONS, *OPTIMIZERS, *RNN, *SEQUENCES)}
