"""Values made up for placeholders fit their use in the graph."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from actlint.verify import launch

pytestmark = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs TensorFlow")

PROGRAM = """
import json, sys
sys.path.insert(0, {folder!r})
import tensorflow.compat.v1 as tf
from runners import stand, synthetic
tf.disable_v2_behavior()

def fed(dtype, shape=None):
    return tf.placeholder(dtype, shape)

logits = tf.zeros([1, 7])
found = {{}}
nn, table = tf.nn, tf.get_variable("r", [31, 2], use_resource=True)
t = found["sparse labels"] = fed(tf.int64, [None])
nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(t, tf.int32), logits=logits)
t = found["labels"] = fed(tf.float32, [None, 7]); nn.softmax_cross_entropy_with_logits(labels=t, logits=logits)
t = found["binary labels"] = fed(tf.float32, [None, 1])
nn.sigmoid_cross_entropy_with_logits(labels=t, logits=logits[:, :1])
t = found["depth"] = fed(tf.int32, [None]); tf.one_hot(t, 9)
t = found["ids"] = fed(tf.int32, [None, 4]); tf.nn.embedding_lookup(tf.get_variable("table", [30, 2]), t)
t = found["resource ids"] = fed(tf.int32, [None]); tf.gather(table, tf.reshape(t, [-1]))
t = found["lengths"] = fed(tf.int32, [None]); tf.sequence_mask(t, 6)
t = found["divisor"] = fed(tf.int32, [None]); tf.ones([1]) / tf.cast(t, tf.float32)
t = found["logged"] = fed(tf.float32, [None]); tf.log(t)
t = found["keep"] = fed(tf.float32, []); tf.ones([2]) * t
t = found["rate"] = fed(tf.float32, []); w = tf.Variable(1.0); tf.train.GradientDescentOptimizer(t).minimize(w * w)
t = found["image"] = fed(tf.float32, [None, 8, 8, 1])
t = found["flag"] = fed(tf.bool, []); tf.logical_not(t)
t = found["vector"] = fed(tf.float32, [None, 3])
t = found["unknown rank"] = fed(tf.float32); tf.matmul(t, tf.ones([5, 2]))
home = stand.Home()
feeds = synthetic.Feeds(home, False)
values, origins = feeds.replace(tf.get_default_graph(), {{t: home.root(n) for n, t in found.items()}}, 0)
out = {{}}
for name, t in found.items():
    v = values[t]
    out[name] = [feeds.described[t.name][1], list(v.shape), float(v.min()), float(v.max()), origins[t.name]]
x, y = fed(tf.float32, [None, 3]), fed(tf.float32, [None, 1])
both = feeds.replace(tf.get_default_graph(), {{x: home.root("d").next_batch(32)[0], y: home.root("e")}}, 1)[0]
out["batch"] = [both[x].shape[0], both[y].shape[0]]
again = feeds.replace(tf.get_default_graph(), {{x: home.root("d").next_batch(32)[0]}}, 1)[0]
out["same again"] = bool((again[x] == both[x]).all())
try:
    feeds.replace(tf.get_default_graph(), {{fed(tf.string, [None]): home.root("text")}}, 0)
except stand.StandError as error:
    out["refused"] = str(error)
print(json.dumps(out))
"""


@pytest.fixture(scope="module")
def made():
    program = PROGRAM.format(folder=str(launch.RUNNERS.parent))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("name", "text", "low", "high"),
    [
        ("sparse labels", "class indices below 7", 0, 6),
        ("labels", "one-hot rows", 0, 1),
        ("binary labels", "0 or 1", 0, 1),
        ("depth", "class indices below 9", 0, 8),
        ("ids", "indices below 30", 0, 29),
        ("resource ids", "indices below 31", 0, 30),
        ("divisor", "lengths from 1 to", 1, 12),
        ("lengths", "lengths from 1 to", 1, 12),
        ("logged", "U(0.1, 1)", 0.1, 1),
        ("keep", "0.75", 0.75, 0.75),
        ("rate", "0.01", 0.0099, 0.0101),
        ("image", "U(0, 1)", 0, 1),
        ("flag", "0 or 1", 0, 1),
        ("vector", "N(0, 1)", -6, 6),
    ],
)
def test_values_fit_their_use(made, name, text, low, high):
    kind, _, least, most, origin = made[name]
    assert kind.startswith(text)
    assert low <= least <= most <= high
    assert origin == name


def test_shapes(made):
    assert made["unknown rank"][1][1] == 5
    assert made["batch"] == [32, 32]
    assert made["same again"] is True


def test_strings_are_refused(made):
    assert "string" in made["refused"]
