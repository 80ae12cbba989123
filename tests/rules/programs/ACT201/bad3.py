"""Sparse autoencoder as a small class; the sparsity weight lives in the loss factory."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import Dense
from tensorflow.keras.optimizers import Adam


class SparseAutoencoder:
    def __init__(self, n_features, n_code, l1=1e-3):
        self.l1 = l1
        self.inputs = Input(shape=(n_features,))
        wide = Dense(4 * n_code, activation="relu")(self.inputs)
        self.code = Dense(n_code, activation="relu", name="code")(wide)
        wide = Dense(4 * n_code, activation="relu")(self.code)
        self.outputs = Dense(n_features)(wide)
        self.model = Model(self.inputs, self.outputs)

    def make_loss(self):
        code, l1 = self.code, self.l1

        def sparse_mse(y_true, y_pred):
            reconstruction = tf.reduce_mean(tf.math.squared_difference(y_true, y_pred))
            sparsity = tf.reduce_mean(tf.abs(code))  # expect: ACT201
            return reconstruction + l1 * sparsity

        return sparse_mse

    def fit(self, x, epochs=5):
        self.model.compile(optimizer=Adam(1e-3), loss=self.make_loss())
        return self.model.fit(x, x, batch_size=32, epochs=epochs, verbose=2)

    def encode(self, x):
        encoder = Model(self.inputs, self.code)
        return encoder.predict(x, verbose=0)


if __name__ == "__main__":
    data = np.random.rand(256, 20).astype("float32")
    autoencoder = SparseAutoencoder(20, 4)
    autoencoder.fit(data)
    print("mean code", autoencoder.encode(data[:16]).mean(axis=0))
