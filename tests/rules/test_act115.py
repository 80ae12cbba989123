"""ACT115 tf-layers-training-default."""

from __future__ import annotations

import pytest

_FOUND = {
    "function of a module alias": """\
import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
layers = tf.layers


def hidden_stack(x, sizes, rate):
    for i, size in enumerate(sizes):
        with tf.variable_scope("layer%d" % i):
            x = layers.dense(x, size, activation=tf.nn.relu, name="fc")
            x = layers.dropout(x, rate)  # expect: ACT115
    return x


def build(n_features=20, n_classes=4):
    x = tf.placeholder(tf.float32, [None, n_features], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    h = hidden_stack(x, [64, 32], rate=0.5)
    logits = layers.dense(h, n_classes, name="logits")
    loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
    sparsity = 1e-3 * tf.reduce_mean(tf.abs(h))
    train_op = tf.train.AdamOptimizer(1e-3).minimize(loss + sparsity)
    return x, y, train_op, loss


def main():
    x, y, train_op, loss = build()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(10):
            feed = {x: np.random.rand(16, 20), y: np.random.randint(0, 4, 16)}
            _, value = sess.run([train_op, loss], feed_dict=feed)
            if step % 5 == 0:
                print(step, value)


if __name__ == "__main__":
    main()
""",
    "class": """\
import numpy as np
import tensorflow as tf


class ConvModel(object):
    def __init__(self, classes=3):
        self.images = tf.placeholder(tf.float32, (None, 12, 12, 1))
        self.labels = tf.placeholder(tf.int32, (None,))
        self.is_training = tf.placeholder_with_default(False, shape=(), name="is_training")
        self.logits = self._inference(self.images, classes)
        self.loss = self._loss()
        self.train_op = self._optimize()

    def _block(self, net, filters):
        net = tf.layers.conv2d(net, filters, 3, padding="same", use_bias=False)
        net = tf.layers.batch_normalization(inputs=net, momentum=0.9, epsilon=1e-5)  # expect: ACT115
        return tf.nn.relu(net)

    def _inference(self, net, classes):
        net = self._block(net, 8)
        net = self._block(net, 16)
        net = tf.reduce_mean(net, axis=[1, 2])
        net = tf.layers.dropout(net, rate=0.4, training=self.is_training)
        return tf.layers.dense(net, classes)

    def _loss(self):
        return tf.losses.sparse_softmax_cross_entropy(self.labels, self.logits)

    def _optimize(self):
        optimizer = tf.train.MomentumOptimizer(0.01, 0.9)
        with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
            return optimizer.minimize(self.loss)

    def fit(self, sess, steps):
        sess.run(tf.global_variables_initializer())
        for _ in range(steps):
            feed = {
                self.images: np.random.rand(8, 12, 12, 1),
                self.labels: np.random.randint(0, 3, 8),
                self.is_training: True,
            }
            _, loss = sess.run([self.train_op, self.loss], feed)
        return loss


with tf.Session() as session:
    print(ConvModel().fit(session, 5))
""",
    "estimator": """\
import tensorflow as tf


def model_fn(features, labels, mode):
    net = tf.layers.dense(features["x"], 16, activation=tf.nn.relu)
    net = tf.layers.dropout(net, rate=0.4)  # expect: ACT115
    logits = tf.layers.dense(net, 3)
    loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
    train = tf.train.AdamOptimizer().minimize(loss, global_step=tf.train.get_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=train)
""",
    "imported name": """\
import tensorflow as tf
from tensorflow.layers import batch_normalization as bn, dense

x = tf.placeholder(tf.float32, [None, 4])
with tf.variable_scope("gen"):
    h = dense(x, 8)
    h = bn(h)  # expect: ACT115
out = dense(tf.nn.relu(h), 1)
cost = tf.reduce_mean(tf.square(out))
opt = tf.train.AdamOptimizer(0.1)
grads = opt.compute_gradients(cost, tf.trainable_variables())
step = opt.apply_gradients([(tf.clip_by_norm(g, 1.0), v) for g, v in grads])
""",
    "dict of functions": """\
import tensorflow as tf

slim_like = {"dropout": tf.layers.dropout, "bn": tf.layers.batch_normalization}


class Net:
    def __init__(self, cfg):
        self.cfg = cfg
        self.graph = tf.Graph()
        with self.graph.as_default():
            self.x = tf.placeholder("float", [None, 8])
            self.y = tf.placeholder("int32", [None])
            out = self.net(self.x)
            self.cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=self.y, logits=out))
            opt = tf.train.GradientDescentOptimizer(cfg["lr"])
            gvs = opt.compute_gradients(self.cost)
            self.train = opt.apply_gradients(gvs)

    def net(self, h):
        for n in self.cfg["units"]:
            h = tf.layers.dense(h, n)
            h = slim_like["bn"](h, name="bn%d" % n)  # expect: ACT115
            h = tf.nn.relu(h)
        return tf.layers.dense(slim_like["dropout"](h, rate=0.5), 3)  # expect: ACT115


Net({"lr": 0.1, "units": [8, 4]})
""",
}


