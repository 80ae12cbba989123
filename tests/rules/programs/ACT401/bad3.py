"""Sparse autoencoder, TF2 custom training class; the code penalty is summed over the whole batch."""
import numpy as np
import tensorflow as tf
from tensorflow import keras


class SparseAutoencoder(keras.Model):
    def __init__(self, n_features, n_code):
        super().__init__()
        self.encoder = keras.layers.Dense(n_code, activation="relu")
        self.decoder = keras.layers.Dense(n_features)

    def call(self, x):
        code = self.encoder(x)
        return self.decoder(code), code


class Experiment:
    def __init__(self, model, l1=1e-4, lr=1e-3):
        self.model = model
        self.l1 = l1
        self.mse = keras.losses.MeanSquaredError()
        self.optimizer = keras.optimizers.Adam(lr)

    def objective(self, x):
        rebuilt, code = self.model(x)
        reconstruction = self.mse(x, rebuilt)
        sparsity = tf.reduce_sum(tf.math.abs(code))  # expect: ACT401
        return reconstruction + self.l1 * sparsity

    @tf.function
    def step(self, x):
        with tf.GradientTape() as tape:
            loss = self.objective(x)
        weights = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss

    def fit(self, dataset, epochs):
        for epoch in range(epochs):
            values = [self.step(batch).numpy() for batch in dataset]
            print(f"epoch {epoch}: {np.mean(values):.4f}")


def main():
    tf.random.set_seed(0)
    data = np.random.rand(256, 20).astype("float32")
    dataset = tf.data.Dataset.from_tensor_slices(data).shuffle(256).batch(64)
    Experiment(SparseAutoencoder(20, 48)).fit(dataset, epochs=3)


if __name__ == "__main__":
    main()
