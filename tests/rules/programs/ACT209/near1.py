"""Own train_step, but compute_loss() adds the regularisation itself."""
import keras
import numpy as np
import tensorflow as tf
from keras import layers, regularizers


class Regularized(keras.Model):
    def __init__(self, units, weight):
        super().__init__()
        self.hidden = layers.Dense(units, activation="relu", kernel_regularizer=regularizers.L1L2(weight, weight))
        self.out = layers.Dense(1)

    def call(self, inputs):
        return self.out(self.hidden(inputs))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


rng = np.random.default_rng(0)
x = rng.normal(size=(128, 6)).astype("float32")
y = x[:, :1] * 3.0
model = Regularized(16, 1e-3)
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
model.fit(x, y, epochs=2, batch_size=32, verbose=2)
