"""Three custom loops that do include (or do not have) extra model losses."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers, regularizers


class WithComputeLoss(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(16, activation="relu")
        self.out = layers.Dense(1, kernel_regularizer="l2")

    def call(self, x):
        hidden = self.hidden(x)
        self.add_loss(1e-3 * tf.reduce_mean(tf.abs(hidden)))
        return self.out(hidden)

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        return {"loss": loss}


class Trainer:
    def __init__(self, model, scale=1.0):
        self.model = model
        self.scale = scale
        self.opt = keras.optimizers.SGD(0.01)

    def penalty(self):
        return self.scale * sum(self.model.losses, tf.constant(0.0))

    def step(self, x, y):
        with tf.GradientTape() as tape:
            fit = tf.reduce_mean(tf.square(self.model(x, training=True) - y))
            total = fit + self.penalty()
        grads = tape.gradient(total, self.model.trainable_variables)
        self.opt.apply_gradients(zip(grads, self.model.trainable_variables))
        return total


x = np.random.rand(64, 4).astype("float32")
y = x.sum(axis=1, keepdims=True)
first = WithComputeLoss()
first.compile(optimizer="adam", loss="mse")
first.fit(x, y, epochs=2, verbose=0)

regularised = keras.Sequential([keras.Input((4,)), layers.Dense(8, kernel_regularizer=regularizers.l2(1e-3)), layers.Dense(1)])
trainer = Trainer(regularised)
print([round(float(trainer.step(x, y)), 3) for _ in range(3)])

plain = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
optimizer = keras.optimizers.Adam(1e-2)
for _ in range(3):
    with tf.GradientTape() as tape:
        mse = tf.reduce_mean(tf.square(plain(x, training=True) - y))
    optimizer.apply_gradients(zip(tape.gradient(mse, plain.trainable_weights), plain.trainable_weights))
print(float(mse))
