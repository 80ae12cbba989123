"""ACT210 missing-training-flag."""

from __future__ import annotations

import pytest

_FOUND = {
    "train_step": """\
import numpy as np
import tensorflow as tf
import keras
from keras import layers


class Regressor(keras.Model):
    def __init__(self, units=32):
        super().__init__()
        self.dense1 = layers.Dense(units, activation="relu")
        self.bn = layers.BatchNormalization()
        self.dropout = layers.Dropout(0.3)
        self.out = layers.Dense(1)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def call(self, inputs, training=None):
        x = self.bn(self.dense1(inputs), training=training)
        x = self.dropout(x, training=training)
        return self.out(x)

    @property
    def metrics(self):
        return [self.loss_tracker]

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            y_pred = self(x)  # expect: ACT210
            loss = tf.reduce_mean(tf.math.log(tf.cosh(y_pred - y)))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}


if __name__ == "__main__":
    x = np.random.normal(loc=2.0, size=(64, 6)).astype("float32")
    y = x[:, :1] - x[:, 1:2]
    model = Regressor()
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    model.fit(x, y, batch_size=16, epochs=2, verbose=0)
    print("moving mean", float(tf.reduce_mean(model.bn.moving_mean)))
""",
    "function of a builder": """\
import tensorflow as tf

L = tf.keras.layers


def conv_block(x, filters):
    x = L.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = L.BatchNormalization()(x)
    return L.ReLU()(x)


def small_cnn(shape=(16, 16, 3), classes=5):
    image = tf.keras.Input(shape)
    x = image
    for filters in (8, 16):
        x = conv_block(x, filters)
        x = L.MaxPooling2D()(x)
    x = L.GlobalAveragePooling2D()(x)
    return tf.keras.Model(image, L.Dense(classes)(x))


def make_step(network, optimizer):
    criterion = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(images, labels):
        with tf.GradientTape() as tape:
            logits = network(images)  # expect: ACT210
            loss = criterion(labels, logits)
        weights = network.trainable_weights
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))
        return loss, logits

    return step


def main():
    cnn = small_cnn()
    train = make_step(cnn, tf.keras.optimizers.Adam(3e-4))
    accuracy = tf.keras.metrics.SparseCategoricalAccuracy()
    for i in range(4):
        images = tf.random.uniform((8, 16, 16, 3))
        labels = tf.random.uniform((8,), maxval=5, dtype=tf.int32)
        loss, logits = train(images, labels)
        accuracy.update_state(labels, logits)
        print(i, float(loss), float(accuracy.result()))


main()
""",
    "helper and minimize": """\
import tensorflow as tf
from tensorflow.keras import Sequential, layers, optimizers, applications

base = applications.MobileNetV2(include_top=False, pooling="avg")
head = Sequential()
head.add(layers.Dense(8))
head.add(layers.Dropout(0.3))
head.add(layers.Dense(1))
opt = optimizers.Adam()


def loss_of(x, y):
    return tf.reduce_mean((head(base(x)) - y) ** 2)  # expect: ACT210


with tf.GradientTape() as tape:
    loss = loss_of(tf.ones([1, 32, 32, 3]), 1.0)
opt.minimize(loss, head.trainable_variables, tape=tape)
""",
    "blocks, default False": """\
import tensorflow as tf
from tensorflow.keras import layers, Model


class Block(layers.Layer):
    def __init__(self, n):
        super().__init__()
        self.conv = layers.Conv2D(n, 3)
        self.norm = layers.BatchNormalization()

    def call(self, x, training=False):
        return tf.nn.relu(self.norm(self.conv(x), training=training))


class Net(Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Block(8), Block(16)]
        self.out = layers.Dense(3)

    def call(self, x, training=False):
        for b in self.blocks:
            x = b(x, training=training)
        return self.out(tf.reduce_mean(x, [1, 2]))


model = Net()
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
opt = tf.keras.optimizers.Adam()


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images)  # expect: ACT210
        loss = loss_fn(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(gradients, model.trainable_variables))


for images, labels in train_ds:
    train_step(images, labels)
""",
    "trainer class": """\
import tensorflow as tf
import tensorflow.keras.layers as L


class Trainer:
    def __init__(self):
        self.net = tf.keras.models.Sequential([L.Dense(4), L.GaussianNoise(0.1), L.Dense(1)])
        self.opt = tf.keras.optimizers.Adam()

    def _loss(self, batch):
        x, y = batch
        pred = self.net(x)  # expect: ACT210
        return tf.reduce_mean((pred - y) ** 2)

    def step(self, batch):
        with tf.GradientTape() as tape:
            value = self._loss(batch)
        params = self.net.trainable_variables
        self.opt.apply_gradients(zip(tape.gradient(value, params), params))
        return value


t = Trainer()
for batch in dataset:
    t.step(batch)
""",
    "one of two networks": """\
import keras
import tensorflow as tf


def generator():
    return keras.Sequential([keras.layers.Dense(8), keras.layers.BatchNormalization(), keras.layers.Dense(2)])


def discriminator():
    return keras.Sequential([keras.layers.Dense(8), keras.layers.Dropout(0.3), keras.layers.Dense(1)])


G, D = generator(), discriminator()
g_opt, d_opt = keras.optimizers.Adam(), keras.optimizers.Adam()


@tf.function
def train_step(real):
    noise = tf.random.normal([4, 3])
    with tf.GradientTape() as gt, tf.GradientTape() as dt:
        fake = G(noise, training=True)
        real_out = D(real)  # expect: ACT210
        fake_out = D(fake, training=True)
        g_loss = -tf.reduce_mean(fake_out)
        d_loss = tf.reduce_mean(fake_out) - tf.reduce_mean(real_out)
    g_opt.apply_gradients(zip(gt.gradient(g_loss, G.trainable_variables), G.trainable_variables))
    d_opt.apply_gradients(zip(dt.gradient(d_loss, D.trainable_variables), D.trainable_variables))


train_step(tf.ones([4, 2]))
""",
}


