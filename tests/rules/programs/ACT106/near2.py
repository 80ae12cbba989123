"""The collection is read in a helper of another class, by its string name."""
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()


def l1(scale):
    def regularizer(weights):
        return scale * tf.reduce_sum(tf.abs(weights))

    return regularizer


class Layers(object):
    def __init__(self, scale):
        self.regularizer = l1(scale)

    def dense(self, inputs, units, activation=None):
        return tf.layers.dense(inputs, units, activation=activation, kernel_regularizer=self.regularizer)


class Objective(object):
    def __init__(self, optimizer):
        self.optimizer = optimizer

    def penalty(self):
        terms = tf.get_collection("regularization_losses")
        return tf.add_n(terms) if terms else tf.constant(0.0)

    def train_op(self, data_loss):
        self.total = data_loss + self.penalty()
        return self.optimizer.minimize(self.total)


x = tf.placeholder(tf.float32, [None, 12])
y = tf.placeholder(tf.float32, [None, 1])
layers = Layers(scale=1e-3)
prediction = layers.dense(layers.dense(x, 20, tf.nn.relu), 1)
objective = Objective(tf.train.AdamOptimizer(1e-2))
train = objective.train_op(tf.losses.mean_squared_error(y, prediction))

X = np.random.RandomState(0).randn(80, 12).astype("float32")
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(30):
        _, total = sess.run([train, objective.total], {x: X, y: X[:, :1]})
    print("total", total)
