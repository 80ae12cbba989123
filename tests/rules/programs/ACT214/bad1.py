"""Sparse convolutional autoencoder, ported from tf.keras 2 to Keras 3."""
import numpy as np
import keras
from keras import Model, Input
from keras.layers import ActivityRegularization, Conv2D, Dense, Flatten, Reshape, UpSampling2D
from keras.regularizers import l1

SPARSITY = 1e-4


def encoder(shape=(16, 16, 1), code=32):
    inputs = Input(shape)
    x = Conv2D(8, 3, strides=2, padding="same", activation="relu")(inputs)
    x = Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    x = ActivityRegularization(l2=1e-5)(x)  # expect: ACT214
    x = Flatten()(x)
    z = Dense(code, activation="relu", name="code", activity_regularizer=l1(SPARSITY))(x)  # expect: ACT214
    return Model(inputs, z, name="encoder")


def decoder(code=32):
    inputs = Input((code,))
    x = Dense(4 * 4 * 16, activation="relu")(inputs)
    x = Reshape((4, 4, 16))(x)
    x = UpSampling2D()(x)
    x = Conv2D(8, 3, padding="same", activation="relu")(x)
    x = UpSampling2D()(x)
    x = Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    return Model(inputs, x, name="decoder")


def main():
    keras.utils.set_random_seed(3)
    enc, dec = encoder(), decoder()
    image = Input((16, 16, 1))
    autoencoder = Model(image, dec(enc(image)))
    autoencoder.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    x = np.random.rand(128, 16, 16, 1).astype("float32")
    autoencoder.fit(x, x, epochs=2, batch_size=32, verbose=2)
    print("active units", float((enc.predict(x, verbose=0) > 1e-3).mean()))


if __name__ == "__main__":
    main()
