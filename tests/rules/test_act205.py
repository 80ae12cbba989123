"""ACT205 activation-leaks-from-trace."""

from __future__ import annotations

import pytest

_FOUND = {
    "callback": """\
import numpy as np
import tensorflow as tf
import keras
from keras import layers


class Autoencoder(keras.Model):
    def __init__(self, code_size=4):
        super().__init__()
        self.encoder = layers.Dense(code_size, activation="relu", name="code")
        self.decoder = layers.Dense(12)
        self.last_code = None

    def call(self, inputs):
        code = self.encoder(inputs)
        self.last_code = code  # expect: ACT205
        return self.decoder(code)


class SparsityMonitor(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.history = []

    def on_epoch_end(self, epoch, logs=None):
        code = self.model.last_code
        active = float(tf.reduce_mean(tf.cast(code > 0, tf.float32)))
        self.history.append(active)
        print(f"epoch {epoch}: active units {active:.2f}")


def main():
    keras.utils.set_random_seed(3)
    x = np.random.rand(64, 12).astype("float32")
    model = Autoencoder()
    model.compile(optimizer="adam", loss="mse")
    monitor = SparsityMonitor()
    model.fit(x, x, batch_size=16, epochs=2, verbose=0, callbacks=[monitor])
    print(monitor.history)


if __name__ == "__main__":
    main()
""",
    "list": """\
import tensorflow as tf

W1 = tf.Variable(tf.random.normal((6, 16), stddev=0.1))
W2 = tf.Variable(tf.random.normal((16, 1), stddev=0.1))
optimizer = tf.keras.optimizers.Adam(1e-2)
optimizer.build([W1, W2])
hidden_log = []


def forward(x):
    h = tf.nn.sigmoid(x @ W1)
    return h, h @ W2


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        hidden, prediction = forward(x)
        hidden_log.append(hidden)  # expect: ACT205
        loss = tf.reduce_mean((prediction - y) ** 2)
    grads = tape.gradient(loss, [W1, W2])
    optimizer.apply_gradients(zip(grads, [W1, W2]))
    return loss


def saturation(tensors):
    extremes = [tf.reduce_mean(tf.cast(tf.abs(t - 0.5) > 0.45, tf.float32)) for t in tensors]
    return float(tf.add_n(extremes)) / len(extremes)


for step in range(20):
    batch = tf.random.normal((32, 6))
    target = tf.reduce_sum(batch, axis=1, keepdims=True)
    loss = train_step(batch, target)
    if step % 10 == 0:
        print("step", step, "loss", float(loss))

print("saturated units:", saturation(hidden_log))
""",
    "layer of a functional model": """\
import numpy as np
import keras
from keras import layers, ops


class Tap(layers.Layer):
    def call(self, x):
        self.seen = ops.abs(x)  # expect: ACT205
        return x


inputs = keras.Input((4,))
tap = Tap()
model = keras.Model(inputs, layers.Dense(1)(tap(layers.Dense(8)(inputs))))
model.compile("sgd", "mse")
model.fit(np.ones((4, 4)), np.ones((4, 1)))
print(ops.mean(tap.seen))
""",
    "dict of a traced function": """\
import tensorflow as tf

w = tf.Variable(tf.ones([4, 8]))
seen = {}


def forward(x):
    h = tf.nn.relu(x @ w)
    seen["h"] = h  # expect: ACT205
    return tf.reduce_sum(h)


fast = tf.function(forward, jit_compile=True)
with tf.GradientTape() as tape:
    loss = fast(tf.ones([2, 4]))
    loss += 0.1 * tf.reduce_mean(tf.abs(seen["h"]))
grads = tape.gradient(loss, [w])
""",
    "closure": """\
import tensorflow as tf


def make(units):
    state = {"last": None}
    dense = tf.keras.layers.Dense(units)
    history = []

    @tf.function
    def forward(x):
        y = tf.nn.tanh(dense(x))
        history.append(tf.reduce_mean(y))  # expect: ACT205
        return y

    def report():
        return sum(float(h) for h in history)

    return forward, report


forward, report = make(3)
forward(tf.ones([1, 2]))
print(report())
""",
    "global of a train_step": """\
import tensorflow as tf
from tensorflow import keras

last_hidden = None


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = keras.layers.Dense(4), keras.layers.Dense(1)

    def train_step(self, data):
        global last_hidden
        x, y = data
        with tf.GradientTape() as tape:
            h = self.a(x)
            last_hidden = h  # expect: ACT205
            loss = tf.reduce_mean((self.b(h) - y) ** 2)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        return {"loss": loss}


net = Net()
net.compile("adam")
net.fit(tf.ones([4, 2]), tf.ones([4, 1]), epochs=1)
print(last_hidden.numpy().mean())
""",
}


