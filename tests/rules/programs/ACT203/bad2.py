"""Subclassed VAE with its own train_step: the encoder runs before the tape is opened."""
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tensorflow import GradientTape


class GaussianEncoder(keras.Model):
    def __init__(self, latent):
        super().__init__()
        self.body = layers.Dense(32, activation="relu")
        self.mean = layers.Dense(latent)
        self.log_var = layers.Dense(latent)

    def call(self, x):
        h = self.body(x)
        return self.mean(h), self.log_var(h)


class VAE(keras.Model):
    def __init__(self, width, latent=4):
        super().__init__()
        self.encoder = GaussianEncoder(latent)
        self.decoder = keras.Sequential([layers.Dense(32, activation="relu"), layers.Dense(width)])
        self.total = keras.metrics.Mean(name="loss")

    def call(self, x):
        return self.decoder(self.encoder(x)[0])

    def train_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        mu, log_var = self.encoder(x)  # expect: ACT203
        noise = tf.random.normal(tf.shape(mu))
        with GradientTape() as tape:
            recon = self.decoder(mu + tf.exp(0.5 * log_var) * noise)
            rec_loss = tf.reduce_mean(tf.reduce_sum(tf.square(recon - x), axis=1))
            kl = -0.5 * tf.reduce_sum(1.0 + log_var - tf.square(mu) - tf.exp(log_var), axis=1)
            loss = rec_loss + tf.reduce_mean(kl)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        self.total.update_state(loss)
        return {"loss": self.total.result()}


vae = VAE(16)
vae.compile(optimizer=keras.optimizers.Adam(1e-3))
vae.fit(np.random.rand(64, 16).astype("float32"), epochs=2, batch_size=16, verbose=2)
