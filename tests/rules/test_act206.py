"""ACT206 python-list-in-graph-loop."""

from __future__ import annotations

import pytest

_FOUND = {
    "while of a method": '''\
import tensorflow as tf


class Rollout(tf.Module):
    """Unrolls a learned transition until the state settles and penalises its hidden activity."""

    def __init__(self, dim=4):
        super().__init__()
        self.transition = tf.keras.layers.Dense(dim, activation="tanh")
        self.readout = tf.keras.layers.Dense(1)
        self.transition.build((None, dim))
        self.readout.build((None, dim))
        self.optimizer = tf.keras.optimizers.SGD(1e-2)
        self.optimizer.build(self.trainable_variables)
        self.run = tf.function(self.train_once)

    def train_once(self, state, target):
        with tf.GradientTape() as tape:
            hidden_states = []
            moved = tf.constant(1.0)
            steps = tf.constant(0)
            while moved > 1e-2 and steps < 20:
                new_state = self.transition(state)
                moved = tf.reduce_max(tf.abs(new_state - state))
                state = new_state
                steps += 1
                hidden_states.append(state)  # expect: ACT206
            error = tf.reduce_mean(tf.square(self.readout(state) - target))
            activity = tf.add_n([tf.reduce_mean(tf.abs(h)) for h in hidden_states])
            loss = error + 1e-3 * activity
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss


if __name__ == "__main__":
    tf.random.set_seed(0)
    rollout = Rollout()
    for epoch in range(3):
        loss = rollout.run(tf.random.normal((8, 4)), tf.zeros((8, 1)))
        print(epoch, float(loss))
''',
    "data set": """\
import numpy as np
import tensorflow as tf
from tensorflow import keras

features = np.random.rand(64, 10).astype("float32")
labels = np.random.randint(0, 2, size=(64, 1)).astype("float32")
train_ds = tf.data.Dataset.from_tensor_slices((features, labels)).shuffle(64).batch(16)

model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
bce = keras.losses.BinaryCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)


def update(x, y):
    with tf.GradientTape() as tape:
        loss = bce(y, model(x, training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return loss


@tf.function
def run_epoch(dataset):
    epoch_losses = []
    for x, y in dataset:
        epoch_losses.append(update(x, y))  # expect: ACT206
    return tf.reduce_mean(tf.stack(epoch_losses))


for epoch in range(2):
    mean_loss = run_epoch(train_ds)
    print("epoch", epoch, "loss", float(mean_loss))
""",
    "model's step, enumerated data set": """\
import tensorflow as tf
from tensorflow import function as compiled, keras


class RNN(keras.Model):
    def __init__(self):
        super().__init__()
        self.cell = keras.layers.Dense(4, activation="tanh")

    def train_step(self, data):
        x, y = data
        states = []
        h = tf.zeros([2, 4])
        for t in tf.range(tf.shape(x)[1]):
            h = self.cell(tf.concat([h, x[:, t]], 1))
            states += [h]  # expect: ACT206
        return {"loss": tf.reduce_mean(tf.stack(states))}


@compiled(reduce_retracing=True)
def norms(batches):
    found = list()
    for i, batch in enumerate(batches):
        found.append(tf.reduce_sum(batch))  # expect: ACT206
    return tf.stack(found)


norms(tf.data.Dataset.range(4).batch(2))
""",
    "while tf.less": """\
import tensorflow as tf


class Sampler(tf.Module):
    def __init__(self, cell):
        self.cell = cell

    @tf.function
    def unroll(self, h, n):
        hs = []
        i = 0
        while tf.less(i, n):
            h = self.cell(h)
            hs.append(h)  # expect: ACT206
            i += 1
        return self._summary(hs)

    def _summary(self, hs):
        return tf.stack(hs)


s = Sampler(tf.keras.layers.Dense(2))
s.unroll(tf.ones([1, 2]), tf.constant(3))
""",
    "list in a dict": """\
import tensorflow as tf


@tf.function
def scores(model, sequence):
    out = {"s": []}
    collected = out["s"]
    for step in sequence:
        collected.append(tf.reduce_sum(tf.square(step)))  # expect: ACT206
    return tf.convert_to_tensor(collected)


scores(None, tf.ones([3, 2]))
""",
}


