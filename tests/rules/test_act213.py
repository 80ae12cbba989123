"""ACT213 symbolic-add-loss."""

from __future__ import annotations

import pytest

_FOUND = {
    "variational autoencoder": """\
import keras
import numpy as np
from keras import layers, ops


class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, inputs):
        mean, log_var = inputs
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_var) * noise


def build_vae(n_features=20, latent=2):
    x_in = keras.Input(shape=(n_features,), name="x")
    h = layers.Dense(16, activation="relu")(x_in)
    mean = layers.Dense(latent, name="mean")(h)
    log_var = layers.Dense(latent, name="log_var")(h)
    z = Sampling()([mean, log_var])
    x_out = layers.Dense(n_features, activation="sigmoid")(layers.Dense(16, activation="relu")(z))

    vae = keras.Model(x_in, x_out, name="vae")
    kl = -0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var))
    vae.add_loss(kl)  # expect: ACT213
    return vae


if __name__ == "__main__":
    data = np.random.rand(64, 20).astype("float32")
    vae = build_vae()
    vae.compile(optimizer="adam", loss="binary_crossentropy")
    vae.fit(data, data, epochs=2, batch_size=16, verbose=0)
""",
    "loop of a class": """\
import numpy as np
import tensorflow as tf


class Experiment:
    def __init__(self, lam=0.05):
        self.lam = lam
        inputs = tf.keras.Input((8,))
        x = tf.keras.layers.Dense(16, activation="relu", name="hidden")(inputs)
        x = tf.keras.layers.Dense(4, activation="relu", name="code")(x)
        self.net = tf.keras.models.Model(inputs=inputs, outputs=tf.keras.layers.Dense(1)(x))
        self._add_sparsity(["hidden", "code"])
        self.net.compile(optimizer=tf.keras.optimizers.Adam(1e-3), loss="mse")

    def _add_sparsity(self, names):
        for name in names:
            activation = self.net.get_layer(name).output
            term = tf.keras.ops.mean(tf.keras.ops.abs(activation))
            self.net.add_loss(self.lam * term)  # expect: ACT213

    def run(self, x, y, epochs=3):
        history = self.net.fit(x, y, epochs=epochs, batch_size=16, verbose=0)
        return history.history["loss"][-1]


if __name__ == "__main__":
    inputs = np.random.rand(64, 8).astype("float32")
    targets = inputs.sum(axis=1, keepdims=True)
    for lam in (0.0, 0.05, 0.5):
        print(lam, Experiment(lam).run(inputs, targets))
""",
    "imported names": """\
from tensorflow.keras import Input, Model, layers
from tensorflow.keras.losses import mse
import tensorflow.keras.backend as K

x = Input(shape=(4,))
z = layers.Dense(2)(x)
y = layers.Dense(4)(z)
ae = Model(inputs=x, outputs=y)
rec = mse(x, y)
ae.add_loss(K.mean(rec + K.sum(K.square(z), axis=-1)))  # expect: ACT213
ae.compile(optimizer="adam")
""",
    "sequential": """\
import keras
from keras import layers, models, ops

net = models.Sequential()
net.add(keras.Input((4,)))
net.add(layers.Dense(8, name="code"))
net.add(layers.Dense(1))
code = net.layers[0].output
net.add_loss(1e-3 * ops.sum(ops.abs(net.get_layer("code").output)))  # expect: ACT213
for model in (net,):
    model.compile("adam", "mse")
""",
}


_SILENT = {
    "in call": '''\
import keras
import numpy as np
from keras import ops


class KLDivergence(keras.layers.Layer):
    """Passes (mean, log_var) on and registers their divergence from N(0, 1)."""

    def __init__(self, beta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.beta = beta

    def call(self, inputs):
        mean, log_var = inputs
        divergence = -0.5 * ops.mean(1 + log_var - ops.square(mean) - ops.exp(log_var))
        self.add_loss(self.beta * divergence)
        return mean


class Encoder(keras.Model):
    def __init__(self, latent=3):
        super().__init__()
        self.body = keras.layers.Dense(16, activation="relu")
        self.mean = keras.layers.Dense(latent)
        self.log_var = keras.layers.Dense(latent)
        self.kl = KLDivergence(0.1)

    def call(self, x):
        h = self.body(x)
        self.add_loss(1e-3 * ops.mean(ops.abs(h)))
        return self.kl([self.mean(h), self.log_var(h)])


inputs = keras.Input((10,))
outputs = keras.layers.Dense(10)(Encoder()(inputs))
model = keras.Model(inputs, outputs)
model.compile(optimizer="adam", loss="mse")
x = np.random.rand(64, 10).astype("float32")
print(model.fit(x, x, epochs=2, batch_size=16, verbose=0).history["loss"])
''',
    "Keras 2": """\
import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


def build(lam):
    inputs = tf.keras.Input(shape=(8,))
    hidden = tf.keras.layers.Dense(16, activation="relu")(inputs)
    outputs = tf.keras.layers.Dense(1)(hidden)
    model = tf.keras.Model(inputs, outputs)
    model.add_loss(lam * tf.reduce_mean(tf.abs(hidden)))
    model.add_metric(tf.reduce_mean(hidden), name="mean_activity", aggregation="mean")
    return model


def main():
    tf.keras.utils.set_random_seed(0)
    x = np.random.rand(64, 8).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    for lam in (0.0, 0.1):
        model = build(lam)
        model.compile(optimizer="sgd", loss="mse")
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0)
        print(lam, {k: round(v[-1], 4) for k, v in history.history.items()})


if __name__ == "__main__":
    main()
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT213", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT213", text)


_MODEL = """\
import tensorflow as tf

inputs = tf.keras.Input((4,))
hidden = tf.keras.layers.Dense(8)(inputs)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(hidden))
"""


@pytest.mark.parametrize(
    ("statement", "modules"),
    [
        ("model.add_loss(tf.reduce_mean(hidden))", {"requirements.txt": "tensorflow<2.16\n"}),
        ("model.add_loss(tf.reduce_mean(hidden))", {"requirements.txt": "keras==2.15\n"}),
        ("model.add_loss(0.5)", {}),
        ("unknown(model).add_loss(tf.reduce_mean(hidden))", {}),
    ],
)
def test_silent_elsewhere(statement, modules, expect):
    expect("ACT213", f"{_MODEL}{statement}\n", modules)


def test_moves_from_keras_2(expect):
    text = f"{_MODEL}model.add_loss(tf.reduce_mean(hidden))  # expect: ACT213\n"
    expect("ACT213", text, {"requirements.txt": "tensorflow>=2.10\n"})
