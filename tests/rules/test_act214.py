"""ACT214 activity-regularizer-scale."""

from __future__ import annotations

import pytest

_FOUND = {
    "layer of its own": """\
import numpy as np
from keras import Input, Model, layers, optimizers, utils


def build_autoencoder(n_features=20, code=8, sparsity=1e-3):
    inputs = Input(shape=(n_features,))
    hidden = layers.Dense(code, activation="relu", name="code")(inputs)
    hidden = layers.ActivityRegularization(l1=sparsity)(hidden)  # expect: ACT214
    outputs = layers.Dense(n_features, activation="sigmoid")(hidden)
    return Model(inputs, outputs, name="sparse_autoencoder")


def train(batch_size):
    utils.set_random_seed(7)
    data = np.random.rand(128, 20).astype("float32")
    autoencoder = build_autoencoder()
    autoencoder.compile(optimizer=optimizers.Adam(1e-3), loss="binary_crossentropy")
    history = autoencoder.fit(data, data, batch_size=batch_size, epochs=2, verbose=0)
    return history.history["loss"]


if __name__ == "__main__":
    for batch_size in (16, 64):
        losses = train(batch_size)
        print(f"batch {batch_size}: " + ", ".join(f"{value:.4f}" for value in losses))
""",
    "model class": '''\
import tensorflow as tf


class PenalisedEncoder(tf.keras.Model):
    """Dense encoder whose hidden code is pushed towards zero."""

    def __init__(self, lam=0.01, **kwargs):
        super().__init__(**kwargs)
        penalty = tf.keras.regularizers.l2(lam)
        self.first = tf.keras.layers.Dense(32, activation="relu")
        self.code = tf.keras.layers.Dense(8, activation="tanh", activity_regularizer=penalty)  # expect: ACT214
        self.out = tf.keras.layers.Dense(1)

    def call(self, x):
        return self.out(self.code(self.first(x)))


model = PenalisedEncoder()
optimizer = tf.keras.optimizers.SGD(0.01)
mse = tf.keras.losses.MeanSquaredError()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = mse(y, model(x, training=True)) + tf.add_n(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return loss


for epoch in range(2):
    for _ in range(4):
        batch = tf.random.normal((32, 10))
        loss = train_step(batch, tf.reduce_mean(batch, axis=1, keepdims=True))
    print("epoch", epoch, float(loss))
''',
    "keywords": """\
from functools import partial
import keras

reg = dict(activity_regularizer=keras.regularizers.L1(0.1))
inputs = keras.Input((4,))
h = keras.layers.Dense(8, **reg)(inputs)  # expect: ACT214
h = keras.layers.Conv2D(4, 3, activity_regularizer="l2")(h)  # expect: ACT214
h = keras.layers.Dense(8, activity_regularizer=None)(h)
""",
    "layer class": """\
import tensorflow as tf
from tensorflow.keras import layers, regularizers


class Enc(layers.Layer):
    def __init__(self, lam=1e-4):
        super().__init__()
        self.conv = layers.Conv2D(4, 3, activity_regularizer=regularizers.l1_l2(lam, lam))  # expect: ACT214

    def call(self, x):
        return self.conv(x)
""",
    "function and class": """\
import keras


def l1_mean(h):
    return 0.1 * keras.ops.mean(keras.ops.abs(h))


class Reg(keras.regularizers.Regularizer):
    def __call__(self, x):
        return 0.1 * keras.ops.sum(x)


model = keras.Sequential([
    keras.layers.Dense(4, activity_regularizer=l1_mean),  # expect: ACT214
    keras.layers.LSTM(4, activity_regularizer=Reg()),  # expect: ACT214
    keras.layers.Dense(4, kernel_regularizer="l2"),
])
""",
}


_SILENT = {
    "explicit mean": """\
import keras
import numpy as np
from keras import layers, ops, regularizers


@keras.saving.register_keras_serializable()
class MeanActivity(layers.Layer):
    def __init__(self, lam=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.lam = lam

    def call(self, inputs):
        self.add_loss(self.lam * ops.mean(ops.abs(inputs)))
        return inputs

    def get_config(self):
        return {**super().get_config(), "lam": self.lam}


def regularised(units, **kwargs):
    options = {"kernel_regularizer": regularizers.L2(1e-4), "bias_regularizer": regularizers.L1(1e-5)}
    return layers.Dense(units, **options, **kwargs)


inputs = keras.Input((10,))
x = regularised(32, activation="relu")(inputs)
x = MeanActivity(1e-3)(x)
outputs = regularised(1)(x)
model = keras.Model(inputs, outputs)
model.compile(optimizer="adam", loss="mse")

x_train = np.random.rand(64, 10).astype("float32")
y_train = x_train.sum(axis=1, keepdims=True)
history = model.fit(x_train, y_train, epochs=2, batch_size=16, verbose=0)
print(history.history["loss"])
""",
    "tf_keras": """\
import numpy as np
import tf_keras as keras
from tf_keras import layers, regularizers


class SparseAutoencoder(keras.Model):
    def __init__(self, n_features, code_size=6, lam=1e-3):
        super().__init__()
        self.encoder = layers.Dense(code_size, activation="relu", activity_regularizer=regularizers.L1(lam))
        self.decoder = layers.Dense(n_features)

    def call(self, inputs):
        return self.decoder(self.encoder(inputs))


def main():
    keras.utils.set_random_seed(0)
    data = np.random.rand(64, 12).astype("float32")
    model = SparseAutoencoder(12)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")
    model.fit(data, data, epochs=2, batch_size=16, verbose=0)
    print("loss", model.evaluate(data, data, verbose=0), "active", float((model.encoder(data) > 0).numpy().mean()))


if __name__ == "__main__":
    main()
""",
    "passed on": """\
import keras


class Wrap(keras.layers.Layer):
    def __init__(self, units, activity_regularizer=None, **kwargs):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.d = keras.layers.Dense(units, activity_regularizer=activity_regularizer)

    def call(self, x):
        return self.d(x)


Wrap(3)
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT214", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT214", text)


_LAYER = "import keras\n\nlayer = keras.layers.Dense(8, activity_regularizer=keras.regularizers.L1(0.1))"


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("requirements.txt", "numpy\nkeras>=3.14  # divided\n"),
        ("requirements.txt", "keras==3.5.0\n"),
        ("requirements.txt", "tensorflow>=2.4,<2.16\n"),
        ("requirements-dev.txt", "keras ~= 2.11\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n    "keras<3",\n]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nkeras = "^2.9"\n'),
        ("setup.py", "from setuptools import setup\n\nsetup(install_requires=['tensorflow==2.12.*'])\n"),
        ("environment.yml", "dependencies:\n  - keras=2.10\n"),
    ],
)
def test_pinned_to_one_side(file, lines, expect):
    expect("ACT214", _LAYER, {file: lines})


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("requirements.txt", "numpy\nkeras\n"),
        ("requirements.txt", "keras>=3\n"),
        ("requirements.txt", "tensorflow>=2.12\n"),
        ("requirements.txt", "keras-cv==0.9\n# keras==2.4\n"),
        ("pyproject.toml", '[project]\nname = "x"\ndependencies = ["tensorflow>=2.16"]\n'),
        ("notes.txt", "keras==2.4\n"),
    ],
)
def test_not_pinned(file, lines, expect):
    expect("ACT214", f"{_LAYER}  # expect: ACT214\n", {file: lines})
