"""Keras 2 VAE class: the loss is a bound method that reads symbolic tensors from attributes."""
import numpy as np
import tensorflow as tf
import tf_keras as keras
from tf_keras import layers


@keras.utils.register_keras_serializable()
class Sampling(layers.Layer):
    def call(self, inputs):
        mean, log_var = inputs
        return mean + tf.exp(0.5 * log_var) * tf.random.normal(tf.shape(mean))


class VariationalAutoencoder:
    def __init__(self, width, latent_dim=2, beta=1.0):
        self.width = width
        self.latent_dim = latent_dim
        self.beta = beta
        self._build()

    def _build(self):
        inputs = keras.Input(shape=(self.width,))
        h = layers.Dense(32, activation="relu")(inputs)
        self.mu = layers.Dense(self.latent_dim, name="mu")(h)
        self.log_var = layers.Dense(self.latent_dim, name="log_var")(h)
        z = Sampling()([self.mu, self.log_var])
        h = layers.Dense(32, activation="relu")(z)
        outputs = layers.Dense(self.width)(h)
        self.model = keras.Model(inputs, outputs)

    def vae_loss(self, y_true, y_pred):
        reconstruction = tf.reduce_sum(tf.square(y_true - y_pred), axis=-1)
        kl = tf.reduce_sum(1 + self.log_var - tf.square(self.mu) - tf.exp(self.log_var), axis=-1)  # expect: ACT201
        return reconstruction - 0.5 * self.beta * kl

    def train(self, data, epochs):
        self.model.compile(optimizer=keras.optimizers.Adam(1e-3), loss=self.vae_loss)
        return self.model.fit(data, data, epochs=epochs, batch_size=32, verbose=2)


if __name__ == "__main__":
    samples = np.random.default_rng(0).normal(size=(256, 12)).astype("float32")
    vae = VariationalAutoencoder(width=12)
    print(vae.train(samples, epochs=2).history["loss"])
