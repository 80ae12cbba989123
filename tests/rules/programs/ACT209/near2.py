"""Regularised model; a helper adds `losses` in another function than the tape's."""
import tensorflow as tf
from tensorflow.keras import Sequential
from tensorflow.keras.layers import Dense, Input, Layer
from tensorflow.keras.losses import MeanSquaredError
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.regularizers import l2


class ActivityPenalty(Layer):
    def __init__(self, weight, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, inputs):
        self.add_loss(self.weight * tf.reduce_mean(tf.abs(inputs)))
        return inputs


net = Sequential([
    Input((12,)),
    Dense(24, activation="relu", kernel_regularizer=l2(1e-4)),
    ActivityPenalty(1e-2),
    Dense(1),
])
mse = MeanSquaredError()
optimizer = Adam(1e-3)


def objective(network, inputs, targets):
    predictions = network(inputs, training=True)
    data_term = mse(targets, predictions)
    return data_term + sum(network.losses)


@tf.function
def step(inputs, targets):
    with tf.GradientTape() as tape:
        total = objective(net, inputs, targets)
    grads = tape.gradient(total, net.trainable_variables)
    optimizer.apply_gradients(zip(grads, net.trainable_variables))
    return total


x = tf.random.normal((96, 12))
y = tf.reduce_sum(x, axis=1, keepdims=True)
for _ in range(10):
    total = step(x, y)
print("total", float(total))
