"""ACT116 no-gradient-py-func."""

from __future__ import annotations

import pytest

_FOUND = {
    "class": '''\
import numpy as np
import tensorflow as tf


class EntropyNet(object):
    """Classifier with a penalty on the entropy of its hidden units, written in numpy."""

    def __init__(self, n_in, n_hidden, n_out, beta=0.1):
        self.x = tf.placeholder(tf.float32, [None, n_in])
        self.y = tf.placeholder(tf.float32, [None, n_out])
        self.hidden = tf.layers.dense(self.x, n_hidden, activation=tf.nn.sigmoid)
        self.logits = tf.layers.dense(self.hidden, n_out)
        cross_entropy = tf.nn.softmax_cross_entropy_with_logits_v2(labels=self.y, logits=self.logits)
        self.base = tf.reduce_mean(cross_entropy)
        self.penalty = self._hidden_entropy()
        self.cost = self.base + beta * self.penalty
        self.train_step = tf.train.GradientDescentOptimizer(0.1).minimize(self.cost)

    @staticmethod
    def _entropy(p):
        p = np.clip(p, 1e-6, 1 - 1e-6)
        value = -(p * np.log(p) + (1 - p) * np.log(1 - p))
        return value.mean().astype(np.float32)

    def _hidden_entropy(self):
        entropy = tf.py_func(self._entropy, [self.hidden], tf.float32)  # expect: ACT116
        entropy.set_shape([])
        return entropy


def main():
    np.random.seed(0)
    net = EntropyNet(6, 12, 2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for i in range(5):
            xs = np.random.rand(10, 6)
            ys = np.eye(2)[np.random.randint(0, 2, 10)]
            _, base, penalty = sess.run([net.train_step, net.base, net.penalty], {net.x: xs, net.y: ys})
            print("%d base %.4f penalty %.4f" % (i, base, penalty))


if __name__ == "__main__":
    main()
''',
    "collection": """\
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_eager_execution()


def total_variation(batch):
    return np.float32(np.abs(np.diff(batch, axis=1)).mean())


def encoder(x, widths):
    for width in widths:
        x = tf.layers.dense(x, width, activation=tf.nn.tanh)
        tf.add_to_collection("hidden", x)
    return x


inputs = tf.placeholder(tf.float32, [None, 16])
targets = tf.placeholder(tf.float32, [None, 1])
code = encoder(inputs, [12, 8])
prediction = tf.layers.dense(code, 1)

losses = [tf.losses.mean_squared_error(targets, prediction)]
for tensor in tf.get_collection("hidden"):
    roughness = tf.numpy_function(total_variation, [tensor], tf.float32)  # expect: ACT116
    losses.append(0.05 * roughness)
total_loss = tf.add_n(losses)

optimizer = tf.train.AdamOptimizer(learning_rate=1e-3)
grads_and_vars = optimizer.compute_gradients(total_loss)
train_op = optimizer.apply_gradients(grads_and_vars)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(5):
        batch = np.random.rand(8, 16)
        feed = {inputs: batch, targets: batch.mean(axis=1, keepdims=True)}
        _, loss_value = sess.run([train_op, total_loss], feed)
        print(step, loss_value)
""",
    "inputs by name": """\
import numpy as np
import tensorflow as tf


def sparsity(h, rho):
    return np.float32(rho * np.abs(h).sum())


class AE:
    def __init__(self):
        self.x = tf.placeholder(tf.float32, [None, 4])
        self.w = tf.Variable(tf.random_normal([4, 2]))
        self.code = tf.nn.sigmoid(tf.matmul(self.x, self.w))
        self.out = tf.matmul(self.code, tf.transpose(self.w))
        self.build()

    def build(self):
        rec = tf.reduce_mean(tf.square(self.out - self.x))
        pen = tf.reshape(tf.py_func(sparsity, inp=[self.code, 0.1], Tout=tf.float32), [])  # expect: ACT116
        self.loss = tf.add(rec, tf.multiply(0.5, pen))
        self.train = tf.train.AdamOptimizer(0.1).minimize(self.loss)


AE()
""",
    "closure": """\
import tensorflow as tf
import numpy as np


def make_penalty(kind):
    def l1(v):
        return np.abs(v).mean(dtype=np.float32)

    def wrap(h):
        return tf.py_func(l1, [h], tf.float32, name=kind)  # expect: ACT116

    return wrap


def loss_fn(labels, logits, hidden, penalties):
    total = tf.losses.softmax_cross_entropy(labels, logits)
    for p, w in penalties:
        total += w * tf.reduce_sum(p(hidden))
    return total


x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 2])
hid = tf.layers.dense(x, 8, tf.nn.relu)
log = tf.layers.dense(hid, 2)
loss = loss_fn(y, log, hid, [(make_penalty("l1"), 0.1)])
train = tf.train.AdamOptimizer().minimize(loss)
""",
}


