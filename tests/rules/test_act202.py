"""ACT202 second-forward-for-features."""

from __future__ import annotations

import pytest

_FOUND = {
    "children of a container": """\
import torch
import torch.nn.functional as F
from torch import nn


class Classifier(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(10, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 4)
        )


class CenterLossTrainer:
    def __init__(self, net, weight=0.01):
        self.net = net
        self.body = nn.Sequential(*list(net.children())[:-1])
        self.weight = weight
        self.centers = torch.zeros(4, 32)
        self.optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def compute_loss(self, inputs, labels):
        logits = self.net(inputs)
        embedding = self.body(inputs)  # expect: ACT202
        compact = (embedding - self.centers[labels]).pow(2).mean()
        return F.cross_entropy(logits, labels) + self.weight * compact, embedding

    def move_centers(self, embedding, labels, rate=0.1):
        with torch.no_grad():
            for c in labels.unique():
                self.centers[c] += rate * (embedding[labels == c].mean(0) - self.centers[c])

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            for inputs, labels in loader:
                loss, embedding = self.compute_loss(inputs, labels)
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
                self.move_centers(embedding, labels)
            print(epoch, loss.item())


if __name__ == "__main__":
    torch.manual_seed(0)
    batches = [(torch.randn(16, 10), torch.randint(0, 4, (16,))) for _ in range(4)]
    CenterLossTrainer(Classifier()).fit(batches, epochs=2)
""",
    "functional models": """\
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def build_model():
    inputs = keras.Input(shape=(12,))
    x = layers.Dense(24, activation="relu", name="hidden")(inputs)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(12, activation="relu", name="bottleneck")(x)
    outputs = layers.Dense(1, name="score")(x)
    return keras.Model(inputs, outputs)


def feature_model(model, layer_name):
    return keras.Model(inputs=model.input, outputs=model.get_layer(layer_name).output)


net = build_model()
extractor = feature_model(net, "bottleneck")
opt = keras.optimizers.Adam(1e-3)
loss_object = keras.losses.MeanSquaredError()


def loss_fn(x, y):
    y_hat = net(x, training=True)
    feats = extractor(x, training=True)  # expect: ACT202
    sparsity = tf.reduce_mean(tf.abs(feats))
    return loss_object(y, y_hat) + 0.01 * sparsity


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(x, y)
    grads = tape.gradient(loss, net.trainable_variables)
    opt.apply_gradients(zip(grads, net.trainable_variables))
    return loss


xs = np.random.rand(64, 12).astype(np.float32)
ys = xs.mean(axis=1, keepdims=True)
dataset = tf.data.Dataset.from_tensor_slices((xs, ys)).batch(16)
for epoch in range(2):
    for xb, yb in dataset:
        value = train_step(xb, yb)
    print(f"epoch {epoch}: {float(value):.4f}")
""",
    "lightning": """\
import torch
import torch.nn.functional as F
import lightning.pytorch as pl
from torch import nn


class Lit(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(8, 4), nn.Dropout(0.2))
        self.decoder = nn.Linear(4, 8)

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def training_step(self, batch, batch_idx):
        x = batch
        recon = self(x)
        z = self.encoder(x)  # expect: ACT202
        return F.mse_loss(recon, x) + 0.1 * z.abs().mean()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())
""",
    "method for features": """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.bn, self.fc2 = nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Linear(16, 2)

    def features(self, x):
        return torch.relu(self.bn(self.fc1(x.flatten(1))))

    def forward(self, x):
        return self.fc2(self.features(x))


net, ce = Net(), nn.CrossEntropyLoss()
opt = torch.optim.SGD(net.parameters(), 0.1)
for x, y in loader:
    loss = ce(net(x), y)
    loss = loss + 0.01 * net.features(x).pow(2).mean()  # expect: ACT202
    opt.zero_grad()
    loss.backward()
    opt.step()
""",
    "model class": """\
import tensorflow as tf
from tensorflow import keras


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = keras.layers.Dense(8, activation="relu")
        self.drop = keras.layers.Dropout(0.5)
        self.head = keras.layers.Dense(1)

    def call(self, x, training=None):
        return self.head(self.drop(self.body(x), training=training))


net, opt = Net(), keras.optimizers.Adam()


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        out = net(x, training=True)
        act = net.body(x)  # expect: ACT202
        loss = tf.reduce_mean((out - y) ** 2) + 0.1 * tf.reduce_mean(tf.abs(act))
    opt.apply_gradients(zip(tape.gradient(loss, net.trainable_variables), net.trainable_variables))


step(tf.ones([2, 4]), tf.ones([2, 1]))
""",
    "extractor over children": """\
import torch
from torch import nn


class Extractor(nn.Module):
    def __init__(self, model, upto):
        super().__init__()
        self.layers = nn.ModuleList(list(model.children())[:upto])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def make():
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(), nn.Linear(16, 4))


def main(loader):
    model = make()
    hidden_of = Extractor(model, 2)
    opt = torch.optim.Adam(model.parameters())
    for x, y in loader:
        opt.zero_grad()
        out = model(x)
        h = hidden_of(x)  # expect: ACT202
        loss = nn.functional.cross_entropy(out, y)
        reg = h.abs().sum(1).mean()
        (loss + 1e-3 * reg).backward()
        opt.step()


main([(torch.ones(2, 8), torch.tensor([0, 1]))])
""",
    "encode beside forward": """\
import torch
from torch import nn
import torch.nn.functional as F


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Linear(8, 4)
        self.mu, self.var = nn.Linear(4, 2), nn.Linear(4, 2)
        self.dec = nn.Linear(2, 8)

    def encode(self, x):
        h = F.relu(self.enc(x))
        return self.mu(h), self.var(h)

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return self.dec(z)


vae = VAE()
opt = torch.optim.Adam(vae.parameters())


def step(x):
    recon = vae(x)
    mu, logvar = vae.encode(x)  # expect: ACT202
    kl = -0.5 * torch.mean(1 + logvar - mu.pow(2) - logvar.exp())
    loss = F.mse_loss(recon, x) + kl
    opt.zero_grad()
    loss.backward()
    opt.step()


step(torch.ones(2, 8))
""",
    "part first": """\
import tensorflow as tf
from tensorflow.keras import layers, models, Sequential

body = Sequential([layers.Dense(8, activation="relu"), layers.Dropout(0.2)])
clf = Sequential([body, layers.Dense(2)])
opt = tf.keras.optimizers.SGD()
ce = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@tf.function
def step(x, y):
    with tf.GradientTape() as t:
        h = body(x, training=True)  # expect: ACT202
        logits = clf(x, training=True)
        loss = ce(y, logits) + tf.add_n([0.1 * tf.reduce_mean(tf.abs(h))])
    g = t.gradient(loss, clf.trainable_variables)
    opt.apply_gradients(zip(g, clf.trainable_variables))


step(tf.ones([2, 4]), tf.constant([0, 1]))
""",
}


