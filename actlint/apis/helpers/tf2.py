"""Helpers for TensorFlow 2 code."""

from __future__ import annotations

from actlint.apis.helpers import Helper

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
        "huber",
        '''\
def huber(error, delta=1.0):
    """Huber loss of each error: quadratic up to `delta`, linear beyond."""
    quadratic = tf.minimum(tf.abs(error), delta)
    return 0.5 * quadratic**2 + delta * (tf.abs(error) - quadratic)
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
)

HELPERS: dict[str, Helper] = {helper.name: helper for helper in _ALL}