_SILENT = {
    "told, frozen": """\
import numpy as np
import tensorflow as tf
from tensorflow import keras


def mlp(units, name):
    return keras.Sequential(
        [
            keras.layers.Dense(units, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.2),
        ],
        name=name,
    )


class FineTuner:
    def __init__(self):
        self.backbone = mlp(16, "backbone")
        self.backbone.trainable = False
        self.head = keras.Sequential([mlp(8, "neck"), keras.layers.Dense(1)])
        self.optimizer = keras.optimizers.Adam(1e-3)
        self.loss_fn = keras.losses.MeanSquaredError()

    def forward(self, x, training):
        features = self.backbone(x, training=False)
        return self.head(features, training=training)

    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss_fn(y, self.forward(x, training=True))
        variables = self.head.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    def evaluate(self, x, y):
        return self.loss_fn(y, self.head(self.backbone(x)))


tuner = FineTuner()
x = np.random.rand(32, 6).astype("float32")
y = x.sum(axis=1, keepdims=True)
for epoch in range(3):
    train_loss = tuner.train_step(x, y)
    print(epoch, float(train_loss), float(tuner.evaluate(x, y)))
""",
    "no modes, explained": """\
import tensorflow as tf
from tensorflow.keras import Input, Model, layers, losses, optimizers


def build_policy():
    observation = Input((6,))
    x = layers.Dense(32, activation="tanh")(observation)
    x = layers.LayerNormalization()(x)
    return Model(observation, layers.Dense(2)(x))


def build_classifier():
    inputs = Input((6,))
    x = layers.Dropout(0.5)(layers.Dense(16, activation="relu")(inputs))
    return Model(inputs, layers.Dense(1, activation="sigmoid")(x))


policy, classifier = build_policy(), build_classifier()
optimizer = optimizers.Adam(1e-3)
huber = losses.Huber()


@tf.function
def train_policy(obs, returns):
    with tf.GradientTape() as tape:
        loss = huber(returns, policy(obs))
    grads = tape.gradient(loss, policy.trainable_variables)
    optimizer.apply_gradients(zip(grads, policy.trainable_variables))
    return loss


def saliency(x):
    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = classifier(x)
    return tf.abs(tape.gradient(score, x))


optimizer.build(policy.trainable_variables)
for i in range(3):
    print(i, float(train_policy(tf.random.normal((8, 6)), tf.random.normal((8, 2)))))
print(saliency(tf.random.normal((2, 6))).shape)
""",
    "default True, always on, generator": """\
import tensorflow as tf
from tensorflow import keras


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.d = keras.layers.Dense(4)
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x, training=True):
        return self.drop(self.d(x), training=training)


class MC(keras.Model):
    def __init__(self):
        super().__init__()
        self.d = keras.layers.Dense(4)
        self.drop = keras.layers.Dropout(0.5)

    def call(self, x):
        return self.drop(self.d(x), training=True)


net, mc = Net(), MC()
gen = keras.Sequential([keras.layers.Dense(4)])
disc = keras.Sequential([keras.layers.Dense(4), keras.layers.Dropout(0.1)])
with tf.GradientTape(persistent=True) as tape:
    a = tf.reduce_mean(net(tf.ones([1, 4])))
    b = tf.reduce_mean(mc(tf.ones([1, 4])))
    c = tf.reduce_mean(disc(gen(tf.ones([1, 4]))))
tape.gradient(a, net.trainable_variables)
tape.gradient(b, mc.trainable_variables)
tape.gradient(c, gen.trainable_variables)
""",
    "positional, frozen part": """\
import tensorflow as tf
from tensorflow.keras import layers, Model

inp = layers.Input((4,))
base = Model(inp, layers.BatchNormalization()(layers.Dense(4)(inp)))
base.trainable = False
model = tf.keras.Sequential([base, layers.Dense(1)])
opt = tf.keras.optimizers.Adam()


@tf.function
def step(x, y, training):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x, training) - y) ** 2)
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))


@tf.function
def frozen(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))


step(tf.ones([1, 4]), 1.0, True)
frozen(tf.ones([1, 4]), 1.0)
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT210", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT210", text)


def test_flag_of_its_own(expect):
    text = """\
import tensorflow as tf
from tensorflow.keras import Model, layers


class Net(Model):
    def __init__(self):
        super().__init__()
        self.fc, self.drop = layers.Dense(8), layers.Dropout(0.5)
        self.tail = tf.keras.Sequential([layers.Dropout(0.1), layers.Dense(1)])

    def call(self, x, is_training=False):
        return self.tail(self.drop(self.fc(x), training=is_training), training=is_training)


net, x = Net(), tf.ones([2, 4])
net(x)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(net(x, is_training=True))
tape.gradient(loss, net.trainable_variables)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(net(x))  # expect: ACT210
tape.gradient(loss, net.trainable_variables)
"""
    expect("ACT210", text)
