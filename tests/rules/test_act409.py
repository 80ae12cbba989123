"""ACT409 norm-gradient-nan."""

from __future__ import annotations

import pytest

_FOUND = {
    "loss object": '''\
import torch
from torch import nn


class TokenEncoder(nn.Module):
    """Embeds padded token sequences; padding has the zero vector."""

    def __init__(self, vocab=50, dim=16):
        super().__init__()
        self.embed = nn.Embedding(vocab, dim, padding_idx=0)
        self.proj = nn.Linear(dim, dim, bias=False)
        self.head = nn.Linear(dim, 2)

    def forward(self, tokens):
        hidden = torch.tanh(self.proj(self.embed(tokens)))
        return self.head(hidden.mean(dim=1)), hidden


class GroupSparsity:
    def __init__(self, lam):
        self.lam = lam

    def __call__(self, hidden):
        lengths = hidden.pow(2).sum(dim=-1).sqrt()  # expect: ACT409
        return self.lam * lengths.mean()


def main():
    torch.manual_seed(0)
    model = TokenEncoder()
    group_lasso = GroupSparsity(1e-2)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(3):
        tokens = torch.randint(1, 50, (8, 12))
        tokens[:, 9:] = 0
        labels = torch.randint(0, 2, (8,))
        logits, hidden = model(tokens)
        loss = criterion(logits, labels) + group_lasso(hidden)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(step, loss.item())


if __name__ == "__main__":
    main()
''',
    "train_step": """\
import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, layers, metrics, optimizers


class CapsuleNet(Model):
    def __init__(self, capsules=4, dim=6):
        super().__init__()
        self.primary = layers.Dense(capsules * dim)
        self.reshape = layers.Reshape((capsules, dim))
        self.meter = metrics.Mean(name="margin")

    def call(self, x):
        return self.reshape(self.primary(x))

    def train_step(self, data):
        x, onehot = data
        with tf.GradientTape() as tape:
            vectors = self(x, training=True)
            lengths = tf.norm(vectors, axis=-1)  # expect: ACT409
            present = tf.square(tf.nn.relu(0.9 - lengths))
            absent = tf.square(tf.nn.relu(lengths - 0.1))
            loss = tf.reduce_mean(onehot * present + 0.5 * (1.0 - onehot) * absent)
        grads = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
        self.meter.update_state(loss)
        return {m.name: m.result() for m in [self.meter]}


x = np.random.normal(size=(32, 8)).astype("float32")
x[::8] = 0.0
targets = tf.one_hot(np.random.randint(0, 4, size=32), 4).numpy()
net = CapsuleNet()
net.compile(optimizer=optimizers.Adam(1e-3))
history = net.fit(x, targets, epochs=2, batch_size=8, verbose=0)
print(history.history)
""",
    "forms of a root": """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
x = torch.zeros(2, 4)
h = net(x)
a = torch.pow(torch.sum(h * h, dim=1), 0.5).mean()  # expect: ACT409
b = (h.square().sum(-1) ** 0.5).mean()  # expect: ACT409
s = torch.square(h).sum(1, keepdim=True)
c = (h / s.sqrt()).mean()  # expect: ACT409
(a + b + c).backward()
""",
    "layer's own loss": """\
import keras
from keras import ops


class Sparse(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(8, activation="relu")

    def call(self, x):
        h = self.dense(x)
        self.add_loss(0.1 * ops.mean(ops.sqrt(ops.sum(ops.square(h), axis=-1))))  # expect: ACT409
        return h


inputs = keras.Input((4,))
model = keras.Model(inputs, keras.layers.Dense(1)(Sparse()(inputs)))
model.compile("sgd", "mse")
""",
    "group lasso": """\
import tensorflow as tf
from tensorflow.keras import layers

enc = tf.keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(3, activation="relu")])
opt = tf.keras.optimizers.Adam()


def group_lasso(z):
    sq = tf.math.square(z)
    return tf.math.reduce_sum(tf.math.sqrt(tf.math.reduce_sum(sq, axis=0)))  # expect: ACT409


for x in data:
    with tf.GradientTape() as tape:
        z = enc(x)
        loss = tf.reduce_mean(z) + 0.1 * group_lasso(z)
    opt.apply_gradients(zip(tape.gradient(loss, enc.trainable_variables), enc.trainable_variables))
""",
    "squash": """\
import torch
from torch import nn


class Caps(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 12, bias=False)

    def squash(self, s):
        n2 = (s**2).sum(-1, keepdim=True)
        return n2 / (1 + n2) * s / torch.sqrt(n2)  # expect: ACT409

    def forward(self, x):
        return self.squash(self.fc(x).view(-1, 3, 4))


m = Caps()
opt = torch.optim.Adam(m.parameters())
m(torch.zeros(2, 4)).mean().backward()
""",
}