_SILENT = {
    "inputs, labels, metric, py_function": """\
import numpy as np
import tensorflow as tf


def augment(batch):
    noise = np.random.normal(scale=0.01, size=batch.shape)
    return (batch + noise).astype(np.float32)


def smooth_labels(labels):
    return (0.9 * labels + 0.05).astype(np.float32)


def accuracy(p, y):
    return np.float32(((p > 0.5) == (y > 0.5)).mean())


def eager_penalty(h):
    return tf.reduce_mean(tf.abs(h))


x = tf.placeholder(tf.float32, [None, 10])
y = tf.placeholder(tf.float32, [None, 1])
augmented = tf.py_func(augment, [x], tf.float32)
augmented.set_shape([None, 10])
soft = tf.py_func(smooth_labels, [y], tf.float32, stateful=False)
soft.set_shape([None, 1])

hidden = tf.layers.dense(augmented, 16, activation=tf.nn.relu)
logits = tf.layers.dense(hidden, 1)
base = tf.losses.sigmoid_cross_entropy(multi_class_labels=soft, logits=logits)
penalty = tf.py_function(eager_penalty, [hidden], tf.float32)
loss = base + 1e-2 * penalty
train_op = tf.train.AdamOptimizer(1e-3).minimize(loss)
acc = tf.py_func(accuracy, [tf.sigmoid(logits), y], tf.float32)

with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(5):
        xs = np.random.rand(8, 10)
        ys = (xs.mean(axis=1, keepdims=True) > 0.5).astype(np.float32)
        _, loss_value, acc_value = sess.run([train_op, loss, acc], {x: xs, y: ys})
        print(step, loss_value, acc_value)
""",
    "own gradients": """\
import numpy as np
import tensorflow as tf


@tf.RegisterGradient("NumpyAbsGrad")
def _numpy_abs_grad(op, grad):
    return grad * tf.sign(op.inputs[0])


def numpy_abs(h):
    graph = tf.get_default_graph()
    with graph.gradient_override_map({"PyFunc": "NumpyAbsGrad"}):
        out = tf.py_func(lambda v: np.abs(v), [h], tf.float32)
    out.set_shape(h.get_shape())
    return out


@tf.custom_gradient
def numpy_square(h):
    out = tf.py_func(lambda v: np.square(v), [h], tf.float32)
    out.set_shape(h.get_shape())

    def grad(dy):
        return dy * 2.0 * h

    return out, grad


def build():
    x = tf.placeholder(tf.float32, [None, 5])
    hidden = tf.layers.dense(x, 7, activation=tf.nn.tanh)
    output = tf.layers.dense(hidden, 1)
    base = tf.reduce_mean(tf.square(output - tf.reduce_sum(x, axis=1, keepdims=True)))
    sparsity = tf.reduce_mean(numpy_abs(hidden)) + tf.reduce_mean(numpy_square(hidden))
    loss = base + 0.01 * sparsity
    return x, loss, tf.train.GradientDescentOptimizer(0.05).minimize(loss)


def main():
    x, loss, train_op = build()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(5):
            print(sess.run([loss, train_op], {x: np.random.rand(4, 5)})[0])


main()
""",
    "labels": """\
import numpy as np
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
h = tf.layers.dense(x, 3)
targets = tf.py_func(lambda s: (s > 0).astype(np.float32), [h], tf.float32)
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=h))
tf.train.AdamOptimizer().minimize(loss)
shown = tf.py_func(np.mean, [h], tf.float32)
tf.summary.scalar("m", shown)
""",
    "weights of a term": """\
import tensorflow as tf
import numpy as np

x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None, 2])
h = tf.layers.dense(x, 8, tf.nn.relu)
logits = tf.layers.dense(h, 2)
weights = tf.py_func(lambda p: (1.0 / (p + 1)).astype(np.float32), [tf.nn.softmax(logits)], tf.float32)
ce = tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=logits)
loss = tf.reduce_mean(ce * tf.reduce_sum(weights, 1))
train = tf.train.AdamOptimizer().minimize(loss)
lr = tf.py_func(lambda s: np.float32(0.1), [y], tf.float32)
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT116", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT116", text)
