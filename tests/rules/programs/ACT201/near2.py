"""Perceptual loss: `.input`/`.output` only build an extractor, the loss calls it on this batch."""
import keras
import numpy as np
from keras import layers, ops


def make_critic():
    image = keras.Input((16, 16, 1))
    x = layers.Conv2D(4, 3, activation="relu", padding="same", name="feat1")(image)
    x = layers.Conv2D(8, 3, activation="relu", padding="same", name="feat2")(x)
    x = layers.GlobalAveragePooling2D()(x)
    critic = keras.Model(image, layers.Dense(5, activation="softmax")(x))
    critic.trainable = False
    return critic


class PerceptualLoss:
    def __init__(self, network, names, weight=0.1):
        self.extractor = keras.Model(network.input, [network.get_layer(n).output for n in names])
        self.weight = weight

    def __call__(self, y_true, y_pred):
        pixel = ops.mean(ops.abs(y_true - y_pred))
        wanted, got = self.extractor(y_true), self.extractor(y_pred)
        feature = sum(ops.mean(ops.square(a - b)) for a, b in zip(wanted, got))
        return pixel + self.weight * feature


inputs = keras.Input((16, 16, 1))
y = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
denoiser = keras.Model(inputs, layers.Conv2D(1, 3, padding="same")(y))
denoiser.compile("adam", loss=PerceptualLoss(make_critic(), ["feat1", "feat2"]))

clean = np.random.default_rng(0).random((32, 16, 16, 1)).astype("float32")
noisy = clean + 0.1 * np.random.default_rng(1).normal(size=clean.shape).astype("float32")
denoiser.fit(noisy, clean, epochs=1, verbose=2)