_SILENT = {
    "two views, two inputs": '''\
import torch
import torch.nn as nn
import torch.nn.functional as F


class SentenceEncoder(nn.Module):
    def __init__(self, vocab=100, dim=32):
        super().__init__()
        self.embedding = nn.EmbeddingBag(vocab, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.Tanh(), nn.Dropout(0.1))

    def forward(self, tokens):
        return self.mlp(self.embedding(tokens))


def simcse_loss(encoder, tokens, temperature=0.05):
    """Contrastive loss between two passes that differ in their dropout masks only."""
    view1 = encoder(tokens)
    view2 = encoder(tokens)
    sim = F.cosine_similarity(view1.unsqueeze(1), view2.unsqueeze(0), dim=-1) / temperature
    return F.cross_entropy(sim, torch.arange(len(tokens)))


def siamese_loss(encoder, left, right, same, margin=1.0):
    a, b = encoder(left), encoder(right)
    dist = F.pairwise_distance(a, b)
    return (same * dist.pow(2) + (1 - same) * F.relu(margin - dist).pow(2)).mean()


torch.manual_seed(0)
encoder = SentenceEncoder()
optimizer = torch.optim.AdamW(encoder.parameters(), lr=1e-3)
for step in range(4):
    tokens, other = torch.randint(0, 100, (8, 6)), torch.randint(0, 100, (8, 6))
    same = torch.randint(0, 2, (8,)).float()
    loss = simcse_loss(encoder, tokens) + 0.5 * siamese_loss(encoder, tokens, other, same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(step, loss.item())
''',
    "parts, and monitoring": """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU())
        self.dropout = nn.Dropout(0.5)
        self.classifier = nn.Linear(16, 3)

    def forward(self, x):
        return self.classifier(self.dropout(self.features(x)))


net = Net()
momentum_net = Net().eval()
momentum_net.load_state_dict(net.state_dict())
momentum_net.requires_grad_(False)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
cross_entropy = nn.CrossEntropyLoss()


def step(x, y):
    hidden = net.features(x)
    logits = net.classifier(net.dropout(hidden))
    target = momentum_net.features(x)
    loss = cross_entropy(logits, y) + 0.01 * hidden.abs().mean() + 0.1 * (hidden - target).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def monitor(x, y):
    net.eval()
    with torch.no_grad():
        accuracy = (net(x).argmax(1) == y).float().mean()
        dead = (net.features(x) == 0).all(dim=0).float().mean()
    net.train()
    return accuracy.item(), dead.item()


for epoch in range(3):
    inputs, labels = torch.randn(32, 8), torch.randint(0, 3, (32,))
    print(step(inputs, labels), *monitor(inputs, labels))
""",
    "gradient penalty, regularized dropout, embeddings": """\
import torch
import torch.nn.functional as F
from torch import nn

D, G = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1)), nn.Linear(2, 4)
opt = torch.optim.Adam(D.parameters())
real, z = torch.randn(3, 4), torch.randn(3, 2)
real.requires_grad_()
fake = G(z).detach()
d_real = D(real)
grad, = torch.autograd.grad(D(real).sum(), real, create_graph=True)
loss = F.softplus(D(fake)).mean() + F.softplus(-d_real).mean() + grad.pow(2).sum()
loss.backward()

enc = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5))
a, b = enc(real), enc(real)
target = fake @ torch.ones(4, 8)
agreement = F.kl_div(a.log_softmax(1), b.softmax(1))
rdrop = F.mse_loss(a, target) + F.mse_loss(b, target) + agreement
rdrop.backward()


class Rec(nn.Module):
    def __init__(self):
        super().__init__()
        self.user, self.item = nn.Embedding(9, 4), nn.Embedding(9, 4)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(1)


rec = Rec()
u, i, j = torch.tensor([0]), torch.tensor([1]), torch.tensor([2])
bpr = -F.logsigmoid(rec(u, i) - rec(u, j)).mean() + 0.1 * rec.user(u).pow(2).mean()
bpr.backward()
""",
    "two augmentations, several runs": """\
import torch
from torch import nn
import torch.nn.functional as F

enc, proj, pred = nn.Linear(8, 4), nn.Linear(4, 4), nn.Linear(4, 4)
opt = torch.optim.Adam([*enc.parameters(), *proj.parameters(), *pred.parameters()])


def augment(x):
    return x + 0.1 * torch.randn_like(x)


for x in [torch.ones(2, 8)]:
    a, b = augment(x), augment(x)
    za, zb = proj(enc(a)), proj(enc(b))
    loss = -F.cosine_similarity(pred(za), zb.detach()).mean() - F.cosine_similarity(pred(zb), za.detach()).mean()
    loss.backward()
    with torch.no_grad():
        enc(x)

model = nn.Sequential(nn.Linear(8, 8), nn.Dropout(), nn.Linear(8, 2))
x = torch.ones(2, 8)
clean = model(x)
noisy = model(x + 0.1)
(F.kl_div(noisy.log_softmax(-1), clean.softmax(-1).detach()) + F.cross_entropy(clean, torch.tensor([0, 1]))).backward()
runs = [model(x) for _ in range(4)]
torch.stack(runs).var(0).mean().backward()
l1 = F.cross_entropy(model(x), torch.tensor([0, 1]))
l1.backward()
l2 = F.cross_entropy(model(x), torch.tensor([0, 1]))
l2.backward()
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT202", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT202", text)
