"""Keras layer that adds an L0 'number of active units' cost with tf.cast of a comparison."""
import keras
import numpy as np
import tensorflow as tf
from keras import layers


class L0Net(keras.Model):
    def __init__(self, width, threshold=0.05, weight=0.1):
        super().__init__()
        self.encode = layers.Dense(width, activation="sigmoid")
        self.decode = layers.Dense(12)
        self.threshold = threshold
        self.weight = weight

    def call(self, x):
        hidden = self.encode(x)
        return {"hidden": hidden, "output": self.decode(hidden)}


def total_loss(outputs, target, threshold, weight):
    hidden, restored = outputs["hidden"], outputs["output"]
    reconstruction = tf.reduce_mean(tf.square(restored - target))
    active = tf.reduce_mean(tf.cast(tf.greater(hidden, threshold), tf.float32))  # expect: ACT408
    return reconstruction + weight * active


net = L0Net(32)
optimizer = keras.optimizers.Adam(1e-3)


@tf.function
def step(batch):
    with tf.GradientTape() as tape:
        loss = total_loss(net(batch), batch, net.threshold, net.weight)
    grads = tape.gradient(loss, net.trainable_variables)
    optimizer.apply_gradients(zip(grads, net.trainable_variables))
    return loss


data = np.random.default_rng(0).normal(size=(128, 12)).astype("float32")
for epoch in range(3):
    for batch in np.split(data, 4):
        loss = step(tf.constant(batch))
    print("epoch", epoch, "loss", float(loss))