_SILENT = {
    "same step": """\
import keras
import numpy as np
from keras import layers, ops


class SparseNet(keras.Model):
    def __init__(self, units=16, lam=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.hidden_layer = layers.Dense(units, activation="relu")
        self.out_layer = layers.Dense(1)
        self.lam = lam
        self.penalty_tracker = keras.metrics.Mean(name="penalty")

    def call(self, x):
        self.hidden = self.hidden_layer(x)
        return self.out_layer(self.hidden)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        base = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        penalty = self.lam * ops.mean(ops.abs(self.hidden))
        self.penalty_tracker.update_state(penalty)
        return base + penalty


class PrintPenalty(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch, float(self.model.penalty_tracker.result()))


if __name__ == "__main__":
    x = np.random.normal(size=(64, 8)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    net = SparseNet()
    net.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")
    net.fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=[PrintPenalty()])
""",
    "returned, assigned, metric": """\
import tensorflow as tf


class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.random.normal((5, 8), stddev=0.3))
        self.v = tf.Variable(tf.random.normal((8, 1), stddev=0.3))
        self.mean_activity = tf.Variable(0.0, trainable=False)
        self.last_batch = None

    @tf.function
    def hidden_and_output(self, x):
        hidden = tf.nn.relu(tf.matmul(x, self.w))
        self.mean_activity.assign(tf.reduce_mean(hidden))
        return hidden, tf.matmul(hidden, self.v)


net = Net()
activity = tf.keras.metrics.Mean()
optimizer = tf.keras.optimizers.SGD(0.05)
collected = []


def train_step(x, y):
    net.last_batch = x
    with tf.GradientTape() as tape:
        hidden, out = net.hidden_and_output(x)
        loss = tf.reduce_mean(tf.square(out - y)) + 1e-2 * tf.reduce_mean(hidden)
    variables = [net.w, net.v]
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    collected.append(tf.reduce_mean(hidden))
    activity.update_state(tf.reduce_mean(hidden))
    return loss


for step in range(5):
    value = train_step(tf.random.normal((16, 5)), tf.zeros((16, 1)))
    print(step, float(value), float(net.mean_activity))
print(float(activity.result()), float(tf.add_n(collected)), net.last_batch.shape)
""",
    "eager read, read in the trace": """\
import tensorflow as tf

w = tf.Variable(tf.ones([4, 8]))


class Net(tf.Module):
    def __init__(self):
        self.hidden = None

    def __call__(self, x):
        self.hidden = tf.nn.relu(x @ w)
        return tf.reduce_sum(self.hidden)


net = Net()


@tf.function
def step(x):
    out = net(x)
    return out + tf.reduce_mean(net.hidden)


step(tf.ones([2, 4]))
net(tf.ones([2, 4]))
print(tf.reduce_mean(net.hidden).numpy())
""",
    "read in the trace, shape, None": """\
import tensorflow as tf


class Net(tf.Module):
    def __init__(self):
        self.d = tf.keras.layers.Dense(3)
        self.built_shape = None
        self.cache = None

    @tf.function
    def __call__(self, x):
        h = self.d(x)
        self.cache = h
        self.built_shape = h.shape
        return h + self._penalty()

    def _penalty(self):
        return tf.reduce_mean(self.cache)


net = Net()
out = net(tf.ones([1, 2]))
print(out.numpy(), net.built_shape, net.cache is None)
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT205", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT205", text)


@pytest.mark.parametrize("way", ["compile(run_eagerly=True)", "predict_on_batch(x)"])
def test_eager_steps(way, expect):
    text = (
        "import keras\n\n\nclass Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n"
        "        self.fc = keras.layers.Dense(2)\n\n    def call(self, x):\n        self.seen = self.fc(x)MARK\n"
        "        return self.seen\n\n\nx = keras.ops.ones((2, 4))\nnet = Net()\n"
        f"net.{way}\nnet.fit(x, x)\nprint(keras.ops.mean(net.seen))\n"
    )
    expect("ACT205", text.replace("MARK", "" if "run_eagerly" in way else "  # expect: ACT205"))


@pytest.mark.parametrize(
    ("between", "mark"), [("", "  # expect: ACT205"), ("    net.run(x)\n", "")], ids=["kept", "run eagerly before"]
)
def test_loops(between, mark, expect):
    text = (
        "import tensorflow as tf\n\n\nclass Net(tf.Module):\n    def __init__(self):\n"
        "        self.w = tf.Variable(tf.ones([2, 3]))\n        self.fast = tf.function(self.run)\n\n"
        f"    def run(self, x):\n        self.seen = tf.nn.relu(x @ self.w){mark}\n"
        "        return tf.reduce_sum(self.seen)\n"
        "\n\nnet, x = Net(), tf.ones([1, 2])\nfor step in range(3):\n    net.fast(x)\n"
        f"{between}    print(float(tf.reduce_mean(net.seen)))\n"
    )
    expect("ACT205", text)
