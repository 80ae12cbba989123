"""Sparse autoencoder: the sparsity term lives in a helper method of the trainer."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class SparseTrainer:
    def __init__(self, width=32, code=16, weight=1e-2):
        self.encoder = keras.Sequential([keras.Input((width,)), layers.Dense(code, activation="relu")])
        self.decoder = keras.Sequential([keras.Input((code,)), layers.Dense(width)])
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.weight = weight
        self.acts = {}

    @property
    def variables(self):
        return self.encoder.trainable_variables + self.decoder.trainable_variables

    def forward(self, batch):
        self.acts["code"] = self.encoder(batch, training=True)
        return self.decoder(self.acts["code"], training=True)

    def sparsity(self):
        code = self.acts["code"]
        return self.weight * np.abs(code).mean()  # expect: ACT204

    def step(self, batch):
        with tf.GradientTape() as tape:
            recon = self.forward(batch)
            loss = tf.reduce_mean(tf.square(recon - batch)) + self.sparsity()
        grads = tape.gradient(loss, self.variables)
        self.optimizer.apply_gradients(zip(grads, self.variables))
        return loss


data = np.random.default_rng(0).normal(size=(256, 32)).astype("float32")
trainer = SparseTrainer()
dataset = tf.data.Dataset.from_tensor_slices(data).shuffle(256).batch(64)
for epoch in range(3):
    losses = [trainer.step(batch) for batch in dataset]
    print("epoch %d loss %.4f" % (epoch, float(tf.reduce_mean(losses))))
