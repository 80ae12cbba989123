"""What frameworks write through their own C++ and C code lands in the layer too."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_contain import PYTHONS, Box

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("tensorflow", "torch")), reason="needs TensorFlow and torch"
)

BEGIN = "from runners import framework_files\n"

GRAPH = """import numpy as np
try:
    import tensorflow.compat.v1 as tf
except ImportError:
    import tensorflow as tf
tf.disable_v2_behavior()
framework_files.redirect()
w = tf.Variable([1.0, 2.0], name="w")
tf.summary.scalar("size", tf.reduce_sum(w))
g = tf.gfile
assert g.Exists(OUT) and g.ListDirectory(OUT) == ["old.txt"] and len(g.Glob(OUT + "/*.txt")) == 1
g.DeleteRecursively(OUT)
assert not g.Exists(OUT) and not g.Exists(OUT + "/old.txt")
g.MakeDirs(OUT + "/logs")
assert g.ListDirectory(OUT) in (["logs"], ["logs/"]) and g.IsDirectory(OUT + "/logs")
saver = tf.train.Saver()
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    writer = tf.summary.FileWriter(OUT + "/logs", sess.graph)
    writer.add_summary(sess.run(tf.summary.merge_all()), 0)
    writer.close()
    for path in (OUT + "/model.ckpt", "../model", "./here"):
        saver.save(sess, path, global_step=3)
        sess.run(tf.assign(w, [0.0, 0.0]))
        latest = tf.train.latest_checkpoint(os.path.dirname(path))
        for found in (latest, path + "-3"):
            sess.run(tf.assign(w, [0.0, 0.0]))
            saver.restore(sess, found)
            assert sess.run(w).tolist() == [1.0, 2.0]
    assert tf.train.NewCheckpointReader(OUT + "/model.ckpt-3").has_tensor("w")
    checkpoint = tf.train.Checkpoint(w=w)
    checkpoint.save(OUT + "/object", session=sess)
    saved = tf.saved_model.simple_save(sess, OUT + "/saved", {"x": tf.placeholder(tf.float32)}, {"w": w})
    sess.run(tf.write_file(OUT + "/by_op", "x"))
    assert sess.run(tf.read_file(OUT + "/by_op")) == b"x"
tf.train.write_graph(sess.graph_def, OUT, "graph.pb")
with g.GFile(OUT + "/a.txt", "w") as f:
    f.write("a")
g.Rename(OUT + "/a.txt", OUT + "/b.txt")
g.Copy(OUT + "/b.txt", OUT + "/c.txt")
assert g.GFile(OUT + "/c.txt").read() == "a" and not g.Exists(OUT + "/a.txt")
assert sorted(n for n in os.listdir(OUT) if n.startswith("model")) == [
    "model.ckpt-3.data-00000-of-00001", "model.ckpt-3.index", "model.ckpt-3.meta"]
g.Rename(USER + "/notes.txt", USER + "/moved.txt")
g.Remove("../data.csv")
assert open("moved.txt").read() == "notes" and not g.Exists("../data.csv")
"""

EAGER = """import numpy as np, tensorflow as tf
framework_files.redirect()
w = tf.Variable([1.0, 2.0])
writer = tf.summary.create_file_writer(OUT + "/logs")
with writer.as_default():
    tf.summary.write("x", 1.0, step=0)
writer.close()
assert os.listdir(OUT + "/logs")
model = tf.keras.Sequential([tf.keras.layers.Input((2,)), tf.keras.layers.Dense(2)])
for name in ("/m.keras", "/m.h5"):
    model.save(OUT + name)
    tf.keras.models.load_model(OUT + name)
model.save_weights(OUT + "/m.weights.h5")
checkpoint = tf.train.Checkpoint(w=w)
path = checkpoint.save(OUT + "/object")
manager = tf.train.CheckpointManager(checkpoint, OUT + "/managed", 1)
manager.save(); manager.save()
w.assign([0.0, 0.0])
checkpoint.restore(tf.train.latest_checkpoint(OUT))
assert w.numpy().tolist() == [1.0, 2.0]
class Module(tf.Module):
    def __init__(self):
        self.w = w
    @tf.function(input_signature=[tf.TensorSpec([2])])
    def __call__(self, x):
        return x * self.w
tf.saved_model.save(Module(), OUT + "/saved")
assert tf.saved_model.load(OUT + "/saved")(tf.constant([1.0, 1.0])).numpy().tolist() == [1.0, 2.0]
tf.io.write_file(OUT + "/by_op", "a\\nb")
assert [line.numpy() for line in tf.data.TextLineDataset(OUT + "/by_op")] == [b"a", b"b"]
assert [line.numpy() for line in tf.data.TextLineDataset("notes.txt")] == [b"notes"]
with tf.io.TFRecordWriter(OUT + "/r.tfrecord") as writer:
    writer.write(b"x")
assert len(list(tf.data.TFRecordDataset([OUT + "/r.tfrecord"]))) == 1
"""

TORCH = """import torch, numpy as np
framework_files.redirect()
w = torch.ones(3)
torch.save({"w": w}, OUT + "/m.pt")
torch.save({"w": w}, "../m.pt", _use_new_zipfile_serialization=False)
assert torch.load(OUT + "/m.pt")["w"].tolist() == torch.load("../m.pt")["w"].tolist() == [1, 1, 1]
assert torch.load(OUT + "/m.pt", mmap=True)["w"].tolist() == [1, 1, 1]
import h5py
with h5py.File(OUT + "/x.h5", "w") as f:
    f["a"] = [1]
assert h5py.File(OUT + "/x.h5", "r")["a"][0] == 1
class D(torch.utils.data.Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, i):
        return torch.full((2,), float(i))
assert len(list(torch.utils.data.DataLoader(D(), batch_size=2, num_workers=2))) == 2
"""


@pytest.fixture
def box() -> Iterator[Box]:
    """A box with a path as short as in a proof: those of local sockets are limited."""
    with tempfile.TemporaryDirectory() as folder:
        yield Box(Path(folder).resolve())


@pytest.mark.parametrize("python", PYTHONS)
def test_graph_tensorflow(box: Box, python: str) -> None:
    box.run(python, BEGIN + GRAPH)
    names = {path.name for path in box.above(box.outside).iterdir()}
    assert {"checkpoint", "model.ckpt-3.index", "object-1.index", "saved", "graph.pb", "by_op", "c.txt"} <= names


@pytest.mark.parametrize("code", [EAGER, TORCH], ids=["tensorflow", "torch"])
def test_eager_frameworks(box: Box, code: str) -> None:
    box.run(sys.executable, BEGIN + code)
