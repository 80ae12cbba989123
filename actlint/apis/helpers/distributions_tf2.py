"""Probability distributions for TensorFlow 2 code, which has none of its own."""

from __future__ import annotations

from actlint.apis.helpers import Helper

HELPERS = (
    Helper(
        "Normal",
        '''\
class Normal:
    """The normal distribution. Samples carry gradients to its parameters."""

    def __init__(self, loc, scale):
        self.loc, self.scale = tf.convert_to_tensor(loc), tf.convert_to_tensor(scale)

    def sample(self, sample_shape=(), seed=None):
        batch = tf.broadcast_dynamic_shape(tf.shape(self.loc), tf.shape(self.scale))
        shape = tf.concat([tf.reshape(tf.cast(sample_shape, tf.int32), [-1]), batch], 0)
        return tf.random.normal(shape, dtype=self.loc.dtype, seed=seed) * self.scale + self.loc

    def log_prob(self, value):
        normal = -0.5 * tf.square((value - self.loc) / self.scale)
        return normal - (0.5 * math.log(2 * math.pi) + tf.math.log(self.scale))

    def prob(self, value):
        return tf.exp(self.log_prob(value))

    def entropy(self):
        return 0.5 * math.log(2 * math.pi * math.e) + tf.math.log(self.stddev())

    def mean(self):
        return self.loc * tf.ones_like(self.scale)

    def stddev(self):
        return self.scale * tf.ones_like(self.loc)

    def variance(self):
        return tf.square(self.stddev())

    def mode(self):
        return self.mean()

    def kl_divergence(self, other):
        ratio = tf.square(self.scale / other.scale)
        distance = tf.math.squared_difference(self.loc, other.loc) / (2 * tf.square(other.scale))
        return distance + 0.5 * (ratio - 1 - tf.math.log(ratio))
''',
        imports=("import math",),
    ),
    Helper(
        "MultivariateNormalDiag",
        '''\
class MultivariateNormalDiag:
    """Independent normal distributions along the last axis, taken together."""

    def __init__(self, loc, scale_diag):
        self.normal = Normal(loc, scale_diag)

    def sample(self, sample_shape=(), seed=None):
        return self.normal.sample(sample_shape, seed)

    def log_prob(self, value):
        return tf.reduce_sum(self.normal.log_prob(value), axis=-1)

    def prob(self, value):
        return tf.exp(self.log_prob(value))

    def entropy(self):
        return tf.reduce_sum(self.normal.entropy(), axis=-1)

    def mean(self):
        return self.normal.mean()

    def stddev(self):
        return self.normal.stddev()

    def variance(self):
        return self.normal.variance()

    def mode(self):
        return self.normal.mode()

    def kl_divergence(self, other):
        return tf.reduce_sum(self.normal.kl_divergence(other.normal), axis=-1)
''',
        needs=("Normal",),
    ),
    Helper(
        "Uniform",
        '''\
class Uniform:
    """The uniform distribution on [low, high). Samples carry gradients to its parameters."""

    def __init__(self, low=0.0, high=1.0):
        self.low, self.high = tf.convert_to_tensor(low), tf.convert_to_tensor(high)

    def sample(self, sample_shape=(), seed=None):
        batch = tf.broadcast_dynamic_shape(tf.shape(self.low), tf.shape(self.high))
        shape = tf.concat([tf.reshape(tf.cast(sample_shape, tf.int32), [-1]), batch], 0)
        return self.low + (self.high - self.low) * tf.random.uniform(shape, dtype=self.low.dtype, seed=seed)

    def log_prob(self, value):
        return tf.math.log(self.prob(value))

    def prob(self, value):
        value = value * tf.ones_like(self.low) * tf.ones_like(self.high)
        outside = (value < self.low) | (value >= self.high)
        return tf.where(outside, tf.zeros_like(value), tf.ones_like(value) / (self.high - self.low))

    def entropy(self):
        return tf.math.log(self.high - self.low)

    def mean(self):
        return (self.low + self.high) / 2

    def stddev(self):
        return (self.high - self.low) / math.sqrt(12)

    def variance(self):
        return tf.square(self.high - self.low) / 12
''',
        imports=("import math",),
    ),
    Helper(
        "Bernoulli",
        '''\
class Bernoulli:
    """The distribution of 0 and 1; `logits` are the log-odds of a 1."""

    def __init__(self, logits=None, probs=None):
        self.logits = tf.math.log(probs) - tf.math.log1p(-probs) if logits is None else tf.convert_to_tensor(logits)
        self.probs = tf.sigmoid(logits) if probs is None else tf.convert_to_tensor(probs)

    def sample(self, sample_shape=(), seed=None):
        shape = tf.concat([tf.reshape(tf.cast(sample_shape, tf.int32), [-1]), tf.shape(self.probs)], 0)
        return tf.cast(tf.random.uniform(shape, dtype=self.probs.dtype, seed=seed) < self.probs, tf.int32)

    def log_prob(self, value):
        value = tf.cast(value, self.logits.dtype)
        labels, logits = value * tf.ones_like(self.logits), self.logits * tf.ones_like(value)
        return -tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)

    def prob(self, value):
        return tf.exp(self.log_prob(value))

    def entropy(self):
        return -self.logits * (tf.sigmoid(self.logits) - 1) + tf.nn.softplus(-self.logits)

    def mean(self):
        return self.probs

    def stddev(self):
        return tf.sqrt(self.variance())

    def variance(self):
        return self.probs * (1 - self.probs)

    def mode(self):
        return tf.cast(self.probs > 0.5, tf.int32)

    def kl_divergence(self, other):
        zeros = tf.nn.softplus(-other.logits) - tf.nn.softplus(-self.logits)
        ones = tf.nn.softplus(other.logits) - tf.nn.softplus(self.logits)
        return tf.sigmoid(self.logits) * zeros + tf.sigmoid(-self.logits) * ones
''',
    ),
    Helper(
        "Categorical",
        '''\
class Categorical:
    """The distribution of class numbers; the last axis of `logits` or `probs` are the classes."""

    def __init__(self, logits=None, probs=None):
        self.logits = tf.math.log(probs) if logits is None else tf.convert_to_tensor(logits)
        self.probs = tf.nn.softmax(logits) if probs is None else tf.convert_to_tensor(probs)

    def sample(self, sample_shape=(), seed=None):
        rows, asked = tf.shape(self.logits), tf.cast(sample_shape, tf.int32)
        logits = tf.reshape(self.logits, [-1, rows[-1]])
        drawn = tf.random.categorical(logits, tf.reduce_prod(asked), dtype=tf.int32, seed=seed)
        return tf.reshape(tf.transpose(drawn), tf.concat([tf.reshape(asked, [-1]), rows[:-1]], 0))

    def log_prob(self, value):
        value, rows = tf.cast(value, tf.int32), tf.shape(self.logits)
        shape = tf.broadcast_dynamic_shape(tf.shape(value), rows[:-1])
        logits = tf.broadcast_to(self.logits, tf.concat([shape, rows[-1:]], 0))
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(tf.broadcast_to(value, shape), logits)

    def prob(self, value):
        return tf.exp(self.log_prob(value))

    def entropy(self):
        return -tf.reduce_sum(tf.nn.log_softmax(self.logits) * self.probs, axis=-1)

    def mode(self):
        return tf.argmax(self.logits, axis=-1, output_type=tf.int32)

    def kl_divergence(self, other):
        difference = tf.nn.log_softmax(self.logits) - tf.nn.log_softmax(other.logits)
        return tf.reduce_sum(tf.nn.softmax(self.logits) * difference, axis=-1)
''',
    ),
)
