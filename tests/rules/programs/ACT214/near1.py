"""Penalties whose scale is the same in every Keras: weight regularisers and an explicit add_loss."""
import numpy as np
import keras
from keras import layers, ops, regularizers


class ActivityPenalty(layers.Layer):
    """Adds coef * mean(|h|); passes its input on."""

    def __init__(self, coef, **kwargs):
        super().__init__(**kwargs)
        self.coef = coef

    def call(self, h):
        self.add_loss(self.coef * ops.mean(ops.abs(h)))
        return h

    def get_config(self):
        return {**super().get_config(), "coef": self.coef}


class SparseDense(layers.Layer):
    def __init__(self, units, coef=1e-3, **kwargs):
        super().__init__(activity_regularizer=None, **kwargs)
        self.dense = layers.Dense(units, activation="relu", kernel_regularizer=regularizers.L2(1e-4))
        self.penalty = ActivityPenalty(coef)

    def call(self, x):
        return self.penalty(self.dense(x))


def build(n_in, classes):
    inputs = keras.Input((n_in,))
    x = SparseDense(64, name="sparse")(inputs)
    x = layers.Dense(
        32,
        activation="tanh",
        kernel_regularizer=regularizers.L1L2(l1=1e-5, l2=1e-4),
        bias_regularizer="l2",
        kernel_constraint="max_norm",
    )(x)
    outputs = layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)


if __name__ == "__main__":
    model = build(20, 3)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
    x = np.random.randn(200, 20).astype("float32")
    y = np.random.randint(0, 3, size=200)
    model.fit(x, y, epochs=2, batch_size=50, verbose=2)
    print(model.get_layer("sparse").losses)