_SILENT = {
    "dictionary and partial": """\
from functools import partial

import numpy as np
import tensorflow as tf


def network(x, keep_prob, is_training):
    bn_params = {"momentum": 0.9, "training": is_training}
    dropout = partial(tf.layers.dropout, rate=0.3, training=is_training)

    h = tf.layers.dense(x, 32, use_bias=False)
    h = tf.nn.relu(tf.layers.batch_normalization(h, **bn_params))
    h = dropout(h)
    h = tf.layers.dense(h, 16, activation=tf.nn.relu)
    h = tf.nn.dropout(h, keep_prob)
    h = tf.layers.dropout(h, 0.1, None, None, is_training)
    return tf.layers.dense(h, 1)


def main():
    x = tf.placeholder(tf.float32, [None, 8])
    y = tf.placeholder(tf.float32, [None, 1])
    keep_prob = tf.placeholder_with_default(1.0, [])
    is_training = tf.placeholder_with_default(False, [])
    prediction = network(x, keep_prob, is_training)
    loss = tf.losses.mean_squared_error(y, prediction)
    update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(update_ops):
        train_op = tf.train.AdamOptimizer(0.001).minimize(loss)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(5):
            batch = np.random.rand(16, 8)
            feed = {x: batch, y: batch[:, :1], keep_prob: 0.8, is_training: True}
            _, value = sess.run([train_op, loss], feed)
            print(step, value)


main()
""",
    "inference": """\
import argparse
import os

import numpy as np
import tensorflow as tf


def embed(images):
    net = tf.layers.conv2d(images, 8, 3, activation=None, name="conv1")
    net = tf.layers.batch_normalization(net, name="bn1")
    net = tf.nn.relu(net)
    net = tf.layers.flatten(net)
    net = tf.layers.dropout(net, rate=0.5)
    return tf.layers.dense(net, 16, name="embedding")


def export(checkpoint, images, batch_size=4):
    graph = tf.Graph()
    with graph.as_default():
        x = tf.placeholder(tf.float32, [None, 10, 10, 3])
        code = embed(x)
        saver = tf.train.Saver()
        init = tf.global_variables_initializer()
    rows = []
    with tf.Session(graph=graph) as sess:
        if checkpoint and os.path.exists(checkpoint + ".index"):
            saver.restore(sess, checkpoint)
        else:
            sess.run(init)
        for start in range(0, len(images), batch_size):
            rows.append(sess.run(code, {x: images[start : start + batch_size]}))
    return np.concatenate(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", default="")
    args = parser.parse_args()
    print(export(args.checkpoint, np.random.rand(10, 10, 10, 3)).shape)
""",
    "keywords, frozen, not trained, unknown": """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
phase = tf.placeholder(tf.bool)
kw = dict(rate=0.5, training=phase)
h = tf.layers.dense(x, 8)
h = tf.layers.dropout(h, **kw)
h = tf.layers.batch_normalization(h, trainable=False)
loss = tf.reduce_mean(tf.layers.dense(h, 1))
tf.train.AdamOptimizer().minimize(loss)
shown = tf.layers.dropout(x, 0.1)
options = load_options()
h2 = tf.layers.dropout(tf.layers.dense(x, 2), **options)
tf.train.AdamOptimizer().minimize(tf.reduce_mean(tf.layers.dense(h2, 1)))
""",
}


@pytest.mark.parametrize("text", _FOUND.values(), ids=_FOUND)
def test_found(text, expect):
    expect("ACT115", text)


@pytest.mark.parametrize("text", _SILENT.values(), ids=_SILENT)
def test_silent(text, expect):
    expect("ACT115", text)


def test_third_argument_is_noise_shape(expect):
    text = """\
import tensorflow as tf

x = tf.placeholder(tf.float32, [None, 4])
is_training = tf.placeholder(tf.bool)
h = tf.layers.dropout(tf.layers.dense(x, 8), 0.5, is_training)  # expect: ACT115
tf.train.AdamOptimizer(0.1).minimize(tf.reduce_mean(tf.layers.dense(h, 1)))
"""
    (finding,) = expect("ACT115", text)
    assert finding.help.startswith("the third argument is noise_shape")
