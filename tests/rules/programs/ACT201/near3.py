"""Losses that close over variables, constants and models, never over a symbolic tensor."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(0)


def build(n_features=12, n_code=4):
    inputs = keras.Input(shape=(n_features,))
    code = layers.Dense(n_code, activation="relu", name="code")(inputs)
    outputs = layers.Dense(n_features, name="recon")(code)
    return keras.Model(inputs, {"recon": outputs, "code": code})


def feature_net(n_features=12):
    base = keras.Sequential([keras.Input((n_features,)), layers.Dense(16, activation="tanh", name="f1"), layers.Dense(2)])
    features = keras.Model(base.inputs, base.get_layer("f1").output)
    features.trainable = False
    return features


def weighted_perceptual(features, weights, beta):
    weights = tf.constant(weights, tf.float32)

    def loss(y_true, y_pred):
        per_column = tf.reduce_mean(weights * tf.square(y_true - y_pred), axis=-1)
        distance = tf.reduce_mean(tf.square(features(y_true) - features(y_pred)), axis=-1)
        return per_column + beta * distance

    return loss


def sparsity(_, hidden):
    return tf.reduce_mean(tf.abs(hidden), axis=-1)


class WarmUp(keras.callbacks.Callback):
    def __init__(self, beta):
        super().__init__()
        self.beta = beta

    def on_epoch_begin(self, epoch, logs=None):
        self.beta.assign(min(1.0, 0.25 * epoch))


x = np.random.rand(128, 12).astype("float32")
beta = tf.Variable(0.0, trainable=False)
model = build()
model.compile(
    optimizer="adam",
    loss={"recon": weighted_perceptual(feature_net(), 1.0 / (x.var(axis=0) + 1e-3), beta), "code": sparsity},
    loss_weights={"recon": 1.0, "code": 1e-3},
)
model.fit(x, {"recon": x, "code": np.zeros((128, 4), "float32")}, epochs=2, verbose=0, callbacks=[WarmUp(beta)])
extractor = keras.Model(model.inputs, model.get_layer("code").output)
print(extractor.predict(x[:4], verbose=0).shape)
