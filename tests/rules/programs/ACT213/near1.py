"""Legacy project on tf_keras: add_loss on a functional model is supported there."""
import numpy as np
import tensorflow as tf
import tf_keras as keras
from tf_keras import layers


class LossBook:
    """Collects named loss values for printing."""

    def __init__(self):
        self.rows = {}

    def add_loss(self, name, value):
        self.rows.setdefault(name, []).append(float(value))

    def add_metric(self, name, value):
        self.add_loss("metric/" + name, value)


class ActivityPenalty(layers.Layer):
    def __init__(self, weight, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def call(self, inputs):
        penalty = self.weight * tf.reduce_mean(tf.abs(inputs))
        self.add_loss(penalty)
        return inputs


def build():
    inputs = keras.Input(shape=(8,))
    code = layers.Dense(4, activation="relu", name="code")(inputs)
    code = ActivityPenalty(1e-3)(code)
    outputs = layers.Dense(8)(code)
    model = keras.Model(inputs, outputs)
    smoothness = tf.reduce_mean(tf.square(outputs[:, 1:] - outputs[:, :-1]))
    model.add_loss(0.1 * smoothness)
    model.add_metric(smoothness, name="smoothness", aggregation="mean")
    model.compile(optimizer="adam", loss="mse")
    return model


x = np.random.rand(64, 8).astype("float32")
model = build()
book = LossBook()
for epoch in range(2):
    history = model.fit(x, x, batch_size=16, epochs=1, verbose=0).history
    book.add_loss("train", history["loss"][0])
    book.add_metric("smoothness", history["smoothness"][0])
print(book.rows)
