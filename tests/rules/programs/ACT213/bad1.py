"""Variational autoencoder in functional style, ported from an old tutorial to Keras 3."""
import keras
import numpy as np
from keras import layers, ops
from keras.models import Model

LATENT = 2


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_var = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * noise


def build_vae(n_features, beta=1.0):
    inputs = keras.Input(shape=(n_features,), name="encoder_input")
    hidden = layers.Dense(32, activation="relu")(inputs)
    z_mean = layers.Dense(LATENT, name="z_mean")(hidden)
    z_log_var = layers.Dense(LATENT, name="z_log_var")(hidden)
    z = Sampling()([z_mean, z_log_var])
    decoded = layers.Dense(32, activation="relu")(z)
    outputs = layers.Dense(n_features, activation="sigmoid")(decoded)
    vae = Model(inputs, outputs, name="vae")

    reconstruction = ops.sum(ops.square(inputs - outputs), axis=-1)
    kl = 0.5 * ops.sum(ops.square(z_mean) + ops.exp(z_log_var) - 1.0 - z_log_var, axis=-1)
    vae.add_loss(ops.mean(reconstruction + beta * kl))  # expect: ACT213
    vae.compile(optimizer="adam")
    return vae


def main():
    x = np.random.rand(256, 20).astype("float32")
    vae = build_vae(20)
    vae.summary()
    vae.fit(x, epochs=3, batch_size=64, verbose=2)


if __name__ == "__main__":
    main()
