"""Regularised residual regressor with an overridden train_step."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.regularizers import l2

WEIGHT_DECAY = 1e-2


def dense(units, **kwargs):
    return layers.Dense(units, kernel_regularizer=l2(WEIGHT_DECAY), **kwargs)


class Regressor(keras.Model):
    def __init__(self, width=32, depth=2, **kwargs):
        super().__init__(**kwargs)
        self.stem = dense(width, activation="relu")
        self.blocks = [dense(width, activation="relu") for _ in range(depth)]
        self.head = dense(1)
        self.objective = keras.losses.Huber()
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.mae = keras.metrics.MeanAbsoluteError(name="mae")

    def call(self, inputs):
        x = self.stem(inputs)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)

    @property
    def metrics(self):
        return [self.loss_tracker, self.mae]

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.objective(y, y_pred)
        grads = tape.gradient(loss, self.trainable_variables)  # expect: ACT209
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        self.loss_tracker.update_state(loss)
        self.mae.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


if __name__ == "__main__":
    x = np.random.rand(128, 8).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    model = Regressor()
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    model.fit(x, y, epochs=3, batch_size=32, verbose=2)