_SILENT = {
    "Python loops, TensorArray": """\
import tensorflow as tf


class DeepNet(tf.Module):
    def __init__(self, depth=3, width=8):
        super().__init__()
        self.depth = depth
        self.kernels = [tf.Variable(tf.random.normal((width, width), stddev=0.2)) for _ in range(depth)]
        self.head = tf.Variable(tf.random.normal((width, 1)))

    @tf.function
    def loss(self, x, y):
        acts = []
        for kernel in self.kernels:
            x = tf.nn.relu(tf.matmul(x, kernel))
            acts.append(x)
        norms = []
        for i in range(self.depth):
            norms.append(tf.reduce_mean(tf.square(self.kernels[i])))
        penalty = tf.add_n([tf.reduce_mean(a) for a in acts])
        error = tf.reduce_mean(tf.square(tf.matmul(x, self.head) - y))
        return error + 1e-3 * penalty + 1e-4 * tf.add_n(norms)

    @tf.function
    def unroll(self, x, steps):
        history = tf.TensorArray(tf.float32, size=steps)
        for t in tf.range(steps):
            x = tf.tanh(tf.matmul(x, self.kernels[0]))
            history = history.write(t, x)
        return history.stack()


net = DeepNet()
opt = tf.keras.optimizers.SGD(0.05)
for step in range(3):
    with tf.GradientTape() as tape:
        value = net.loss(tf.random.normal((4, 8)), tf.ones((4, 1)))
    opt.apply_gradients(zip(tape.gradient(value, net.trainable_variables), net.trainable_variables))
    print(step, float(value))
print(net.unroll(tf.ones((2, 8)), tf.constant(5)).shape)
""",
    "unstack and split": """\
import tensorflow as tf
from tensorflow.keras import layers, losses, optimizers

encoder = layers.Dense(6, activation="relu")
decoder = layers.Dense(1)
mse = losses.MeanSquaredError()
optimizer = optimizers.SGD(0.01)


@tf.function
def train_step(sequence, target):
    with tf.GradientTape() as tape:
        outputs, codes = [], []
        for frame in tf.unstack(sequence, axis=1):
            code = encoder(frame)
            codes.append(code)
            outputs.append(decoder(code))
        for part in tf.split(sequence, 2, axis=1):
            codes.append(tf.reduce_mean(encoder(part), axis=1))
        prediction = tf.add_n(outputs) / float(len(outputs))
        loss = mse(target, prediction) + 1e-3 * tf.reduce_mean(tf.abs(tf.stack(codes)))
    variables = encoder.trainable_variables + decoder.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return loss


def train_epoch(dataset):
    batch_losses = []
    for sequence, target in dataset:
        batch_losses.append(train_step(sequence, target))
    return tf.reduce_mean(tf.stack(batch_losses))


if __name__ == "__main__":
    encoder.build((None, 3))
    decoder.build((None, 6))
    optimizer.build(encoder.trainable_variables + decoder.trainable_variables)
    data = tf.data.Dataset.from_tensor_slices((tf.random.normal((16, 4, 3)), tf.zeros((16, 1)))).batch(8)
    for epoch in range(2):
        print(epoch, float(train_epoch(data)))
""",
    "Python values, local list": """\
import tensorflow as tf


@tf.function
def run(xs, n: int):
    outs = []
    for i in range(n):
        outs.append(xs * i)
    for i in range(xs.shape[0]):
        outs.append(xs[i])
    for g in tf.split(xs, 2):
        outs.append(g)
    for v in [w.read_value() for w in weights]:
        outs.append(v)
    for i in tf.range(3):
        local = []
        local.append(tf.cast(i, tf.float32))
        tf.print(tf.stack(local))
    return tf.concat(outs, 0)


run(tf.ones([4, 2]), 3)
""",
    "layers, rows of an array, eager loop": """\
import numpy as np
import tensorflow as tf

layers = [tf.keras.layers.Dense(2) for _ in range(3)]
seq = np.ones([3, 2])


@tf.function
def f(x):
    outs = []
    for l in layers:
        x = l(x)
        outs.append(x)
    for row in seq:
        outs.append(tf.constant(row)[None])
    for i in tf.range(3):
        x = x + 1.0
    outs.append(x)
    return tf.concat(outs, 0)


def g(x):
    outs = []
    for i in tf.range(3):
        x = x + 1.0
        outs.append(x)
    return tf.stack(outs)


f(tf.ones([1, 2]))
g(tf.ones([1, 2]))
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT206", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT206", text)


def test_model_outputs_are_a_list(expect):
    text = """\
import tensorflow as tf

base = tf.keras.applications.InceptionV3(include_top=False)
taps = tf.keras.Model(base.input, [base.get_layer(name).output for name in ("mixed3", "mixed5")])


@tf.function
def step(image):
    terms = []
    for activation in taps(image):
        terms.append(tf.reduce_mean(activation))
    return tf.reduce_sum(terms)


step(tf.zeros([1, 75, 75, 3]))
"""
    expect("ACT206", text)


@pytest.mark.parametrize(
    "way", ["@tf.function(autograph=False)\n", "tf.config.run_functions_eagerly(True)\n\n\n@tf.function\n"]
)
def test_loops_that_stay_loops(way, expect):
    text = "def run(x):\n    kept = []\n    for i in tf.range(3):\n        x = x + 1.0\n        kept.append(x)\n"
    expect("ACT206", f"import tensorflow as tf\n\n\n{way}{text}    return tf.stack(kept)\n\n\nrun(tf.zeros([2]))\n")
