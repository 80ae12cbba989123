"""Loss factory that is handed the symbolic bottleneck of a functional model."""
import numpy as np
from keras import Model, ops
from keras.layers import Dense, Input
from keras.losses import mean_squared_error


def contractive(bottleneck, weight):
    """Reconstruction error plus a cost on the size of the code."""

    def loss(y_true, y_pred):
        reconstruction = mean_squared_error(y_true, y_pred)
        return reconstruction + weight * ops.mean(ops.square(bottleneck), axis=-1)  # expect: ACT201

    return loss


def build(width, code_size):
    pixels = Input(shape=(width,), name="pixels")
    x = Dense(64, activation="relu")(pixels)
    code = Dense(code_size, activation="tanh", name="code")(x)
    x = Dense(64, activation="relu")(code)
    restored = Dense(width, activation="sigmoid")(x)
    autoencoder = Model(pixels, restored)
    autoencoder.compile(optimizer="adam", loss=contractive(code, weight=1e-3))
    return autoencoder


if __name__ == "__main__":
    images = np.random.default_rng(0).random((128, 49)).astype("float32")
    model = build(width=49, code_size=6)
    model.summary()
    model.fit(images, images, epochs=3, batch_size=32, validation_split=0.1)
    model.save("autoencoder.keras")