_SILENT = {
    "safe norms": """\
import math

import torch
import torch.nn.functional as F
from torch import linalg, nn


class Attention(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.eps = 1e-8

    def rms(self, h):
        return torch.sqrt(h.pow(2).mean(dim=-1, keepdim=True) + self.eps)

    def forward(self, x):
        h = torch.tanh(x)
        h = h / self.rms(h)
        scores = self.q(h) @ self.k(h).transpose(-1, -2) / math.sqrt(h.size(-1))
        return scores.softmax(dim=-1) @ self.v(h)


def penalties(hidden):
    unit = F.normalize(hidden, dim=-1)
    return {
        "vector": linalg.vector_norm(hidden, dim=-1).mean(),
        "tensor": hidden.norm(p=2, dim=-1).mean(),
        "clamped": hidden.pow(2).sum(-1).clamp_min(1e-12).sqrt().mean(),
        "coherence": (unit @ unit.transpose(-1, -2)).pow(2).mean(),
    }


torch.manual_seed(0)
layer = Attention()
optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
for _ in range(3):
    x = torch.randn(4, 5, 16)
    x[:, 3:] = 0.0
    hidden = layer(x)
    terms = penalties(hidden)
    loss = (hidden - x).pow(2).mean() + 0.01 * sum(terms.values())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print({k: round(v.item(), 4) for k, v in terms.items()})
""",
    "bounded roots": """\
import tensorflow as tf

EPS = 1e-9
dense = tf.keras.layers.Dense(8, activation="relu")
head = tf.keras.layers.Dense(1)
optimizer = tf.keras.optimizers.Adam(1e-3)


def safe_norm(vectors, axis=-1):
    squared = tf.reduce_sum(tf.square(vectors), axis=axis)
    return tf.sqrt(squared + EPS)


def clipped_norm(vectors):
    squared = tf.reduce_sum(tf.square(vectors), axis=-1)
    squared = tf.maximum(squared, 1e-12)
    return tf.sqrt(squared)


def train_step(x, y):
    scale = tf.sqrt(tf.cast(tf.shape(x)[-1], tf.float32))
    with tf.GradientTape() as tape:
        hidden = dense(x / scale)
        error = tf.square(head(hidden) - y)
        weight = 1.0 / tf.sqrt(1.0 + tf.square(y))
        loss = tf.reduce_mean(weight * error)
        loss += 1e-2 * tf.reduce_mean(safe_norm(hidden)) + 1e-2 * tf.reduce_mean(clipped_norm(hidden))
    variables = dense.trainable_variables + head.trainable_variables
    grads = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(grads, variables))
    return tf.sqrt(tf.reduce_mean(error)), tf.norm(hidden, axis=-1), tf.linalg.global_norm(grads)


for step in range(3):
    inputs = tf.concat([tf.random.normal((6, 4)), tf.zeros((2, 4))], axis=0)
    rmse, lengths, grad_norm = train_step(inputs, tf.ones((8, 1)))
    print(step, float(rmse), float(tf.reduce_mean(lengths)), float(grad_norm))
""",
    "behind ReLU, differences, weights": """\
import torch
from torch import nn

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
x, y = torch.zeros(2, 4), torch.zeros(2, 8)
h = net(x)
loss = torch.sqrt(h.pow(2).sum(1)).mean() + torch.sqrt(((h - y) ** 2).mean()) + torch.sqrt(torch.sigmoid(h)).mean()
loss = loss + sum(torch.sqrt((p**2).sum()) for p in net.parameters()) + h.norm()
loss.backward()
print(torch.sqrt((nn.Tanh()(net(x)) ** 2).sum()))
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT409", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT409", text)
